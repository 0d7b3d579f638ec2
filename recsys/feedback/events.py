"""What can happen to an item that was shown, and how the next training reads it."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from recsys.catalogue import INTERACTION_SCHEMA
from recsys.workspace import Workspace

Kind = Literal["like", "dislike", "rating", "skip", "not_this", "seen", "opinion"]
PERSON_PREFIX = "person:"
"""How the people of the chat are named in an interaction table, before a hash of their name."""
_RATING = "rating"


class Event(BaseModel):
    """One person did one thing with one item."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=lambda: uuid.uuid4().hex)
    user: str = Field(min_length=1)
    item: str = Field(min_length=1)
    kind: Kind
    value: float = 1.0
    """Stars of a `rating`, on the source's scale; weight of an `opinion` in [-1, 1]; else not read."""
    time: datetime = Field(default_factory=lambda: datetime.now(UTC))
    scene: str = "default"
    """The scene in which the item was asked for."""

    @model_validator(mode="after")
    def _in_range(self) -> Event:
        if self.kind == "opinion" and not -1.0 <= self.value <= 1.0:
            raise ValueError("the value of an opinion is in [-1, 1]")
        if self.kind == "rating" and not self.value > 0.0:
            raise ValueError("the value of a rating is above 0")
        if self.time.tzinfo is None:
            raise ValueError("the time of an event has a time zone")
        return self


def person_name(user: str, workspace_id: str) -> str:
    """Return the name of a person in an interaction table: nobody can read the user's name from it."""
    key = hmac.new(workspace_id.encode(), user.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return PERSON_PREFIX + key.hexdigest()[:24]


def without_feedback(interactions: pl.DataFrame) -> pl.DataFrame:
    """Return the table without the rows that an earlier update took from the chat, so that none counts twice and
    whoever was erased is gone."""
    return interactions.filter(~pl.col("user").str.starts_with(PERSON_PREFIX))


def feedback_interactions(workspace: Workspace) -> pl.DataFrame:
    """Return what people said in the chat as rows of an interaction table (columns as in `INTERACTION_SCHEMA`).

    Put them beside `without_feedback(workspace.interactions)`. Rows are in the workspace's most frequent scene, by
    person and time. Where that is ratings, a like is the highest rating of the source and a dislike its lowest;
    elsewhere a like is one meeting and what was not liked is no row. Raises `FeedbackStoreError` when the store
    cannot be read.
    """
    from recsys.feedback.store import FeedbackStore

    file = FeedbackStore.file_of(workspace.people_dir)
    if not file.is_file():
        return pl.DataFrame(schema=INTERACTION_SCHEMA)
    store = FeedbackStore(file)
    try:
        return as_interactions(store.everything(), workspace.interactions, workspace.id)
    finally:
        store.close()


def as_interactions(events: Iterable[Event], known: pl.DataFrame, workspace_id: str) -> pl.DataFrame:
    """Return events as rows that fit an interaction table; of several on one item by one person the last counts.

    Skips, `not_this` and `seen` are no rows: they speak of a moment, not of a taste.
    """
    known = without_feedback(known)
    scene = _most_frequent_scene(known)
    stars = (
        known.filter(pl.col("scene") == _RATING)["value"] if scene == _RATING else pl.Series(dtype=pl.Float64)
    )
    low, high = stars.min(), stars.max()
    last: dict[tuple[str, str], Event] = {}
    for event in sorted(events, key=lambda one: (one.time, one.id)):
        if event.kind in ("like", "dislike", "rating", "opinion"):
            last[event.user, event.item] = event
    rows = []
    for event in sorted(last.values(), key=lambda one: (one.user, one.time, one.id)):
        value = (
            _value(event, low, high) if isinstance(low, float) and isinstance(high, float) else _met(event)
        )
        if value is not None:
            name = person_name(event.user, workspace_id)
            rows.append((name, event.item, value, int(event.time.timestamp()), scene))
    return pl.DataFrame(rows, schema=INTERACTION_SCHEMA, orient="row")


def _most_frequent_scene(known: pl.DataFrame) -> str:
    if known.is_empty():
        return "default"
    counts = known.group_by("scene").len().sort(["len", "scene"], descending=[True, False])
    return str(counts["scene"][0])


def _value(event: Event, low: float, high: float) -> float:
    if event.kind == "rating":
        return min(high, max(low, event.value))
    towards = {"like": 1.0, "dislike": -1.0}.get(event.kind, event.value)
    return (low + high) / 2.0 + towards * (high - low) / 2.0


def _met(event: Event) -> float | None:
    # Without stars of its own, a source cannot say whether a rating was a good one; three of five is the middle.
    glad = event.kind == "like" or (event.kind == "opinion" and event.value > 0.0)
    return 1.0 if glad or (event.kind == "rating" and event.value > 3.0) else None
