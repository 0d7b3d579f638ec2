"""Who may use the API? Keys, each a file in the home folder that holds a digest and never the key itself."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from limits import parse
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from recsys.errors import TastegraphError
from ui import home

FOLDER = "api-keys"
_TOKEN = re.compile(r"tg_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_USER = re.compile(r"[^\W_][\w .@-]{0,63}")


class KeyStoreError(TastegraphError):
    """The keys cannot be read or written."""


class Scope(StrEnum):
    """What a key allows."""

    CHAT = "chat"
    """Chat, in OpenAI's form and in ours, and the list of models."""
    RECOMMEND = "recommend"
    """Rank and explain without a dialogue."""
    FEEDBACK = "feedback"
    """Say what the person thinks of an item."""
    PROFILE = "profile"
    """See, correct, export and erase what is stored."""
    ACT_AS = "act_as"
    """Speak for several people of one's own, named by the header `Tastegraph-User`."""
    METRICS = "metrics"
    """Read `/metrics`."""


USUAL_SCOPES = (Scope.CHAT, Scope.RECOMMEND, Scope.FEEDBACK, Scope.PROFILE)
"""What a key allows where nothing else is said."""


class ApiKey(BaseModel):
    """What is kept of a key."""

    model_config = ConfigDict(frozen=True)

    id: str
    """12 hexadecimal digits; the part of the key that is no secret."""
    name: str
    """For people: in lists and in the log."""
    user: str
    """Whose taste and dialogues requests with this key are about."""
    scopes: tuple[Scope, ...]
    digest: str
    """SHA-256 of the secret part, in hexadecimal. It has 256 random bits, so that no slow hash is needed."""
    rate: str | None = None
    """Requests in a time, such as `60/minute`; None for the server's usual rate."""
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    @field_validator("rate")
    @classmethod
    def _rate(cls, value: str | None) -> str | None:
        if value is not None:
            parse(value)
        return value

    def state(self, now: datetime) -> str:
        """Return `valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"


class KeyStore:
    """The keys of one home. Every call reads the files, so that a new or revoked key counts at once."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made when the first key is."""
        self.folder = folder

    @classmethod
    def at_home(cls) -> KeyStore:
        """Return the keys of this person's home folder."""
        return cls(home.home() / FOLDER)

    def exist(self) -> bool:
        """Whether any key was ever made here, revoked and expired ones counted: from then on keys are needed.

        Raises `KeyStoreError` when the folder cannot be read.
        """
        return bool(self._files())

    def all(self) -> list[ApiKey]:
        """Return every key, oldest first. Raises `KeyStoreError` when one cannot be read."""
        return sorted((self._read(file) for file in self._files()), key=lambda key: (key.created, key.id))

    def create(
        self,
        name: str,
        scopes: tuple[Scope, ...] = USUAL_SCOPES,
        user: str | None = None,
        rate: str | None = None,
        lasts: timedelta | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; returns what is kept of it, and the key itself, which is kept nowhere.

        Without `user` it speaks for a person of its own. Raises `KeyStoreError` for a name, user or rate that cannot
        be used, or when the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise KeyStoreError(
                "A key's name has 1 to 64 letters, digits, spaces, dots, dashes and underscores. Choose another."
            )
        if any(key.name == name and key.state(datetime.now(UTC)) == "valid" for key in self.all()):
            raise KeyStoreError(
                f"There is a key called {name} already. Choose another name, or revoke that one."
            )
        if user is not None and not _USER.fullmatch(user):
            # A colon stands between a key's person and those it acts for, so that no name can be both.
            raise KeyStoreError("A user has 1 to 64 letters, digits, spaces and `.@_-`. Choose another name.")
        if not scopes:
            raise KeyStoreError(f"A key without a scope allows nothing. Choose of {', '.join(Scope)}.")
        if rate is not None:
            _check_rate(rate)
        now = datetime.now(UTC).replace(microsecond=0)
        secret, name_id = secrets.token_urlsafe(32), secrets.token_hex(6)
        key = ApiKey(
            id=name_id,
            name=name,
            user=user or f"key-{name_id}",
            scopes=tuple(dict.fromkeys(scopes)),
            digest=_digest(secret),
            rate=rate,
            created=now,
            expires=now + lasts if lasts is not None else None,
        )
        self._write(key)
        return key, f"tg_{name_id}_{secret}"

    def revoke(self, wanted: str) -> ApiKey:
        """Revoke the key of this id or name for good; returns it. Raises `KeyStoreError` when there is none."""
        found = [key for key in self.all() if wanted in (key.id, key.name) and key.revoked is None]
        if not found:
            raise KeyStoreError("There is no such key in force. See them: tastegraph keys list")
        key = found[0].model_copy(update={"revoked": datetime.now(UTC).replace(microsecond=0)})
        self._write(key)
        return key

    def find(self, token: str) -> ApiKey | None:
        """Return the key of a token, whatever its state, or None where the token is none of ours.

        The secret is compared in constant time, also where the id is unknown.
        Raises `KeyStoreError` when the file cannot be read.
        """
        match = _TOKEN.fullmatch(token)
        file = self.folder / f"{match['id'] if match else 'none'}.json"
        key = self._read(file) if match and file.is_file() else None
        given = _digest(match["secret"] if match else "")
        known = key.digest if key is not None else _digest("nobody")
        return key if hmac.compare_digest(given, known) else None

    def _files(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.suffix == ".json"]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unreadable(error) from error

    def _read(self, file: Path) -> ApiKey:
        try:
            return ApiKey.model_validate_json(file.read_bytes())
        except OSError as error:
            raise self._unreadable(error) from error
        except ValidationError as error:
            raise KeyStoreError(f"{file} holds no key. Delete it, and make the key anew.") from error

    def _unreadable(self, error: OSError) -> KeyStoreError:
        return KeyStoreError(
            f"The keys in {self.folder} cannot be read or written ({error.strerror}). Give yourself the rights to it, "
            "or choose another home with TASTEGRAPH_HOME."
        )

    def _write(self, key: ApiKey) -> None:
        file = self.folder / f"{key.id}.json"
        beside = file.with_name(f".{key.id}.{secrets.token_hex(4)}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(key.model_dump_json(indent=2).encode() + b"\n")
            beside.replace(file)
        except OSError as error:
            raise self._unreadable(error) from error
        finally:
            beside.unlink(missing_ok=True)


def _check_rate(rate: str) -> None:
    try:
        parse(rate)
    except ValueError as error:
        raise KeyStoreError(
            f"{rate!r} is no rate. Write a number and a time: 60/minute, 5/second."
        ) from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
