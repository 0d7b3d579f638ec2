"""The connection to a Neo4j server: managed transactions, time limits, and errors in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from neo4j import READ_ACCESS, WRITE_ACCESS, GraphDatabase, ManagedTransaction, unit_of_work
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
from kg.stores.neo4j_session import literal

_CONNECT_SECONDS = 3.0
_RETRY_SECONDS = 2.0
READ_SECONDS = 10.0
WRITE_SECONDS = 600.0

_T = TypeVar("_T")


class Neo4jLink:
    """One database of one server. Nothing is connected to until the first call."""

    def __init__(self, uri: str, user: str, password: str, database: str, read_only: bool) -> None:
        """Raise `GraphError` when `uri` is not an address of a Neo4j server."""
        self.uri = uri
        self.read_only = read_only
        self._database = database
        self._closed = False
        try:
            self._driver = GraphDatabase.driver(
                uri,
                auth=(user, password),
                connection_timeout=_CONNECT_SECONDS,
                connection_acquisition_timeout=READ_SECONDS,
                max_transaction_retry_time=_RETRY_SECONDS,
                liveness_check_timeout=30.0,
                telemetry_disabled=True,
                notifications_min_severity="OFF",
                user_agent="tastegraph",
            )
        except (ConfigurationError, ValueError) as error:
            raise GraphError(f"{uri!r} is not an address of a Neo4j server: {error}") from error

    def read(self, work: Callable[[ManagedTransaction], _T], seconds: float = READ_SECONDS) -> _T:
        """Run `work` in a transaction in which the server refuses to write; again on transient errors."""
        limited = unit_of_work(timeout=seconds)(work)
        with (
            self._errors(),
            self._driver.session(database=self._database, default_access_mode=READ_ACCESS) as session,
        ):
            return session.execute_read(limited)

    def write(self, work: Callable[[ManagedTransaction], _T]) -> _T:
        """Run `work` in a transaction that may write; again on transient errors.

        Where the server goes away during the commit it may be run a second time after it was committed.
        """
        self.check_writable()
        limited = unit_of_work(timeout=WRITE_SECONDS)(work)
        with (
            self._errors(),
            self._driver.session(database=self._database, default_access_mode=WRITE_ACCESS) as session,
        ):
            return session.execute_write(limited)

    def run(self, statement: str, **values: Any) -> None:  # noqa: ANN401 - what the driver takes
        """Run a statement on the schema, which has to be the only one of its transaction."""
        self.check_writable()
        with self._errors():
            self._driver.execute_query(literal(statement), values, database_=self._database)

    def check_writable(self) -> None:
        """Raise `GraphError` when this was opened for reading only."""
        if self.read_only:
            raise GraphError(f"The graph at {self.uri} was opened for reading only; nothing was changed.")

    def close(self) -> None:
        """Close the connections; further calls raise `GraphError`."""
        self._closed = True
        self._driver.close()

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
            return GraphUnavailable(
                f"The Neo4j server at {self.uri} does not answer. Start it with `tastegraph kg serve`, or check "
                "the address; this works again by itself when the server is back."
            )
        if isinstance(error, AuthError):
            return GraphError(
                f"The Neo4j server at {self.uri} does not take this name and password. Set the right ones."
            )
        return GraphError(f"The Neo4j server at {self.uri} could not answer: {error}")
