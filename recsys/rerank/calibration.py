"""A list in the proportions of a taste (Steck, 2018): who watched 70 % drama and 30 % war gets about that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.rerank.greedy import Values

MIXED = 0.01
"""How much of the taste is mixed into the list's shares, so that the divergence stays finite."""


def group_shares(groups: csr_array) -> csr_array:
    """Divide each item among its groups: a 0/1 matrix (n_items, n_groups) becomes rows that add up to 1, or 0."""
    total = np.asarray(groups.sum(axis=1)).ravel().astype(np.float64)
    inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return groups.astype(np.float64).multiply(inverse[:, None]).tocsr()


def taste_shares(history: csr_array, shares: csr_array) -> Values:
    """Return each person's share of each group, (n, n_groups), rows that add up to 1, or 0 without history.

    `history` is (n, n_items), `shares` what `group_shares` returns. Items weigh as in the history; dislikes are
    no part of a taste's proportions.
    """
    liked = history.tocsr(copy=True).astype(np.float64)
    liked.data = np.maximum(liked.data, 0.0)
    summed: Values = (liked @ shares).toarray()
    total = summed.sum(axis=1, keepdims=True)
    shared: Values = np.divide(summed, total, out=np.zeros_like(summed), where=total > 0)
    return shared


def miscalibration(taste: Values, listed: Values) -> Values:
    """Return KL(taste || list) in nats, `MIXED` of the taste mixed into the list; at most -log(MIXED) = 4.6.

    `taste` is (..., n_groups), `listed` broadcasts with it; both add up to 1. 0 where there is no taste.
    """
    mixed = (1.0 - MIXED) * listed + MIXED * taste
    ratio = np.divide(
        taste, mixed, out=np.ones(np.broadcast_shapes(taste.shape, mixed.shape)), where=taste > 0
    )
    return np.asarray((taste * np.log(ratio)).sum(axis=-1), dtype=np.float64)


class Calibration:
    """The gain is minus the divergence that the list would have with the item, in nats."""

    def __init__(self, shares: NDArray[np.floating], taste: NDArray[np.floating], weight: float) -> None:
        """Take the pool's shares (n, n_groups), one person's taste (n_groups,), and the knob."""
        self._taste = taste.astype(np.float64)
        self.weight = weight if self._taste.any() else 0.0
        self._shares = shares.astype(np.float64)
        self._listed: Values = np.zeros(self._shares.shape[1])

    def gain(self) -> Values:
        """Return minus the divergence with each item, shape (n,)."""
        with_each = self._shares + self._listed
        total = with_each.sum(axis=1, keepdims=True)
        listed = np.divide(with_each, total, out=np.zeros_like(with_each), where=total > 0)
        return -miscalibration(self._taste, listed)

    def take(self, place: int) -> None:
        """Note a choice."""
        self._listed = self._listed + self._shares[place]
