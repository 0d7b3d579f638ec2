"""Dialogues on a Postgres server, which several processes may share."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from agent.memory.dialogues import NOT_KEPT, Dialogues, DialogueStoreError, PatientSaver
from agent.memory.names import thread_key

try:
    import psycopg
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg.conninfo import conninfo_to_dict
    from psycopg.rows import DictRow, dict_row
    from psycopg_pool import ConnectionPool
except ImportError as missing:
    raise DialogueStoreError(
        f"Dialogues on a Postgres server need a package that is not here ({missing.name}). "
        "Bring it with `pip install 'tastegraph[postgres]'`, or unset TASTEGRAPH_DIALOGUES_URL: "
        "dialogues are then kept in the workspace."
    ) from missing

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)
SERVER_KEEPS = (
    "The Postgres server may keep traces in the free room of its files, its write-ahead log and its backups until they "
    "are overwritten; its administrator can hasten that with `VACUUM FULL` and `CHECKPOINT`."
)
_WAIT = 5
"""Seconds for a connection."""
_POOL = 8
"""Connections at most, beside the one that holds the locks; a question takes a few milliseconds."""
_LONGEST = 300.0
"""Seconds to wait for another process that is in the same dialogue."""
_TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
_NOTES = "tastegraph_conversations"
_MAKE_NOTES = (
    f"CREATE TABLE IF NOT EXISTS {_NOTES} "
    "(key TEXT PRIMARY KEY, title TEXT NOT NULL, began TIMESTAMPTZ NOT NULL, last TIMESTAMPTZ NOT NULL)"
)
_UNREADABLE = "(its address cannot be read)"
_SETUP = 0x7461737465
"""Number of the lock under which the tables are made."""


class PostgresDialogues(Dialogues):
    """The dialogues of one workspace among those of others. Turns of one dialogue wait for each other in all
    processes that use the server; a direct connection is needed, since a pooler between would lose the locks."""

    def __init__(self, url: str, workspace_id: str) -> None:
        """Connect to `postgresql://user:password@host:port/database` and make the tables where they are missing.

        Raises `DialogueStoreError` when the server is away or refuses; the message has no password.
        """
        super().__init__()
        self._space = workspace_id
        self._place = _place(url)
        options: dict[str, Any] = {
            "autocommit": True,
            "prepare_threshold": 0,
            "row_factory": dict_row,
            "connect_timeout": _WAIT,
            "application_name": "tastegraph",
        }
        try:
            # By itself first: it says why it cannot connect, and the pool only that it could not.
            with psycopg.connect(url, **options) as connection, _locked(connection, _SETUP):
                PostgresSaver(connection).setup()
                connection.execute(_MAKE_NOTES)
        except psycopg.Error as error:
            # What cannot be read as an address is quoted in the error, with the password.
            why = _first_line(error) if self._place != _UNREADABLE else ""
            raise DialogueStoreError(
                f"The dialogues cannot be opened on the Postgres server {self._place}: {why} "
                "Start it or mend TASTEGRAPH_DIALOGUES_URL (postgresql://user:password@host:port/database); without "
                "that setting dialogues are kept in the workspace."
            ) from error
        self._pool: ConnectionPool[Connection[DictRow]] = ConnectionPool(
            url,
            kwargs=options,
            min_size=1,
            max_size=_POOL,
            timeout=_WAIT,
            # A connection from before a restart of the server is replaced when it is wanted.
            check=ConnectionPool.check_connection,
            open=True,
        )
        self._guards = _Guards(url, options)
        self.saver: _Saver = _Saver(self._pool, self._place)

    @property
    def remains(self) -> str:
        """What may stay of an erased person, in words."""
        return SERVER_KEEPS

    def key(self, user: str, thread: str) -> str:
        """Return the key of a dialogue."""
        return f"{self._space}/{thread_key(user, thread)}"

    def prune(self, key: str) -> None:
        """Keep only the newest checkpoint of a dialogue; older ones hold the same messages again."""
        with self.saver.answering():
            self.saver.prune([key], strategy="keep_latest")

    def close(self) -> None:
        """Close the connections."""
        self._guards.close()
        self._pool.close()

    def _keys(self, prefix: str) -> list[str]:
        found: set[str] = set()
        with self.saver.answering(), self._pool.connection() as connection:
            for table in ("checkpoints", "checkpoint_writes"):
                query = f"SELECT DISTINCT thread_id FROM {table} WHERE starts_with(thread_id, %s)"
                found |= {str(row["thread_id"]) for row in connection.execute(query, (prefix,))}
        return sorted(found)

    def _noted(self, prefix: str) -> dict[str, tuple[str, datetime, datetime]]:
        query = f"SELECT key, title, began, last FROM {_NOTES} WHERE starts_with(key, %s)"
        with self.saver.answering(), self._pool.connection() as connection:
            rows = connection.execute(query, (prefix,)).fetchall()
        return {str(row["key"]): (str(row["title"]), row["began"], row["last"]) for row in rows}

    def _note(self, key: str, title: str, began: datetime, last: datetime) -> None:
        query = (
            f"INSERT INTO {_NOTES} (key, title, began, last) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (key) DO UPDATE SET last = excluded.last"
        )
        with self.saver.answering(), self._pool.connection() as connection:
            connection.execute(query, (key, title, began, last))

    def _retitle(self, key: str, title: str) -> None:
        with self.saver.answering(), self._pool.connection() as connection:
            connection.execute(f"UPDATE {_NOTES} SET title = %s WHERE key = %s", (title, key))

    def _unnote(self, key: str) -> None:
        with self.saver.answering(), self._pool.connection() as connection:
            connection.execute(f"DELETE FROM {_NOTES} WHERE key = %s", (key,))

    def _wipe(self) -> None:
        with self.saver.answering(), self._pool.connection() as connection:
            for table in (*_TABLES, _NOTES):
                connection.execute(f"VACUUM {table}")

    @contextmanager
    def _held(self, user: str, key: str) -> Iterator[None]:
        person = _number(self.key(user, ""))
        with self.saver.answering():
            self._guards.take(person, shared=True)
        try:
            with self.saver.answering():
                self._guards.take(_number(key))
            try:
                yield
            finally:
                self._guards.give(_number(key))
        finally:
            self._guards.give(person, shared=True)

    @contextmanager
    def _alone(self, user: str) -> Iterator[None]:
        person = _number(self.key(user, ""))
        with self.saver.answering():
            self._guards.take(person)
        try:
            yield
        finally:
            self._guards.give(person)


class _Saver(PatientSaver, PostgresSaver):
    def __init__(self, pool: ConnectionPool[Connection[DictRow]], place: str) -> None:
        PostgresSaver.__init__(self, pool, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        self._place = place

    @contextmanager
    def answering(self) -> Iterator[None]:
        try:
            yield
        except (psycopg.Error, OSError) as error:
            log.warning("Postgres at %s: %s", self._place, _first_line(error))
            raise DialogueStoreError(
                f"The dialogues are out of reach: the Postgres server {self._place} does not answer.",
                NOT_KEPT,
            ) from error


class _Guards:
    """Locks that all processes see, held by one connection; when it dies they are free, and the next turn connects
    anew."""

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self._url, self._options = url, options
        self._connection: Connection[DictRow] | None = None
        self._mutex = threading.Lock()

    def take(self, number: int, shared: bool = False) -> None:
        """Wait for a lock. It is tried again and again, since a statement that waits would hold up the server's
        maintenance."""
        end, pause = time.monotonic() + _LONGEST, 0.01
        while not self._ask("pg_try_advisory_lock", number, shared):
            if time.monotonic() > end:
                raise DialogueStoreError(
                    "This dialogue is still being answered elsewhere. Please wait for that answer, or begin a new chat."
                )
            time.sleep(pause)
            pause = min(0.2, pause * 1.5)

    def give(self, number: int, shared: bool = False) -> None:
        """Give a lock back; one that went with its connection is free already."""
        try:
            self._ask("pg_advisory_unlock", number, shared)
        except psycopg.Error as error:
            log.warning("a lock went with its connection: %s", _first_line(error))

    def close(self) -> None:
        with self._mutex:
            if self._connection is not None:
                self._connection.close()

    def _ask(self, function: str, number: int, shared: bool) -> bool:
        query = f"SELECT {function}{'_shared' if shared else ''}(%s::bigint) AS done"
        with self._mutex:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, **self._options)
            try:
                row = self._connection.execute(query, (number,)).fetchone()
            except psycopg.OperationalError:
                self._connection.close()
                if function == "pg_advisory_unlock":
                    raise
                self._connection = psycopg.connect(self._url, **self._options)
                row = self._connection.execute(query, (number,)).fetchone()
        return bool(row and row["done"])


@contextmanager
def _locked(connection: psycopg.Connection[Any], number: int) -> Iterator[None]:
    query = "SELECT 1 AS done WHERE pg_try_advisory_lock(%s)"
    while connection.execute(query, (number,)).fetchone() is None:
        time.sleep(0.05)
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (number,))


def _number(key: str) -> int:
    """Return 64 bits of a key's hash, as Postgres numbers its locks."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)


def _place(url: str) -> str:
    """Return where a server is, without user and password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return _UNREADABLE
    return f"at {parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if text.endswith(".") else f"{text}."
