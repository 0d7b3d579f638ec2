"""What people chose among the items that a model puts first: the likelihood that weights are learned on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.models.base import FloatMatrix

Cells = NDArray[np.float64]


class Choices:
    """Cells (person, item) that compete, person by person, and which of them were chosen."""

    def __init__(self, compared: NDArray[np.bool_], targets: NDArray[np.bool_]) -> None:
        """Take what competes and what was held out, (n, n_items); a target that does not compete is left out."""
        self.person, self.item = np.nonzero(compared)
        self.chosen: NDArray[np.bool_] = targets[self.person, self.item]
        new = np.r_[True, np.diff(self.person) > 0][: len(self.person)]
        self._start = np.flatnonzero(new)
        self._lengths = np.diff(np.r_[self._start, len(self.person)])
        self._wanted: Cells = (
            np.add.reduceat(self.chosen.astype(np.float64), self._start) if len(self._start) else np.zeros(0)
        )
        self.count = max(1.0, float(self._wanted.sum()))

    def loss(self, logits: Cells) -> tuple[float, Cells]:
        """Return nats a chosen cell in a softmax over its person's cells, and the gradient by each logit."""
        if not len(self._start):
            return 0.0, np.zeros(0)
        shifted = logits - np.repeat(np.maximum.reduceat(logits, self._start), self._lengths)
        share = np.exp(shifted)
        total = np.add.reduceat(share, self._start)
        loss = float((self._wanted * np.log(total)).sum() - shifted[self.chosen].sum()) / self.count
        share *= np.repeat(self._wanted / total, self._lengths)
        share -= self.chosen
        return loss, share / self.count

    def best_scale(self, scores: Cells, start: float) -> float:
        """Return the factor above 0 that makes `scores` the likeliest logits, by bisection of the slope."""
        low, high = start / 2.0, start * 2.0
        for _ in range(20):
            if self._slope(scores, low) <= 0.0:
                break
            low /= 2.0
        for _ in range(20):
            if self._slope(scores, high) >= 0.0:
                break
            high *= 2.0
        for _ in range(20):
            middle = (low + high) / 2.0
            low, high = (middle, high) if self._slope(scores, middle) < 0.0 else (low, middle)
        return (low + high) / 2.0

    def _slope(self, scores: Cells, scale: float) -> float:
        return float(self.loss(scale * scores)[1] @ scores)


def first_items(base: FloatMatrix, history: csr_array, among: int) -> NDArray[np.bool_]:
    """Return the items not met that `base` puts among its first, shape (n, n_items); all for `among` 0."""
    masked = base.copy()
    masked[history.nonzero()] = -np.inf
    if not among or among >= masked.shape[1]:
        return np.isfinite(masked)
    last = -np.partition(-masked, among - 1, axis=1)[:, among - 1 : among]
    return np.asarray((masked >= last) & np.isfinite(masked))
