"""Queries within one transaction of the embedded store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import ladybug

from kg.graph import GraphError
from kg.schema import Entity
from kg.stores.rows import chunks, entity_of, storable

ENTITY_COLUMNS = "e.id, e.kind, e.name, e.aliases, e.popularity"
TRIPLE_COLUMNS = "a.id, f.relation, b.id, f.source, f.confidence, f.first_seen, f.last_seen, f.sentence"
_IDS_A_QUERY = 2_000


class LadybugSession:
    """Runs queries within one transaction."""

    def __init__(self, connection: ladybug.Connection) -> None:
        self._connection = connection

    def rows(self, query: str, values: dict[str, Any] | None = None) -> list[list[Any]]:
        """Return all rows of a query."""
        return run_rows(self._connection, query, values)

    def entities(self, ids: Sequence[str]) -> dict[str, Entity]:
        """Return entities by id; unknown ids are left out."""
        query = f"UNWIND $ids AS id MATCH (e:Entity {{id: id}}) RETURN {ENTITY_COLUMNS}"
        found = (entity_of(row) for row in self.for_ids(query, [storable(entity_id) for entity_id in ids]))
        return {entity.id: entity for entity in found}

    def arrow(self, query: str) -> Any:  # noqa: ANN401 - an Arrow table, whose stubs know little
        """Return a whole result as an Arrow table."""
        try:
            result = self._connection.execute(query)
            try:
                return result.get_as_arrow()
            finally:
                result.close()
        except RuntimeError as error:
            raise GraphError(f"The embedded graph could not answer: {error}") from error

    def for_ids(self, query: str, ids: Sequence[str]) -> Iterator[list[Any]]:
        """Yield the rows of a query over `$ids`, asked for 2,000 ids at a time."""
        for part in chunks(list(dict.fromkeys(ids)), _IDS_A_QUERY):
            yield from self.rows(query, {"ids": list(part)})


def run_rows(
    connection: ladybug.Connection, query: str, values: dict[str, Any] | None = None
) -> list[list[Any]]:
    """Return all rows of a query. Raises `GraphError`."""
    try:
        result = connection.execute(query, values or {})
        try:
            return list(result.get_all())
        finally:
            result.close()
    except RuntimeError as error:
        raise GraphError(f"The embedded graph could not answer: {error}") from error
