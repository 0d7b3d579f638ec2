"""Variety: maximal marginal relevance, and the most likely set of a determinantal point process."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys.rerank.greedy import Values

_LEAST = 1e-10
"""Squared volume below which an item adds nothing that is not there already."""


class Mmr:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998): the nearest item that is chosen counts against.

    The gain is -max over the chosen of the likeness, in [-1, 0].
    """

    def __init__(self, likeness: NDArray[np.floating], weight: float) -> None:
        """Take the likeness of the pool, (n, n) in [0, 1], and the knob."""
        self.weight = weight
        self._likeness = likeness
        self._nearest: Values = np.zeros(len(likeness))

    def gain(self) -> Values:
        """Return minus the likeness to the nearest item chosen, shape (n,)."""
        return -self._nearest

    def take(self, place: int) -> None:
        """Note a choice."""
        self._nearest = np.maximum(self._nearest, self._likeness[place])


class Dpp:
    """Greedy MAP of a determinantal point process, with the Cholesky factor kept up row by row (Chen, Zhang and
    Zhou, 2018, algorithm 1).

    Their objective is theta sum(r) + (1 - theta) log det S over the list; the knob is 1 - theta. The gain of
    an item is the logarithm of the squared volume that it adds, at most 0; k choices from n cost n k^2.
    """

    def __init__(self, likeness: NDArray[np.floating], weight: float) -> None:
        """Take the likeness of the pool, (n, n), symmetric with ones on the diagonal, and the knob."""
        self.weight = weight
        self._likeness = likeness.astype(np.float64)
        self._volume: Values = np.ones(len(likeness))
        self._factors: Values = np.zeros((len(likeness), 0))

    def gain(self) -> Values:
        """Return the logarithm of the squared volume that each item adds, shape (n,)."""
        return np.asarray(np.log(np.maximum(self._volume, _LEAST)), dtype=np.float64)

    def take(self, place: int) -> None:
        """Note a choice: one more row of the Cholesky factor."""
        # A likeness that is a mean of clipped cosines need not be positive semi-definite; the volume is then held
        # above zero, and such items count as adding nothing.
        root = np.sqrt(max(self._volume[place], _LEAST))
        row = (self._likeness[place] - self._factors @ self._factors[place]) / root
        self._factors = np.column_stack([self._factors, row])
        self._volume = self._volume - row**2
