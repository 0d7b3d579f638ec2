"""Events of many people in one SQLite file. Each call names one person and sees nothing of anybody else; only the
next training reads everybody's, under other names."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from recsys.errors import TastegraphError
from recsys.feedback.events import Event

_TABLES = """
CREATE TABLE IF NOT EXISTS events (
    id TEXT NOT NULL, user TEXT NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, value REAL NOT NULL,
    time TEXT NOT NULL, scene TEXT NOT NULL, PRIMARY KEY (user, id)
);
CREATE TABLE IF NOT EXISTS states (user TEXT PRIMARY KEY, state TEXT NOT NULL);
"""
_COLUMNS = "id, user, item, kind, value, time, scene"


class FeedbackStoreError(TastegraphError):
    """The events cannot be read or written."""


class FeedbackStore:
    """Events are added and never changed; they go when a person erases them. Safe between threads and processes."""

    def __init__(self, file: Path) -> None:
        """Open `file`, making it when missing, readable by the owner only.

        Raises `FeedbackStoreError` when it cannot be opened or is no such file.
        """
        self._file = file
        self._lock = threading.Lock()
        with self._answering():
            file.touch(mode=0o600, exist_ok=True)
            self._connection = sqlite3.connect(file, check_same_thread=False, timeout=10.0)
            # Deleted rows are overwritten with zeros, so that nothing of an erased person stays in the file.
            self._connection.execute("PRAGMA secure_delete=ON")
            # An event is written to the log that stands beside the file, without waiting for the disk to turn.
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_TABLES)

    @staticmethod
    def file_of(people: Path) -> Path:
        """Return where the events of a workspace are, given its people's folder."""
        return people / "feedback.sqlite"

    @classmethod
    def open(cls, people: Path) -> FeedbackStore:
        """Open the store in a workspace's people's folder; raises `FeedbackStoreError` when it cannot be opened."""
        return cls(cls.file_of(people))

    def add(self, event: Event) -> None:
        """Keep an event; it outlives the process when this returns. The same id again changes nothing."""
        row = (
            event.id, event.user, event.item, event.kind, event.value, event.time.isoformat(), event.scene,
        )  # fmt: skip
        with self._lock, self._answering(), self._connection:
            self._connection.execute(f"INSERT OR IGNORE INTO events ({_COLUMNS}) VALUES (?,?,?,?,?,?,?)", row)

    def events(self, user: str) -> list[Event]:
        """Return what one person did, oldest first."""
        return self._events("WHERE user = ?", (user,))

    def everything(self) -> list[Event]:
        """Return what everybody did, by person, oldest first; for training only."""
        return self._events("", ())

    def forget(self, user: str, item: str | None = None) -> int:
        """Erase what one person did with one item, or all that is kept of them, and return how many events.

        What the bandit had learned of them goes with it, since it was learned from these events.
        """
        which, given = ("user = ?", (user,)) if item is None else ("user = ? AND item = ?", (user, item))
        with self._lock, self._answering(), self._connection:
            gone = self._connection.execute(f"DELETE FROM events WHERE {which}", given).rowcount
            if gone or item is None:
                self._connection.execute("DELETE FROM states WHERE user = ?", (user,))
        with self._lock, self._answering():
            # What was erased must not stay in the log either.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def export(self, user: str) -> dict[str, Any]:
        """Return everything kept of one person as plain JSON values: `events`, oldest first, and `state`, what the
        bandit learned, as text or null."""
        events = [event.model_dump(mode="json") for event in self.events(user)]
        return {"events": events, "state": self.state(user)}

    def state(self, user: str) -> str | None:
        """Return what the bandit kept of one person, or None."""
        with self._lock, self._answering():
            row = self._connection.execute("SELECT state FROM states WHERE user = ?", (user,)).fetchone()
        return None if row is None else str(row[0])

    def put_state(self, user: str, state: str) -> None:
        """Keep what the bandit learned of one person in place of what it knew."""
        with self._lock, self._answering(), self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO states (user, state) VALUES (?, ?)", (user, state)
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _events(self, where: str, given: tuple[str, ...]) -> list[Event]:
        with self._lock, self._answering():
            rows = self._connection.execute(f"SELECT {_COLUMNS} FROM events {where}", given).fetchall()
        found = [
            Event(
                id=i,
                user=u,
                item=item,
                kind=kind,
                value=value,
                time=datetime.fromisoformat(time),
                scene=scene,
            )
            for i, u, item, kind, value, time, scene in rows
        ]
        return sorted(found, key=lambda event: (event.user if not given else "", event.time, event.id))

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise FeedbackStoreError(
                f"The feedback in {self._file} cannot be read or written ({error.__class__.__name__}). "
                "See that the folder can be written to; a damaged file can be moved away, its events are then lost."
            ) from error
