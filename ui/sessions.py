"""Who is at the page? A browser is a guest with an id that only this home can have given out."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random_tokens
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recsys.schema import Interest
from ui.render import Answer


class Guests:
    """Gives out and checks guest tokens; a token survives restarts because the secret does."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"guest token", "sha256")
        self._storage = hmac.digest(secret, b"browser storage", "sha256").hex()[:16]

    @property
    def storage_secret(self) -> str:
        """Secret of the browser's storage. The page carries it, so it must not be the key of the tokens."""
        return self._storage

    def new(self) -> str:
        """Return a new token: a random id and its signature."""
        name = f"guest-{random_tokens.token_hex(8)}"
        return f"{name}.{self._sign(name)}"

    def user(self, token: object) -> str | None:
        """Return the user id of a token that this home gave out, or None for anything else."""
        if not isinstance(token, str) or len(token) > 200 or not token.isascii():
            return None
        name, _, signature = token.partition(".")
        return name if hmac.compare_digest(signature, self._sign(name)) else None

    def _sign(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass
class Dialogue:
    """What one open page holds: who, about which catalogue, in which thread, and what was said."""

    user: str = ""
    catalogue: str = ""
    thread: str = ""
    answers: list[Answer] = field(default_factory=list)
    verdicts: dict[str, frozenset[str]] = field(default_factory=dict)
    """Item id to the marks of `ui.cards_actions` that hold for it, as they were read last."""

    changed: str = ""
    """What the last change in the profile panel did, in words."""
    before: Interest | None = None
    """What that change replaced, to undo it."""

    dropped: set[str] = field(default_factory=set)
    """Threads that were deleted or erased from this page: a turn of theirs under way is not finished."""

    def restart(self, thread: str | None = None) -> None:
        """Begin a new thread, or take up `thread`; what was said so far leaves the page, not the store."""
        self.thread = thread or new_thread()
        self.answers = []

    def shows(self, item_id: str) -> bool:
        """Say whether a card of this item is on the page."""
        return any(card.id == item_id for answer in self.answers for card in answer.cards)


def new_thread() -> str:
    """Return a random thread id."""
    return f"t-{random_tokens.token_hex(8)}"


def remembered(state: object) -> dict[str, Any]:
    """Return what the browser kept, with only the parts of the right form; a browser may send anything."""
    if not isinstance(state, Mapping):
        return {}
    threads = state.get("threads")
    kept = {
        str(name): thread
        for name, thread in (threads.items() if isinstance(threads, Mapping) else ())
        if isinstance(thread, str) and 0 < len(thread) <= 64 and thread.replace("-", "").isalnum()
    }
    result: dict[str, Any] = {"threads": kept}
    for name in ("guest", "catalogue"):
        if isinstance(state.get(name), str):
            result[name] = state[name]
    return result
