from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pydantic import ValidationError

from recsys.feedback.events import Event
from recsys.feedback.weights import FeedbackConfig, fold_in, history_weights, mean_rating

NOW = datetime(2026, 1, 10, tzinfo=UTC)
POSITION = {f"i{k}": k for k in range(6)}


def event(item: str, kind: str, value: float = 1.0, days: float = 0.0) -> Event:
    return Event(user="ada", item=item, kind=kind, value=value, time=NOW - timedelta(days=days))


def test_what_each_event_weighs():
    events = [event("i0", "like"), event("i1", "dislike"), event("i2", "not_this"), event("i3", "skip")]
    events += [event("i4", "seen"), event("i5", "opinion", -0.4)]
    weights = history_weights(events, NOW)
    assert weights == pytest.approx({"i0": 1.0, "i1": -1.0, "i2": -0.5, "i3": -0.2, "i5": -0.4})


def test_ratings_count_from_the_persons_own_mean():
    strict = [event(f"i{k}", "rating", stars) for k, stars in enumerate((1.0, 1.0, 2.0, 3.0, 1.0))]
    generous = [event(f"i{k}", "rating", stars) for k, stars in enumerate((5.0, 5.0, 5.0, 3.0, 5.0))]
    assert history_weights(strict, NOW)["i3"] > 0.1
    assert history_weights(generous, NOW)["i3"] < -0.3


def test_a_mean_is_drawn_to_what_is_usual_while_there_are_few():
    config = FeedbackConfig(usual=3.5, usual_weight=5.0)
    assert mean_rating([], config) == 3.5
    assert mean_rating([event("i0", "rating", 5.0)], config) == pytest.approx((5 + 17.5) / 6)
    many = [event(f"x{k}", "rating", 5.0) for k in range(200)]
    assert mean_rating(many, config) > 4.95


def test_the_last_verdict_counts():
    events = [event("i0", "dislike", days=2), event("i0", "like", days=1), event("i0", "seen")]
    assert history_weights(events, NOW)["i0"] == pytest.approx(1.0, abs=0.01)


def test_not_this_is_of_the_moment_and_does_not_take_back_a_like():
    events = [event("i0", "like"), event("i0", "not_this"), event("i1", "not_this", days=10)]
    weights = history_weights(events, NOW)
    assert weights["i0"] == pytest.approx(0.5)
    assert abs(weights["i1"]) < 0.001


def test_likes_fade_with_their_half_life_and_the_future_does_not_count_more():
    config = FeedbackConfig(half_life_days=10.0)
    events = [event("i0", "like", days=10), event("i1", "like", days=-5)]
    assert history_weights(events, NOW, config) == pytest.approx({"i0": 0.5, "i1": 1.0})


def test_weights_stay_within_one():
    events = [
        event("i0", "dislike"),
        event("i0", "not_this"),
        event("i1", "rating", 1.0),
        event("i1", "skip"),
    ]
    assert min(history_weights(events, NOW).values()) >= -1.0


def test_folding_in_gives_signed_history_and_the_order_of_what_was_liked():
    events = [
        event("i4", "like", days=1),
        event("i1", "like", days=3),
        event("i2", "dislike"),
        event("gone", "like"),
    ]
    users = fold_in(events, POSITION, NOW)
    row = users.history.toarray()[0]
    assert row.shape == (6,)
    assert (row > 0).nonzero()[0].tolist() == [1, 4]
    assert row[2] == pytest.approx(-1.0)
    assert users.sequences[0].tolist() == [1, 4]


def test_nobody_is_an_empty_row():
    users = fold_in([], POSITION, NOW)
    assert users.history.shape == (1, 6)
    assert users.history.nnz == 0
    assert users.sequences[0].dtype == np.int64


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "opinion", "value": 2.0}, {"kind": "rating", "value": 0.0}, {"kind": "loves"}, {"item": ""}],
)
def test_what_is_no_event_is_refused(wrong):
    with pytest.raises(ValidationError):
        Event(**({"user": "ada", "item": "i0", "kind": "like"} | wrong))


def test_a_time_needs_a_zone():
    with pytest.raises(ValidationError, match="time zone"):
        Event(user="ada", item="i0", kind="like", time=datetime(2026, 1, 1))
