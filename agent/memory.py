"""Dialogues on disk: one SQLite file, one thread a dialogue, no way from one person's threads to
another's."""

from __future__ import annotations

import sqlite3
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote
from weakref import WeakValueDictionary

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from agent.errors import InvalidRequest

MAX_NAME = 128
"""Longest user or thread name, in characters."""


def check_name(value: str, what: str) -> str:
    """Return `value` when it can name a user or a thread.

    Raises `InvalidRequest` when it is empty, longer than `MAX_NAME`, or holds control, separator or lone
    surrogate characters; a person may read the message.
    """
    bad = [c for c in value if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn")]
    if not value.strip() or len(value) > MAX_NAME or bad:
        raise InvalidRequest(
            f"This {what} name cannot be used: it must have 1 to {MAX_NAME} visible characters. "
            "Sign in again or start a new chat."
        )
    return value


def thread_key(user: str, thread: str) -> str:
    """Join user and thread so that two different pairs never give one key: both are quoted, `/` only
    joins."""
    return f"{quote(user, safe='')}/{quote(thread, safe='')}"


class Dialogues:
    """The checkpoints of all dialogues, and a lock for each dialogue in use."""

    def __init__(self, file: Path) -> None:
        """Open `file`, making it when missing."""
        self._connection = sqlite3.connect(file, check_same_thread=False)
        # Deleted rows are overwritten with zeros, so that nothing of an erased person stays in the file.
        self._connection.execute("PRAGMA secure_delete=ON")
        self.saver = SqliteSaver(self._connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        self.saver.setup()
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._registry = threading.Lock()

    @contextmanager
    def turn(self, user: str, thread: str) -> Iterator[str]:
        """Hold the dialogue for one turn; yields its key. Other dialogues go on."""
        key = thread_key(user, thread)
        lock = self._lock(key)
        with lock.inner:
            yield key

    def key(self, user: str, thread: str) -> str:
        """Return the key of a dialogue."""
        return thread_key(user, thread)

    def threads(self, user: str) -> list[str]:
        """Return the names of the person's stored dialogues, sorted."""
        prefix = thread_key(user, "")
        with self.saver.cursor(transaction=False) as cursor:
            rows = cursor.execute(
                "SELECT DISTINCT thread_id FROM checkpoints WHERE substr(thread_id, 1, ?) = ?",
                (len(prefix), prefix),
            ).fetchall()
        return sorted(unquote(row[0][len(prefix) :]) for row in rows)

    def prune(self, key: str) -> None:
        """Keep only the newest checkpoint of a dialogue; older ones hold the same messages again."""
        newest = "(SELECT MAX(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
        with self.saver.cursor() as cursor:
            for table in ("writes", "checkpoints"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < {newest}",
                    (key, key),
                )

    def erase(self, user: str) -> int:
        """Remove every dialogue of the person, also from the bytes of the file; returns how many there were.

        Waits for a turn of the person that is under way.
        """
        prefix = thread_key(user, "")
        with self._registry:
            held = [lock for key, lock in self._locks.items() if key.startswith(prefix)]
        for lock in held:
            with lock.inner:
                pass
        names = self.threads(user)
        for name in names:
            self.saver.delete_thread(thread_key(user, name))
        with self.saver.cursor(transaction=False) as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(names)

    def close(self) -> None:
        """Close the file."""
        with self.saver.lock:
            self._connection.close()

    def _lock(self, key: str) -> _Lock:
        with self._registry:
            lock = self._locks.get(key)
            if lock is None:
                lock = self._locks[key] = _Lock()
            return lock


class _Lock:
    """A lock that a weak dictionary can hold."""

    def __init__(self) -> None:
        self.inner = threading.Lock()
