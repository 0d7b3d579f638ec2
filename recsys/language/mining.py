"""Hard negatives: items that are easily taken for another, found by the tower itself or by behaviour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys.models.base import Columns, FloatMatrix, TrainingData
from recsys.models.ease import Ease, EaseConfig

_SPARE = 8
"""So many times as many are found as are read in one step, that steps differ."""
_BLOCK = 1024


def near_by_vectors(vectors: FloatMatrix, count: int, guard: float) -> Columns:
    """Return the items nearest to each by cosine, shape (n_items, up to 8 count), -1 where there is none.

    An item whose cosine is `guard` or more is left out: it says the same, and is as good an answer (a false negative).
    """
    return _nearest(lambda rows: vectors[rows] @ vectors.T, vectors, count, guard)


def near_by_behaviour(data: TrainingData, vectors: FloatMatrix, count: int, guard: float) -> Columns:
    """Return the items that EASE puts nearest to each, shape as above; the guard is the same."""
    ease = Ease(EaseConfig.for_data(data.interactions))
    ease.fit(data)
    weights = np.zeros((len(vectors), len(vectors)), dtype=np.float32)
    weights[np.ix_(ease.columns, ease.columns)] = ease.weights
    return _nearest(lambda rows: weights[rows], vectors, count, guard)


def _nearest(
    nearness: Callable[[Columns], FloatMatrix], vectors: FloatMatrix, count: int, guard: float
) -> Columns:
    n = len(vectors)
    wanted = min(count * _SPARE, max(0, n - 1))
    found = np.full((n, wanted), -1, dtype=np.int64)
    if not wanted:
        return found
    for begin in range(0, n, _BLOCK):
        rows = np.arange(begin, min(begin + _BLOCK, n))
        near = np.array(nearness(rows), dtype=np.float32)
        same = vectors[rows] @ vectors.T >= guard
        same[np.arange(len(rows)), rows] = True
        near[same] = -np.inf
        best = np.argpartition(-near, wanted - 1, axis=1)[:, :wanted]
        usable = np.isfinite(np.take_along_axis(near, best, axis=1))
        found[rows] = np.where(usable, best, -1)
    return found
