"""What conversations come to in figures, tables and samples."""

import pytest

from eval.figures import MeasureOptions
from eval.simulate import SUITE
from eval.simulate_figures import conversations as figures
from eval.simulate_figures.people import number
from eval.simulate_figures.plot import plot_found
from eval.simulated.contenders import EaseSystem, PopularitySystem
from eval.simulated.outcomes import Outcome, converse, shortened
from recsys.errors import TastegraphError


def outcome(person: str, found: bool, turns: int, seed: int = 0, **also) -> Outcome:
    values = {"persona": "terse", "shown": 5 * turns, "repeated": 0, "silent": 0} | also
    return Outcome(person=person, seed=seed, found=found, turns=turns, **values)


@pytest.fixture
def found():
    return {
        "builtin": [outcome("a", True, 1), outcome("a", True, 3, 1), outcome("b", False, 4, repeated=5)],
        figures.REFERENCE: [outcome("a", False, 3), outcome("a", True, 2, 1), outcome("b", False, 4)],
    }


def test_success_by_messages_counts_every_conversation(found):
    assert figures.curve(found["builtin"])[:4] == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3])
    values = {one.name: one.value for one in figures._figures(found)}
    assert values["success@1, builtin"] == pytest.approx(1 / 3)
    assert values["success, builtin"] == pytest.approx(2 / 3)
    assert values["messages to success, builtin"] == 2.0
    assert values["items shown again, builtin"] == pytest.approx(5 / 40)


def test_samples_have_a_value_a_person_over_their_conversations(found):
    samples = {(one.system, one.metric): one for one in figures._samples(found)}
    assert samples["builtin", "success@1"].values == {"a": 0.5, "b": 0.0}
    assert samples["builtin", "success in the end"].values == {"a": 1.0, "b": 0.0}
    turns = samples["builtin", "messages to success"]
    assert (turns.values, turns.smaller_is_better) == ({"a": 2.0}, True)


def test_pairs_are_of_conversations_that_both_held(found):
    found[figures.REFERENCE] = found[figures.REFERENCE][:1]
    ((what, mean, _, _, people),) = figures._pairs_table(found).rows
    assert (what, mean, people) == (f"builtin minus {figures.REFERENCE}", "+1.000", "1")


def test_the_table_has_a_row_a_system_and_the_plot_is_written(village, tmp_path):
    held = {
        "popularity": list(
            converse(village.tastes, village.vocabulary, lambda _: PopularitySystem(village.plain), 0)
        ),
        "EASE, history known": list(
            converse(village.tastes, village.vocabulary, lambda one: EaseSystem(village.plain, one.known), 0)
        ),
    }
    table = figures._systems_table(held)
    assert [row[0] for row in table.rows] == list(held)
    assert all(len(row) == len(table.columns) for row in table.rows)
    curves = {name: figures.curve(outcomes) for name, outcomes in held.items()}
    assert all(curve == sorted(curve) and 0.0 < curve[-1] < 1.0 for curve in curves.values())
    file = plot_found(
        {name: figures.curve(outcomes) for name, outcomes in held.items()}, tmp_path / "found.svg"
    )
    assert "<svg" in file.read_text(encoding="utf-8")


def test_a_conversation_is_shortened_to_one_line():
    assert shortened(["seeker: one\n\ntwo", "recommender: 12345"], 14) == "seeker: one tw / recommender: 1"


def test_settings_are_whole_numbers_that_the_suite_declares(tmp_path):
    options = MeasureOptions(data=tmp_path, out=tmp_path, settings={"people": "7", "seeds": "none"})
    assert number(options, "people", 3) == 7
    assert number(options, "served_people", 3) == 3
    with pytest.raises(TastegraphError, match="seeds=none"):
        number(options, "seeds", 3)
    assert {"people", "seeds", "speaker", "served_people"} == set(SUITE.settings)
