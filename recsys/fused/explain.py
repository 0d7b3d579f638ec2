"""Which items of a history carry a score: exact, because each grain is a sum over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.fused.config import LINEAR, ORDER
from recsys.fused.known import NOTHING, Known
from recsys.fused.state import FusedState
from recsys.schema import Granularity as Grain


@dataclass(frozen=True)
class HistoryShares:
    """What the items of one person's history give to the score of one item."""

    columns: NDArray[np.int64]
    """Shape (m,); the items of the history and of the sequence, ascending."""
    given: Mapping[str, NDArray[np.float32]]
    """Grain to (m,): what each of them gives to the grain's share."""
    rest: Mapping[str, float]
    """Grain to what does not come from an item of the history: words, neighbours, circumstances, popularity."""

    def totals(self) -> NDArray[np.float32]:
        """Return what each item of the history gives over all grains, shape (m,)."""
        return np.asarray(sum(self.given.values(), np.zeros(len(self.columns))), dtype=np.float32)

    def first(self, count: int) -> list[tuple[int, float]]:
        """Return the `count` items of the history that give most, as (column, what it gives), most first."""
        totals = self.totals()
        order = np.argsort(-totals, kind="stable")[:count]
        return [(int(self.columns[k]), float(totals[k])) for k in order]


def history_shares(state: FusedState, known: Known, item: int, row: int) -> HistoryShares:
    """Return what each item of row `row` gives to the shares of column `item`."""
    scene = known.scene[row]
    lambdas = state.lambdas[scene, known.bucket[row]]
    target = state.scene_vectors[scene] * state.items[item]
    history = known.history[[row]].tocsr()
    met, weights = history.indices.astype(np.int64), history.data
    places = known.recent[row] if known.recent is not None else np.zeros(0, dtype=np.int64)
    in_order = places[places != NOTHING]
    columns = np.unique(np.concatenate([met, in_order]))
    given: dict[str, NDArray[np.float32]] = {}
    rest: dict[str, float] = {}
    for grain in state.grains:
        factor = lambdas[ORDER.index(grain)]
        share = np.zeros(len(columns), dtype=np.float32)
        if grain in LINEAR:
            share[np.searchsorted(columns, met)] = factor * weights * (state.roles[grain][met] @ target)
            given[grain.value] = share
            if grain is Grain.TEXT and known.words is not None:
                rest[grain.value] = float(factor * (known.words[row] @ state.text_map) @ target)
        elif grain is Grain.SEQUENCE and known.recent is not None:
            worth = factor * state.recency[: len(in_order)] * (state.roles[grain][in_order] @ target)
            np.add.at(share, np.searchsorted(columns, in_order), worth)
            given[grain.value] = share
        elif grain is Grain.SOCIAL and known.social is not None:
            beside = np.asarray(known.social[[row]] @ state.roles[grain])[0]
            rest[grain.value] = float(factor * beside @ target)
        elif grain is Grain.CONTEXT and known.context is not None:
            rest[grain.value] = float(factor * (known.context[row] @ state.context_vectors) @ target)
        elif grain is Grain.POPULARITY:
            rest[grain.value] = float(factor * state.bias[item])
    return HistoryShares(columns, given, rest)
