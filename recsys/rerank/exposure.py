"""Room for groups: every stretch from the top holds at least a floor of each (DetGreedy of Geyik et al., 2019)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys.rerank.greedy import Flags, Values

_ROUNDING = 1e-9


class ExposureFloor:
    """After k places, a group with target share t has at least floor(k strength t) of them, if the pool has so many.

    Groups may be providers, attribute values or classes of popularity, and may overlap. Where several groups are
    due at one place, the best item of any of them comes, and the others are due at the next.
    """

    def __init__(self, members: NDArray[np.bool_], target: NDArray[np.floating], strength: float) -> None:
        """Take the pool's members (n, n_groups), target shares (n_groups,) in [0, 1], and the knob."""
        self._members = members
        self._floor: Values = strength * target.astype(np.float64)
        self._count: Values = np.zeros(members.shape[1])
        self._length = 0

    def among(self, left: Flags) -> Flags:
        """Return the items of the groups that are due, or all that are left."""
        due = np.floor((self._length + 1) * self._floor + _ROUNDING) > self._count
        if not due.any():
            return left
        helping = left & self._members[:, due].any(axis=1)
        return helping if helping.any() else left

    def take(self, place: int) -> None:
        """Note a choice."""
        self._length += 1
        self._count = self._count + self._members[place]
