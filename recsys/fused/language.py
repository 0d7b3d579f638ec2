"""Language vectors brought to a common footing: centred, whitened, fewer directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.models.base import FloatMatrix


@dataclass(frozen=True)
class Whitening:
    """A linear map from a sentence encoder's vectors to whitened ones."""

    mean: FloatMatrix
    """Shape (d,)."""
    directions: FloatMatrix
    """Shape (d, language_dim); columns past the data's rank are zeros."""

    def __call__(self, vectors: FloatMatrix) -> FloatMatrix:
        """Return whitened vectors, (n, language_dim), whose mean squared length is 1 over what it learned from."""
        white: FloatMatrix = ((vectors - self.mean) @ self.directions).astype(np.float32)
        return white


def learn_whitening(vectors: FloatMatrix, most: int) -> Whitening:
    """Return the map to the `most` first principal directions, each of the same spread over these vectors.

    Rows are of length 1 on average: Adam moves every weight alike, and longer ones would drown the graph's directions.
    Spreads below a thousandth of the largest are noise of rounding and are left out.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors.astype(np.float64) - mean
    values, columns = np.linalg.eigh(centred.T @ centred / max(1, len(vectors)))
    order = np.argsort(-values, kind="stable")[:most]
    spread = np.sqrt(np.maximum(values[order], 0.0))
    kept = spread > max(1e-3 * float(spread.max(initial=0.0)), 1e-8)
    directions = np.zeros((vectors.shape[1], most), dtype=np.float32)
    directions[:, np.flatnonzero(kept)] = columns[:, order[kept]] / spread[kept] / np.sqrt(max(1, kept.sum()))
    return Whitening(mean.astype(np.float32), directions)
