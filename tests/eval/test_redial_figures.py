import numpy as np
import pytest

from eval.figures import MeasureOptions
from eval.offline_figures import redial
from eval.offline_figures.redial import Form, copy_context, recalls
from eval.offline_figures.redial_data import Asked, read_redial
from recsys.dialogue.repeats import repetition
from recsys.dialogue.state import DialogueState, Mention, Speaker, Utterance, turns_of
from recsys.errors import SourceError
from tests.parts import shared_data

SAID = tuple(Utterance(speaker, "") for speaker in (Speaker.SEEKER, Speaker.RECOMMENDER) * 2)


def asked(targets: tuple[int, ...], *named: int, unknown: int = 0) -> Asked:
    state = DialogueState(SAID[:1], tuple(Mention(item, 0) for item in named))
    return Asked(state, targets, unknown, frozenset(named))


def falling(states):
    """Item 0 first, then 1, ..."""
    return np.tile(-np.arange(60, dtype=np.float32), (len(states), 1))


def test_dedup_leaves_out_what_was_named_from_targets_and_ranking():
    found = recalls(Form("f", (asked((0, 1, 11), 0),), by_target=False), falling)
    assert (found["f dedup 1"], found["f dedup 10"], found["f dedup 50"]) == (0.5, 0.5, 1.0)
    assert (found["f all 1"], found["f all 10"], found["f all 50"]) == pytest.approx((1 / 3, 2 / 3, 1.0))


def test_a_mean_over_turns_is_not_one_over_targets_and_turns_of_named_films_only_are_left_out():
    turns = (asked((0,)), asked((1, 2, 3)), asked((5,), 5))
    assert recalls(Form("f", turns, by_target=False), falling)["f dedup 1"] == 0.5
    assert recalls(Form("f", turns, by_target=True), falling)["f dedup 1"] == 0.25


def test_a_target_that_is_no_candidate_counts_as_not_found():
    turns = (asked((0,), unknown=1), asked((), unknown=1))
    assert recalls(Form("f", turns, by_target=False), falling)["f dedup 50"] == 0.25
    assert recalls(Form("f", turns, by_target=True), falling)["f dedup 50"] == pytest.approx(1 / 3)


def test_equal_scores_find_nothing():
    found = recalls(
        Form("f", (asked((3,)),), by_target=True), lambda states: np.zeros((len(states), 60), np.float32)
    )
    assert found["f dedup 50"] == 0.0


def test_copying_ranks_the_latest_named_first():
    state = DialogueState(SAID[:3], (Mention(4, 0), Mention(2, 1), Mention(4, 2), Mention(7, 2)))
    assert copy_context(9, [state])[0].argsort()[::-1][:3].tolist() == [7, 4, 2]


def test_repetition_is_counted_by_how_recent_the_item_is():
    turns = turns_of(SAID, [Mention(3, 0), Mention(5, 1), Mention(6, 2), Mention(5, 3)])
    latest, before, *_ = repetition(turns * 100)
    assert before > 0.3 > 0.1 > latest


def test_missing_files_are_told(tmp_path):
    with pytest.raises(SourceError, match="is missing"):
        read_redial(tmp_path)


@pytest.mark.slow
@pytest.mark.shared_data
def test_copying_measures_on_the_real_test_what_was_published(tmp_path):
    data = read_redial(shared_data())
    assert (len(data.train), len(data.valid), len(data.asked_official)) == (3449, 1000, 3671)
    assert not {t.dialogue for d in (*data.train, *data.valid) for t in d} & set(range(20_001, 30_000))
    form = Form("f", data.asked_official, by_target=False)
    found = recalls(form, lambda states: copy_context(len(data.titles), states))
    assert [round(found[f"f all {k}"], 3) for k in (1, 10, 50)] == [0.043, 0.090, 0.090]
    assert found["f dedup 50"] == 0.0
    learned, asked = data.among_strangers(0)
    taught = {person for turns in learned for person in data.people[turns[0].dialogue]}
    own = {turn.dialogue: data.people[turn.dialogue][0] for turns in data.train for turn in turns}
    of_state = {turn.state: turn.dialogue for turns in data.train for turn in turns}
    recommenders = {own[of_state[one.state]] for one in asked if of_state.get(one.state) in own}
    assert recommenders
    assert not recommenders & taught
    assert (len(learned), len(asked)) == (2987, 2053)


@pytest.mark.slow
@pytest.mark.shared_data
def test_a_sample_is_measured_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(redial, "_baselines", lambda data, dialogues: {})
    options = MeasureOptions(data=shared_data(), out=tmp_path, quick=True)
    section = redial.measure(options, lambda _: None)
    assert 0.02 < section.figures[1].value < 0.25

    def again_measured(*_: object) -> None:
        raise AssertionError("what was kept is measured again")

    monkeypatch.setattr(redial, "_ours", again_measured)
    again = redial.measure(options, lambda _: None)
    assert again.figures[0].value == section.figures[0].value
