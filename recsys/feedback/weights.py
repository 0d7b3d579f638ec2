"""From events to what a model folds in: weights of items, negative for what was not wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array

from recsys.feedback.events import Event
from recsys.models.base import Users

_DAY = 86_400.0
_MOMENTARY = frozenset({"skip", "not_this"})


class FeedbackConfig(BaseModel):
    """What an event weighs, and how fast it fades."""

    model_config = ConfigDict(frozen=True)

    like: float = Field(default=1.0, ge=0.0, le=1.0)
    """Weight of a like."""
    dislike: float = Field(default=1.0, ge=0.0, le=1.0)
    """Weight against of a dislike."""
    not_this: float = Field(default=0.5, ge=0.0, le=1.0)
    """Weight against of a `not this`: not wanted now."""
    skip: float = Field(default=0.2, ge=0.0, le=1.0)
    """Weight against of something passed over."""
    half_life_days: float = Field(default=365.0, gt=0.0)
    """Days after which a like, dislike, rating or opinion weighs half."""
    moment_days: float = Field(default=1.0, gt=0.0)
    """The same for a skip and a `not this`, which speak of a moment."""
    low: float = 1.0
    """Lowest rating of the source."""
    high: float = 5.0
    """Highest rating of the source."""
    usual: float = 3.5
    """What people give on average, from which a person's own mean is learned."""
    usual_weight: float = Field(default=5.0, ge=0.0)
    """How many ratings that counts as."""


def centred(stars: float, mean: float, config: FeedbackConfig) -> float:
    """Return a rating's weight in [-1, 1]: how far it is from the person's mean, in halves of the scale."""
    return float(np.clip((stars - mean) * 2.0 / (config.high - config.low), -1.0, 1.0))


def mean_rating(events: Sequence[Event], config: FeedbackConfig) -> float:
    """Return a person's mean rating, drawn towards what is usual while they have given few."""
    stars = [event.value for event in events if event.kind == "rating"]
    return (sum(stars) + config.usual * config.usual_weight) / max(len(stars) + config.usual_weight, 1e-9)


def verdict_of(event: Event, mean: float, config: FeedbackConfig) -> float | None:
    """Return what an event says of its item, in [-1, 1], before it fades; None where it says nothing (`seen`)."""
    if event.kind == "rating":
        return centred(event.value, mean, config)
    verdicts = {
        "like": config.like,
        "dislike": -config.dislike,
        "not_this": -config.not_this,
        "skip": -config.skip,
        "opinion": event.value,
    }
    return verdicts.get(event.kind)


def history_weights(
    events: Sequence[Event], now: datetime, config: FeedbackConfig | None = None
) -> dict[str, float]:
    """Return item to weight, in [-1, 1], for one person's events; the last verdict on an item counts, faded by its age.

    A skip or `not this` does not take back what was said of the item before; the two add up. Items of weight 0 are
    left out.
    """
    config = config or FeedbackConfig()
    mean = mean_rating(events, config)
    lasting: dict[str, float] = {}
    momentary: dict[str, float] = {}
    for event in sorted(events, key=lambda one: (one.time, one.id)):
        verdict = verdict_of(event, mean, config)
        if verdict is None:
            continue
        moment = event.kind in _MOMENTARY
        days = max(0.0, (now - event.time).total_seconds() / _DAY)
        faded = verdict * 0.5 ** (days / (config.moment_days if moment else config.half_life_days))
        (momentary if moment else lasting)[event.item] = faded
    total = {
        item: max(-1.0, min(1.0, lasting.get(item, 0.0) + momentary.get(item, 0.0)))
        for item in lasting | momentary
    }
    return {item: weight for item, weight in total.items() if abs(weight) > 1e-6}


def fold_in(
    events: Sequence[Event],
    position: Mapping[str, int],
    now: datetime,
    config: FeedbackConfig | None = None,
) -> Users:
    """Return one person as a model takes them: weights in `history` (1, n_items), and what they were glad of in order.

    `position` is item id to column; items that are not in the catalogue are left out.
    """
    weights = {item: w for item, w in history_weights(events, now, config).items() if item in position}
    columns = np.array([position[item] for item in weights], dtype=np.int64)
    values = np.array(list(weights.values()), dtype=np.float32)
    history = csr_array((values, (np.zeros(len(columns), dtype=np.int64), columns)), shape=(1, len(position)))
    history.sort_indices()
    last = {event.item: event.time for event in sorted(events, key=lambda one: (one.time, one.id))}
    glad = sorted(
        (item for item, weight in weights.items() if weight > 0), key=lambda item: (last[item], item)
    )
    return Users(history, sequences=(np.array([position[item] for item in glad], dtype=np.int64),))
