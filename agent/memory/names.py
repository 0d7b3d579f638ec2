"""What may name a person or a dialogue, and how the two become one key."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote

from agent.errors import InvalidRequest

MAX_NAME = 128
"""Longest user or thread name, in characters."""


def check_name(value: str, what: str) -> str:
    """Return `value` when it can name a user or a thread.

    Raises `InvalidRequest` when it is empty, longer than `MAX_NAME`, or holds control, separator or lone
    surrogate characters; a person may read the message.
    """
    bad = [c for c in value if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn")]
    if not value.strip() or len(value) > MAX_NAME or bad:
        raise InvalidRequest(
            f"This {what} name cannot be used: it must have 1 to {MAX_NAME} visible characters. "
            "Sign in again or start a new chat."
        )
    return value


def thread_key(user: str, thread: str) -> str:
    """Join user and thread so that two different pairs never give one key: both are quoted, `/` only
    joins."""
    return f"{quote(user, safe='')}/{quote(thread, safe='')}"


def thread_of(key: str) -> str:
    """Return the thread of a key."""
    return unquote(key.rpartition("/")[2])
