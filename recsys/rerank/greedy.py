"""One greedy choice for all criteria: at each place of the list, the item that adds most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Term(Protocol):
    """A criterion that depends on what is chosen already."""

    weight: float
    """Its knob, in [0, 1]."""

    def gain(self) -> Values:
        """Return what each item of the pool would add now, shape (n,); higher is better."""

    def take(self, place: int) -> None:
        """Note that the item at this place of the pool is chosen."""


class Limit(Protocol):
    """A condition on what may come next."""

    def among(self, left: Flags) -> Flags:
        """Return which of the items that are left may come next; some item is always allowed."""

    def take(self, place: int) -> None:
        """Note that the item at this place of the pool is chosen."""


def worth_of(scores: NDArray[np.floating]) -> Values:
    """Bring scores to [0, 1] over the pool; all 0 where they are equal."""
    wide = scores.astype(np.float64)
    if not len(wide):
        return wide
    low = wide.min()
    return np.asarray((wide - low) / (float(wide.max() - low) or 1.0), dtype=np.float64)


def choose(
    worth: Values, limit: int, terms: Sequence[Term] = (), limits: Sequence[Limit] = ()
) -> NDArray[np.int64]:
    """Return places of the pool in the order in which they are chosen, at most `limit`.

    Each step takes the largest `prod(1 - weight) worth + sum(weight gain)`, the more worth where that is equal,
    and the earlier place where that is equal as well. Terms of weight 0 do not count.
    """
    terms = [term for term in terms if term.weight > 0.0]
    by_worth = np.argsort(-worth, kind="stable")
    if not terms and not limits:
        return by_worth[:limit].astype(np.int64)
    kept = float(np.prod([1.0 - term.weight for term in terms])) if terms else 1.0
    left = np.ones(len(worth), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < min(limit, len(worth)):
        total = kept * worth
        for term in terms:
            total = total + term.weight * term.gain()
        allowed = left
        for one in limits:
            allowed = one.among(allowed)
        best = int(by_worth[np.argmax(np.where(allowed, total, -np.inf)[by_worth])])
        left[best] = False
        chosen.append(best)
        for term in terms:
            term.take(best)
        for one in limits:
            one.take(best)
    return np.array(chosen, dtype=np.int64)
