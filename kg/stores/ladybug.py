"""The embedded graph store: one file, Cypher, no server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from kg.paths import find_paths
from kg.schema import Change, Entity, GraphStats, Neighbour, Path, Triple
from kg.stores.ladybug_file import LadybugFile
from kg.stores.ladybug_paths import AdjacencyCache, LadybugPaths, Sees, file_state
from kg.stores.ladybug_session import ENTITY_COLUMNS, TRIPLE_COLUMNS, LadybugSession
from kg.stores.ladybug_writes import changed_beside, known_ids, loaded_beside, mixes, write_batch
from kg.stores.rows import batch_of, by_key, check_hops, chunks, entity_of, needles, storable, triple_of

_ENTITIES_A_PAGE = 5_000
_SUBJECTS_A_PAGE = 2_000


class LadybugGraph:
    """A graph in one file. Threads may share it; other processes may read it with `read_only`.

    Raises `GraphUnavailable` when another process holds the file for writing, and `GraphError` when the file
    is missing (`read_only`) or is not a graph.
    """

    def __init__(self, path: FilePath, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        before = file_state(path)
        self._file = LadybugFile(path, read_only)
        self._adjacency = AdjacencyCache(path, read_only, before)

    def upsert(self, entities: Iterable[Entity], triples: Iterable[Triple]) -> None:
        """Add or replace entities and triples in one transaction; see `KnowledgeGraph.upsert`."""
        self.apply(Change(entities=tuple(entities), triples=tuple(triples)))

    def apply(self, change: Change) -> None:
        """Do what an update says, whole or not at all; see `KnowledgeGraph.apply`.

        What only adds, or only removes, is one transaction in the file. What does both is written to a copy of
        the file, which then takes its name, as `replace` does.
        """
        batch = batch_of(change)
        with self._file.sole_writer():
            with self._file.reading() as reader:
                batch.check(partial(known_ids, reader))
                mixed = mixes(reader, batch)
            if not mixed:
                with self._file.writing(self._adjacency.committing()) as writer:
                    write_batch(writer, batch)
                return
            self._file.settle()
            with changed_beside(self.path, batch) as changed:
                self._file.switch(changed, self._adjacency.committing())

    def replace(
        self,
        entities: Iterable[Entity],
        triples: Iterable[Triple],
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """Put a whole graph in the place of this one; see `KnowledgeGraph.replace`.

        It is loaded into a file beside this one, which then takes its name. Reads go on until then; other
        processes go on reading the old graph until they open the file again.
        """
        with (
            self._file.sole_writer(),
            loaded_beside(self.path, entities, triples, progress or (lambda _: None)) as loaded,
        ):
            self._file.switch(loaded, self._adjacency.committing())

    def get(self, ids: Sequence[str]) -> list[Entity]:
        """Return the entities of these ids, in their order; an unknown id is left out."""
        with self._file.reading() as reader:
            found = reader.entities(list(dict.fromkeys(ids)))
        return [found[entity_id] for entity_id in ids if entity_id in found]

    def entities(self) -> Iterator[Entity]:
        """Yield every entity, by id, in a snapshot; raises `GraphError` when the graph is replaced meanwhile."""

        def read(session: LadybugSession) -> Iterator[list[Entity]]:
            for first, last in _id_ranges(session, _ENTITIES_A_PAGE):
                rows = session.rows(
                    f"MATCH (e:Entity) WHERE e.id >= $first AND e.id <= $last RETURN {ENTITY_COLUMNS}",
                    {"first": first, "last": last},
                )
                yield sorted(map(entity_of, rows), key=lambda entity: entity.id)

        return self._file.stream(read)

    def triples(self, source: str | None = None) -> Iterator[Triple]:
        """Yield every triple by key, of one source where given, in a snapshot, as `entities` does."""
        where = "" if source is None else " AND f.source = $source"
        values = {} if source is None else {"source": storable(source)}

        def read(session: LadybugSession) -> Iterator[list[Triple]]:
            for first, last in _id_ranges(session, _SUBJECTS_A_PAGE):
                rows = session.rows(
                    "MATCH (a:Entity)-[f:Fact]->(b:Entity) "
                    f"WHERE a.id >= $first AND a.id <= $last{where} RETURN {TRIPLE_COLUMNS}",
                    {"first": first, "last": last, **values},
                )
                yield by_key(map(triple_of, rows))

        return self._file.stream(read)

    def facts(self, entity_id: str, limit: int = 1_000) -> list[Triple]:
        """Return the triples of an entity in either direction, by key."""
        if limit < 1:
            return []
        values = {"id": storable(entity_id), "limit": limit}
        sides = (
            "MATCH (a:Entity {id: $id})-[f:Fact]->(b:Entity)",
            "MATCH (b:Entity {id: $id})<-[f:Fact]-(a:Entity) WHERE a.id <> $id",
        )
        rest = f"RETURN {TRIPLE_COLUMNS} ORDER BY a.id, f.relation, b.id, f.source LIMIT $limit"
        with self._file.reading() as reader:
            rows = [row for side in sides for row in reader.rows(f"{side} {rest}", values)]
        return by_key(map(triple_of, rows))[:limit]

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
        with self._file.reading() as reader:
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
        sees = Sees()
        with self._file.reading(self._adjacency.beginning(sees)) as session:
            reader = LadybugPaths(session, self._adjacency.of(session, sees))
            return find_paths(reader, storable(source), storable(target), max_hops, limit)

    def prepare_paths(self, progress: Callable[[str], None]) -> None:
        """Make now what the first call of `paths` would make: seconds for a million triples."""
        sees = Sees()
        with self._file.reading(self._adjacency.beginning(sees)) as session:
            self._adjacency.of(session, sees, progress)

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
        with self._file.reading() as reader:
            return [entity_of(row) for row in reader.rows(query, values)]

    def stats(self) -> GraphStats:
        """Count entities by kind, and triples by relation and by source."""
        with self._file.reading() as reader:
            kinds = reader.rows("MATCH (e:Entity) RETURN e.kind, count(*) ORDER BY e.kind")
            relations, sources = (
                reader.rows(f"MATCH (:Entity)-[f:Fact]->(:Entity) RETURN {name}, count(*) ORDER BY {name}")
                for name in ("f.relation", "f.source")
            )
        return GraphStats(entities=dict(kinds), triples=dict(relations), sources=dict(sources))

    def clear(self) -> None:
        """Remove everything, in one transaction."""
        with self._file.writing(self._adjacency.committing()) as writer:
            writer.rows("MATCH (e:Entity) DETACH DELETE e")

    def close(self) -> None:
        """Wait for calls in flight, then release the file; further calls raise `GraphError`."""
        self._file.close()


def _id_ranges(session: LadybugSession, size: int) -> Iterator[tuple[str, str]]:
    """Yield the first and the last id of each `size` entities, by id."""
    ids = [row[0] for row in session.rows("MATCH (e:Entity) RETURN e.id ORDER BY e.id")]
    return ((part[0], part[-1]) for part in chunks(ids, size))
