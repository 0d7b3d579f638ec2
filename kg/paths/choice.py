"""Choosing a few paths that say much and do not say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_REPEATED = 0.25
"""What a path is worth beside one that was chosen and shares its relations, an inner entity or its start."""


@dataclass(frozen=True)
class Walk:
    """A walk with its score."""

    ids: tuple[str, ...]
    relations: tuple[str, ...]
    score: float

    @property
    def rank(self) -> tuple[float, int, int, tuple[str, ...], tuple[str, ...]]:
        """Best first; among equals short ones, then those that keep to one relation (director, director)."""
        return (-self.score, len(self.relations), len(set(self.relations)), self.ids, self.relations)


def choose(walks: Sequence[Walk], limit: int) -> list[Walk]:
    """Return at most `limit` walks, best first, by maximal marginal relevance (Carbonell and Goldstein 1998).

    The best one is taken; then, again and again, the one whose score is highest after it was quartered once
    for each chosen walk of the same relations, once for each that shares an inner entity and, where walks
    start at several entities, once for each of the same start. Ties go to the higher rank.
    """
    left = sorted(walks, key=lambda walk: walk.rank)
    if len(left) <= limit:
        return left
    several = len({walk.ids[0] for walk in left}) > 1
    patterns: Counter[tuple[str, ...]] = Counter()
    inner: Counter[str] = Counter()
    starts: Counter[str] = Counter()
    chosen: list[Walk] = []
    while left and len(chosen) < limit:
        best, most = 0, -1.0
        for number, walk in enumerate(left):
            if walk.score <= most:
                break  # They come by score, and nothing is worth more than its score.
            repeats = patterns[walk.relations] + sum(inner[one] for one in walk.ids[1:-1])
            if several:
                repeats += starts[walk.ids[0]]
            worth = walk.score * _REPEATED**repeats
            if worth > most:
                best, most = number, worth
        taken = left.pop(best)
        chosen.append(taken)
        patterns[taken.relations] += 1
        inner.update(taken.ids[1:-1])
        starts[taken.ids[0]] += 1
    return sorted(chosen, key=lambda walk: walk.rank)
