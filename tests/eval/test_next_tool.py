"""The labels of the next tool: how they are written, what they accept, and what the figures make of answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from eval.agent_figures import next_tool_data
from eval.agent_figures.next_tool import agreement, always, judge_model, keywords
from eval.agent_figures.next_tool_data import LabelledTurn, labelled_turns
from eval.agent_figures.next_tool_labels import NONE, Judge, parse_label, same_value
from recsys.errors import SourceError
from tests.parts import shared_data

TITLES = {"1": "Heat (1995)", "2": "Thief (1981)", "3": "Ronin (1998)"}
JUDGE = Judge()


def judged(label: str, *calls: tuple[str, dict[str, Any]], **before: Any) -> tuple[bool, bool, bool]:
    score = JUDGE.score(calls, parse_label(label, TITLES), **before)
    return score.tool_right, score.arguments_right, score.turn_right


def rec(**args: Any) -> tuple[str, dict[str, Any]]:
    return "recommend", args


@pytest.mark.parametrize(
    ("label", "call"),
    [
        ("r +comedy", rec(include=["Comedy"])),
        ("r +comedy", rec(include=["funny movies"], text="anything", count=3)),
        ("r +kids|family", rec(more=["children"])),
        ("r ~@1", ("similar_items", {"title": "heat"})),
        ("r ~@1 +crime?", rec(like=["Heat (1995)"])),
        ("r -horror", rec(less=["scary"])),
        ("r +comedy new", rec(include=["comedies"], year_from=2015)),
        ("rs +Al_Pacino", ("search_catalogue", {"query": "x", "include": ["Al Pacino"]})),
        ("f+ @1", ("give_feedback", {"title": "Heat", "verdict": "like"})),
        ("f- @1", ("remember_taste", {"subject": "Heat (1995)", "polarity": "dislike"})),
        ("t+ sci-fi", ("remember_taste", {"subject": "science fiction", "polarity": "like"})),
        ("i @1 cast", ("item_facts", {"title": "Heat (1995)", "facets": ["cast"]})),
        ("i @1 cast", ("item_facts", {"title": "Heat (1995)"})),
        ("i *", ("item_facts", {"title": "Anything"})),
        ("c @1 @2", ("compare", {"titles": ["Thief", "Heat"]})),
    ],
)
def test_what_a_label_asks_for_is_right(label: str, call: tuple[str, dict[str, Any]]) -> None:
    assert judged(label, call) == (True, True, True)


@pytest.mark.parametrize(
    ("label", "call"),
    [
        ("r +comedy", rec()),
        ("r +comedy", rec(include=["Comedy", "Horror"])),
        ("r +comedy", rec(include=["Comedy"], year_from=2015)),
        ("r +comedy new", rec(include=["Comedy"], year_to=1979)),
        ("r ~@1 ~@2", rec(like=["Heat"])),
        ("r ~@1", rec(like=["Heat (1986)"])),
        ("r -horror", rec(include=["horror"])),
        ("f+ @1", ("give_feedback", {"title": "Heat", "verdict": "seen"})),
        ("t+ comedy", ("remember_taste", {"subject": "comedy", "polarity": "dislike"})),
        ("i @1 cast", ("item_facts", {"title": "Heat (1995)", "facets": ["runtime"]})),
    ],
)
def test_the_right_tool_with_other_arguments_is_half_right(
    label: str, call: tuple[str, dict[str, Any]]
) -> None:
    assert judged(label, call) == (True, False, False)


def test_calling_nothing_is_right_only_where_the_label_says_so() -> None:
    assert judged("n ; ?i @1") == (True, True, True)
    assert judged("r +comedy") == (False, False, False)
    assert judged("n", rec()) == (False, False, False)
    assert judged("n ; ?i @1", ("item_facts", {"title": "Heat"})) == (True, True, True)


def test_a_turn_is_right_when_every_needed_call_is_made_and_nothing_else() -> None:
    like = ("give_feedback", {"title": "Heat", "verdict": "like"})
    assert judged("f+ @1 ; r ~@2", like) == (True, True, False)
    assert judged("f+ @1 ; r ~@2", like, rec(like=["Thief"])) == (True, True, True)
    assert judged("f+ @1 ; ?r ~@2", like) == (True, True, True)
    assert judged("f+ @1", like, rec()) == (True, True, False)
    assert judged("fs @1 | f+ @1", like) == (True, True, True)


def test_what_was_said_and_shown_before_may_be_carried_on() -> None:
    carried = rec(like=["Heat"], include=["Comedy", "Crime"], exclude=["Ronin (1998)"])
    assert judged("r +comedy", carried) == (True, False, False)
    before = {
        "said_before": "a crime film please",
        "shown": ["Ronin (1998)"],
        "named_before": ["Heat (1995)"],
    }
    assert judged("r +comedy", carried, **before) == (True, True, True)
    second = ("give_feedback", {"title": "second", "verdict": "like"})
    assert judged("f+ @2", second, shown=["Heat (1995)", "Thief (1981)"])[1]
    assert not judged("f+ @2", second, shown=["Thief (1981)", "Heat (1995)"])[1]


def test_titles_that_are_one_item_are_the_same_and_no_others() -> None:
    aware = Judge(lambda one, other: {one, other} == {"Se7en", "Seven (1995)"})
    label = parse_label("f+ @1", {"1": "Seven (1995)"})
    assert aware.score([("give_feedback", {"title": "Se7en", "verdict": "like"})], label).arguments_right
    assert not aware.score([("give_feedback", {"title": "Eight", "verdict": "like"})], label).arguments_right


def test_a_label_of_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="knows no call"):
        parse_label("z @1", TITLES)


def test_values_are_the_same_by_meaning_not_by_letters() -> None:
    assert same_value("Comedies", "funny")
    assert same_value("sci-fi movies", "Science Fiction")
    assert not same_value("crime", "comedy")
    assert not same_value("war", "western")


def test_tallies_count_what_is_right() -> None:
    turns = [
        LabelledTurn("a", 0, (HumanMessage("any comedy"),), parse_label("r +comedy", {}), True),
        LabelledTurn("b", 0, (HumanMessage("hello"),), parse_label("n", {}), True),
    ]
    nothing = judge_model(turns, always(NONE), JUDGE)
    assert (nothing.tool(), nothing.arguments(), nothing.arguments(needed=True)) == (0.5, 0.5, 0.0)
    assert nothing.confusion() == {("recommend", NONE): 1}
    words = judge_model(turns, keywords, JUDGE)
    assert (words.tool(), words.arguments(), words.whole(), words.balanced()) == (1.0, 1.0, 1.0, 1.0)
    assert words.by_tool("recommend") == (1.0, 1.0, 1)


def test_the_second_labelling_is_of_test_turns_and_agrees() -> None:
    same, kappa, sets, n = agreement()
    assert n == 60
    assert 0.8 < kappa <= same <= 1
    assert 0.8 < sets <= 1


def test_no_label_holds_a_sentence() -> None:
    folder = Path(next_tool_data.__file__).parent
    for name, count in (("dev", 150), ("test", 300), ("second", 60)):
        rows = json.loads((folder / f"next_tool_{name}.json").read_text(encoding="utf-8"))
        assert len(rows) == count
        assert len({row["conversation"] for row in rows}) == count
        assert all(set(row) <= {"conversation", "at", "message", "label"} for row in rows)


def test_without_the_dialogues_it_says_where_they_belong(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        labelled_turns(tmp_path, "test")


@pytest.mark.shared_data
def test_the_labelled_turns_are_read_with_their_dialogues() -> None:
    turns = labelled_turns(shared_data(), "dev")
    assert len(turns) == 150
    assert sum(turn.opening for turn in turns) == 45
    assert all(
        "@" not in name
        for t in turns
        for group in t.label.groups
        for c in group
        for v in c.titles
        for name in v.names
    )
    with_list = next(turn for turn in turns if turn.shown)
    assert with_list.messages[-1].type == "human"
    assert set(with_list.shown) <= set(with_list.named_before)
