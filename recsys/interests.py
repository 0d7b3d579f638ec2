"""What people said of their taste, kept in Chroma. Each call names one person and sees nothing of anybody
else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from recsys.encoder import Encoder
from recsys.errors import TastegraphError
from recsys.interest_collection import COLLECTION, InterestCollection, InterestStoreError, answering
from recsys.models.base import FloatMatrix
from recsys.schema import Interest, Profile
from recsys.taste import subject_key

__all__ = ["COLLECTION", "InterestStore", "InterestStoreError", "UnknownInterestError"]

_MOST_CHARACTERS = 2000


class UnknownInterestError(TastegraphError):
    """This person has no interest of this id."""


class InterestStore:
    """Interests of many people; safe between threads.

    A newer opinion on the same subject replaces the older one: the older stays, flagged `superseded`, and
    counts no more. That somebody has seen an item is no opinion of it, so the two live side by side, and so do
    opinions of different granularity (a film and its genre) and for different scenes.
    """

    def __init__(self, records: InterestCollection, encoder: Encoder) -> None:
        """Take where the records are, and what turns texts into vectors."""
        self._kept, self._encoder, self._lock = records, encoder, records.lock

    @classmethod
    def open(cls, folder: Path | str, encoder: Encoder, collection: str = COLLECTION) -> InterestStore:
        """Open the store in a folder, or at the `http://` or `https://` URL of a Chroma server.

        `collection` keeps apart those that share a server: 3 to 512 letters, digits and `.`, `_`, `-`.

        Raises `InterestStoreError` when the folder cannot be used or the server does not answer.
        """
        return cls(InterestCollection.open(folder, collection), encoder)

    @property
    def remains(self) -> str:
        """What may stay of an erased person, in words; empty where nothing does."""
        return self._kept.remains

    def add(self, interest: Interest) -> None:
        """Store an interest; an earlier opinion of this person on the same subject is flagged as superseded.

        When the store has a later one already, the new one is kept as the superseded one. The same id again
        replaces what it was.
        """
        vector = self._vector(interest)
        key = subject_key(interest)
        with self._lock, answering():
            others = [
                (record, other)
                for record, other, _ in self._records(interest.user)
                if other.id != interest.id and subject_key(other) == key
            ]
            superseded = any(other.time > interest.time for _, other in others)
            if not superseded and others:
                self._flag(others, superseded=True)
            self._put(interest, vector, superseded)

    def profile(self, user: str) -> Profile:
        """Return everything that counts for one person, newest first."""
        with self._lock, answering():
            found = [interest for _, interest, _ in self._records(user, {"superseded": False})]
        return Profile(user=user, interests=tuple(_newest_first(found)))

    def recall(self, user: str, text: str, limit: int = 8, now: datetime | None = None) -> list[Interest]:
        """Return at most `limit` of this person's interests, those that bear most on `text` first.

        Relevance is the cosine of the vectors (below 0 as 0) times what the interest weighs at `now`: its strength,
        halved with every half-life of its age.
        """
        if limit < 1:
            return []
        with self._lock, answering():
            records = self._kept.get(_where(user, {"superseded": False}), vectors=True)
        vectors, metadatas = records["embeddings"], records["metadatas"]
        if vectors is None or metadatas is None or not len(metadatas):
            return []
        vector = self._encoder.encode([text[:_MOST_CHARACTERS]])
        # One person has hundreds at most, and a filtered approximate search would miss some of them.
        nearness = np.asarray(vectors, dtype=np.float32) @ vector[0]
        interests = [_interest(metadata) for metadata in metadatas]
        moment = now or datetime.now(UTC)
        weights = np.array([one.weight(moment) for one in interests])
        order = np.lexsort((-nearness, -np.maximum(nearness, 0.0) * weights))
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
        scene: str | None = None,
        time: datetime | None = None,
    ) -> Interest:
        """Change what is given and return the interest as it is now; what it was is gone.

        A new `subject` without `subject_id` drops the old link; what the old subject had replaced counts again.
        Raises `UnknownInterestError` when this
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
                    "scene": scene,
                    "time": time,
                }.items()
                if value is not None
            }
            if subject is not None and subject != old.subject and subject_id is None:
                changes["subject_id"] = None
            new = Interest.model_validate(old.model_dump() | changes)
            vector = self._vector(new)
            if subject_key(new) != subject_key(old):
                self.add(new)
                if not superseded:
                    self._revive(user, old)
            else:
                with answering():
                    self._put(new, vector, superseded)
            self._kept.wipe()
            return new

    def undo(self, user: str, interest_id: str) -> Interest | None:
        """Erase one interest and return the opinion that it had replaced, which counts again; None if there is none.

        Raises `UnknownInterestError` when this person has no such interest.
        """
        with self._lock:
            wanted, superseded = self._one(user, interest_id)
            with answering():
                self._kept.delete([_record_id(user, interest_id)])
            before = None if superseded else self._revive(user, wanted)
            self._kept.wipe()
            return before

    def forget(self, user: str, interest_id: str | None = None) -> int:
        """Erase one interest with the opinions that it replaced, or everything of one person.

        In a folder nothing of it is left in the bytes of any file; see `remains` for a server. Returns how many
        records were erased. Raises `UnknownInterestError` when this person has no such interest.
        """
        with self._lock:
            if interest_id is None:
                with answering():
                    ids = [record for record, _, _ in self._records(user)]
            else:
                wanted, _ = self._one(user, interest_id)
                key = subject_key(wanted)
                with answering():
                    ids = [
                        record
                        for record, other, superseded in self._records(user)
                        if other.id == interest_id
                        or (superseded and other.time <= wanted.time and subject_key(other) == key)
                    ]
            if ids:
                with answering():
                    self._kept.delete(ids)
                self._kept.wipe(at_once=interest_id is None)
            return len(ids)

    def close(self) -> None:
        """Release the files."""
        self._kept.close()

    def export(self, user: str) -> list[dict[str, Any]]:
        """Return everything kept of one person as plain JSON values, superseded opinions as well, newest
        first."""
        with self._lock, answering():
            found = {interest.id: (interest, superseded) for _, interest, superseded in self._records(user)}
        ordered = _newest_first([interest for interest, _ in found.values()])
        return [one.model_dump(mode="json") | {"superseded": found[one.id][1]} for one in ordered]

    def one(self, user: str, interest_id: str) -> Interest:
        """Return one interest; raises `UnknownInterestError` when this person has no such interest."""
        with self._lock:
            return self._one(user, interest_id)[0]

    def _one(self, user: str, interest_id: str) -> tuple[Interest, bool]:
        with answering():
            for _, interest, superseded in self._records(user, {"interest": interest_id}):
                return interest, superseded
        raise UnknownInterestError(
            f"There is no interest {interest_id!r} in this profile. Show the profile first."
        )

    def _records(
        self, user: str, also: Mapping[str, str | bool] | None = None
    ) -> Iterator[tuple[str, Interest, bool]]:
        found = self._kept.get(_where(user, also or {}))
        for record, metadata in zip(found["ids"], found["metadatas"] or [], strict=True):
            interest = _interest(metadata)
            # The store has filtered by user; a second look costs nothing and a leak would cost trust.
            if interest.user == user:
                yield record, interest, bool(metadata["superseded"])

    def _put(self, interest: Interest, vector: FloatMatrix, superseded: bool) -> None:
        metadata = _metadata(interest, superseded)
        self._kept.put(_record_id(interest.user, interest.id), vector, metadata)

    def _flag(self, records: list[tuple[str, Interest]], superseded: bool) -> None:
        self._kept.mark({record: _metadata(other, superseded) for record, other in records})

    def _revive(self, user: str, gone: Interest) -> Interest | None:
        """Let the newest opinion on the subject of `gone` count again, unless another one counts."""
        key = subject_key(gone)
        with answering():
            others = [(r, o, s) for r, o, s in self._records(user) if subject_key(o) == key]
            if not others or not all(superseded for _, _, superseded in others):
                return None
            record, newest, _ = max(others, key=lambda one: (one[1].time, one[1].id))
            self._flag([(record, newest)], superseded=False)
        return newest

    def _vector(self, interest: Interest) -> FloatMatrix:
        text = f"{interest.subject}. {interest.sentence}".strip()[:_MOST_CHARACTERS]
        return self._encoder.encode([text])


def _where(user: str, also: Mapping[str, str | bool]) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [{"user": user}, *({key: value} for key, value in also.items())]
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def _record_id(user: str, interest_id: str) -> str:
    # A hash of both, so that two people's interests of one id are two records.
    return hashlib.sha256(json.dumps([user, interest_id]).encode()).hexdigest()


def _metadata(interest: Interest, superseded: bool) -> dict[str, str | bool]:
    return {
        "user": interest.user,
        "interest": interest.id,
        "granularity": interest.granularity,
        "scene": interest.scene,
        "superseded": superseded,
        "json": interest.model_dump_json(),
    }


def _interest(metadata: Mapping[str, Any]) -> Interest:
    return Interest.model_validate_json(str(metadata["json"]))


def _newest_first(interests: list[Interest]) -> list[Interest]:
    return sorted(interests, key=lambda interest: (interest.time, interest.id), reverse=True)
