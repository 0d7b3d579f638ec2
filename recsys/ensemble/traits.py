"""What a weight may depend on: how much is known of a person, how popular their taste is, how popular an item is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.models.base import FloatMatrix

USER_TRAITS = ("history", "taste")
"""Length of the history; mean popularity of what is in it."""
ITEM_TRAITS = ("popularity",)
_FAR = 3.0
"""Traits are cut at so many standard deviations: a stranger is treated as the most unusual person of train."""


@dataclass(frozen=True)
class Traits:
    """Traits in units of their spread over the training data."""

    popularity: NDArray[np.float32]
    """Shape (n_items,); log(1 + people of the item)."""
    item_scale: tuple[float, float]
    """Mean and spread of `popularity` over items."""
    user_scales: tuple[tuple[float, float], ...]
    """The same of each of `USER_TRAITS` over people."""

    @classmethod
    def learn(cls, interactions: csr_array) -> Traits:
        """Take the popularities and scales of `interactions`, (n_users, n_items)."""
        popularity = np.log1p(np.asarray(interactions.sum(axis=0)).ravel()).astype(np.float32)
        known = interactions[np.flatnonzero(np.diff(interactions.indptr) > 0)]
        raw = _raw(known.astype(np.float32), popularity)
        scales = tuple(_scale(column) for column in raw.T)
        return cls(popularity, _scale(popularity), scales)

    def users(self, history: csr_array) -> FloatMatrix:
        """Return the traits of people, shape (n, len(USER_TRAITS)); zeros for somebody without history."""
        raw = _raw(history.astype(np.float32).tocsr(), self.popularity)
        found = np.stack([_in_units(raw[:, k], scale) for k, scale in enumerate(self.user_scales)], axis=1)
        found[np.diff(history.indptr) == 0] = 0.0
        return found

    def items(self) -> FloatMatrix:
        """Return the traits of items, shape (n_items, len(ITEM_TRAITS))."""
        return _in_units(self.popularity, self.item_scale)[:, None]


def _raw(history: csr_array, popularity: NDArray[np.float32]) -> NDArray[np.float64]:
    count = np.diff(history.indptr).astype(np.float64)
    cells = csr_array((np.ones_like(history.data), history.indices, history.indptr), shape=history.shape)
    taste = (cells @ popularity) / np.maximum(count, 1.0)
    return np.stack([np.log1p(count), taste], axis=1)


def _scale(values: NDArray[np.floating]) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    spread = float(values.std(dtype=np.float64))
    return float(values.mean(dtype=np.float64)), spread if spread > 1e-6 else 1.0


def _in_units(values: NDArray[np.floating], scale: tuple[float, float]) -> FloatMatrix:
    mean, spread = scale
    return np.asarray(np.clip((values - mean) / spread, -_FAR, _FAR), dtype=np.float32)
