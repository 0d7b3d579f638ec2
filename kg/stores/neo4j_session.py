"""Queries within one transaction on a Neo4j server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from neo4j import ManagedTransaction

from kg.schema import Entity
from kg.stores.rows import chunks, entity_of, storable

ENTITY_COLUMNS = "e.id, e.kind, e.name, e.aliases, e.popularity"
ROWS_A_QUERY = 10_000


def literal(query: str) -> LiteralString:
    """Vouch for a query: its only moving part is a label of hexadecimal digits and fixed conditions."""
    return query


class Neo4jSession:
    """Runs queries within one transaction; an `EdgeReader`."""

    def __init__(self, transaction: ManagedTransaction, label: str) -> None:
        self._transaction = transaction
        self._label = label

    def rows(self, query: str, values: dict[str, Any] | None = None) -> list[list[Any]]:
        result = self._transaction.run(literal(query), values or {})
        return [list(record.values()) for record in result]

    def known(self, ids: Sequence[str]) -> set[str]:
        query = f"UNWIND $ids AS id MATCH (e:{self._label} {{id: id}}) RETURN e.id"
        return {row[0] for part in chunks(ids, ROWS_A_QUERY) for row in self.rows(query, {"ids": list(part)})}

    def entities(self, ids: Sequence[str]) -> dict[str, Entity]:
        query = f"UNWIND $ids AS id MATCH (e:{self._label} {{id: id}}) RETURN {ENTITY_COLUMNS}"
        found = (
            entity_of(row)
            for part in chunks(ids, ROWS_A_QUERY)
            for row in self.rows(query, {"ids": [storable(entity_id) for entity_id in part]})
        )
        return {entity.id: entity for entity in found}

    def adjacent(self, entity_id: str) -> list[tuple[str, str]]:
        rows = self.rows(
            f"MATCH (a:{self._label} {{id: $id}})-[f:FACT]-(b) WHERE b <> a RETURN DISTINCT f.relation, b.id",
            {"id": entity_id},
        )
        return [(relation, other) for relation, other in rows]

    def between(self, left: Sequence[str], right: Sequence[str]) -> list[tuple[str, str, str]]:
        # Filtered before ids are read: most edges of the right side lead elsewhere.
        rows = self.rows(
            f"MATCH (a:{self._label}) WHERE a.id IN $left WITH collect(a) AS wanted "
            f"UNWIND $right AS id MATCH (b:{self._label} {{id: id}})-[f:FACT]-(a) "
            "WHERE a IN wanted AND a <> b RETURN DISTINCT a.id, f.relation, b.id",
            {"left": list(left), "right": list(right)},
        )
        return [(a, relation, b) for a, relation, b in rows]

    def degrees(self, ids: Sequence[str]) -> dict[str, int]:
        rows = self.rows(
            f"UNWIND $ids AS id MATCH (a:{self._label} {{id: id}}) "
            "RETURN a.id, COUNT {(a)-[:FACT]->()} + COUNT {(a)<-[:FACT]-()}",
            {"ids": list(dict.fromkeys(ids))},
        )
        return dict(rows)
