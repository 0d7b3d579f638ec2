import json

from eval.offline_figures.kept import Keeper, key_of


def test_a_part_is_made_once_and_outlives_the_run(tmp_path):
    file = tmp_path / "new" / "kept.json"
    made = []

    def make() -> dict[str, float]:
        made.append(1)
        return {"value": 2.5}

    assert Keeper(file).get("a", make) == {"value": 2.5}
    assert Keeper(file).get("a", make) == {"value": 2.5}
    assert len(made) == 1
    assert json.loads(file.read_text()) == {"a": {"value": 2.5}}


def test_keys_change_with_what_is_told():
    assert key_of("data", {"a": 1, "b": 2}) == key_of("data", {"b": 2, "a": 1})
    assert key_of("data", 1) != key_of("data", 2)
