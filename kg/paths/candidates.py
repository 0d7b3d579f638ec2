"""What a store must give so that paths can be chosen, and which paths are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kg.paths.specificity import RelationStatistics
from kg.schema import Entity

HUB_DEGREE = 5_000
"""An entity with more edges than this is never an inner entity of a three-hop path, nor an end of one.

Two such entities are shown by their direct edges only: thousands of things join a country and a genre, and none of
them says why.
"""
MIDDLE_EDGES = 4_000
"""How many edges are walked to find the middle of three-hop paths: those of the entities with the fewest."""
_POOL_SPARE = 3


@dataclass(frozen=True)
class Candidate:
    """A walk between the two ends, without its score."""

    ids: tuple[str, ...]
    relations: tuple[str, ...]
    degrees: tuple[tuple[int, int], ...]
    """For each inner entity, its degree within the relation by which it is entered, and left.

    That is the number of different entities it is linked to by this relation; where it has more than
    `kg.paths.specificity.DENSE` edges, the number of all its edges.
    """

    def reversed(self) -> Candidate:
        """Return the same walk from the other end."""
        turned = tuple((out, into) for into, out in self.degrees[::-1])
        return Candidate(self.ids[::-1], self.relations[::-1], turned)


class PathReader(Protocol):
    """What a store must answer, within one snapshot.

    Edges are walked in either direction. A loop is an edge of no path, and the same fact from several
    sources is one edge. Edges at an entity are counted in triples, those of every source, a loop twice.
    """

    def candidates(self, source: str, target: str, max_hops: int, pool: int) -> list[Candidate]:
        """Return simple walks from `source` to `target`, in any order; none when either is unknown.

        All direct edges. Of two hops, unless both ends have more than `HUB_DEGREE` edges, for each relation
        by which inner entities are linked to far, through the `pool` of them that have the fewest edges. Of
        three hops, for each relation between the inner entities, through the `pool` pairs of them with the
        smallest product of their edges, among those found as follows. Far and the inner entities have at most
        `HUB_DEGREE` edges, and the one beside near no more than `most_edges(...)` of all such entities beside
        near.

        Near is the end with fewer edges, then of smaller id, and far the other. Ties go to the smaller id,
        beside near first.
        """

    def relations(self) -> Mapping[str, RelationStatistics]:
        """Return what is known of each relation."""

    def entities(self, ids: Sequence[str]) -> dict[str, Entity]:
        """Return entities by id."""


def pool_size(limit: int) -> int:
    """Return how many inner entities of each relation are enough to choose `limit` paths from."""
    return _POOL_SPARE + limit


def most_edges(entities: Mapping[int, int]) -> int:
    """Return with how many edges an entity is still walked from.

    It is the greatest number for which all entities that have no more have `MIDDLE_EDGES` edges together.
    `entities` says how many entities there are by number of edges.
    """
    walked = most = 0
    for degree in sorted(entities):
        walked += degree * entities[degree]
        if walked > MIDDLE_EDGES:
            break
        most = degree
    return most
