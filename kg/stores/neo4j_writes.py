"""What is written to a Neo4j server: rows in `UNWIND`, within one transaction."""

from __future__ import annotations

from typing import Any

from kg.stores.neo4j_session import ROWS_A_QUERY, Neo4jSession
from kg.stores.rows import Batch, chunks, entity_row, triple_row

_FACT = (
    "{relation: row.relation, source: row.source, confidence: row.confidence, first_seen: row.first_seen, "
    "last_seen: row.last_seen, sentence: row.sentence}"
)
_KEY = "{relation: row.relation, source: row.source}"
_KEY_NAMES = ("subject", "relation", "object", "source")


def create_entities(session: Neo4jSession, rows: list[dict[str, Any]], namespace: str) -> None:
    """Write entities that are not there yet."""
    session.rows(
        f"UNWIND $rows AS row CREATE (e:{session.label}:Entity) SET e = row, e.namespace = $namespace",
        {"rows": rows, "namespace": namespace},
    )


def create_triples(session: Neo4jSession, rows: list[dict[str, Any]], namespace: str) -> None:
    """Write triples that are not there yet, between entities that are."""
    session.rows(f"UNWIND $rows AS row {_ends(session)} CREATE (a)-[:FACT {_FACT}]->(b)", {"rows": rows})


def write_batch(session: Neo4jSession, batch: Batch, namespace: str) -> None:
    """Check and write a batch. Raises `GraphError` when a triple would name an entity that is not there."""
    batch.check(session.known)
    for keys in chunks(batch.expired_triples, ROWS_A_QUERY):
        rows = [dict(zip(_KEY_NAMES, key, strict=True)) for key in keys]
        session.rows(
            f"UNWIND $rows AS row {_ends(session)} MATCH (a)-[f:FACT {_KEY}]->(b) DELETE f", {"rows": rows}
        )
    for ids in chunks(batch.expired_entities, ROWS_A_QUERY):
        session.rows(
            f"UNWIND $ids AS id MATCH (e:{session.label} {{id: id}}) DETACH DELETE e", {"ids": list(ids)}
        )
    for entities in chunks(list(batch.entities.values()), ROWS_A_QUERY):
        session.rows(
            f"UNWIND $rows AS row MERGE (e:{session.label} {{id: row.id}}) SET e:Entity, e += row, "
            "e.namespace = $namespace",
            {"rows": [entity_row(entity) for entity in entities], "namespace": namespace},
        )
    # MERGE looks through the edges of both ends; a graph without edges need not.
    empty = not session.rows(f"MATCH (:{session.label})-[f:FACT]->() RETURN 1 LIMIT 1")
    for triples in chunks(list(batch.triples.values()), ROWS_A_QUERY):
        rows = [triple_row(triple) for triple in triples]
        if empty:
            create_triples(session, rows, namespace)
            continue
        session.rows(
            f"UNWIND $rows AS row {_ends(session)} MERGE (a)-[f:FACT {_KEY}]->(b) "
            "SET f.confidence = row.confidence, f.first_seen = row.first_seen, "
            "f.last_seen = row.last_seen, f.sentence = row.sentence",
            {"rows": rows},
        )


def _ends(session: Neo4jSession) -> str:
    label = session.label
    return f"MATCH (a:{label} {{id: row.subject}}) MATCH (b:{label} {{id: row.object}})"
