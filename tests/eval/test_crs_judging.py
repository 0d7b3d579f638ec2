import itertools

import pytest

from eval.crs_figures.judging import NEVER, Judged, judge, judged, ranks
from eval.crs_figures.measures import by_place, recall, recalls, reciprocal_rank, samples, success
from eval.crs_figures.turns import Turn, recommending_turns, sampled
from eval.systems.protocol import Dialogue, Response, Utterance

SAID = Dialogue((Utterance("seeker", "a?", ("a",)),))


def turn(targets=("b",), number=1, unknown=0, dialogue="1", said=SAID):
    return Turn(dialogue, number, said, tuple(targets), unknown)


class Fixed:
    """Answers the same, and counts how often it is asked."""

    name = "fixed"

    def __init__(self, items=("a", "b", "c"), scores=()):
        self.answer, self.asked = Response(tuple(items), "", tuple(scores)), 0

    def respond(self, dialogue):
        self.asked += 1
        return self.answer


def test_a_rank_counts_what_is_returned_and_not_left_out():
    answer = Response(("a", "b", "c"), "")
    assert ranks(answer, ["c", "x", "b"], frozenset()) == (2, 3, NEVER)
    assert ranks(answer, ["c", "b"], frozenset({"a"})) == (1, 2)


def test_an_item_is_ranked_behind_every_other_of_its_score():
    answer = Response(("a", "b", "c", "d"), "", (2.0, 1.0, 1.0, 0.0))
    assert ranks(answer, ["b"], frozenset()) == (3,)
    assert ranks(answer, ["a"], frozenset()) == (1,)
    # What is left out ties with nobody.
    assert ranks(answer, ["b"], frozenset({"c"})) == (2,)


def test_new_targets_are_ranked_among_new_items_and_missing_ones_are_never_found():
    found = judged(turn(("a", "c"), unknown=1), Response(("a", "b", "c"), ""), 0.1)
    assert found.every == (1, 3, NEVER)
    assert found.new == (2, NEVER)


def test_the_data_may_say_what_counts_as_named():
    known = Turn("1", 1, SAID, ("a", "b"), known=frozenset({"b"}))
    assert judged(known, Response(("a", "b", "c"), ""), 0.1).new == (1,)


@pytest.mark.parametrize(("items", "scores"), [(("a", "a"), ()), (("a", "b"), (1.0,))])
def test_a_broken_answer_is_refused(items, scores):
    with pytest.raises(ValueError, match="turn 1/1"):
        judged(turn(), Response(items, "", scores), 0.1)


def test_answers_are_kept_and_a_run_that_was_killed_goes_on(tmp_path):
    turns, file, first, second = [turn(number=n) for n in range(4)], tmp_path / "kept.jsonl", Fixed(), Fixed()
    some = judge(lambda: first, turns[:3], file)
    with file.open("a", encoding="utf-8") as stream:
        stream.write('{"turn": "1/3", "dial')
    whole = judge(lambda: second, turns, file)
    assert (first.asked, second.asked) == (3, 1)
    assert whole[:3] == some
    assert judge(lambda: pytest.fail("all is kept, nothing needs to be made"), turns, file) == whole


def test_no_turn_is_begun_after_the_budget():
    spent = itertools.chain([False, False], itertools.repeat(True))
    assert len(judge(Fixed, [turn(number=n) for n in range(5)], stop=lambda: next(spent))) == 2


class Several(Fixed):
    """Answers many dialogues at once."""

    def respond_many(self, dialogues):
        self.asked += 1
        return [self.answer for _ in dialogues]


def test_a_system_that_offers_it_is_asked_many_at_once_with_the_same_result():
    turns, several = [turn(number=n) for n in range(300)], Several()
    together = judge(lambda: several, turns)
    alone = judge(Fixed, turns)
    assert several.asked == 3
    assert [(one.turn, one.every, one.new) for one in together] == [
        (one.turn, one.every, one.new) for one in alone
    ]


def one(dialogue, new, place=1):
    return Judged(
        turn=f"{dialogue}/{place}", dialogue=dialogue, place=place, every=new, new=new, seconds=0.0, listed=3
    )


def test_recall_is_a_mean_over_turns_or_over_targets():
    found = [one("1", (1, 20)), one("2", (NEVER,)), one("3", ())]
    assert recall(found, "dedup", 10) == pytest.approx(0.25)
    assert recall(found, "dedup", 10, "targets") == pytest.approx(1 / 3)
    assert recalls(found, "all") == pytest.approx((0.25, 0.25, 0.5))


def test_reciprocal_rank_takes_the_best_target_and_success_the_best_turn_of_a_dialogue():
    found = [one("1", (4, 9)), one("1", (NEVER,), place=3), one("2", (11,))]
    assert reciprocal_rank(found, "dedup") == pytest.approx((1 / 4 + 0 + 1 / 11) / 3)
    assert success(found, "dedup") == pytest.approx(0.5)


def test_samples_are_by_turn_and_leave_out_turns_without_a_target():
    found = {one.metric: one.values for one in samples("x", [one("1", (1, 20)), one("2", ())])}
    assert found["Recall@10, dedup"] == {"1/1": 0.5}
    assert set(found) == {f"Recall@{k}, {kind}" for k in (1, 10, 50) for kind in ("dedup", "all")}


def test_places_are_told_apart_by_what_came_before():
    found = by_place([one("1", (1,), 1), one("2", (NEVER,), 2), one("3", (2,), 12)], "dedup", 10)
    assert found == {"0-1": 1.0, "2-3": 0.0, "10 and more": 1.0}


def test_a_turn_is_every_utterance_of_the_recommender_that_names_something():
    said = [
        Utterance("seeker", "hi"),
        Utterance("recommender", "Heat?", ("h", "h")),
        Utterance("seeker", "No, Ronin", ("r",)),
        Utterance("recommender", "Fine."),
        Utterance("recommender", "An unknown one?"),
    ]
    found = list(recommending_turns("7", said, [0, 0, 0, 0, 1]))
    assert [(one.id, one.targets, one.unknown, one.answer) for one in found] == [
        ("7/1", ("h",), 0, "Heat?"),
        ("7/4", (), 1, "An unknown one?"),
    ]
    assert found[1].named == {"h", "r"}
    assert sampled([*found, turn(dialogue="8")], 1) == tuple(found)
