"""What stays in Chroma's files after a record was deleted, and how it is wiped from them.

Chroma deletes a record from its tables and leaves its words in three places: the log of all writes
(`embeddings_queue`), the free pages of its SQLite file, and, once a collection has seen about a thousand writes, its
vector in the files of the nearest-neighbour index. Until then these files are placeholders, and hold whatever was in
the memory of the process when they were made, somebody's words as well. `chroma vacuum` leaves the log of a young
collection and the placeholders as they are.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

FILE = "chroma.sqlite3"
_PERSISTED = "index_metadata.pickle"
"""Beside an index that was written to disk; until then its vectors are in the log only. It is never read here."""
_PLACEHOLDERS = ("data_level0.bin", "length.bin", "link_lists.bin")
_UUID = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_DELETE = 3
_WAIT = 15.0
"""Seconds to wait for another process that is writing."""
_NOBODY = "persistent://default/default/erased"


def index_on_disk(folder: Path, collection_id: str) -> bool:
    """Whether the vectors of a collection have been written to the files of an index, where a deleted one stays."""
    with closing(_connect(folder)) as connection:
        rows = connection.execute(
            "SELECT id FROM segments WHERE collection = ? AND scope = 'VECTOR'", (collection_id,)
        ).fetchall()
    return any((folder / str(row[0]) / _PERSISTED).is_file() for row in rows)


def blank_placeholders(folder: Path) -> bool:
    """Write zeros over the files of indexes that were not written yet; returns whether there is any index at all."""
    found = False
    for inside in folder.iterdir():
        if not (inside.is_dir() and _UUID.match(inside.name)):
            continue
        found = True
        if (inside / _PERSISTED).is_file():
            continue
        for name in _PLACEHOLDERS:
            file = inside / name
            if file.is_file() and any(file.read_bytes()):
                with file.open("r+b") as stream:
                    stream.write(bytes(file.stat().st_size))
    return found


def wipe_deleted(folder: Path) -> None:
    """Remove what deleted and replaced records left in the log and in free pages, indexes of no collection, and what
    is in placeholders.

    Raises `sqlite3.Error` when the file is in use for longer than 15 seconds, or is no such file.
    """
    with closing(_connect(folder)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("BEGIN IMMEDIATE")
        _wipe_log(connection)
        kept = {str(row[0]) for row in connection.execute("SELECT id FROM segments")}
        connection.execute("COMMIT")
        # Chroma itself deletes without overwriting; only a new file is free of what it deleted.
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for left in folder.iterdir():
        if left.is_dir() and _UUID.match(left.name) and left.name not in kept:
            shutil.rmtree(left, ignore_errors=True)
    blank_placeholders(folder)


def _wipe_log(connection: sqlite3.Connection) -> None:
    applied = connection.execute(
        "SELECT s.id, s.collection, m.seq_id FROM segments s JOIN max_seq_id m ON m.segment_id = s.id "
        "WHERE s.scope = 'METADATA'"
    ).fetchall()
    newest = connection.execute("SELECT MAX(seq_id) FROM embeddings_queue").fetchone()[0] or 0
    for segment, collection, done in applied:
        where = "topic LIKE '%/' || ? AND seq_id <= ?"
        # What a record said is in the tables by now; its vector is read from here until the index is on disk.
        connection.execute(
            f"UPDATE embeddings_queue SET metadata = NULL WHERE {where} AND metadata IS NOT NULL",
            (collection, done),
        )
        gone = f"{where} AND id NOT IN (SELECT embedding_id FROM embeddings WHERE segment_id = ?)"
        # The newest row stays, since the numbers must go on rising: a write with a number that was applied before
        # would be taken for applied.
        connection.execute(
            f"DELETE FROM embeddings_queue WHERE seq_id < ? AND {gone}", (newest, collection, done, segment)
        )
        connection.execute(
            f"UPDATE embeddings_queue SET operation = {_DELETE}, vector = NULL, encoding = NULL WHERE {gone}",
            (collection, done, segment),
        )
    highest = connection.execute("SELECT MAX(seq_id) FROM max_seq_id").fetchone()[0] or 0
    if highest > newest:
        connection.execute(
            "INSERT INTO embeddings_queue (seq_id, operation, topic, id) VALUES (?, ?, ?, '')",
            (highest, _DELETE, _NOBODY),
        )


def _connect(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / FILE, timeout=_WAIT, isolation_level=None)
