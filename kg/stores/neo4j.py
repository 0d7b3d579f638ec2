"""The graph on a Neo4j server, over Bolt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, TypeVar

from neo4j import GraphDatabase, ManagedTransaction, unit_of_work
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from kg.graph import GraphError, GraphUnavailable
from kg.paths import find_paths
from kg.schema import Entity, GraphStats, Neighbour, Path, Triple
from kg.stores.neo4j_session import ENTITY_COLUMNS, ROWS_A_QUERY, Neo4jSession, literal
from kg.stores.rows import (
    Batch,
    check_hops,
    chunks,
    entity_of,
    entity_row,
    make_batch,
    missing_endpoints,
    needles,
    storable,
    triple_row,
)

_CONNECT_SECONDS = 3.0
_RETRY_SECONDS = 2.0
_READ_SECONDS = 10.0
_WRITE_SECONDS = 600.0

_T = TypeVar("_T")


class Neo4jGraph:
    """A graph in one namespace of a Neo4j database; namespaces share a server and see nothing of each other.

    Making one connects to nothing. A call raises `GraphUnavailable` while the server is away and works again
    once it is back; a wrong password is a `GraphError`.
    """

    def __init__(
        self, uri: str, user: str, password: str, database: str = "neo4j", namespace: str = "default"
    ) -> None:
        self.uri = uri
        self.namespace = namespace
        self._database = database
        # Labels cannot be parameters: this one is hexadecimal digits, whatever the namespace is called.
        self._label = f"Entity_{sha256(storable(namespace).encode()).hexdigest()[:16]}"
        self._schema_lock = threading.Lock()
        self._schema_made = False
        self._closed = False
        try:
            self._driver = GraphDatabase.driver(
                uri,
                auth=(user, password),
                connection_timeout=_CONNECT_SECONDS,
                connection_acquisition_timeout=_READ_SECONDS,
                max_transaction_retry_time=_RETRY_SECONDS,
                liveness_check_timeout=30.0,
                telemetry_disabled=True,
                notifications_min_severity="OFF",
                user_agent="tastegraph",
            )
        except (ConfigurationError, ValueError) as error:
            raise GraphError(f"{uri!r} is not an address of a Neo4j server: {error}") from error

    def upsert(self, entities: Iterable[Entity], triples: Iterable[Triple]) -> None:
        """Add or replace entities and triples in one transaction; see `KnowledgeGraph.upsert`."""
        batch = make_batch(entities, triples)
        with self._errors():
            self._make_schema()
            with self._driver.session(database=self._database) as session:
                session.execute_write(self._store, batch)

    def get(self, ids: Sequence[str]) -> list[Entity]:
        """Return the entities of these ids, in their order; an unknown id is left out."""
        found = self._read(lambda reader: reader.entities(list(dict.fromkeys(ids))))
        return [found[entity_id] for entity_id in ids if entity_id in found]

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
        query = (
            f"MATCH (a:{self._label} {{id: $id}})-[f:FACT]-(e:{self._label}) WHERE true{where} "
            "WITH DISTINCT e, f.relation AS relation, startNode(f) = a AS outgoing "
            f"RETURN {ENTITY_COLUMNS}, relation, outgoing "
            "ORDER BY relation, e.name, e.id, outgoing DESC LIMIT $limit"
        )
        return [
            Neighbour(entity=entity_of(row[:5]), relation=row[5], outgoing=row[6])
            for row in self._read(lambda reader: reader.rows(query, values))
        ]

    def paths(self, source: str, target: str, max_hops: int = 2, limit: int = 5) -> list[Path]:
        """Return the most specific simple paths, best first; see `kg.paths.find_paths`."""
        check_hops(max_hops)
        ends = storable(source), storable(target)
        return self._read(lambda reader: find_paths(reader, *ends, max_hops, limit))

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
        query = (
            f"MATCH (e:{self._label}) WHERE {where} RETURN {ENTITY_COLUMNS} "
            "ORDER BY CASE WHEN e.search_key CONTAINS $exact THEN 0 ELSE 1 END, "
            "e.popularity DESC, e.name, e.id LIMIT $limit"
        )
        return [entity_of(row) for row in self._read(lambda reader: reader.rows(query, values))]

    def stats(self) -> GraphStats:
        """Count entities by kind and triples by relation."""

        def count(reader: Neo4jSession) -> GraphStats:
            kinds = reader.rows(f"MATCH (e:{self._label}) RETURN e.kind AS kind, count(*) ORDER BY kind")
            relations = reader.rows(
                f"MATCH (:{self._label})-[f:FACT]->() "
                "RETURN f.relation AS relation, count(*) ORDER BY relation"
            )
            return GraphStats(entities=dict(kinds), triples=dict(relations))

        return self._read(count)

    def clear(self) -> None:
        """Remove everything of this namespace, in one transaction."""

        @unit_of_work(timeout=_WRITE_SECONDS)
        def remove(transaction: ManagedTransaction) -> None:
            Neo4jSession(transaction, self._label).rows(f"MATCH (e:{self._label}) DETACH DELETE e")

        with self._errors(), self._driver.session(database=self._database) as session:
            session.execute_write(remove)

    def drop(self) -> None:
        """Remove everything of this namespace and its indexes, for a namespace that is not used again."""
        self.clear()
        with self._errors():
            for statement in (
                f"DROP CONSTRAINT {self._label}_id IF EXISTS",
                f"DROP INDEX {self._label}_search IF EXISTS",
            ):
                self._driver.execute_query(literal(statement), database_=self._database)
        with self._schema_lock:
            self._schema_made = False

    def close(self) -> None:
        """Close the connections; further calls raise `GraphError`."""
        self._closed = True
        self._driver.close()

    def _read(self, work: Callable[[Neo4jSession], _T]) -> _T:
        @unit_of_work(timeout=_READ_SECONDS)
        def within(transaction: ManagedTransaction) -> _T:
            return work(Neo4jSession(transaction, self._label))

        with self._errors(), self._driver.session(database=self._database) as session:
            return session.execute_read(within)

    @unit_of_work(timeout=_WRITE_SECONDS)
    def _store(self, transaction: ManagedTransaction, batch: Batch) -> None:
        reader = Neo4jSession(transaction, self._label)
        outside = batch.endpoints_not_given()
        missing = sorted(set(outside) - reader.known(outside))
        if missing:
            raise missing_endpoints(missing)
        for entities in chunks(list(batch.entities.values()), ROWS_A_QUERY):
            reader.rows(
                f"UNWIND $rows AS row MERGE (e:{self._label} {{id: row.id}}) SET e:Entity, "
                "e += row, e.namespace = $namespace",
                {"rows": [entity_row(entity) for entity in entities], "namespace": storable(self.namespace)},
            )
        # MERGE looks through the edges of both ends; a namespace without edges need not.
        empty = not reader.rows(f"MATCH (:{self._label})-[f:FACT]->() RETURN 1 LIMIT 1")
        key = "{relation: row.relation, source: row.source}"
        write = f"CREATE (a)-[f:FACT {key}]->(b)" if empty else f"MERGE (a)-[f:FACT {key}]->(b)"
        for triples in chunks(list(batch.triples.values()), ROWS_A_QUERY):
            reader.rows(
                f"UNWIND $rows AS row MATCH (a:{self._label} {{id: row.subject}}) "
                f"MATCH (b:{self._label} {{id: row.object}}) {write} "
                "SET f.confidence = row.confidence, f.first_seen = row.first_seen, "
                "f.last_seen = row.last_seen",
                {"rows": [triple_row(triple) for triple in triples]},
            )

    def _make_schema(self) -> None:
        with self._schema_lock:
            if self._schema_made:
                return
            name, node = self._label, f"FOR (e:{self._label})"
            statements = (
                f"CREATE CONSTRAINT {name}_id IF NOT EXISTS {node} REQUIRE e.id IS UNIQUE",
                f"CREATE TEXT INDEX {name}_search IF NOT EXISTS {node} ON (e.search_key)",
            )
            for statement in statements:
                self._driver.execute_query(literal(statement), database_=self._database)
            self._driver.execute_query("CALL db.awaitIndexes(60)", database_=self._database)
            self._schema_made = True

    @contextmanager
    def _errors(self) -> Iterator[None]:
        if self._closed:
            raise GraphError("The graph was closed. Open it again to go on.")
        try:
            yield
        except (Neo4jError, DriverError, OSError) as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> GraphError:
        if isinstance(error, Neo4jError) and "OutOfMemory" in (error.code or ""):
            return GraphError(
                f"The Neo4j server at {self.uri} has too little memory for this. Nothing was stored; give it "
                "more (server.memory.heap.max_size) or store less at once."
            )
        if isinstance(error, ServiceUnavailable | SessionExpired | TransientError | OSError):
            # Whatever comes back may be another, empty server.
            self._schema_made = False
            return GraphUnavailable(
                f"The Neo4j server at {self.uri} does not answer. Start it with `make neo4j`, or check the "
                "address; this works again by itself when the server is back."
            )
        if isinstance(error, AuthError):
            return GraphError(
                f"The Neo4j server at {self.uri} does not take this name and password. Set the right ones."
            )
        return GraphError(f"The Neo4j server at {self.uri} could not answer: {error}")
