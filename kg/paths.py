"""Paths between two entities, from neighbour lists and degrees; the same for every store."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kg.schema import Entity, Path

HUB_DEGREE = 5_000
"""An entity with more edges than this is never an inner entity of a three-hop path, nor an end of one."""


class EdgeReader(Protocol):
    """What a store must answer, within one snapshot. Loops are edges of no path and are left out."""

    def adjacent(self, entity_id: str) -> list[tuple[str, str]]:
        """Return (relation, other id) of every edge at this entity, in either direction, each once."""

    def between(self, left: Sequence[str], right: Sequence[str]) -> list[tuple[str, str, str]]:
        """Return (left id, relation, right id) of every edge between the two sides, in either direction.

        The right side is the one with fewer edges, from which to look.
        """

    def degrees(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the number of triple ends at each entity (a loop has two); unknown ids are left out."""

    def entities(self, ids: Sequence[str]) -> dict[str, Entity]:
        """Return entities by id."""


@dataclass(frozen=True)
class _Walk:
    ids: tuple[str, ...]
    relations: tuple[str, ...]
    score: float

    @property
    def rank(self) -> tuple[float, int, int, tuple[str, ...], tuple[str, ...]]:
        """Best first; among equals short ones, then those that keep to one relation (director, director)."""
        return (-self.score, len(self.relations), len(set(self.relations)), self.ids, self.relations)


def specificity(degrees: Sequence[int]) -> float:
    """Return the mean of 1 / log2(2 + degree) over inner entities; 1.0 for a direct edge, which has none."""
    if not degrees:
        return 1.0
    return math.fsum(1 / math.log2(2 + degree) for degree in degrees) / len(degrees)


def find_paths(reader: EdgeReader, source: str, target: str, max_hops: int, limit: int) -> list[Path]:
    """Return the most specific simple paths between two entities, best first.

    Ties are broken by fewer hops, fewer different relations, then ids. When both are the same
    entity, or one is unknown, there are none.
    """
    ends = reader.degrees([source, target])
    if source == target or limit < 1 or len(ends) < 2:
        return []
    near, far = sorted((source, target), key=lambda entity_id: (ends[entity_id], entity_id))
    beside_near = _by_entity(reader.adjacent(near))
    walks = [_Walk((near, far), (relation,), 1.0) for relation in beside_near.pop(far, ())]
    if max_hops >= 2:
        walks += _two_hops(reader, near, far, beside_near)
    if max_hops == 3 and ends[far] <= HUB_DEGREE:
        walks += _three_hops(reader, near, far, beside_near)
    if near != source:
        walks = [_Walk(walk.ids[::-1], walk.relations[::-1], walk.score) for walk in walks]
    best = heapq.nsmallest(limit, walks, key=lambda walk: walk.rank)
    known = reader.entities(sorted({entity_id for walk in best for entity_id in walk.ids}))
    return [
        Path(entities=tuple(known[k] for k in walk.ids), relations=walk.relations, score=walk.score)
        for walk in best
    ]


def _two_hops(
    reader: EdgeReader, near: str, far: str, beside_near: Mapping[str, Collection[str]]
) -> list[_Walk]:
    edges = reader.between(sorted(beside_near), [far]) if beside_near else []
    degrees = reader.degrees(sorted({middle for middle, _, _ in edges}))
    return [
        _Walk((near, middle, far), (first, second), specificity([degrees[middle]]))
        for middle, second, _ in edges
        for first in beside_near[middle]
    ]


def _three_hops(
    reader: EdgeReader, near: str, far: str, beside_near: Mapping[str, Collection[str]]
) -> list[_Walk]:
    beside_far = _by_entity(reader.adjacent(far))
    beside_far.pop(near, None)
    degrees = reader.degrees(sorted(beside_near.keys() | beside_far.keys()))
    left = sorted(k for k in beside_near if degrees[k] <= HUB_DEGREE)
    right = sorted(k for k in beside_far if degrees[k] <= HUB_DEGREE)
    if not left or not right:
        return []
    if sum(degrees[k] for k in left) >= sum(degrees[k] for k in right):
        edges = reader.between(left, right)
    else:
        edges = [(a, relation, b) for b, relation, a in reader.between(right, left)]
    return [
        _Walk((near, a, b, far), (first, middle, last), specificity([degrees[a], degrees[b]]))
        for a, middle, b in edges
        for first in beside_near[a]
        for last in beside_far[b]
    ]


def _by_entity(adjacent: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for relation, other in adjacent:
        found[other].append(relation)
    return dict(found)
