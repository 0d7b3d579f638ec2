"""Whose request is it, and may they? The person comes from the key alone, never from the body."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Annotated

from fastapi import Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ui.api.errors import ApiError
from ui.api.keys import ApiKey, KeyStore, KeyStoreError, Scope
from ui.api.logs import log_failure
from ui.api.record import record_of

USER_HEADER = "Tastegraph-User"
_END_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,55}")
_LOGIN = {"WWW-Authenticate": 'Bearer realm="tastegraph"'}
_bearer = HTTPBearer(
    auto_error=False,
    description="A key made by `tastegraph keys create`. None is needed on the server's own machine until one is made.",
)


@dataclass(frozen=True)
class Caller:
    """Who is behind a request."""

    user: str
    """Whose taste and dialogues; a key's own person, or one of those it may speak for."""
    key: str
    """Name of the key, `local` where none was needed."""
    scopes: frozenset[Scope]


class Doorman:
    """Recognises callers by their keys and counts what each key asks."""

    def __init__(self, keys: KeyStore, rate: str, local_user: str | None) -> None:
        """Take the keys, the usual rate, and who a caller without a key is.

        `local_user` counts until a first key is made; None: a key is needed in any case, since others than this
        machine's own people can reach the address.
        """
        self._keys, self._rate, self._local = keys, rate, local_user
        self._limits = MovingWindowRateLimiter(MemoryStorage())

    def caller(
        self, request: Request, given: HTTPAuthorizationCredentials | None, scope: Scope, end_user: str | None
    ) -> Caller:
        """Return who asks. Raises `ApiError` 401, 403, 422, 429 or 503 where they may not, or not now."""
        record = record_of(request.scope)
        try:
            key = self._key(given)
        except KeyStoreError as error:
            log_failure(record, error)
            raise ApiError(
                503,
                "keys_away",
                "The server cannot read its keys, so nobody is let in. Whoever runs it sees why with "
                "`tastegraph keys list`.",
            ) from error
        if key is None:
            assert self._local is not None
            record.key = "local"
            return self._for(Caller(self._local, "local", frozenset(Scope)), end_user)
        record.key = key.name
        self._count(key, record.headers)
        if scope not in key.scopes:
            raise ApiError(
                403,
                "missing_scope",
                f"This key does not have the scope `{scope}`. Make one that has: tastegraph keys create NAME "
                f"--scope {scope}",
            )
        return self._for(Caller(key.user, key.name, frozenset(key.scopes)), end_user)

    def _key(self, given: HTTPAuthorizationCredentials | None) -> ApiKey | None:
        """Return the key of a request; None for a local caller where none is needed."""
        if self._local is not None and not self._keys.exist():
            # Clients that insist on a key may send anything.
            return None
        if given is None:
            raise ApiError(
                401,
                "missing_key",
                "Send a key in the header `Authorization: Bearer tg_…`. Whoever runs the server makes one: "
                "tastegraph keys create NAME",
                headers=_LOGIN,
            )
        key = self._keys.find(given.credentials)
        if key is None:
            raise ApiError(
                401,
                "invalid_key",
                "This key is not one of this server's. Copy it whole, or ask for a new one.",
                headers=_LOGIN,
            )
        state = key.state(datetime.now(UTC))
        if state != "valid":
            raise ApiError(401, f"{state}_key", f"This key is {state}. Ask for a new one.", headers=_LOGIN)
        return key

    def _count(self, key: ApiKey, headers: dict[str, str]) -> None:
        limit = parse(key.rate or self._rate)
        within = self._limits.hit(limit, key.id)
        stats = self._limits.get_window_stats(limit, key.id)
        wait = max(1, ceil(stats.reset_time - time.time()))
        headers["X-RateLimit-Limit-Requests"] = str(limit.amount)
        headers["X-RateLimit-Remaining-Requests"] = str(max(0, stats.remaining))
        headers["X-RateLimit-Reset-Requests"] = f"{wait}s"
        if not within:
            raise ApiError(
                429,
                "rate_limited",
                f"This key may ask {limit}. Wait {wait} seconds, then ask again.",
                headers={"Retry-After": str(wait)},
            )

    def _for(self, caller: Caller, end_user: str | None) -> Caller:
        """Return the caller as one of the people they speak for; each key has people of its own."""
        if end_user is None:
            return caller
        if Scope.ACT_AS not in caller.scopes:
            raise ApiError(
                403,
                "missing_scope",
                f"This key speaks for one person only, so leave out the header `{USER_HEADER}`. A key made with "
                f"`--scope {Scope.ACT_AS}` may name others.",
            )
        if not _END_USER.fullmatch(end_user):
            raise ApiError(
                422,
                "invalid_request",
                f"`{USER_HEADER}` must be 1 to 56 letters, digits and `._@-`. Send an id of your own for the person.",
                USER_HEADER,
            )
        return Caller(f"{caller.user}:{end_user}", caller.key, caller.scopes)


def allowed(scope: Scope) -> Callable[..., Caller]:
    """Return the dependency that gives a route its caller, when they have this scope."""

    def caller(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
        tastegraph_user: Annotated[
            str | None,
            Header(
                description="For keys with the scope `act_as`: which of the key's people is meant, by an id of the "
                "caller's own. Each key has people of its own.",
                examples=["customer-7"],
            ),
        ] = None,
    ) -> Caller:
        doorman: Doorman = request.app.state.doorman
        return doorman.caller(request, given, scope, tastegraph_user)

    return caller
