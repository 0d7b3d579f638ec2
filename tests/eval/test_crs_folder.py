"""Dialogues in iEvaLM's form, from names and from numbers."""

import json

import pytest

from eval.crs_figures.folder_data import read_folder
from recsys.errors import SourceError

ENTITIES = {"Heat (1995)": 0, "crime": 1, "Al Pacino": 2, "<http://dbpedia.org/resource/Ronin_(film)>": 3}
LINE = {
    "dialog_id": 5,
    "turn_id": 2,
    "context": ["", "What do you like?", "Heat (1995) and other crime"],
    "entity": ["Heat (1995)", "crime"],
    "rec": ["Ronin (film)"],
    "resp": "Then Ronin (1998)",
}


def write(folder, lines, entities=ENTITIES, items=(0, 3), **beside):
    folder.mkdir(exist_ok=True)
    (folder / "test_data_processed.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "entity2id.json").write_text(json.dumps(entities))
    if items is not None:
        (folder / "item_ids.json").write_text(json.dumps(items))
    for name, value in beside.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def test_a_line_becomes_a_turn(tmp_path):
    data = read_folder(write(tmp_path, [LINE]), tmp_path)
    (turn,) = data.turns["test"]
    assert [(said.speaker, said.items) for said in turn.dialogue.utterances] == [
        ("recommender", ()),
        ("seeker", ("Heat (1995)",)),
    ]
    assert (turn.id, turn.targets, turn.named, turn.answer) == (
        "5/3", ("Ronin (film)",), {"Heat (1995)"}, "Then Ronin (1998)",
    )  # fmt: skip
    assert [(item.id, item.title, item.year) for item in data.items] == [
        ("Heat (1995)", "Heat", 1995),
        ("Ronin (film)", "Ronin", None),
    ]


def test_entities_may_be_numbers_and_are_the_same_turn(tmp_path):
    numbered = LINE | {"entity": [3], "prev_entity": [0, 1], "rec": [3]}
    names = read_folder(write(tmp_path / "a", [LINE]), tmp_path / "a").turns
    numbers = read_folder(write(tmp_path / "b", [numbered]), tmp_path / "b" / "entity2id.json").turns
    assert numbers == names


def test_the_graph_and_the_plots_beside_the_map_are_read(tmp_path):
    graph = {"0": [[0, 1], [1, 2]]}
    info = {"17": {"name": "Heat (1995)", "plot": "A robbery."}}
    write(tmp_path, [LINE], kg=graph, relation2id={"genre": 0, "star": 1}, id2info=info)
    heat = read_folder(tmp_path, tmp_path).items[0]
    assert heat.attributes == (("genre", "crime"), ("star", "Al Pacino"))
    assert heat.text == "Heat (1995). crime. A robbery."


def test_without_a_list_of_items_what_is_recommended_is_the_list(tmp_path):
    data = read_folder(write(tmp_path, [LINE], items=None), tmp_path)
    assert [item.id for item in data.items] == ["Ronin (film)"]
    assert "some turn of the folder" in data.items_from


def test_one_target_may_stand_by_itself_and_a_turn_without_one_is_left_out(tmp_path):
    lines = [LINE | {"rec": "Ronin (film)"}, LINE | {"rec": None}, LINE | {"rec": 3}]
    turns = read_folder(write(tmp_path, lines), tmp_path).turns["test"]
    assert [turn.targets for turn in turns] == [("Ronin (film)",)] * 2


def test_a_target_that_is_no_item_counts_as_not_found(tmp_path):
    data = read_folder(write(tmp_path, [LINE | {"rec": ["Ronin (film)", "crime"]}]), tmp_path)
    assert (data.turns["test"][0].targets, data.turns["test"][0].unknown) == (("Ronin (film)",), 1)


def test_whole_dialogues_are_those_of_the_last_turns(tmp_path):
    later = LINE | {"context": [*LINE["context"], "Ronin?", "Yes"], "rec": ["Heat (1995)"]}
    data = read_folder(write(tmp_path, [later, LINE, LINE | {"dialog_id": 6}]), tmp_path)
    found = data.dialogues("test", frozenset({"6"}))
    assert [(one.id, one.utterances[-1].items, len(one.utterances)) for one in found] == [
        ("5", ("Heat (1995)",), 5)
    ]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "entity2id.json").unlink(), "map of entities"),
        (lambda folder: (folder / "test_data_processed.jsonl").unlink(), "no test_data_processed"),
        (lambda folder: (folder / "test_data_processed.jsonl").write_text("{\n"), "line 1 is no JSON"),
        (lambda folder: write(folder, [{"dialog_id": 1}]), "line 1 has no context, rec"),
        (lambda folder: write(folder, [LINE | {"rec": [99]}]), "no number 99"),
        (lambda folder: write(folder, [LINE | {"rec": []}]), "no turn has a target"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(tmp_path, spoil, message):
    spoil(write(tmp_path / "folder", [LINE]))
    with pytest.raises(SourceError, match=message):
        read_folder(tmp_path / "folder", tmp_path / "folder")
