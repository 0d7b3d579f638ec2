"""Queries within one transaction of the embedded store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import ladybug

from kg.graph import GraphError
from kg.schema import Entity
from kg.stores.rows import chunks, entity_of, storable

ENTITY_COLUMNS = "e.id, e.kind, e.name, e.aliases, e.popularity"
_IDS_A_QUERY = 2_000


class LadybugSession:
    """Runs queries within one transaction; an `EdgeReader`."""

    def __init__(self, connection: ladybug.Connection) -> None:
        self._connection = connection

    def rows(self, query: str, values: dict[str, Any] | None = None) -> list[list[Any]]:
        return run_rows(self._connection, query, values)

    def entities(self, ids: Sequence[str]) -> dict[str, Entity]:
        query = f"UNWIND $ids AS id MATCH (e:Entity {{id: id}}) RETURN {ENTITY_COLUMNS}"
        found = (entity_of(row) for row in self.for_ids(query, [storable(entity_id) for entity_id in ids]))
        return {entity.id: entity for entity in found}

    def adjacent(self, entity_id: str) -> list[tuple[str, str]]:
        rows = self.rows(
            "MATCH (a:Entity {id: $id})-[f:Fact]-(b:Entity) WHERE b.id <> $id "
            "RETURN DISTINCT f.relation, b.id",
            {"id": entity_id},
        )
        return [(relation, other) for relation, other in rows]

    def between(self, left: Sequence[str], right: Sequence[str]) -> list[tuple[str, str, str]]:
        # One indexed look-up an entity: a condition `id IN list` on both sides scans the whole table.
        wanted = set(left)
        return [(a, relation, b) for b in right for relation, a in self.adjacent(b) if a in wanted]

    def degrees(self, ids: Sequence[str]) -> dict[str, int]:
        query = "UNWIND $ids AS id MATCH (a:Entity {id: id}) RETURN a.id, COUNT {MATCH (a)-[:Fact]-(:Entity)}"
        return dict(self.for_ids(query, ids))

    def for_ids(self, query: str, ids: Sequence[str]) -> Iterator[list[Any]]:
        for part in chunks(list(dict.fromkeys(ids)), _IDS_A_QUERY):
            yield from self.rows(query, {"ids": list(part)})


def run_rows(
    connection: ladybug.Connection, query: str, values: dict[str, Any] | None = None
) -> list[list[Any]]:
    try:
        result = connection.execute(query, values or {})
        try:
            return list(result.get_all())
        finally:
            result.close()
    except RuntimeError as error:
        raise GraphError(f"The embedded graph could not answer: {error}") from error
