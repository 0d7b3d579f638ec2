"""Which browser is whose? Sessions after a login, and how often somebody may try."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ui.access import Passwords

logger = logging.getLogger(__name__)
LIFETIME = 12 * 3600.0
"""Seconds that a login holds."""
MOST_SESSIONS = 10_000
"""Sessions that are kept; the oldest goes first."""
_PAIR = parse("5 per 5 minutes")
"""Attempts at one name from one address."""
_ADDRESS = parse("30 per 5 minutes")
"""Attempts from one address, at any name."""
_PERSON = parse("100 per hour")
"""Attempts at one name, from anywhere."""


class TooManyAttempts(Exception):  # noqa: N818 - says what happened
    """Somebody has to wait before the next attempt."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True)
class _Session:
    person: str
    stamp: str
    """Of the password that opened it: a changed or removed one ends it."""
    until: float
    """On the monotonic clock."""


class SignIn:
    """Checks logins and keeps the sessions that they open, in this process alone."""

    def __init__(self, passwords: Passwords, secret: bytes, lifetime: float = LIFETIME) -> None:
        """Take the passwords, the secret of this home, and for how many seconds a login holds."""
        self.passwords = passwords
        self.form_key = hmac.digest(secret, b"login form", "sha256")
        """Signs the forms of the login."""
        self._lifetime = lifetime
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = threading.Lock()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def enter(self, name: str, password: str, address: str) -> str | None:
        """Return the token of a new session, or None when name and password do not fit.

        Raises `TooManyAttempts`. Takes a tenth of a second or more: call it from a thread.
        """
        name, place = name[:64], network(address)
        # Counted before the check, so that attempts at the same moment count as well.
        for item, key in ((_ADDRESS, (place,)), (_PAIR, (place, name)), (_PERSON, (name,))):
            self._count(item, *key)
        if not self.passwords.check(name, password):
            logger.warning("a login from %s was refused", place)
            return None
        self._limiter.clear(_PAIR, place, name)
        stamp = self.passwords.stamp(name)
        if stamp is None:
            return None
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_digest(token)] = _Session(name, stamp, time.monotonic() + self._lifetime)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return token

    def person(self, token: str | None) -> str | None:
        """Return whose session a token opens, or None for one that is unknown, over, or of an old password."""
        if not token or len(token) > 200:
            return None
        key = _digest(token)
        with self._lock:
            session = self._sessions.get(key)
        if session is None:
            return None
        if time.monotonic() >= session.until or self.passwords.stamp(session.person) != session.stamp:
            self.leave(token)
            return None
        return session.person

    def leave(self, token: str) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(_digest(token), None)

    def _count(self, item: RateLimitItem, *key: str) -> None:
        if not self._limiter.hit(item, *key):
            logger.warning(
                "logins from %s are refused for a while", key[0] if item is not _PERSON else "anywhere"
            )
            left = self._limiter.get_window_stats(item, *key).reset_time - time.time()
            raise TooManyAttempts(max(1, round(left)))


def network(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))


def _digest(token: str) -> str:
    # What is kept in memory opens nothing.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
