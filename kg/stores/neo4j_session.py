"""Queries within one transaction on a Neo4j server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from neo4j import ManagedTransaction

from kg.schema import Entity, Triple
from kg.stores.rows import chunks, entity_of, storable, triple_of

ENTITY_COLUMNS = "e.id, e.kind, e.name, e.aliases, e.popularity"
TRIPLE_COLUMNS = "a.id, f.relation, b.id, f.source, f.confidence, f.first_seen, f.last_seen, f.sentence"
ROWS_A_QUERY = 10_000


def literal(query: str) -> LiteralString:
    """Vouch for a query: its only moving part is a label of hexadecimal digits and fixed conditions."""
    return query


def fact_of(values: Sequence[Any]) -> Triple:
    """Make a triple of `TRIPLE_COLUMNS`; the driver has dates of its own."""
    *before, first_seen, last_seen, sentence = values
    dates = (seen and seen.to_native() for seen in (first_seen, last_seen))
    return triple_of((*before, *dates, sentence))


class Neo4jSession:
    """Runs queries within one transaction."""

    def __init__(self, transaction: ManagedTransaction, label: str) -> None:
        self._transaction = transaction
        self._label = label

    @property
    def label(self) -> str:
        """The label of the entities that this transaction reads."""
        return self._label

    def rows(self, query: str, values: dict[str, Any] | None = None) -> list[list[Any]]:
        """Return all rows of a query."""
        result = self._transaction.run(literal(query), values or {})
        return [list(record.values()) for record in result]

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return those of `ids` that are stored."""
        query = f"UNWIND $ids AS id MATCH (e:{self._label} {{id: id}}) RETURN e.id"
        return {row[0] for part in chunks(ids, ROWS_A_QUERY) for row in self.rows(query, {"ids": list(part)})}

    def entities(self, ids: Sequence[str]) -> dict[str, Entity]:
        """Return entities by id; unknown ids are left out."""
        query = f"UNWIND $ids AS id MATCH (e:{self._label} {{id: id}}) RETURN {ENTITY_COLUMNS}"
        found = (
            entity_of(row)
            for part in chunks(ids, ROWS_A_QUERY)
            for row in self.rows(query, {"ids": [storable(entity_id) for entity_id in part]})
        )
        return {entity.id: entity for entity in found}
