"""Where the records of interests are: a collection in a folder, whose files are wiped of what was deleted, or on a
Chroma server."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from recsys.errors import TastegraphError
from recsys.interest_files import FILE, blank_placeholders, index_on_disk, wipe_deleted
from recsys.models.base import FloatMatrix

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import GetResult

ResultT = TypeVar("ResultT")
COLLECTION = "interests"
SERVER_KEEPS = (
    "The Chroma server may keep traces in its own files until they are wiped: stop it and run "
    "`tastegraph profile wipe FOLDER` with the folder that it was started with."
)
"""What erasing cannot reach on a server: its protocol deletes records and has no way to overwrite them."""
_COPIED = 500
"""Records that are copied at a time."""
_AT_ONCE = 2_000
"""Records of a store up to which forgetting one thing also clears its vector from the index at once (about a second
a thousand); in a larger store that waits until the store is closed, or somebody is erased whole."""
_ROOM = 8 << 20
"""Bytes that must be free before something is written; a record takes a few thousand, and its index some more."""
SERVER_SECONDS = 5.0
"""Seconds that a Chroma server has for each piece of an answer; then it counts as one that does not answer."""
_OWED = "vectors-to-clear"
_HNSW: Any = {"hnsw": {"space": "cosine"}}
_guards: dict[str, threading.RLock] = {}
_guarding = threading.Lock()


class InterestStoreError(TastegraphError):
    """The interest store cannot be opened or does not answer."""


class InterestCollection:
    """Records of one collection: an id, a vector, and metadata. Hold `lock` over what belongs together."""

    def __init__(self, client: Client, name: str = COLLECTION, folder: Path | None = None) -> None:
        """Take a client; `folder` is where it keeps its files, None for a server."""
        self._client, self._name, self._folder = client, name, folder
        self.lock = _guard(folder)
        self._made = False
        """Whether this process has made the files of the index, and they were blanked since."""
        with self.lock, answering():
            self._collection = self._current()
        if folder is not None and (folder / _OWED).is_file():
            self.wipe(at_once=True)

    @classmethod
    def open(cls, place: Path | str, name: str = COLLECTION) -> InterestCollection:
        """Open it in a folder, or at the URL of a Chroma server; raises `InterestStoreError`."""
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        text = str(place)
        with answering(text):
            if text.startswith(("http://", "https://")):
                url = urlsplit(text)
                secure = url.scheme == "https"
                port = url.port or (443 if secure else 8000)
                host = url.hostname or "localhost"
                client = chromadb.HttpClient(host=host, port=port, ssl=secure, settings=settings)
                _bound(client)
                return cls(cast("Client", client), name)
            Path(place).mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                client = chromadb.PersistentClient(path=text, settings=settings)
            except AttributeError:
                # A start that failed leaves half a client behind, on which the next one stumbles and lets go of it.
                client = chromadb.PersistentClient(path=text, settings=settings)
            return cls(cast("Client", client), name, Path(place))

    @property
    def remains(self) -> str:
        """What may stay of a deleted record, in words; empty where nothing does."""
        return "" if self._folder is not None else SERVER_KEEPS

    def get(self, where: Mapping[str, Any], vectors: bool = False) -> GetResult:
        """Return the records with this metadata, as Chroma does."""
        include: Any = ["metadatas", "embeddings"] if vectors else ["metadatas"]
        return self._ask(lambda one: one.get(where=dict(where), include=include))

    def put(self, record: str, vector: FloatMatrix, metadata: Mapping[str, Any]) -> None:
        """Write one record in place of what it was; `vector` is (1, 384).

        Writing raises `InterestStoreError` where the disk has no room.
        """
        self._check_room()
        self._ask(lambda one: one.upsert(ids=[record], embeddings=vector, metadatas=[dict(metadata)]))

    def mark(self, metadata: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the metadata of some records."""
        self._check_room()
        values: Any = [dict(one) for one in metadata.values()]
        self._ask(lambda one: one.update(ids=list(metadata), metadatas=values))

    def delete(self, records: list[str]) -> None:
        """Delete records; `wipe` clears the files of them."""
        self._check_room()
        self._ask(lambda one: one.delete(ids=records))

    def count(self) -> int:
        """Return how many records there are."""
        return self._ask(lambda one: one.count())

    def wipe(self, at_once: bool = False) -> None:
        """Leave nothing of what was deleted or replaced in the files; those of a server are not in our hands.

        In a store of more than 2,000 records a vector, which holds no words, stays in the index until `close`, or
        goes `at_once`. Raises `InterestStoreError` when another program keeps the files busy.
        """
        if self._folder is None or not (self._folder / FILE).is_file():
            return
        try:
            with self.lock, answering(str(self._folder)):
                if index_on_disk(self._folder, str(self._collection.id)):
                    if at_once or self.count() <= _AT_ONCE:
                        self._clear_vectors(self._folder)
                    else:
                        (self._folder / _OWED).touch()
                wipe_deleted(self._folder)
        except sqlite3.Error as error:
            raise InterestStoreError(
                f"It was deleted, and traces of it are still in the files at {self._folder} ({error}). "
                "Another program is using them: close it, and erase once more."
            ) from error

    def close(self) -> None:
        """Clear the vectors that are owed, and release the files."""
        if self._folder is not None and (self._folder / _OWED).is_file():
            self.wipe(at_once=True)
        self._client.close()

    def _check_room(self) -> None:
        """Refuse to write on a full disk: after one write that fails there, Chroma holds its file locked against
        itself, and the next write waits for minutes with the whole process."""
        if self._folder is None or shutil.disk_usage(self._folder).free >= _ROOM:
            return
        raise InterestStoreError(
            f"The disk that holds {self._folder} has less than {_ROOM >> 20} MB left, so nothing more is written "
            "there. Make room; what was kept before is there."
        )

    def _ask(self, do: Callable[[Collection], ResultT]) -> ResultT:
        """Ask the collection; another process that cleared vectors has put a new one in its place."""
        import chromadb.errors

        try:
            found = do(self._collection)
        except chromadb.errors.NotFoundError:
            self._collection, self._made = self._current(), False
            found = do(self._collection)
        if self._folder is not None and not self._made:
            self._made = blank_placeholders(self._folder)
        return found

    def _current(self) -> Collection:
        beside = f"{self._name}.cleared"
        if self._folder is not None:
            names = {str(one.name) for one in self._client.list_collections()}
            if beside in names and self._name in names:
                # Clearing was interrupted before the old one was given up.
                self._client.delete_collection(beside)
            elif beside in names:
                self._client.get_collection(beside, embedding_function=None).modify(name=self._name)
        return self._new(self._name)

    def _new(self, name: str) -> Collection:
        return self._client.get_or_create_collection(name, embedding_function=None, configuration=_HNSW)

    def _clear_vectors(self, folder: Path) -> None:
        """Put a copy in the place of the collection; its index has only the vectors of what is there."""
        old, new = self._collection, self._new(f"{self._name}.cleared")
        copied: set[str] = set()
        # Once more after the last, for what another process wrote meanwhile.
        while rest := [one for one in old.get(include=[])["ids"] if one not in copied]:
            for start in range(0, len(rest), _COPIED):
                rows = old.get(ids=rest[start : start + _COPIED], include=["metadatas", "embeddings"])
                if rows["ids"]:
                    new.upsert(rows["ids"], embeddings=rows["embeddings"], metadatas=rows["metadatas"])
            copied.update(rest)
        self._client.delete_collection(self._name)
        new.modify(name=self._name)
        self._collection, self._made = new, False
        (folder / _OWED).unlink(missing_ok=True)


def wipe_folder(folder: Path) -> int:
    """Wipe what deleted records left in the files of a Chroma server that is stopped; returns how many stay.

    Raises `InterestStoreError` when there is no such folder, or it is in use.
    """
    import chromadb
    from chromadb.config import Settings

    if not (folder / FILE).is_file():
        raise InterestStoreError(
            f"There is no {FILE} in {folder}. Name the folder that `chroma run --path` was given."
        )
    with answering(str(folder)):
        settings = Settings(anonymized_telemetry=False)
        client = cast("Client", chromadb.PersistentClient(path=str(folder), settings=settings))
        names = [str(one.name) for one in client.list_collections()]
    kept = 0
    try:
        for name in names:
            if name == COLLECTION or name.startswith(f"{COLLECTION}-"):
                one = InterestCollection(client, name, folder)
                one.wipe(at_once=True)
                kept += one.count()
    finally:
        client.close()
    return kept


def _bound(client: object) -> None:
    """Let a question to a server wait no longer than `SERVER_SECONDS`.

    The client itself waits for ever, so that a server that is frozen, and not gone, would hold up everybody.
    """
    import httpx

    session = getattr(getattr(client, "_server", None), "_session", None)
    if isinstance(session, httpx.Client):
        session.timeout = httpx.Timeout(SERVER_SECONDS)


@contextmanager
def answering(where: str = "") -> Iterator[None]:
    """Turn what the client raises into one error that says what to do."""
    import chromadb.errors
    import httpx

    try:
        yield
    except (chromadb.errors.ChromaError, httpx.HTTPError, OSError, ValueError) as error:
        place = f" at {where}" if where else ""
        raise InterestStoreError(
            f"The interest store{place} does not answer ({error.__class__.__name__}). "
            "When it is a Chroma server, start it with `chroma run`; when it is a folder, see that it can be written "
            "to and the disk has room; a damaged one can be moved away, what was told is then lost."
        ) from error


def _guard(folder: Path | None) -> threading.RLock:
    """Return the lock of a folder, which all stores over it share; a server orders writes itself."""
    if folder is None:
        return threading.RLock()
    with _guarding:
        return _guards.setdefault(str(folder.resolve()), threading.RLock())
