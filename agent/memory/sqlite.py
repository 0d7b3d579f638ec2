"""Dialogues in one SQLite file of the workspace."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from agent.memory.dialogues import NOT_KEPT, Dialogues, DialogueStoreError, PatientSaver

_TABLE = (
    "CREATE TABLE IF NOT EXISTS conversations "
    "(key TEXT PRIMARY KEY, title TEXT NOT NULL, began TEXT NOT NULL, last TEXT NOT NULL)"
)


class SqliteDialogues(Dialogues):
    """The dialogues of one workspace, for one process at a time."""

    def __init__(self, file: Path) -> None:
        """Open `file`, making it when missing; raises `DialogueStoreError`."""
        super().__init__()
        with _answering(file):
            file.touch(mode=0o600, exist_ok=True)
            self._connection = sqlite3.connect(file, check_same_thread=False)
            # Deleted rows are overwritten with zeros, so that nothing of an erased person stays in the file.
            self._connection.execute("PRAGMA secure_delete=ON")
            self.saver: _Saver = _Saver(self._connection, file)
            self.saver.setup()
            with self.saver.cursor() as cursor:
                cursor.execute(_TABLE)

    def prune(self, key: str) -> None:
        """Keep only the newest checkpoint of a dialogue; older ones hold the same messages again."""
        newest = "(SELECT MAX(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
        with self.saver.answering(), self.saver.cursor() as cursor:
            for table in ("writes", "checkpoints"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < {newest}", (key, key)
                )

    def close(self) -> None:
        """Close the file."""
        with self.saver.lock:
            self._connection.close()

    def _keys(self, prefix: str) -> list[str]:
        with self.saver.answering(), self.saver.cursor(transaction=False) as cursor:
            rows = cursor.execute(
                "SELECT DISTINCT thread_id FROM checkpoints WHERE substr(thread_id, 1, ?) = ? "
                "UNION SELECT DISTINCT thread_id FROM writes WHERE substr(thread_id, 1, ?) = ?",
                (len(prefix), prefix) * 2,
            ).fetchall()
        return [str(row[0]) for row in rows]

    def _noted(self, prefix: str) -> dict[str, tuple[str, datetime, datetime]]:
        query = "SELECT key, title, began, last FROM conversations WHERE substr(key, 1, ?) = ?"
        with self.saver.answering(), self.saver.cursor(transaction=False) as cursor:
            rows = cursor.execute(query, (len(prefix), prefix)).fetchall()
        return {
            str(key): (str(title), datetime.fromisoformat(began), datetime.fromisoformat(last))
            for key, title, began, last in rows
        }

    def _note(self, key: str, title: str, began: datetime, last: datetime) -> None:
        row = (key, title, began.isoformat(), last.isoformat())
        with self.saver.answering(), self.saver.cursor() as cursor:
            cursor.execute(
                "INSERT INTO conversations (key, title, began, last) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET last = excluded.last",
                row,
            )

    def _retitle(self, key: str, title: str) -> None:
        with self.saver.answering(), self.saver.cursor() as cursor:
            cursor.execute("UPDATE conversations SET title = ? WHERE key = ?", (title, key))

    def _unnote(self, key: str) -> None:
        with self.saver.answering(), self.saver.cursor() as cursor:
            cursor.execute("DELETE FROM conversations WHERE key = ?", (key,))

    def _wipe(self) -> None:
        with self.saver.answering(), self.saver.cursor(transaction=False) as cursor:
            # The log beside the file still has the pages as they were.
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _Saver(PatientSaver, SqliteSaver):
    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        SqliteSaver.__init__(self, connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        self._file = file

    def answering(self) -> AbstractContextManager[None]:
        return _answering(self._file)


@contextmanager
def _answering(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise DialogueStoreError(
            f"The dialogues in {file} cannot be read or written ({error}). See that the folder can be written to and "
            "the disk has room; a damaged file can be moved away, its dialogues are then lost.",
            NOT_KEPT,
        ) from error
