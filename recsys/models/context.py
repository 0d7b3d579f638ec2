"""The moment as an additive share: which groups of items are met more at such a time, on such a device, than else.

A circumstance is a kind and a value (daypart evening, season winter, device phone). For a group g of items (an
attribute: a genre, a category) and a circumstance c,

    a_gc = log (n_gc + k p_g) / (n_c + k) - log p_g,    p_g = n_g / n,

are its log-odds against any time, drawn to 0 by k meetings. An item's share is the mean over its groups, summed over
the circumstances of the request. Nobody's own history is read: the share is the same for everybody at that moment.

What a dialogue says of the moment (tonight, this weekend, at Christmas) overrides the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import Columns, FloatMatrix, TrainingData, Users
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)
from recsys.schema import Context

KINDS = ("daypart", "weekday", "season", "device", "occasion")
_DAYPARTS = ("night", "morning", "afternoon", "evening")
_SEASONS = ("winter", "spring", "summer", "autumn")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SAID: tuple[tuple[str, tuple[str, str]], ...] = (
    *((rf"\b{day}s?\b", ("weekday", day)) for day in _WEEKDAYS),
    (r"\btonight\b|\bthis evening\b|\bafter work\b|\bevenings?\b", ("daypart", "evening")),
    (r"\bmornings?\b|\bbreakfast\b", ("daypart", "morning")),
    (r"\bafternoons?\b|\blunch\b", ("daypart", "afternoon")),
    (r"\bmidnight\b|\blate at night\b|\bcan'?t sleep\b|\bbefore bed\b", ("daypart", "night")),
    (r"\bchristmas\b|\bwinter\b|\bnew year'?s\b", ("season", "winter")),
    (r"\bspring\b|\beaster\b", ("season", "spring")),
    (r"\bsummer\b|\bholidays?\b|\bvacation\b", ("season", "summer")),
    (r"\bautumn\b|\bhalloween\b|\bthanksgiving\b", ("season", "autumn")),
    (r"\b(?:kids?|children|family|son|daughter)\b", ("occasion", "family")),
    (r"\b(?:date|girlfriend|boyfriend|wife|husband|partner)\b", ("occasion", "couple")),
    (r"\b(?:friends?|party|mates)\b", ("occasion", "friends")),
    (r"\b(?:alone|by myself|on my own)\b", ("occasion", "alone")),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), cell) for pattern, cell in _SAID)

Cell = tuple[str, str]
"""A kind of circumstance and its value."""


class ContextConfig(BaseModel):
    """What the context model can be told."""

    model_config = ConfigDict(frozen=True)

    kinds: tuple[str, ...] = KINDS
    """Kinds of circumstances that count."""
    shrinkage: float = Field(default=200.0, gt=0.0)
    """k: how many meetings a circumstance must have before its log-odds are half believed."""


@dataclass(frozen=True)
class Meetings:
    """Which item was met in which circumstances: what the context model learns from beside `TrainingData`."""

    items: Columns = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Shape (m,)."""
    contexts: Sequence[Context] = field(default_factory=tuple)
    """m of them."""


class ContextShare:
    """Score items by the moment of the request; without a context every score is 0.

    The groups are the rows of `TrainingData.attributes`. `meetings` are read by `fit`; without any the model
    knows nothing and every score is 0.
    """

    name = "context"
    recommends_for_cold = False

    def __init__(self, config: ContextConfig | None = None, meetings: Meetings | None = None) -> None:
        self.config = config or ContextConfig()
        self.meetings = meetings or Meetings()
        self.cells: tuple[Cell, ...] = ()
        """The circumstances that were seen, ascending."""
        self.shifts: FloatMatrix = np.zeros((0, 0), dtype=np.float32)
        """Shape (cells, n_items); the mean of a_gc over each item's groups, 0 for an item without a group."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Count the groups in each circumstance.

        Raises `WorkspaceError` when items and contexts of the meetings are not as many, or an item is unknown.
        """
        n_items = data.interactions.shape[1]
        met, contexts = np.asarray(self.meetings.items, dtype=np.int64), self.meetings.contexts
        if len(met) != len(contexts):
            raise WorkspaceError(f"{len(met)} meetings have {len(contexts)} contexts; each needs one.")
        if len(met) and (met.min() < 0 or met.max() >= n_items):
            raise WorkspaceError(f"A meeting names an item that is not among the {n_items} of the data.")
        found = [list(cells_of(context, self.config.kinds)) for context in contexts]
        self.cells = tuple(sorted({cell for cells in found for cell in cells}))
        place = {cell: k for k, cell in enumerate(self.cells)}
        pairs = [(place[cell], row) for row, cells in enumerate(found) for cell in cells]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        in_cell = csr_array((np.ones(len(rows)), (rows, met[columns])), shape=(len(self.cells), n_items))
        groups = data.attributes.astype(np.float64).tocsr()
        met_of = np.bincount(met, minlength=n_items).astype(np.float64)
        share = (groups @ met_of + 1.0) / (len(met) + 2.0)
        counts = (in_cell @ groups.T).toarray()
        total: NDArray[np.float64] = np.asarray(in_cell.sum(axis=1)).reshape(-1, 1)
        k = self.config.shrinkage
        odds = np.log((counts + k * share) / (total + k)) - np.log(share)
        having = np.maximum(np.asarray(groups.sum(axis=0)).ravel(), 1.0)
        self.shifts = np.asarray((groups.T @ odds.T).T / having, dtype=np.float32).reshape(-1, n_items)
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            config={**self.config.model_dump(mode="json"), "cells": [list(cell) for cell in self.cells]},
            data_hash=hash_training_data(data),
            versions=library_versions(),
            notes=[] if len(met) else ["No meeting has a context: every score is 0."],
        )

    def score(self, users: Users) -> FloatMatrix:
        """Return the sum of the parts, shape (n, n_items), in nats."""
        return sum(self.parts(users).values(), np.zeros(users.history.shape, dtype=np.float32))

    def parts(self, users: Users) -> dict[str, FloatMatrix]:
        """Return what each kind of circumstance gives to each item, (n, n_items) a kind, in nats.

        A circumstance that training had not seen gives 0.
        """
        n, n_items = users.history.shape
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        if users.contexts and len(users.contexts) != n:
            raise WorkspaceError(
                f"{n} people have {len(users.contexts)} contexts; each needs one, or none has any."
            )
        parts = {kind: np.zeros((n, n_items), dtype=np.float32) for kind in self.config.kinds}
        place = {cell: k for k, cell in enumerate(self.cells)}
        for row, context in enumerate(users.contexts):
            for cell in cells_of(context, self.config.kinds):
                if cell in place:
                    parts[cell[0]][row] += self.shifts[place[cell]]
        return parts

    def save(self, folder: Path) -> None:
        """Write `context.safetensors` and `context.json`."""
        save_model(folder, self.card, {"shifts": self.shifts})

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        said = dict(card.config)
        cells = tuple((str(kind), str(value)) for kind, value in said.pop("cells", ()))
        shifts = tensors.get("shifts", np.zeros(0))
        check_shape(self.name, shifts, (len(cells), card.n_items))
        self.config, self.card, self.cells = ContextConfig.model_validate(said), card, cells
        self.shifts = shifts.astype(np.float32, copy=False)


def cells_of(context: Context, kinds: Sequence[str] = KINDS) -> Iterator[Cell]:
    """Yield the circumstances of a request, at most one a kind; the hour is that of the context's own clock.

    A time without a zone is taken as it is, and seasons are those of the north.
    """
    cells: dict[str, str] = {}
    if context.time is not None:
        cells["daypart"] = _DAYPARTS[context.time.hour // 6]
        cells["weekday"] = _WEEKDAYS[context.time.weekday()]
        cells["season"] = _SEASONS[context.time.month % 12 // 3]
    if context.device:
        cells["device"] = context.device.casefold()
    for pattern, (kind, value) in _PATTERNS:
        if context.dialogue and pattern.search(context.dialogue):
            cells[kind] = value
    for kind, value in cells.items():
        if kind in kinds:
            yield kind, value
