"""All edges of a graph as sorted arrays (compressed sparse rows), in which walks between two ends are found."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kg.paths.candidates import HUB_DEGREE, Candidate, most_edges
from kg.paths.specificity import DENSE, RelationStatistics, relation_statistics

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Adjacency:
    """The edges of one state of a graph; never changed, so threads may share it.

    `ids` are sorted. Entity k has the edges `starts[k]:starts[k + 1]` of `others` and `relations`, sorted by
    other entity, then relation, each once and in both directions; loops are left out.
    """

    ids: Sequence[str]
    names: tuple[str, ...]
    """Relations by number, sorted."""
    statistics: tuple[RelationStatistics, ...]
    """Of each relation, in the same order."""
    starts: Longs
    """Shape (n_entities + 1,)."""
    others: Ints
    """Shape (n_edges x 2,): positions in `ids`."""
    relations: Ints
    """Shape (n_edges x 2,): positions in `names`."""
    degrees: Ints
    """Shape (n_entities,): number of triple ends, those of every source."""

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, without the ids."""
        return sum(one.nbytes for one in (self.starts, self.others, self.relations, self.degrees))

    @cached_property
    def by_relation(self) -> Mapping[str, RelationStatistics]:
        """Statistics by the name of the relation."""
        return dict(zip(self.names, self.statistics, strict=True))

    def position(self, entity_id: str) -> int | None:
        """Return where an id is in `ids`, or None."""
        place = bisect_left(self.ids, entity_id)
        return place if place < len(self.ids) and self.ids[place] == entity_id else None

    def candidates(self, source: str, target: str, max_hops: int, pool: int) -> list[Candidate]:
        """Return walks as `PathReader.candidates` says."""
        one, other = self.position(source), self.position(target)
        if one is None or other is None or one == other:
            return []
        near, far = sorted((one, other), key=lambda k: (self.degrees[k], k))
        found = [
            Candidate((self.ids[near], self.ids[far]), (self.names[k],), ()) for k in self._between(near, far)
        ]
        if max_hops >= 2 and self.degrees[near] <= HUB_DEGREE:
            found += self._two_hops(near, far, pool)
        if max_hops >= 3 and self.degrees[far] <= HUB_DEGREE:
            found += self._three_hops(near, far, pool)
        return found if near == one else [walk.reversed() for walk in found]

    def _edges(self, entity: int) -> tuple[Ints, Ints]:
        part = slice(int(self.starts[entity]), int(self.starts[entity + 1]))
        return self.others[part], self.relations[part]

    def _two_hops(self, near: int, far: int, pool: int) -> list[Candidate]:
        middles, lasts = self._edges(far)
        common = np.isin(middles, self._edges(near)[0])
        middles, lasts = middles[common], lasts[common]
        order = np.lexsort((middles, self.degrees[middles], lasts))
        kept = order[_first_of_each(lasts[order], pool)]
        return [
            self._candidate((near, middle, far), (first, last))
            for middle, last in zip(middles[kept].tolist(), lasts[kept].tolist(), strict=True)
            for first in self._between(near, middle)
        ]

    def _three_hops(self, near: int, far: int, pool: int) -> list[Candidate]:
        walked = self._beside(near, far)
        counts = np.unique(self.degrees[walked], return_counts=True)
        most = most_edges(dict(zip(counts[0].tolist(), counts[1].tolist(), strict=True)))
        a, middle, b = self._leaving(walked[self.degrees[walked] <= most])
        inner = np.isin(b, self._beside(far, near))
        a, middle, b = a[inner], middle[inner], b[inner]
        product = self.degrees[a].astype(np.int64) * self.degrees[b]
        order = np.lexsort((b, a, product, middle))
        kept = order[_first_of_each(middle[order], pool)]
        return [
            self._candidate((near, one, other, far), (first, between, last))
            for one, between, other in zip(
                a[kept].tolist(), middle[kept].tolist(), b[kept].tolist(), strict=True
            )
            for first in self._between(near, one)
            for last in self._between(other, far)
        ]

    def _between(self, one: int, other: int) -> list[int]:
        """Return the relations of the edges between two entities."""
        others, relations = self._edges(one)
        low, high = np.searchsorted(others, (other, other + 1))
        found: list[int] = relations[low:high].tolist()
        return found

    def _beside(self, entity: int, end: int) -> Ints:
        """Return the entities that a three-hop path can go through beside an entity, sorted."""
        others = np.unique(self._edges(entity)[0])
        found: Ints = others[(others != end) & (self.degrees[others] <= HUB_DEGREE)]
        return found

    def _leaving(self, entities: Ints) -> tuple[Ints, Ints, Ints]:
        """Return (entity, relation, other) of all edges of some entities."""
        begins = self.starts[entities]
        counts = self.starts[entities + 1] - begins
        places = np.repeat(begins - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        return np.repeat(entities, counts), self.relations[places], self.others[places]

    def _candidate(self, ids: tuple[int, ...], relations: tuple[int, ...]) -> Candidate:
        return Candidate(
            tuple(self.ids[k] for k in ids),
            tuple(self.names[k] for k in relations),
            tuple(
                (self._degree_within(entity, into), self._degree_within(entity, out))
                for entity, into, out in zip(ids[1:-1], relations, relations[1:], strict=False)
            ),
        )

    def _degree_within(self, entity: int, relation: int) -> int:
        if self.degrees[entity] > DENSE:
            return int(self.degrees[entity])
        return int(np.count_nonzero(self._edges(entity)[1] == relation))


def build_adjacency(
    ids: Sequence[str], names: Sequence[str], subjects: Longs, relations: Longs, objects: Longs
) -> Adjacency:
    """Sort the triples of a graph.

    `ids` and `names` are in any order, each once. The arrays have shape (n_triples,): positions in `ids`, in
    `names`, and in `ids`. Triples that differ only in their source are expected as often as they are stored.
    """
    id_order, id_places = _sorted(ids)
    name_order, name_places = _sorted(names)
    subjects, objects, relations = id_places[subjects], id_places[objects], name_places[relations]
    n = len(ids)
    degrees = np.bincount(subjects, minlength=n) + np.bincount(objects, minlength=n)
    statistics = _statistics(subjects, relations, objects, n, len(names))
    inner = subjects != objects
    one = np.concatenate([subjects[inner], objects[inner]])
    other = np.concatenate([objects[inner], subjects[inner]])
    both = np.concatenate([relations[inner], relations[inner]])
    order = np.lexsort((both, other, one))
    one, other, both = one[order], other[order], both[order]
    new = np.ones(len(one), dtype=bool)
    new[1:] = (np.diff(one) != 0) | (np.diff(other) != 0) | (np.diff(both) != 0)
    one, other, both = one[new], other[new], both[new]
    starts = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(one, minlength=n), out=starts[1:])
    return Adjacency(
        [ids[k] for k in id_order],
        tuple(names[k] for k in name_order),
        statistics,
        starts,
        other.astype(np.int32),
        both.astype(np.int32),
        degrees.astype(np.int32),
    )


def _sorted(values: Sequence[str]) -> tuple[list[int], Longs]:
    """Return the order of some strings, and the place of each in it."""
    order = sorted(range(len(values)), key=values.__getitem__)
    places = np.empty(len(values), dtype=np.int64)
    places[order] = np.arange(len(values))
    return order, places


def _statistics(
    subjects: Longs, relations: Longs, objects: Longs, n_entities: int, n_relations: int
) -> tuple[RelationStatistics, ...]:
    sums = []
    for ends in (subjects, objects):
        pairs, counts = np.unique(relations * n_entities + ends, return_counts=True)
        spread = np.bincount(
            pairs // max(n_entities, 1), weights=counts * np.log(counts), minlength=n_relations
        )
        sums.append(spread)
    triples = np.bincount(relations, minlength=n_relations)
    return tuple(
        relation_statistics(int(number), float(one), float(other))
        for number, one, other in zip(triples, *sums, strict=True)
    )


def _first_of_each(groups: Ints, most: int) -> NDArray[np.bool_]:
    """Mark the first `most` of each run of equal values."""
    begins = np.flatnonzero(np.diff(groups, prepend=-1))
    lengths = np.diff(np.append(begins, len(groups)))
    return np.arange(len(groups)) - np.repeat(begins, lengths) < most
