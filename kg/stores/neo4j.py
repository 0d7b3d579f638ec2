"""The graph on a Neo4j server, over Bolt."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, TypeVar

from kg.graph import GraphError
from kg.paths import find_paths
from kg.paths.specificity import RelationStatistics
from kg.schema import Change, Entity, GraphStats, Neighbour, Path, Triple
from kg.stores.neo4j_generations import Neo4jGenerations, State
from kg.stores.neo4j_link import READ_SECONDS, Neo4jLink
from kg.stores.neo4j_paths import (
    Neo4jPaths,
    RelationCache,
    RelationsUnknown,
    as_note,
    count_relations,
    count_triples,
    from_note,
    spooled_relations,
)
from kg.stores.neo4j_session import ENTITY_COLUMNS, TRIPLE_COLUMNS, Neo4jSession, fact_of
from kg.stores.neo4j_writes import write_batch
from kg.stores.rows import batch_of, by_key, check_hops, entity_of, needles, storable

_COUNT_SECONDS = 60.0
_PATHS_SECONDS = 30.0
"""A server that has just started may take seconds to plan these queries for the first time."""
_ENTITIES_A_PAGE = 5_000
_SUBJECTS_A_PAGE = 2_000

_T = TypeVar("_T")


class Neo4jGraph:
    """A graph in one namespace of a Neo4j database; namespaces share a server and see nothing of each other.

    Making one connects to nothing. A call raises `GraphUnavailable` while the server is away and works again
    once it is back; a wrong password is a `GraphError`.
    """

    def __init__(
        self,
        uri: str,
        user: str,
        password: str,
        database: str = "neo4j",
        namespace: str = "default",
        read_only: bool = False,
    ) -> None:
        """Make ready to connect; with `read_only` nothing is ever written, which the server sees to as well."""
        self.uri = uri
        self.namespace = namespace
        self.read_only = read_only
        self._link = Neo4jLink(uri, user, password, database, read_only)
        self._generations = Neo4jGenerations(self._link, namespace)
        self._relations = RelationCache()

    def upsert(self, entities: Iterable[Entity], triples: Iterable[Triple]) -> None:
        """Add or replace entities and triples in one transaction; see `KnowledgeGraph.upsert`."""
        self.apply(Change(entities=tuple(entities), triples=tuple(triples)))

    def apply(self, change: Change) -> None:
        """Do what an update says in one transaction; see `KnowledgeGraph.apply`."""
        batch = batch_of(change)
        self._generations.write(lambda session: write_batch(session, batch, storable(self.namespace)))
        self._relations.forget()

    def replace(
        self,
        entities: Iterable[Entity],
        triples: Iterable[Triple],
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """Put a whole graph in the place of this one; see `KnowledgeGraph.replace`.

        It is loaded in transactions of 10,000 rows beside the graph in use, which one more transaction then
        exchanges. What others store meanwhile is replaced too. When another load begins meanwhile, this one is
        given up with a `GraphError`.
        """
        from kg.stores.spool import Spool

        self._link.check_writable()
        tell = progress or (lambda _: None)
        with tempfile.TemporaryDirectory(prefix="tastegraph-load-") as folder:
            spool = Spool(FilePath(folder), tell)
            spool.fill(entities, triples)
            # Counted here, the relations are known to all who read; the server would take many times longer.
            note = as_note(spool.triples, spooled_relations(spool.triple_frames())) if spool.triples else ""
            self._generations.replace(spool, tell, note)
        self._relations.forget()

    def get(self, ids: Sequence[str]) -> list[Entity]:
        """Return the entities of these ids, in their order; an unknown id is left out."""
        found = self._read(lambda reader: reader.entities(list(dict.fromkeys(ids))))
        return [found[entity_id] for entity_id in ids if entity_id in found]

    def entities(self) -> Iterator[Entity]:
        """Yield every entity, by id, from one state of the graph.

        Raises `GraphError` when the graph is changed meanwhile: this server keeps no older state.
        """

        def page(session: Neo4jSession, last: str) -> tuple[list[Entity], str | None]:
            rows = session.rows(
                f"MATCH (e:{session.label}) WHERE e.id > $last RETURN {ENTITY_COLUMNS} "
                "ORDER BY e.id LIMIT $limit",
                {"last": last, "limit": _ENTITIES_A_PAGE},
            )
            return [entity_of(row) for row in rows], rows[-1][0] if rows else None

        return self._stream(page)

    def triples(self, source: str | None = None) -> Iterator[Triple]:
        """Yield every triple by key, of one source where given, from one state, as `entities` does."""
        where = "" if source is None else " WHERE f.source = $source"
        values = {} if source is None else {"source": storable(source)}

        def page(session: Neo4jSession, last: str) -> tuple[list[Triple], str | None]:
            subjects = session.rows(
                f"MATCH (a:{session.label}) WHERE a.id > $last RETURN a.id ORDER BY a.id LIMIT $limit",
                {"last": last, "limit": _SUBJECTS_A_PAGE},
            )
            ids = [row[0] for row in subjects]
            rows = session.rows(
                f"UNWIND $ids AS id MATCH (a:{session.label} {{id: id}})-[f:FACT]->(b){where} "
                f"RETURN {TRIPLE_COLUMNS}",
                {"ids": ids, **values},
            )
            return by_key(map(fact_of, rows)), ids[-1] if ids else None

        return self._stream(page)

    def facts(self, entity_id: str, limit: int = 1_000) -> list[Triple]:
        """Return the triples of an entity in either direction, by key."""
        if limit < 1:
            return []
        values = {"id": storable(entity_id), "limit": limit}
        rest = f"RETURN {TRIPLE_COLUMNS} ORDER BY a.id, f.relation, b.id, f.source LIMIT $limit"

        def read(session: Neo4jSession) -> list[list[Any]]:
            sides = (
                f"MATCH (a:{session.label} {{id: $id}})-[f:FACT]->(b)",
                f"MATCH (b:{session.label} {{id: $id}})<-[f:FACT]-(a) WHERE a <> b",
            )
            return [row for side in sides for row in session.rows(f"{side} {rest}", values)]

        return by_key(map(fact_of, self._read(read)))[:limit]

    def neighbours(
        self, entity_id: str, relation: str | None = None, kind: str | None = None, limit: int = 100
    ) -> list[Neighbour]:
        """Return entities one edge away, by relation, name and id; a loop counts as outgoing only."""
        if limit < 1:
            return []
        values: dict[str, Any] = {"id": storable(entity_id), "limit": limit}
        where = ""
        if relation is not None:
            where, values["relation"] = " AND f.relation = $relation", storable(relation)
        if kind is not None:
            where += " AND e.kind = $kind"
            values["kind"] = storable(kind)

        def read(session: Neo4jSession) -> list[list[Any]]:
            return session.rows(
                f"MATCH (a:{session.label} {{id: $id}})-[f:FACT]-(e:{session.label}) WHERE true{where} "
                "WITH DISTINCT e, f.relation AS relation, startNode(f) = a AS outgoing "
                f"RETURN {ENTITY_COLUMNS}, relation, outgoing "
                "ORDER BY relation, e.name, e.id, outgoing DESC LIMIT $limit",
                values,
            )

        return [
            Neighbour(entity=entity_of(row[:5]), relation=row[5], outgoing=row[6]) for row in self._read(read)
        ]

    def paths(self, source: str, target: str, max_hops: int = 2, limit: int = 5) -> list[Path]:
        """Return the most specific simple paths, best first; see `kg.paths.find_paths`."""
        check_hops(max_hops)
        ends = storable(source), storable(target)

        def find(known: Callable[[str, int], Mapping[str, RelationStatistics] | None]) -> list[Path]:
            return self._read(
                lambda reader: find_paths(Neo4jPaths(reader, known), *ends, max_hops, limit), _PATHS_SECONDS
            )

        try:
            return find(self._relations.of)
        except RelationsUnknown:
            relations = self._count_relations()
            return find(lambda label, triples: relations)

    def _count_relations(self) -> Mapping[str, RelationStatistics]:
        version = self._relations.version

        def count(session: Neo4jSession) -> Mapping[str, RelationStatistics]:
            triples = count_triples(session)
            relations = from_note(self._generations.note(session), triples) or count_relations(session)
            self._relations.keep(version, session.label, triples, relations)
            return relations

        return self._read(count, _COUNT_SECONDS)

    def search(self, text: str, kind: str | None = None, limit: int = 10) -> list[Entity]:
        """Return entities that have all words of `text` in their name and aliases.

        Those of exactly this name or alias come first, then by popularity, name and id.
        """
        wanted = needles(text)
        if wanted is None or limit < 1:
            return []
        # The text index answers for the first; the longest word leaves the fewest to look through.
        first, *rest = sorted(wanted.words, key=len, reverse=True)
        values: dict[str, Any] = {"first": first, "rest": rest, "exact": wanted.exact, "limit": limit}
        where = "e.search_key CONTAINS $first AND all(word IN $rest WHERE e.search_key CONTAINS word)"
        if kind is not None:
            where += " AND e.kind = $kind"
            values["kind"] = storable(kind)

        def read(session: Neo4jSession) -> list[list[Any]]:
            return session.rows(
                f"MATCH (e:{session.label}) WHERE {where} RETURN {ENTITY_COLUMNS} "
                "ORDER BY CASE WHEN e.search_key CONTAINS $exact THEN 0 ELSE 1 END, "
                "e.popularity DESC, e.name, e.id LIMIT $limit",
                values,
            )

        return [entity_of(row) for row in self._read(read)]

    def stats(self) -> GraphStats:
        """Count entities by kind, and triples by relation and by source."""

        def count(session: Neo4jSession) -> GraphStats:
            kinds = session.rows(f"MATCH (e:{session.label}) RETURN e.kind AS kind, count(*) ORDER BY kind")
            relations, sources = (
                session.rows(
                    f"MATCH (:{session.label})-[f:FACT]->() RETURN {name} AS name, count(*) ORDER BY name"
                )
                for name in ("f.relation", "f.source")
            )
            return GraphStats(entities=dict(kinds), triples=dict(relations), sources=dict(sources))

        return self._read(count, _COUNT_SECONDS)

    def clear(self) -> None:
        """Remove everything of this namespace; readers see all of it until nothing of it."""
        self._link.check_writable()
        self._generations.clear()
        self._relations.forget()

    def drop(self) -> None:
        """Remove everything of this namespace and its indexes, for a namespace that is not used again."""
        self._generations.drop()
        self._relations.forget()

    def close(self) -> None:
        """Close the connections; further calls raise `GraphError`."""
        self._link.close()

    def _read(self, work: Callable[[Neo4jSession], _T], seconds: float = READ_SECONDS) -> _T:
        return self._generations.read(work, seconds)[0]

    def _stream(self, page: Callable[[Neo4jSession, str], tuple[list[_T], str | None]]) -> Iterator[_T]:
        began: State | None = None
        last: str | None = ""
        while last is not None:
            (values, last), state = self._page(page, last)
            if began not in (None, state):
                raise GraphError("The graph was changed while it was read. Read it again.")
            began = state
            yield from values

    def _page(
        self, page: Callable[[Neo4jSession, str], tuple[list[_T], str | None]], last: str
    ) -> tuple[tuple[list[_T], str | None], State]:
        return self._generations.read(lambda session: page(session, last))
