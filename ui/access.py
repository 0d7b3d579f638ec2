"""Who may reach this server, and from where? Passwords of people, and the rule for addresses beyond this machine."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recsys.errors import TastegraphError
from ui import home

FILE = "passwords.json"
SHORTEST = 12
"""Characters that a password must have."""
LONGEST = 256
_NAME = re.compile(r"[^\W_][\w.@-]{0,63}")
_RESERVED = ("guest-", "key-")
"""Names of guests and of API keys begin so."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""A hash takes 32 MiB while it is made; more at once would let many attempts fill the memory."""
SET_PASSWORD = "tastegraph password set NAME"
MAKE_KEY = "tastegraph keys create NAME"


class AccessError(TastegraphError):
    """Passwords cannot be read, written or set as given, or an address may not be served on."""


class StoredPassword(BaseModel):
    """What is kept of a password: its scrypt hash (RFC 7914) and what made it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    salt: str = Field(pattern=r"^[0-9a-f]{32}$")
    """16 random bytes, new with each change."""
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    """32 bytes."""
    n: int = Field(default=2**15, ge=2**14, le=2**20)
    """Work factor, a power of two; with `r` it takes 128 * n * r bytes of memory."""
    r: int = Field(default=8, ge=1, le=32)
    """Block size."""
    p: int = Field(default=3, ge=1, le=16)
    """How often the work is done."""

    @classmethod
    def of(cls, password: str) -> StoredPassword:
        """Hash a password with a new salt."""
        made = cls(salt=secrets.token_hex(16), digest="0" * 64)
        return made.model_copy(update={"digest": made.hash(password)})

    def hash(self, password: str) -> str:
        """Return the hash of a password with this salt, 64 hexadecimal digits."""
        with _AT_ONCE:
            return hashlib.scrypt(
                password.encode("utf-8", "surrogatepass"),
                salt=bytes.fromhex(self.salt),
                n=self.n,
                r=self.r,
                p=self.p,
                maxmem=2 * 128 * self.n * self.r,
                dklen=32,
            ).hex()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = 1
    people: dict[str, StoredPassword] = Field(default_factory=dict)


class Passwords:
    """The passwords of one home, in a file that only its owner can read. A change counts at once."""

    def __init__(self, folder: Path) -> None:
        """Take the home folder; the file is made with the first password."""
        self.file = folder / FILE
        self._read_at: tuple[int, int, int] | None = None
        self._people: dict[str, StoredPassword] = {}
        self._lock = threading.Lock()
        # Checked for names that nobody has, so that the time of an answer does not tell which exist.
        self._nobody = StoredPassword(salt=secrets.token_hex(16), digest=secrets.token_hex(32))

    @classmethod
    def at_home(cls) -> Passwords:
        """Return the passwords of this person's home folder."""
        return cls(home.home())

    def names(self) -> list[str]:
        """Return who has a password. Raises `AccessError` when the file cannot be read."""
        return sorted(self._load())

    def stamp(self, name: str) -> str | None:
        """Return what changes with a person's password; None for somebody without one."""
        stored = self._load().get(name)
        return stored.salt if stored else None

    def check(self, name: str, password: str) -> bool:
        """Say whether this is the person's password. Takes as long for a name that nobody has."""
        stored = self._load().get(name)
        given = (stored or self._nobody).hash(password[: LONGEST + 1])
        right = hmac.compare_digest(given, (stored or self._nobody).digest)
        return right and stored is not None and len(password) <= LONGEST

    def set(self, name: str, password: str) -> None:
        """Set a person's password. Raises `AccessError` when the name or the password cannot be used."""
        if not _NAME.fullmatch(name) or name.startswith(_RESERVED):
            raise AccessError(
                "A name has 1 to 64 letters, digits, dots, dashes, underscores and @, and begins with none of "
                f"{', '.join(_RESERVED)}. Choose another."
            )
        if not SHORTEST <= len(password) <= LONGEST:
            raise AccessError(
                f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}. A few random "
                "words are easy to keep."
            )
        if name.casefold() in password.casefold() and len(password) < SHORTEST + len(name):
            raise AccessError("This password is little more than the name. Choose another.")
        self._store({**self._load(), name: StoredPassword.of(password)})

    def remove(self, name: str) -> None:
        """Take a person's login away. Raises `AccessError` when they have none."""
        people = dict(self._load())
        if people.pop(name, None) is None:
            known = f" Known: {', '.join(people)}." if people else " Nobody has."
            raise AccessError(f"{name} has no password here.{known}")
        self._store(people)

    def _load(self) -> dict[str, StoredPassword]:
        with self._lock:
            try:
                found = self.file.stat()
                state = (found.st_mtime_ns, found.st_size, found.st_ino)
                if state != self._read_at:
                    self._people = _File.model_validate_json(self.file.read_bytes()).people
                    self._read_at = state
            except FileNotFoundError:
                self._people, self._read_at = {}, None
            except ValidationError as error:
                raise AccessError(
                    f"{self.file} holds no passwords. Delete it, and set them anew: {SET_PASSWORD}"
                ) from error
            except OSError as error:
                raise self._unusable(error) from error
            return self._people

    def _store(self, people: dict[str, StoredPassword]) -> None:
        beside = self.file.with_name(f".{FILE}.{secrets.token_hex(4)}")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(_File(people=people).model_dump_json(indent=2).encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(self.file)
        except OSError as error:
            raise self._unusable(error) from error
        finally:
            beside.unlink(missing_ok=True)

    def _unusable(self, error: OSError) -> AccessError:
        return AccessError(
            f"The passwords in {self.file} cannot be read or written ({error.strerror}). Give yourself the rights "
            "to the folder, or choose another one with TASTEGRAPH_HOME."
        )


def is_loopback(host: str) -> bool:
    """Say whether an address is this machine's alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Binding:
    """Where a server listens and what is asked of whoever comes."""

    host: str
    login: bool
    """Whether the pages ask for a login."""
    page: bool
    """Whether anybody can pass it."""
    api: bool
    """Whether the API is reachable: without a login only with a key."""

    def words(self) -> str:
        """Say which faces can be reached, and with what."""
        if not self.login:
            return "The page and the API are open to this machine, without a login."
        page = (
            "the page asks for a login" if self.page else f"the page is closed (to open it: {SET_PASSWORD})"
        )
        api = "the API asks for a key" if self.api else f"the API is closed (to open it: {MAKE_KEY})"
        return f"{page[0].upper()}{page[1:]}; {api}."


def binding(host: str, passwords: bool, keys: bool, login: bool = False) -> Binding:
    """Return what holds on `host`; `login` asks for one on this machine too, as behind a proxy.

    Raises `AccessError` when nobody would be asked who they are: neither a password nor a key is there.
    """
    if is_loopback(host) and not login:
        return Binding(host, login=False, page=True, api=True)
    if not passwords and not keys:
        where = f"Serving on {host}" if not login else "Serving with a login"
        raise AccessError(
            f"{where} is refused: there is no password and no API key, so whoever reaches it could be anybody. "
            f"Set a password for the page:\n  {SET_PASSWORD}\nor create a key for the API alone:\n  {MAKE_KEY}\n"
            f"{'Or leave --login out' if is_loopback(host) else 'Or use --host 127.0.0.1'}, which asks nobody."
        )
    return Binding(host, login=True, page=passwords, api=keys)
