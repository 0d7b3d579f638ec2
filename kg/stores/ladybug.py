"""The embedded graph store: one file, Cypher, no server."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path as FilePath
from typing import Any

import ladybug
import polars as pl

from kg.graph import GraphError, GraphUnavailable
from kg.paths import find_paths
from kg.schema import Entity, GraphStats, Neighbour, Path, Triple
from kg.stores.ladybug_session import ENTITY_COLUMNS, LadybugSession, run_rows
from kg.stores.rows import (
    Batch,
    check_hops,
    entity_of,
    entity_row,
    make_batch,
    missing_endpoints,
    needles,
    storable,
    triple_row,
)

_BUFFER_POOL = 1 << 30
_POOL_SIZE = 8
_READ_TIMEOUT_MS = 10_000
_ENTITY_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "id": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "search_key": pl.String,
    "aliases": pl.List(pl.String),
    "popularity": pl.Float64,
}
_TRIPLE_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "subject": pl.String,
    "object": pl.String,
    "relation": pl.String,
    "source": pl.String,
    "confidence": pl.Float64,
    "first_seen": pl.Date,
    "last_seen": pl.Date,
}
_TABLES = (
    "CREATE NODE TABLE IF NOT EXISTS Entity(id STRING PRIMARY KEY, kind STRING, name STRING, "
    "search_key STRING, aliases STRING[], popularity DOUBLE)",
    "CREATE REL TABLE IF NOT EXISTS Fact(FROM Entity TO Entity, relation STRING, source STRING, "
    "confidence DOUBLE, first_seen DATE, last_seen DATE)",
)


class LadybugGraph:
    """A graph in one file. Threads may share it; other processes may read it with `read_only`.

    Raises `GraphUnavailable` when another process holds the file for writing, and `GraphError` when the file
    is missing (`read_only`) or is not a graph.
    """

    def __init__(self, path: FilePath, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._write_lock = threading.Lock()
        self._idle = threading.Condition()
        self._free: list[ladybug.Connection] = []
        self._lent = 0
        self._closed = False
        if read_only and not path.is_file():
            raise GraphError(f"There is no graph in {path}. Build the workspace first.")
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = ladybug.Database(str(path), read_only=read_only, buffer_pool_size=_BUFFER_POOL)
        except RuntimeError as error:
            if "lock" in str(error).lower():
                raise GraphUnavailable(
                    f"Another process is writing to the graph in {path}. "
                    "Wait until it has ended, then try again."
                ) from error
            raise GraphError(
                f"{path} cannot be opened as a graph ({error}). Build the workspace anew."
            ) from error
        if not read_only:
            with self._connection() as connection:
                for table in _TABLES:
                    run_rows(connection, table)

    def upsert(self, entities: Iterable[Entity], triples: Iterable[Triple]) -> None:
        """Add or replace entities and triples in one transaction; see `KnowledgeGraph.upsert`."""
        batch = make_batch(entities, triples)
        with self._writing() as writer:
            outside = batch.endpoints_not_given()
            missing = sorted(set(outside) - _known(writer, outside))
            if missing:
                raise missing_endpoints(missing)
            _store(writer, batch)

    def get(self, ids: Sequence[str]) -> list[Entity]:
        """Return the entities of these ids, in their order; an unknown id is left out."""
        with self._reading() as reader:
            found = reader.entities(list(dict.fromkeys(ids)))
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
        rest = "RETURN DISTINCT f.relation, e.name, e.id ORDER BY f.relation, e.name, e.id LIMIT $limit"
        with self._reading() as reader:
            outgoing = reader.rows(
                f"MATCH (a:Entity {{id: $id}})-[f:Fact]->(e:Entity) WHERE true{where} {rest}", values
            )
            incoming = reader.rows(
                f"MATCH (a:Entity {{id: $id}})<-[f:Fact]-(e:Entity) WHERE e.id <> $id{where} {rest}", values
            )
            edges = sorted([(*row, 0) for row in outgoing] + [(*row, 1) for row in incoming])[:limit]
            found = reader.entities(list({row[2] for row in edges}))
        return [
            Neighbour(entity=found[other], relation=name, outgoing=side == 0)
            for name, _, other, side in edges
        ]

    def paths(self, source: str, target: str, max_hops: int = 2, limit: int = 5) -> list[Path]:
        """Return the most specific simple paths, best first; see `kg.paths.find_paths`."""
        check_hops(max_hops)
        with self._reading() as reader:
            return find_paths(reader, storable(source), storable(target), max_hops, limit)

    def search(self, text: str, kind: str | None = None, limit: int = 10) -> list[Entity]:
        """Return entities that have all words of `text` in their name and aliases.

        Those of exactly this name or alias come first, then by popularity, name and id.
        """
        wanted = needles(text)
        if wanted is None or limit < 1:
            return []
        values: dict[str, Any] = {f"w{k}": word for k, word in enumerate(wanted.words)}
        where = " AND ".join(f"e.search_key CONTAINS ${name}" for name in values)
        values |= {"exact": wanted.exact, "limit": limit}
        if kind is not None:
            where += " AND e.kind = $kind"
            values["kind"] = storable(kind)
        query = (
            f"MATCH (e:Entity) WHERE {where} RETURN {ENTITY_COLUMNS} "
            "ORDER BY CASE WHEN e.search_key CONTAINS $exact THEN 0 ELSE 1 END, "
            "e.popularity DESC, e.name, e.id LIMIT $limit"
        )
        with self._reading() as reader:
            return [entity_of(row) for row in reader.rows(query, values)]

    def stats(self) -> GraphStats:
        """Count entities by kind and triples by relation."""
        with self._reading() as reader:
            kinds = reader.rows("MATCH (e:Entity) RETURN e.kind, count(*) ORDER BY e.kind")
            relations = reader.rows(
                "MATCH (:Entity)-[f:Fact]->(:Entity) RETURN f.relation, count(*) ORDER BY f.relation"
            )
        return GraphStats(entities=dict(kinds), triples=dict(relations))

    def clear(self) -> None:
        """Remove everything, in one transaction."""
        with self._writing() as writer:
            writer.rows("MATCH (e:Entity) DETACH DELETE e")

    def close(self) -> None:
        """Wait for calls in flight, then release the file; further calls raise `GraphError`."""
        with self._idle:
            if self._closed:
                return
            self._closed = True
            self._idle.wait_for(lambda: self._lent == 0)
            for connection in self._free:
                connection.close()
            self._free.clear()
            self._database.close()

    @contextmanager
    def _connection(self) -> Iterator[ladybug.Connection]:
        with self._idle:
            self._idle.wait_for(lambda: self._closed or self._lent < _POOL_SIZE)
            if self._closed:
                raise GraphError("The graph was closed. Open it again to go on.")
            self._lent += 1
            connection = self._free.pop() if self._free else None
        try:
            connection = connection or self._connect()
            yield connection
        finally:
            with self._idle:
                self._lent -= 1
                if connection is not None:
                    self._free.append(connection)
                self._idle.notify_all()

    def _connect(self) -> ladybug.Connection:
        connection = ladybug.Connection(self._database)
        connection.set_query_timeout(_READ_TIMEOUT_MS)
        return connection

    @contextmanager
    def _reading(self) -> Iterator[LadybugSession]:
        with self._connection() as connection, _transaction(connection, read_only=True):
            yield LadybugSession(connection)

    @contextmanager
    def _writing(self) -> Iterator[LadybugSession]:
        if self.read_only:
            raise GraphError(f"The graph in {self.path} was opened for reading only; nothing was changed.")
        # A connection of its own: it has no time limit, and the tables it loads from are let go with it.
        with self._write_lock, self._connection():
            connection = ladybug.Connection(self._database)
            try:
                with _transaction(connection, read_only=False):
                    yield LadybugSession(connection)
            finally:
                connection.close()


@contextmanager
def _transaction(connection: ladybug.Connection, read_only: bool) -> Iterator[None]:
    run_rows(connection, "BEGIN TRANSACTION READ ONLY" if read_only else "BEGIN TRANSACTION")
    try:
        yield
        run_rows(connection, "COMMIT")
    except BaseException:
        # A statement that fails has rolled the transaction back already; then there is none to roll back.
        with suppress(GraphError):
            run_rows(connection, "ROLLBACK")
        raise


def _known(session: LadybugSession, ids: Sequence[str]) -> set[str]:
    return {row[0] for row in session.for_ids("UNWIND $ids AS id MATCH (e:Entity {id: id}) RETURN e.id", ids)}


def _store(session: LadybugSession, batch: Batch) -> None:
    """Write a checked batch: bulk copies for what is new, which take seconds where MERGE takes minutes."""
    known = _known(session, list(batch.entities))
    new = [entity_row(entity) for entity_id, entity in batch.entities.items() if entity_id not in known]
    old = [entity_row(batch.entities[entity_id]) for entity_id in sorted(known)]
    if old:
        session.rows(
            "LOAD FROM $frame MATCH (e:Entity {id: id}) SET e.kind = kind, e.name = name, "
            "e.search_key = search_key, e.aliases = aliases, e.popularity = popularity",
            {"frame": pl.DataFrame(old, schema=_ENTITY_SCHEMA).to_arrow()},
        )
    if new:
        session.rows(
            "COPY Entity FROM $frame", {"frame": pl.DataFrame(new, schema=_ENTITY_SCHEMA).to_arrow()}
        )
    if batch.triples:
        rows = [triple_row(triple) for triple in batch.triples.values()]
        table = pl.DataFrame(rows, schema=_TRIPLE_SCHEMA).to_arrow()
        if session.rows("MATCH (:Entity)-[f:Fact]->(:Entity) RETURN 1 LIMIT 1"):
            session.rows(
                "LOAD FROM $frame WITH subject AS s, object AS o, relation AS r, source AS origin "
                "MATCH (a:Entity {id: s})-[f:Fact]->(b:Entity {id: o}) "
                "WHERE f.relation = r AND f.source = origin DELETE f",
                {"frame": table},
            )
        session.rows("COPY Fact FROM $frame", {"frame": table})
