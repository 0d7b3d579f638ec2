"""The cells that weights are learned on: for each person the items that the members together put first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.models.base import FloatMatrix
from recsys.models.choices import Choices

_DISCOUNT_BASE = 2.0


@dataclass(frozen=True)
class Cells:
    """People by candidates; every person has the same number of places, of which some may be empty."""

    items: NDArray[np.int64]
    """Shape (n, among), columns of the catalogue."""
    filled: NDArray[np.bool_]
    """Shape (n, among); False where a person had too few items left."""
    chosen: NDArray[np.bool_]
    """Shape (n, among); the held-out choices among the candidates."""
    targets: NDArray[np.int64]
    """Shape (n,); all held-out choices of a person, candidates or not."""
    values: FloatMatrix
    """Shape (members, n, among); standardised scores."""
    users: FloatMatrix
    """Shape (n, user traits)."""

    @property
    def count(self) -> int:
        """People."""
        return len(self.targets)

    def rows(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Cells:
        """Return the cells of some people."""
        return Cells(
            self.items[chosen],
            self.filled[chosen],
            self.chosen[chosen],
            self.targets[chosen],
            self.values[:, chosen],
            self.users[chosen],
        )

    def of_members(self, chosen: Sequence[int]) -> Cells:
        """Return the cells with the scores of some members only, in this order."""
        return replace(self, values=self.values[list(chosen)])

    def first(self, scores: FloatMatrix, count: int) -> Cells:
        """Return the cells with only the `count` candidates filled that `scores`, (n, among), puts first."""
        if count >= self.filled.shape[1]:
            return self
        masked = np.where(self.filled, scores, -np.inf)
        last = -np.partition(-masked, count - 1, axis=1)[:, count - 1 : count]
        return replace(self, filled=self.filled & (masked >= last))

    def choices(self) -> Choices:
        """Return the cells as competing choices; its flat order is that of `flat`."""
        return Choices(self.filled, self.chosen)

    def ndcg(self, scores: FloatMatrix, k: int = 20) -> NDArray[np.float64]:
        """Return each person's NDCG at k when the candidates are ranked by `scores`, (n, among); ties count
        against the choice."""
        masked = np.where(self.filled, scores, -np.inf)
        wrong_first = np.lexsort((self.chosen, -masked), axis=1)[:, :k]
        hits = np.take_along_axis(self.chosen & self.filled, wrong_first, axis=1)
        discount = 1.0 / np.log2(np.arange(hits.shape[1]) + _DISCOUNT_BASE)
        ideal = np.cumsum(1.0 / np.log2(np.arange(k) + _DISCOUNT_BASE))
        reached = np.minimum(self.targets, k)
        return np.where(reached > 0, (hits @ discount) / ideal[np.maximum(reached, 1) - 1], 0.0)


def candidates(
    scores: Sequence[FloatMatrix],
    users: FloatMatrix,
    history: csr_array,
    targets: csr_array,
    among: int,
) -> Cells:
    """Take for each person the `among` items not met whose standardised scores add up to the most.

    `scores` has one matrix a member, (n, n_items), standardised; `targets` is 0/1 of the same shape.
    """
    total: FloatMatrix = np.asarray(np.sum(scores, axis=0, dtype=np.float32))
    total[history.nonzero()] = -np.inf
    among = min(among, total.shape[1])
    items = np.argpartition(-total, among - 1, axis=1)[:, :among]
    items.sort(axis=1)
    return Cells(
        items=items.astype(np.int64),
        filled=np.isfinite(np.take_along_axis(total, items, axis=1)),
        chosen=np.take_along_axis(targets.toarray() != 0, items, axis=1),
        targets=np.diff(targets.tocsr().indptr).astype(np.int64),
        values=np.stack([np.take_along_axis(score, items, axis=1) for score in scores]),
        users=users,
    )


def joined(parts: Sequence[Cells]) -> Cells:
    """Put cells of several blocks of people one below the other; all have the same places."""
    return Cells(
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.filled for part in parts]),
        np.concatenate([part.chosen for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.values for part in parts], axis=1),
        np.concatenate([part.users for part in parts]),
    )
