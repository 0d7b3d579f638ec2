"""Paths on a Neo4j server: a few queries a call, bounded by degrees, which the server knows without counting."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kg.paths.candidates import HUB_DEGREE, MIDDLE_EDGES, Candidate
from kg.paths.specificity import DENSE, RelationStatistics, relation_statistics
from kg.schema import Entity
from kg.stores.neo4j_session import Neo4jSession

if TYPE_CHECKING:
    import polars as pl

_Inner = tuple[tuple[str, ...], tuple[str]]
"""The inner entities of a walk, and the relation to far (of one) or between them (of two)."""
_EXACT_UP_TO = 20_000
_MAY_DIFFER = 0.01


def _degree(node: str) -> str:
    return f"COUNT {{({node})-[:FACT]->()}} + COUNT {{({node})<-[:FACT]-()}}"


class RelationCache:
    """Keeps what is known of each relation, which takes the server seconds to count for a million triples.

    It is counted anew after a write through this graph, and when others changed the number of triples: of
    a graph of more than 20,000 triples by more than one hundredth.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._latest: tuple[str, int, Mapping[str, RelationStatistics]] | None = None

    @property
    def version(self) -> int:
        """To be read before the transaction begins in which relations are counted."""
        return self._version

    def forget(self) -> None:
        """Count anew: the graph was written to."""
        with self._lock:
            self._version += 1
            self._latest = None

    def keep(
        self, version: int, label: str, triples: int, relations: Mapping[str, RelationStatistics]
    ) -> None:
        """Keep what was counted, unless the graph was written to meanwhile."""
        with self._lock:
            if version == self._version:
                self._latest = (label, triples, relations)

    def of(self, label: str, triples: int) -> Mapping[str, RelationStatistics] | None:
        """Return what is known of this state of the graph, or None."""
        latest = self._latest
        if latest is None or latest[0] != label:
            return None
        return latest[2] if _alike(latest[1], triples) else None


def spooled_relations(frames: Iterable[pl.DataFrame]) -> dict[str, RelationStatistics]:
    """Return what `count_relations` would, of triples that are on their way into a store."""
    import polars as pl

    triples = pl.concat([frame.select("relation", "subject", "object") for frame in frames], rechunk=False)
    sides = []
    for end in ("subject", "object"):
        degrees = triples.group_by("relation", end).len().with_columns(pl.col("len").cast(pl.Float64))
        spread = (pl.col("len") * pl.col("len").log()).sum()
        rows = degrees.group_by("relation").agg(pl.col("len").sum(), spread.alias("spread")).iter_rows()
        sides.append({relation: (int(number), spread) for relation, number, spread in rows})
    return {
        relation: relation_statistics(number, by_subject, sides[1][relation][1])
        for relation, (number, by_subject) in sorted(sides[0].items())
    }


def as_note(triples: int, relations: Mapping[str, RelationStatistics]) -> str:
    """Write down what is known of the relations of a graph with so many triples."""
    known = {name: [one.triples, one.informativeness] for name, one in relations.items()}
    return json.dumps({"triples": triples, "relations": known})


def from_note(note: str, triples: int) -> dict[str, RelationStatistics] | None:
    """Read what `as_note` wrote; None when there is nothing, or the graph has another size by now."""
    if not note:
        return None
    kept = json.loads(note)
    if not _alike(kept["triples"], triples):
        return None
    return {name: RelationStatistics(*one) for name, one in kept["relations"].items()}


def _alike(counted: int, now: int) -> bool:
    return abs(counted - now) <= (_MAY_DIFFER * counted if counted > _EXACT_UP_TO else 0.0)


class RelationsUnknown(Exception):  # noqa: N818 - asks for something, and is no error
    """The relations of this state of the graph have to be counted before paths can be scored."""


def count_triples(session: Neo4jSession) -> int:
    """Return the number of triples, which the server knows without counting."""
    [[triples]] = session.rows(f"MATCH (:{session.label})-[f:FACT]->() RETURN count(f)")
    return int(triples)


def count_relations(session: Neo4jSession) -> dict[str, RelationStatistics]:
    """Count the triples of each relation and how they spread over entities; walks over all of them, twice."""
    sides = []
    for arrow in ("(e)-[f:FACT]->()", "(e)<-[f:FACT]-()"):
        rows = session.rows(
            f"MATCH (e:{session.label}) "
            f"CALL (e) {{ MATCH {arrow} RETURN f.relation AS relation, count(*) AS degree }} "
            "RETURN relation, sum(degree), sum(degree * log(degree))"
        )
        sides.append({relation: (triples, spread) for relation, triples, spread in rows})
    return {
        relation: relation_statistics(triples, spread, sides[1].get(relation, (0, 0.0))[1])
        for relation, (triples, spread) in sides[0].items()
    }


class Neo4jPaths:
    """Answers as a `PathReader` within one transaction.

    Others' writes between two of its queries can be seen, as is usual on this server: a path may then miss.
    """

    def __init__(
        self,
        session: Neo4jSession,
        known: Callable[[str, int], Mapping[str, RelationStatistics] | None],
    ) -> None:
        """Take `known`, which gives the relations of a graph by its label and number of triples."""
        self._session = session
        self._known = known
        self._triples = 0

    def relations(self) -> Mapping[str, RelationStatistics]:
        """Return what is known of each relation. Raises `RelationsUnknown`."""
        relations = self._known(self._session.label, self._triples)
        if relations is None:
            raise RelationsUnknown
        return relations

    def entities(self, ids: Sequence[str]) -> dict[str, Entity]:
        """Return entities by id."""
        return self._session.entities(ids)

    def candidates(self, source: str, target: str, max_hops: int, pool: int) -> list[Candidate]:
        """Return walks as `PathReader.candidates` says."""
        label = self._session.label
        rows = self._session.rows(
            f"MATCH (s:{label} {{id: $source}}) MATCH (t:{label} {{id: $target}}) "
            f"CALL () {{ MATCH (:{label})-[f:FACT]->() RETURN count(f) AS triples }} "
            f"RETURN triples, {_degree('s')}, {_degree('t')}, "
            "COLLECT { MATCH (s)-[f:FACT]-(t) RETURN DISTINCT f.relation }",
            {"source": source, "target": target},
        )
        if not rows or source == target:
            return []
        [[self._triples, of_source, of_target, direct]] = rows
        (near_degree, near), (far_degree, far) = sorted([(of_source, source), (of_target, target)])
        found = [Candidate((near, far), (relation,), ()) for relation in direct]
        inner: list[_Inner] = []
        if max_hops >= 2 and near_degree <= HUB_DEGREE:
            inner += self._two_hops(near, far, pool)
        if max_hops >= 3 and far_degree <= HUB_DEGREE:
            inner += self._three_hops(near, far, pool)
        if inner:
            found += self._completed(near, far, inner)
        return found if near == source else [walk.reversed() for walk in found]

    def _two_hops(self, near: str, far: str, pool: int) -> list[_Inner]:
        label = self._session.label
        query = (
            f"MATCH (s:{label} {{id: $near}})-[:FACT]-(m) WHERE m <> s AND m.id <> $far "
            "WITH collect(DISTINCT m) AS wanted "
            f"MATCH (t:{label} {{id: $far}})-[g:FACT]-(m) WHERE m IN wanted "
            f"WITH DISTINCT g.relation AS last, m WITH last, m, {_degree('m')} AS degree "
            "ORDER BY degree, m.id WITH last, collect(m)[..$pool] AS best "
            "RETURN last, [m IN best | m.id]"
        )
        rows = self._ask(query, near, far, pool=pool)
        return [((middle,), (last,)) for last, best in rows for middle in best]

    def _three_hops(self, near: str, far: str, pool: int) -> list[_Inner]:
        label = self._session.label
        query = (
            f"CALL () {{ MATCH (t:{label} {{id: $far}})-[:FACT]-(b) WHERE b <> t AND b.id <> $near "
            f"WITH DISTINCT b WHERE {_degree('b')} <= $hub RETURN collect(b) AS wanted }} "
            f"MATCH (s:{label} {{id: $near}})-[:FACT]-(a) WHERE a <> s AND a.id <> $far "
            "WITH wanted, collect(DISTINCT a) AS beside UNWIND beside AS a "
            f"WITH wanted, a, {_degree('a')} AS of_a WHERE of_a <= $hub "
            "WITH wanted, of_a, collect(a) AS alike ORDER BY of_a "
            "WITH wanted, collect({degree: of_a, entities: alike}) AS groups "
            # The greatest degree up to which all entities together stay within the budget.
            "WITH wanted, groups, reduce(sum = [0, 0], one IN groups | "
            "CASE WHEN sum[0] + one.degree * size(one.entities) > $walked THEN [$walked + 1, sum[1]] "
            "ELSE [sum[0] + one.degree * size(one.entities), one.degree] END)[1] AS most "
            "UNWIND groups AS one WITH wanted, one WHERE one.degree <= most "
            "UNWIND one.entities AS a MATCH (a)-[h:FACT]-(b) WHERE b IN wanted AND a <> b "
            "WITH DISTINCT h.relation AS middle, a, b, one.degree AS of_a "
            f"WITH middle, a, b, of_a * ({_degree('b')}) AS product ORDER BY product, a.id, b.id "
            "WITH middle, collect([a, b])[..$pool] AS best "
            "RETURN middle, [pair IN best | [pair[0].id, pair[1].id]]"
        )
        rows = self._ask(query, near, far, pool=pool, walked=MIDDLE_EDGES, hub=HUB_DEGREE)
        return [((one, other), (middle,)) for middle, best in rows for one, other in best]

    def _completed(self, near: str, far: str, inner: Sequence[_Inner]) -> list[Candidate]:
        """Add the relations to the ends, where they are not known, and the degrees within relations."""
        label = self._session.label
        links = " ".join(
            f"CALL () {{ UNWIND $beside_{end} AS id MATCH (m:{label} {{id: id}}) WITH collect(m) AS wanted "
            f"MATCH (e:{label} {{id: ${end}}})-[f:FACT]-(m) WHERE m IN wanted "
            "WITH m, collect(DISTINCT f.relation) AS relations "
            f"RETURN collect([m.id, relations]) AS to_{end} }}"
            for end in ("near", "far")
        )
        query = (
            f"CALL () {{ UNWIND $ids AS id MATCH (m:{label} {{id: id}}) WITH m, {_degree('m')} AS degree "
            f"CALL (m, degree) {{ MATCH (m)-[f:FACT]-(x) WHERE degree <= {DENSE} AND x <> m "
            "WITH DISTINCT f.relation AS relation, x WITH relation, count(*) AS number "
            "RETURN collect([relation, number]) AS within } "
            f"RETURN collect([m.id, degree, within]) AS known }} {links} RETURN known, to_near, to_far"
        )
        ids = {
            "ids": sorted({one for walk, _ in inner for one in walk}),
            "beside_near": sorted({walk[0] for walk, _ in inner}),
            "beside_far": sorted({walk[-1] for walk, _ in inner if len(walk) == 2}),
        }
        [[degrees, to_near, to_far]] = self._session.rows(query, {"near": near, "far": far, **ids})
        known = {one: (degree, dict(within)) for one, degree, within in degrees}
        beside_near, beside_far = dict(to_near), dict(to_far)

        def degree_within(one: str, relation: str) -> int:
            degree, within = known.get(one, (1, {}))
            return int(within.get(relation, degree))

        found = []
        for walk, (relation,) in inner:
            firsts = beside_near.get(walk[0], [])
            lasts = [None] if len(walk) == 1 else beside_far.get(walk[-1], [])
            for first in firsts:
                for last in lasts:
                    relations = (first, relation) if last is None else (first, relation, last)
                    degrees = tuple(
                        (degree_within(one, relations[k]), degree_within(one, relations[k + 1]))
                        for k, one in enumerate(walk)
                    )
                    found.append(Candidate((near, *walk, far), relations, degrees))
        return found

    def _ask(self, query: str, near: str, far: str, **values: int) -> list[list[Any]]:
        return self._session.rows(query, {"near": near, "far": far, **values})
