"""What people said of their taste, kept in Chroma. Each call names one person and sees nothing of anybody
else."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import numpy as np

from recsys.encoder import Encoder
from recsys.errors import TastegraphError
from recsys.models.base import FloatMatrix
from recsys.schema import Interest, Profile

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

COLLECTION = "interests"
_MOST_CHARACTERS = 2000


class InterestStoreError(TastegraphError):
    """The interest store cannot be opened or does not answer."""


class UnknownInterestError(TastegraphError):
    """This person has no interest of this id."""


class InterestStore:
    """Interests of many people; safe between threads.

    A newer opinion on the same subject replaces the older one: the older stays, flagged `superseded`, and
    counts no more. That somebody has seen an item is no opinion of it, so the two live side by side.
    """

    def __init__(self, client: ClientAPI, encoder: Encoder, collection: str = COLLECTION) -> None:
        self._encoder = encoder
        self._lock = threading.RLock()
        with _answering():
            self._collection = client.get_or_create_collection(
                collection, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )

    @classmethod
    def open(cls, folder: Path | str, encoder: Encoder, collection: str = COLLECTION) -> InterestStore:
        """Open the store in a folder, or at the `http://` or `https://` URL of a Chroma server.

        `collection` keeps apart those that share a server: 3 to 512 letters, digits and `.`, `_`, `-`.

        Raises `InterestStoreError` when the folder cannot be used or the server does not answer.
        """
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        text = str(folder)
        with _answering(text):
            if text.startswith(("http://", "https://")):
                url = urlsplit(text)
                secure = url.scheme == "https"
                client = chromadb.HttpClient(
                    host=url.hostname or "localhost",
                    port=url.port or (443 if secure else 8000),
                    ssl=secure,
                    settings=settings,
                )
            else:
                Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
                client = chromadb.PersistentClient(path=text, settings=settings)
        return cls(client, encoder, collection)

    def add(self, interest: Interest) -> None:
        """Store an interest; an earlier opinion of this person on the same subject is flagged as superseded.

        When the store has a later one already, the new one is kept as the superseded one. The same id again
        replaces what it was.
        """
        vector = self._vector(interest)
        with self._lock, _answering():
            others = [
                (record, other)
                for record, other, _ in self._records(interest.user, {"subject": _subject(interest)})
                if other.id != interest.id
            ]
            superseded = any(other.time > interest.time for _, other in others)
            if not superseded and others:
                self._collection.update(
                    ids=[record for record, _ in others],
                    metadatas=[_metadata(other, superseded=True) for _, other in others],
                )
            self._put(interest, vector, superseded)

    def profile(self, user: str) -> Profile:
        """Return everything that counts for one person, newest first."""
        with self._lock, _answering():
            found = [interest for _, interest, _ in self._records(user, {"superseded": False})]
        return Profile(user=user, interests=tuple(_newest_first(found)))

    def recall(self, user: str, text: str, limit: int = 8) -> list[Interest]:
        """Return at most `limit` of this person's interests, those nearest in meaning to `text` first."""
        if limit < 1:
            return []
        vector = self._encoder.encode([text[:_MOST_CHARACTERS]])
        with self._lock, _answering():
            records = self._collection.get(
                where=_where(user, {"superseded": False}), include=["metadatas", "embeddings"]
            )
        vectors, metadatas = records["embeddings"], records["metadatas"]
        if vectors is None or metadatas is None or not len(metadatas):
            return []
        # One person has hundreds at most, and a filtered approximate search would miss some of them.
        nearness = np.asarray(vectors, dtype=np.float32) @ vector[0]
        order = np.argsort(-nearness, kind="stable")
        interests = [_interest(metadata) for metadata in metadatas]
        return [interests[k] for k in order if interests[k].user == user][:limit]

    def correct(
        self,
        user: str,
        interest_id: str,
        *,
        polarity: Literal[-1, 1] | None = None,
        strength: float | None = None,
        kind: Literal["stated", "liked", "disliked", "seen", "skipped"] | None = None,
        subject: str | None = None,
        subject_id: str | None = None,
        facet: str | None = None,
        sentence: str | None = None,
    ) -> Interest:
        """Change what is given and return the interest as it is now.

        A new `subject` without `subject_id` drops the old link. Raises `UnknownInterestError` when this
        person has no such interest, and pydantic's `ValidationError` when a value is out of range.
        """
        with self._lock:
            old, superseded = self._one(user, interest_id)
            changes: dict[str, Any] = {
                key: value
                for key, value in {
                    "polarity": polarity,
                    "strength": strength,
                    "kind": kind,
                    "subject": subject,
                    "subject_id": subject_id,
                    "facet": facet,
                    "sentence": sentence,
                }.items()
                if value is not None
            }
            if subject is not None and subject != old.subject and subject_id is None:
                changes["subject_id"] = None
            new = Interest.model_validate(old.model_dump() | changes)
            if _subject(new) != _subject(old):
                self.add(new)
                return new
            vector = self._vector(new)
            with _answering():
                self._put(new, vector, superseded)
            return new

    def forget(self, user: str, interest_id: str | None = None) -> int:
        """Erase one interest with the opinions that it replaced, or everything of one person.

        Returns how many records were erased. Raises `UnknownInterestError` when this person has no such
        interest.
        """
        with self._lock:
            if interest_id is None:
                with _answering():
                    ids = [record for record, _, _ in self._records(user)]
            else:
                wanted, _ = self._one(user, interest_id)
                with _answering():
                    ids = [
                        record
                        for record, other, superseded in self._records(user, {"subject": _subject(wanted)})
                        if other.id == interest_id or (superseded and other.time <= wanted.time)
                    ]
            if ids:
                with _answering():
                    self._collection.delete(ids=ids)
            return len(ids)

    def export(self, user: str) -> list[dict[str, Any]]:
        """Return everything kept of one person as plain JSON values, superseded opinions as well, newest
        first."""
        with self._lock, _answering():
            found = {interest.id: (interest, superseded) for _, interest, superseded in self._records(user)}
        ordered = _newest_first([interest for interest, _ in found.values()])
        return [one.model_dump(mode="json") | {"superseded": found[one.id][1]} for one in ordered]

    def _one(self, user: str, interest_id: str) -> tuple[Interest, bool]:
        with _answering():
            for _, interest, superseded in self._records(user, {"interest": interest_id}):
                return interest, superseded
        raise UnknownInterestError(
            f"There is no interest {interest_id!r} in this profile. Show the profile first."
        )

    def _records(
        self, user: str, also: Mapping[str, str | bool] | None = None
    ) -> Iterator[tuple[str, Interest, bool]]:
        found = self._collection.get(where=_where(user, also or {}), include=["metadatas"])
        for record, metadata in zip(found["ids"], found["metadatas"] or [], strict=True):
            interest = _interest(metadata)
            # The store has filtered by user; a second look costs nothing and a leak would cost trust.
            if interest.user == user:
                yield record, interest, bool(metadata["superseded"])

    def _put(self, interest: Interest, vector: FloatMatrix, superseded: bool) -> None:
        self._collection.upsert(
            ids=[_record_id(interest.user, interest.id)],
            embeddings=vector,
            metadatas=[_metadata(interest, superseded)],
        )

    def _vector(self, interest: Interest) -> FloatMatrix:
        text = f"{interest.subject}. {interest.sentence}".strip()[:_MOST_CHARACTERS]
        return self._encoder.encode([text])


@contextmanager
def _answering(where: str = "") -> Iterator[None]:
    """Turn what the client raises into one error that says what to do."""
    import chromadb.errors
    import httpx

    try:
        yield
    except (chromadb.errors.ChromaError, httpx.HTTPError, OSError, ValueError) as error:
        place = f" at {where}" if where else ""
        raise InterestStoreError(
            f"The interest store{place} does not answer ({error.__class__.__name__}). "
            "When it is a Chroma server, start it with `chroma run`; "
            "when it is a folder, see that it can be written to."
        ) from error


def _where(user: str, also: Mapping[str, str | bool]) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [{"user": user}, *({key: value} for key, value in also.items())]
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def _record_id(user: str, interest_id: str) -> str:
    # A hash of both, so that two people's interests of one id are two records.
    return hashlib.sha256(json.dumps([user, interest_id]).encode()).hexdigest()


def _subject(interest: Interest) -> str:
    about = interest.subject_id or " ".join(interest.subject.casefold().split())
    topic = "seen" if interest.kind == "seen" else "opinion"
    return json.dumps([topic, interest.facet.casefold(), about], ensure_ascii=False)


def _metadata(interest: Interest, superseded: bool) -> dict[str, str | bool]:
    return {
        "user": interest.user,
        "interest": interest.id,
        "subject": _subject(interest),
        "superseded": superseded,
        "json": interest.model_dump_json(),
    }


def _interest(metadata: Mapping[str, Any]) -> Interest:
    return Interest.model_validate_json(str(metadata["json"]))


def _newest_first(interests: list[Interest]) -> list[Interest]:
    return sorted(interests, key=lambda interest: (interest.time, interest.id), reverse=True)
