"""Scores of different models brought to one unit, person by person."""

from __future__ import annotations

import numpy as np

from recsys.models.base import FloatMatrix

_FLAT = 1e-6
"""Spread, relative to the largest score, below which a row says nothing of any item."""


def standardised(scores: FloatMatrix) -> FloatMatrix:
    """Return (score - mean) / standard deviation over the items of each row, shape (n, n_items).

    A row whose scores are all alike, as that of a cold person, becomes zeros: that model takes no part.
    """
    if not scores.size:
        return scores.astype(np.float32)
    centred = scores - scores.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    spread = np.sqrt(np.einsum("ij,ij->i", centred, centred, dtype=np.float64) / scores.shape[1])
    flat = spread <= _FLAT * np.maximum(np.abs(scores).max(axis=1), 1e-30)
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=~flat)
    return np.asarray(centred * inverse[:, None].astype(np.float32), dtype=np.float32)
