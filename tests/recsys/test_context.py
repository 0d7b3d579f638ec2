"""The moment as a share: what is met at such a time gains, and what is not known of a moment says nothing."""

from datetime import datetime

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import TrainingData, Users
from recsys.models.context import Cell, ContextConfig, ContextShare, Meetings, cells_of
from recsys.schema import Context
from tests.recsys.scorer_contract import ScorerContract

MORNING = Context(time=datetime(2024, 1, 1, 8))
EVENING = Context(time=datetime(2024, 7, 6, 21), device="TV")
NEWS, FILM, NOTHING = 0, 1, 2
GROUPS = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32)
DATA = TrainingData(csr_array((4, 3), dtype=np.float32), csr_array(GROUPS))


def of(*contexts: Context) -> Users:
    return Users(csr_array((len(contexts), 3), dtype=np.float32), contexts=contexts)


@pytest.fixture
def daily() -> ContextShare:
    """News in the morning three times of four, films in the evening as often."""
    items = np.array([NEWS] * 300 + [FILM] * 100 + [FILM] * 300 + [NEWS] * 100)
    model = ContextShare(ContextConfig(shrinkage=1e-6), Meetings(items, [MORNING] * 400 + [EVENING] * 400))
    model.fit(DATA)
    return model


class TestContextShare(ScorerContract):
    def make(self):
        return ContextShare()


def test_the_share_is_the_log_odds_of_the_groups(daily):
    daypart = daily.parts(of(MORNING))["daypart"][0]
    np.testing.assert_allclose(daypart[[NEWS, FILM]], np.log([0.75 / 0.5, 0.25 / 0.5]), atol=0.01)
    assert daypart[NOTHING] == 0.0


def test_the_parts_add_up_to_the_score(daily):
    users = of(MORNING, EVENING, Context())
    parts = daily.parts(users)
    assert set(parts) == {"daypart", "weekday", "season", "device", "occasion"}
    np.testing.assert_allclose(sum(parts.values()), daily.score(users), atol=1e-6)
    assert parts["device"][1, FILM] > 0.3
    assert not daily.score(users)[2].any()


def test_a_moment_that_was_seldom_seen_is_hardly_believed(daily):
    items, contexts = daily.meetings.items, daily.meetings.contexts
    shy = ContextShare(ContextConfig(shrinkage=4_000.0), Meetings(items, contexts))
    shy.fit(DATA)
    assert 0 < shy.score(of(MORNING))[0, NEWS] < 0.2 * daily.score(of(MORNING))[0, NEWS]


def test_a_moment_that_was_never_seen_says_nothing(daily):
    assert not daily.score(of(Context(device="watch", dialogue="for the kids"))).any()


def test_what_is_said_overrides_the_clock(daily):
    at_eight = Context(time=MORNING.time, dialogue="Something for tonight, please")
    assert ("daypart", "evening") in set(cells_of(at_eight))
    assert daily.parts(of(at_eight))["daypart"][0, FILM] > 0.3


@pytest.mark.parametrize(
    ("said", "cell"),
    [
        ("a film for Sunday", ("weekday", "sunday")),
        ("it is Christmas", ("season", "winter")),
        ("my kids are bored", ("occasion", "family")),
        ("I can't sleep", ("daypart", "night")),
        ("on my own for once", ("occasion", "alone")),
    ],
)
def test_circumstances_in_words(said: str, cell: Cell):
    assert list(cells_of(Context(dialogue=said))) == [cell]


def test_only_the_kinds_asked_for_count():
    assert list(cells_of(EVENING, ("season",))) == [("season", "summer")]


def test_what_was_learned_is_kept(daily, tmp_path):
    daily.save(tmp_path)
    loaded = ContextShare()
    loaded.load(tmp_path)
    np.testing.assert_array_equal(loaded.score(of(EVENING)), daily.score(of(EVENING)))


def test_what_does_not_fit_together_is_refused(daily):
    with pytest.raises(WorkspaceError, match="each needs one"):
        ContextShare(meetings=Meetings(np.array([0]), ())).fit(DATA)
    with pytest.raises(WorkspaceError, match="not among"):
        ContextShare(meetings=Meetings(np.array([7]), (MORNING,))).fit(DATA)
    with pytest.raises(WorkspaceError, match="each needs one"):
        daily.score(Users(csr_array((2, 3), dtype=np.float32), contexts=(MORNING,)))
