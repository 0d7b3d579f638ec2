"""Generations of a graph on a Neo4j server: one is read, another may be loaded beside it, and a pointer says which.

A namespace has two labels for its entities, of which one is in use. A pointer node says which one, and has a
version that every change of the graph raises. A whole graph is loaded under the other label in many small
transactions; one more turns the pointer; then what was under the old label is removed, again in small ones.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from neo4j import ManagedTransaction
from neo4j.exceptions import DriverError, Neo4jError

from kg.graph import GraphError, GraphUnavailable
from kg.stores.neo4j_link import READ_SECONDS, Neo4jLink
from kg.stores.neo4j_session import ROWS_A_QUERY, Neo4jSession, literal
from kg.stores.neo4j_writes import create_entities, create_triples
from kg.stores.rows import storable
from kg.stores.spool import Spool

POINTER = "TastegraphNamespace"
_REMOVE_AT_ONCE = 20_000

_T = TypeVar("_T")
_Progress = Callable[[str], None]


class State(NamedTuple):
    """Which label is in use, and how often the graph was changed."""

    label: str
    version: int


class Neo4jGenerations:
    """The generations of one namespace."""

    def __init__(self, link: Neo4jLink, namespace: str) -> None:
        # Labels cannot be parameters: these are hexadecimal digits, whatever the namespace is called.
        digits = sha256(storable(namespace).encode()).hexdigest()[:16]
        self._link = link
        self._values = {"key": digits, "namespace": storable(namespace)}
        self._labels = (f"Entity_{digits}_a", f"Entity_{digits}_b")
        self._seen = State(self._labels[0], 0)
        self._schema_made = False

    def read(self, work: Callable[[Neo4jSession], _T], seconds: float = READ_SECONDS) -> tuple[_T, State]:
        """Run `work` in a read transaction; return what it returns, and the state that it saw.

        The pointer is read after the work, in its transaction: the work is done for the state that was seen
        last, and again where the pointer tells of another one. One short query a call keeps a reader from
        what is being removed, and from mixing what was before a change with what is after it. While others
        write without a pause it is done again for half of `seconds`; then what was read of one label may
        mix, and where the label changes every time `GraphUnavailable` is raised.
        """
        patience = seconds / 2.0

        def within(transaction: ManagedTransaction) -> tuple[_T, State]:
            until = time.monotonic() + patience
            # Of its own from here on: what other threads saw last may be older than what this one saw.
            seen = self._seen
            while True:
                late = time.monotonic() > until
                try:
                    result = work(Neo4jSession(transaction, seen.label))
                except (Neo4jError, DriverError):
                    raise
                except Exception:
                    now = self._seen = self._current(transaction)
                    if now == seen:
                        raise
                else:
                    now = self._seen = self._current(transaction)
                    if now == seen or (late and now.label == seen.label):
                        return result, now
                if late:
                    raise GraphUnavailable("The graph is being changed all the time. Try again in a moment.")
                seen = now

        return self._link.read(within, seconds)

    def write(self, work: Callable[[Neo4jSession], None]) -> None:
        """Run `work` on the label in use, in one transaction, one writer at a time."""
        self._make_schema()

        def within(transaction: ManagedTransaction) -> None:
            [label] = self._row(
                transaction,
                f"MERGE (g:{POINTER} {{key: $key}}) "
                "ON CREATE SET g.label = $label, g.version = 0, g.namespace = $namespace "
                "SET g.version = g.version + 1 RETURN g.label",
                label=self._labels[0],
            )
            work(Neo4jSession(transaction, label))

        self._link.write(within)

    def note(self, session: Neo4jSession) -> str:
        """Return what `replace` was given to keep beside the graph that `session` reads; empty for nothing."""
        rows = session.rows(
            f"MATCH (g:{POINTER} {{key: $key}}) WHERE g.label = $label RETURN coalesce(g.note, '')",
            {"key": self._values["key"], "label": session.label},
        )
        return str(rows[0][0]) if rows else ""

    def replace(self, spool: Spool, progress: _Progress, note: str = "") -> None:
        """Load what was spooled under the other label and turn the pointer to it, which also keeps `note`.

        What a load that was cut off left there is removed first. When another load begins meanwhile this one
        is given up with a `GraphError`.
        """
        self._make_schema()
        token = uuid.uuid4().hex
        target = self._begin(token)
        self._remove(target, token, progress)
        batch = done = 0
        for name, create, frames, total in (
            ("entities", create_entities, spool.entity_frames(ROWS_A_QUERY), spool.entities),
            ("triples", create_triples, spool.triple_frames(ROWS_A_QUERY), spool.triples),
        ):
            done = 0
            for frame in frames:
                batch += 1
                self._load(target, token, batch, create, frame.to_dicts())
                done += len(frame)
                progress(f"Stored {done:,} of {total:,} {name}")
        old = self._turn(target, token, note)
        self._remove(old, token, progress)
        self._end(token)

    def clear(self) -> None:
        """Turn to the other label with nothing under it, then remove what was there."""
        if not self._link.read(self._exists):
            self._link.check_writable()
            return
        token = uuid.uuid4().hex
        target = self._begin(token)
        self._remove(target, token, lambda _: None)
        self._remove(self._turn(target, token), token, lambda _: None)
        self._end(token)

    def drop(self) -> None:
        """Remove everything, the pointer and the indexes."""
        self.clear()
        self._link.write(
            lambda transaction: self._rows(transaction, f"MATCH (g:{POINTER} {{key: $key}}) DELETE g")
        )
        for label in self._labels:
            self._link.run(f"DROP CONSTRAINT {label}_id IF EXISTS")
            self._link.run(f"DROP INDEX {label}_search IF EXISTS")
        self._schema_made = False

    def _begin(self, token: str) -> str:
        """Claim the label that is not in use."""

        def within(transaction: ManagedTransaction) -> str:
            [label] = self._row(
                transaction,
                f"MERGE (g:{POINTER} {{key: $key}}) "
                "ON CREATE SET g.label = $label, g.version = 0, g.namespace = $namespace "
                "SET g.loading = $token, g.batch = 0 RETURN g.label",
                label=self._labels[0],
                token=token,
            )
            return self._other(label)

        return self._link.write(within)

    def _load(
        self,
        target: str,
        token: str,
        batch: int,
        create: Callable[[Neo4jSession, list[dict[str, Any]], str], None],
        rows: list[dict[str, Any]],
    ) -> None:
        def within(transaction: ManagedTransaction) -> None:
            # The number keeps a batch from being stored twice when a commit is not answered and tried again.
            [loaded] = self._claimed(
                transaction,
                token,
                "WITH g, g.batch AS loaded SET g.batch = $batch RETURN loaded",
                batch=batch,
            )
            if loaded < batch:
                create(Neo4jSession(transaction, target), rows, self._values["namespace"])

        self._link.write(within)

    def _turn(self, target: str, token: str, note: str = "") -> str:
        def within(transaction: ManagedTransaction) -> str:
            self._claimed(
                transaction,
                token,
                "SET g.version = g.version + CASE g.label WHEN $target THEN 0 ELSE 1 END, g.label = $target, "
                "g.note = $note RETURN g.label",
                target=target,
                note=note,
            )
            return self._other(target)

        return self._link.write(within)

    def _remove(self, label: str, token: str, progress: _Progress) -> None:
        """Remove what is under a label that is not in use, edges first: some entity may have very many."""
        removed = 0
        for found, name in (
            (f"MATCH (:{label})-[f:FACT]->() WITH f LIMIT $limit DELETE f", "triples"),
            (f"MATCH (e:{label}) WITH e LIMIT $limit DETACH DELETE e", "entities"),
        ):

            def within(transaction: ManagedTransaction, found: str = found) -> int:
                self._claimed(transaction, token, "SET g.loading = $token RETURN g.label")
                [number] = self._row(transaction, f"{found} RETURN count(*)", limit=_REMOVE_AT_ONCE)
                return int(number)

            removed = 0
            while number := self._link.write(within):
                removed += number
                progress(f"Removed {removed:,} old {name}")

    def _end(self, token: str) -> None:
        self._link.write(
            lambda transaction: self._rows(
                transaction,
                f"MATCH (g:{POINTER} {{key: $key}}) WHERE g.loading = $token REMOVE g.loading, g.batch",
                token=token,
            )
        )

    def _claimed(self, transaction: ManagedTransaction, token: str, rest: str, **values: Any) -> list[Any]:  # noqa: ANN401
        """Lock the pointer for this load."""
        rows = self._rows(
            transaction,
            f"MATCH (g:{POINTER} {{key: $key}}) SET g.locked = true REMOVE g.locked "
            f"WITH g WHERE g.loading = $token {rest}",
            token=token,
            **values,
        )
        if not rows:
            raise GraphError("Another load of this graph began meanwhile; this one was given up.")
        return rows[0]

    def _exists(self, transaction: ManagedTransaction) -> bool:
        return bool(self._rows(transaction, f"MATCH (g:{POINTER} {{key: $key}}) RETURN 1"))

    def _current(self, transaction: ManagedTransaction) -> State:
        rows = self._rows(transaction, f"MATCH (g:{POINTER} {{key: $key}}) RETURN g.label, g.version")
        return State(*rows[0]) if rows else State(self._labels[0], 0)

    def _other(self, label: str) -> str:
        return self._labels[1 - self._labels.index(label)]

    def _row(self, transaction: ManagedTransaction, query: str, **values: Any) -> list[Any]:  # noqa: ANN401
        return self._rows(transaction, query, **values)[0]

    def _rows(self, transaction: ManagedTransaction, query: str, **values: Any) -> list[list[Any]]:  # noqa: ANN401
        result = transaction.run(literal(query), self._values | values)
        return [list(record.values()) for record in result]

    def _make_schema(self) -> None:
        self._link.check_writable()
        if self._schema_made:
            return
        statements = [
            f"CREATE CONSTRAINT {POINTER}_key IF NOT EXISTS FOR (g:{POINTER}) REQUIRE g.key IS UNIQUE"
        ]
        for label in self._labels:
            statements += [
                f"CREATE CONSTRAINT {label}_id IF NOT EXISTS FOR (e:{label}) REQUIRE e.id IS UNIQUE",
                f"CREATE TEXT INDEX {label}_search IF NOT EXISTS FOR (e:{label}) ON (e.search_key)",
            ]
        for statement in statements:
            self._link.run(statement)
        self._link.run("CALL db.awaitIndexes(60)")
        self._schema_made = True
