"""What must every place for dialogues do? One thread a dialogue, no way from one person's threads to another's."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)

from agent.memory.conversations import Conversation, UnknownConversation, read_back, title_from
from agent.memory.names import thread_key, thread_of
from recsys.errors import TastegraphError

if TYPE_CHECKING:
    from agent.settings import Settings
    from recsys.workspace import Workspace


NOT_KEPT = (
    "Our conversations are out of reach at the moment. Please try again in a little while; what was said just now may "
    "have to be said again."
)


class DialogueStoreError(TastegraphError):
    """The dialogues cannot be opened, read or written now."""

    def __init__(self, message: str, told: str = "") -> None:
        """Take what whoever runs the server must know, and what people in a conversation are told.

        The second names no file and no address; it is the first where that is fit for everybody.
        """
        super().__init__(message)
        self.told = told or message


class Dialogues(ABC):
    """The checkpoints of all dialogues, and a lock for each dialogue in use. Safe between threads."""

    saver: BaseCheckpointSaver[Any]
    """What a LangGraph graph takes as its checkpointer; its errors are `DialogueStoreError`s."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._registry = threading.Lock()

    @classmethod
    def open(cls, settings: Settings, workspace: Workspace) -> Dialogues:
        """Open the dialogues of a workspace where the settings say: in its own folder, or on a Postgres server.

        Raises `DialogueStoreError` when the file cannot be used, the server is away, or the package for it is missing.
        """
        url = settings.dialogues_url.get_secret_value()
        if url:
            from agent.memory.postgres import PostgresDialogues

            return PostgresDialogues(url, workspace.id)
        from agent.memory.sqlite import SqliteDialogues

        return SqliteDialogues(workspace.people_dir / "dialogues.sqlite")

    @property
    def remains(self) -> str:
        """What may stay of an erased person, in words; empty where nothing does."""
        return ""

    def key(self, user: str, thread: str) -> str:
        """Return the key of a dialogue."""
        return thread_key(user, thread)

    @contextmanager
    def turn(self, user: str, thread: str) -> Iterator[str]:
        """Hold the dialogue for one turn; yields its key. Other dialogues go on."""
        key = self.key(user, thread)
        lock = self._lock(key)
        with lock.inner, self._held(user, key):
            yield key

    def threads(self, user: str) -> list[str]:
        """Return the names of the person's stored dialogues, sorted."""
        return sorted(thread_of(key) for key in self._keys(self.key(user, "")))

    def note(self, user: str, thread: str, said: str) -> None:
        """Note that a dialogue went on now; `said` becomes its title where it has none. Call it within its turn."""
        now = datetime.now(UTC)
        self._note(self.key(user, thread), title_from(said), now, now)

    def conversations(self, user: str) -> list[Conversation]:
        """Return the person's stored dialogues with their titles, the one that went on last first."""
        prefix = self.key(user, "")
        noted = self._noted(prefix)
        found = []
        for key in self._keys(prefix):
            thread = thread_of(key)
            if key in noted:
                title, began, last = noted[key]
                found.append(Conversation(thread=thread, title=title, began=began, last=last))
                continue
            # From before there were notes, or of a turn that nobody waited for.
            one = read_back(thread, self.saver.get_tuple(RunnableConfig(configurable={"thread_id": key})))
            self._note(key, one.title, one.began, one.last)
            found.append(one)
        return sorted(found, key=lambda one: (one.last, one.thread), reverse=True)

    def conversation(self, user: str, thread: str) -> Conversation:
        """Return one of the person's dialogues; raises `UnknownConversation` when they have none of this name."""
        found = next((one for one in self.conversations(user) if one.thread == thread), None)
        if found is None:
            raise UnknownConversation(
                "This conversation is not kept any more. Choose another one, or begin anew."
            )
        return found

    def rename(self, user: str, thread: str, title: str) -> Conversation:
        """Give a dialogue another title and return it; raises `UnknownConversation` when the person has none such."""
        old = self.conversation(user, thread)
        self._retitle(self.key(user, thread), title_from(title))
        return old.model_copy(update={"title": title_from(title)})

    def delete(self, user: str, thread: str) -> Conversation:
        """Remove one dialogue with all that was said in it, once a turn of it is over; returns what it was.

        Raises `UnknownConversation` when the person has none such. See `remains` for what may stay on a server.
        """
        old = self.conversation(user, thread)
        with self.turn(user, thread) as key:
            self.saver.delete_thread(key)
            self._unnote(key)
            self._wipe()
        return old

    def erase(self, user: str) -> int:
        """Remove every dialogue of the person; returns how many there were.

        Waits for a turn of the person that is under way. See `remains` for what may stay on a server.
        """
        prefix = self.key(user, "")
        with self._registry:
            held = [lock for key, lock in self._locks.items() if key.startswith(prefix)]
        for lock in held:
            with lock.inner:
                pass
        with self._alone(user):
            keys = self._keys(prefix)
            for key in keys:
                self.saver.delete_thread(key)
            for key in self._noted(prefix):
                self._unnote(key)
            self._wipe()
        return len(keys)

    @abstractmethod
    def prune(self, key: str) -> None:
        """Keep only the newest checkpoint of a dialogue; older ones hold the same messages again."""

    @abstractmethod
    def close(self) -> None:
        """Release the file or the connections."""

    @abstractmethod
    def _keys(self, prefix: str) -> list[str]:
        """Return the keys of the stored dialogues that begin with `prefix`."""

    @abstractmethod
    def _noted(self, prefix: str) -> dict[str, tuple[str, datetime, datetime]]:
        """Return title, beginning and last turn by key, of the keys that begin with `prefix`."""

    @abstractmethod
    def _note(self, key: str, title: str, began: datetime, last: datetime) -> None:
        """Keep what a list says of a dialogue; of one that is noted already only `last` changes."""

    @abstractmethod
    def _retitle(self, key: str, title: str) -> None:
        """Replace the title of a dialogue that is noted."""

    @abstractmethod
    def _unnote(self, key: str) -> None:
        """Remove what was noted of a dialogue."""

    @abstractmethod
    def _wipe(self) -> None:
        """Remove what deleted dialogues left behind."""

    def _held(self, user: str, key: str) -> AbstractContextManager[None]:
        """Keep other processes out of one dialogue, where several share the place."""
        return nullcontext()

    def _alone(self, user: str) -> AbstractContextManager[None]:
        """Wait until no other process is in a dialogue of the person, where several share the place."""
        return nullcontext()

    def _lock(self, key: str) -> _Lock:
        with self._registry:
            lock = self._locks.get(key)
            if lock is None:
                lock = self._locks[key] = _Lock()
            return lock


class PatientSaver(BaseCheckpointSaver[str]):
    """Put before a checkpointer among the bases of a class: what it raises becomes a `DialogueStoreError`."""

    def answering(self) -> AbstractContextManager[None]:
        """Return what turns the errors of the place into one that a person may read."""
        raise NotImplementedError

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint, the newest of the thread where none is named."""
        with self.answering():
            return super().get_tuple(config)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Yield checkpoints, newest first."""
        with self.answering():
            yield from super().list(config, filter=filter, before=before, limit=limit)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint."""
        with self.answering():
            return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a step wrote."""
        with self.answering():
            super().put_writes(config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        """Delete every checkpoint of a thread."""
        with self.answering():
            super().delete_thread(thread_id)


class _Lock:
    """A lock that a weak dictionary can hold."""

    def __init__(self) -> None:
        self.inner = threading.Lock()
