"""The file of an embedded graph: its connections, its transactions, and putting another file in its place."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

import ladybug

from kg.graph import GraphError, GraphUnavailable
from kg.stores.ladybug_session import LadybugSession, run_rows

_BUFFER_POOL = 1 << 30
_POOL_SIZE = 8
_READ_TIMEOUT_MS = 10_000
_TABLES = (
    "CREATE NODE TABLE IF NOT EXISTS Entity(id STRING PRIMARY KEY, kind STRING, name STRING, "
    "search_key STRING, aliases STRING[], popularity DOUBLE)",
    "CREATE REL TABLE IF NOT EXISTS Fact(FROM Entity TO Entity, relation STRING, source STRING, "
    "confidence DOUBLE, first_seen DATE, last_seen DATE, sentence STRING)",
)
_LAST_COLUMN = "sentence"

Marked = AbstractContextManager[None]
"""Held around the statement that settles which state of the graph a transaction sees or makes."""
_T = TypeVar("_T")


class LadybugFile:
    """An open file with a pool of connections; readers see one state each, and there is one writer at a time."""

    def __init__(self, path: Path, read_only: bool) -> None:
        """Open the file, or make an empty graph. Raises as `LadybugGraph`."""
        self.path = path
        self.read_only = read_only
        self._write_lock = threading.RLock()
        self._idle = threading.Condition()
        self._free: list[ladybug.Connection] = []
        self._streams: set[ladybug.Connection] = set()
        self._lent = 0
        self._replaced = 0
        self._switching = False
        self._closed = False
        if read_only and not path.is_file():
            raise GraphError(f"There is no graph in {path}. Build the workspace first.")
        self._database = open_database(path, read_only)

    @contextmanager
    def reading(self, marked: Marked | None = None) -> Iterator[LadybugSession]:
        """Give a session in a transaction that reads; `marked` is held around its begin."""
        with self._connection() as connection, transaction(connection, True, marked):
            yield LadybugSession(connection)

    @contextmanager
    def writing(self, marked: Marked | None = None) -> Iterator[LadybugSession]:
        """Give a session in a transaction that writes; `marked` is held around its commit."""
        with self.sole_writer(), self._connection():
            # A connection of its own: it has no time limit, and the tables it loads from are let go with it.
            connection = ladybug.Connection(self._database)
            try:
                with transaction(connection, False, marked):
                    yield LadybugSession(connection)
            finally:
                connection.close()

    @contextmanager
    def sole_writer(self) -> Iterator[None]:
        """Keep other writers out."""
        if self.read_only:
            raise GraphError(f"The graph in {self.path} was opened for reading only; nothing was changed.")
        with self._write_lock:
            yield

    def settle(self) -> None:
        """Work what was committed into the file, for `sole_writer`."""
        with self._slot():
            connection = ladybug.Connection(self._database)
            try:
                run_rows(connection, "CHECKPOINT")
            finally:
                connection.close()

    def stream(self, read: Callable[[LadybugSession], Iterator[Sequence[_T]]]) -> Iterator[_T]:
        """Yield what `read` yields in pages, all from one state of the graph.

        Writes go on meanwhile. Raises `GraphError` between pages when the graph is closed or replaced.
        """
        with self._slot():
            replaced = self._replaced
            connection = ladybug.Connection(self._database)
            run_rows(connection, "BEGIN TRANSACTION READ ONLY")
            self._streams.add(connection)
        try:
            pages = read(LadybugSession(connection))
            while True:
                with self._slot():
                    if self._replaced != replaced:
                        raise GraphError("The graph was replaced while it was read. Read it again.")
                    page = next(pages, None)
                if page is None:
                    return
                yield from page
        finally:
            with self._idle:
                if connection in self._streams:
                    self._streams.remove(connection)
                    connection.close()

    def switch(self, other: Path, marked: Marked | None = None) -> None:
        """Put a closed file in the place of this one, for `sole_writer`, once calls in flight have ended."""
        with self._idle:
            self._idle.wait_for(lambda: not self._switching)
            if self._closed:
                raise closed()
            self._switching = True
            try:
                self._idle.wait_for(lambda: self._lent == 0)
                self._let_go()
                log = self.path.with_name(f"{self.path.name}.wal")
                if log.exists():
                    raise GraphError(f"{log} could not be worked in. Close whatever writes to {self.path}.")
                with marked or nullcontext():
                    other.replace(self.path)
                    sync(self.path.parent)
                self._replaced += 1
            finally:
                self._database = open_database(self.path, self.read_only)
                self._switching = False
                self._idle.notify_all()

    def close(self) -> None:
        """Wait for calls in flight, then release the file; further calls raise `GraphError`."""
        with self._idle:
            if self._closed:
                return
            self._closed = True
            self._idle.wait_for(lambda: self._lent == 0 and not self._switching)
            self._let_go()
            self._idle.notify_all()

    def _let_go(self) -> None:
        for connection in [*self._free, *self._streams]:
            connection.close()
        self._free.clear()
        self._streams.clear()
        self._database.close()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Hold off closing and switching, for one of at most eight calls at a time."""
        with self._idle:
            self._idle.wait_for(lambda: self._closed or (self._lent < _POOL_SIZE and not self._switching))
            if self._closed:
                raise closed()
            self._lent += 1
        try:
            yield
        finally:
            with self._idle:
                self._lent -= 1
                self._idle.notify_all()

    @contextmanager
    def _connection(self) -> Iterator[ladybug.Connection]:
        with self._slot():
            with self._idle:
                connection = self._free.pop() if self._free else None
            if connection is None:
                connection = ladybug.Connection(self._database)
                connection.set_query_timeout(_READ_TIMEOUT_MS)
            try:
                yield connection
            finally:
                with self._idle:
                    self._free.append(connection)


def open_database(path: Path, read_only: bool = False) -> ladybug.Database:
    """Open the file of a graph, with its tables. Raises as `LadybugGraph`."""
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        database = ladybug.Database(str(path), read_only=read_only, buffer_pool_size=_BUFFER_POOL)
    except RuntimeError as error:
        if "lock" in str(error).lower():
            raise GraphUnavailable(
                f"Another process is writing to the graph in {path}. Wait until it has ended, then try again."
            ) from error
        raise GraphError(
            f"{path} cannot be opened as a graph ({error}). Build the workspace anew."
        ) from error
    try:
        _make_tables(database, path, read_only)
    except BaseException:
        database.close()
        raise
    return database


def closed() -> GraphError:
    """Make the error of a call after `close`."""
    return GraphError("The graph was closed. Open it again to go on.")


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_tables(database: ladybug.Database, path: Path, read_only: bool) -> None:
    connection = ladybug.Connection(database)
    try:
        if not read_only:
            for table in _TABLES:
                run_rows(connection, table)
        tables = {row[1] for row in run_rows(connection, "CALL show_tables() RETURN *")}
        columns = (
            {row[1] for row in run_rows(connection, "CALL table_info('Fact') RETURN *")}
            if "Fact" in tables
            else set()
        )
        if _LAST_COLUMN not in columns:
            raise GraphError(
                f"The graph in {path} was written by an older version, which kept less of each fact. "
                "Build the workspace anew."
            )
    finally:
        connection.close()


@contextmanager
def transaction(
    connection: ladybug.Connection, read_only: bool, marked: Marked | None = None
) -> Iterator[None]:
    """Begin, and commit or roll back; `marked` is held around a reader's begin or a writer's commit."""
    marked = marked or nullcontext()
    with marked if read_only else nullcontext():
        run_rows(connection, "BEGIN TRANSACTION READ ONLY" if read_only else "BEGIN TRANSACTION")
    try:
        yield
        with nullcontext() if read_only else marked:
            run_rows(connection, "COMMIT")
    except BaseException:
        # A statement that fails has rolled the transaction back already; then there is none to roll back.
        with suppress(GraphError):
            run_rows(connection, "ROLLBACK")
        raise
