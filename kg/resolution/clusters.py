"""Pairs that were found to be one, put together into clusters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from kg.resolution.blocking import Pair


class Link(NamedTuple):
    """A pair that may be merged, how sure that is, and why."""

    pair: Pair
    score: float
    reason: str
    """`told`, `identifier`, `name` or `scored`."""


class Clusters:
    """A partition of records that grows by merging; the root of a cluster is its least record."""

    def __init__(self, size: int) -> None:
        self.root = list(range(size))
        self._members: dict[int, list[int]] = {}

    def find(self, number: int) -> int:
        """Return the root of a record's cluster."""
        while self.root[number] != number:
            self.root[number] = self.root[self.root[number]]
            number = self.root[number]
        return number

    def members(self, number: int) -> list[int]:
        """Return the records of a record's cluster, sorted."""
        root = self.find(number)
        return self._members.get(root, [root])

    def merge(self, one: int, other: int) -> None:
        """Put the clusters of two records together."""
        first, second = sorted((self.find(one), self.find(other)))
        if first != second:
            self._members[first] = sorted(self.members(first) + self.members(second))
            self._members.pop(second, None)
            self.root[second] = first

    def roots(self) -> list[int]:
        """Return the root of every record."""
        return [self.find(number) for number in range(len(self.root))]


def merge_links(
    clusters: Clusters,
    links: Iterable[Link],
    scores: Mapping[Pair, float],
    source: Callable[[int], str],
    near_certain: float,
    threshold: Callable[[int], float],
    contradict: Callable[[int, int], bool] = lambda one, other: False,
    apart: frozenset[Pair] = frozenset(),
    pinned: frozenset[int] = frozenset(),
) -> list[Link]:
    """Merge along the links, the surest first; return those that were followed or came too late to matter.

    The result does not depend on the order of `links`. Two clusters stay two when

    - a pair across them is in `apart`, or both hold a record in `pinned`;
    - they have records of one source, or records that `contradict` each other, and such a pair scores below
      `near_certain`;
    - a pair across them is as surely two as `near_certain` is one, or the mean score of the scored pairs
      across them is below `threshold` of their kind (average linkage): one lucky pair does not join what
      others say is two.
    """
    followed: list[Link] = []
    for link in sorted(links, key=lambda link: (-link.score, link.pair)):
        one, other = link.pair
        if clusters.find(one) == clusters.find(other):
            followed.append(link)
            continue
        pairs = [(min(a, b), max(a, b)) for a in clusters.members(one) for b in clusters.members(other)]
        if not apart.isdisjoint(pairs) or _both_pinned(clusters, link.pair, pinned):
            continue
        if link.reason != "told":
            if any(
                (source(a) == source(b) or contradict(a, b)) and scores.get((a, b), 0.0) < near_certain
                for a, b in pairs
            ):
                continue
            known = [scores[pair] for pair in pairs if pair in scores]
            if link.reason == "scored" and (
                sum(known) < threshold(one) * len(known) or min(known) < 1 - near_certain
            ):
                continue
        clusters.merge(one, other)
        followed.append(link)
    return followed


def _both_pinned(clusters: Clusters, pair: Pair, pinned: frozenset[int]) -> bool:
    return all(not pinned.isdisjoint(clusters.members(number)) for number in pair)


def groups(roots: Sequence[int]) -> list[list[int]]:
    """Return the clusters as lists of records, each sorted, by their least record."""
    found: dict[int, list[int]] = defaultdict(list)
    for number, root in enumerate(roots):
        found[root].append(number)
    return [found[root] for root in sorted(found)]
