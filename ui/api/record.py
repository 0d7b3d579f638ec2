"""What is noted of one request: counts, names of routes and keys, times; never what people said."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope

_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_CONVERTER = re.compile(r":\w+}")


@dataclass
class Record:
    """One request as the log, the metrics and the trace tell it."""

    id: str
    """Comes back as `X-Request-ID`."""
    method: str
    began: float = field(default_factory=time.monotonic)
    key: str = "-"
    """Name of the key, `local` where none is needed, `-` before anybody was recognised."""
    chars_in: int = 0
    """Characters of the message that a turn answered."""
    chars_out: int = 0
    """Characters of the answer."""
    steps: int = 0
    """Tool calls of the turn."""
    status: int = 0
    left: bool = False
    """Whether the client went away before the end."""
    headers: dict[str, str] = field(default_factory=dict)
    """To be added to the answer."""

    @property
    def seconds(self) -> float:
        """Seconds since the request came."""
        return time.monotonic() - self.began


def request_id(given: str | None) -> str:
    """Return the caller's own id for the request where it has 8 to 64 letters, digits and `._-`, else a new one."""
    return given if given is not None and _GIVEN.fullmatch(given) else f"req-{secrets.token_hex(12)}"


def record_of(scope: Any) -> Record:  # noqa: ANN401 - the scope of any ASGI connection
    """Return the record that the gate put into the scope."""
    record: Record = scope["state"]["record"]
    return record


def route_of(scope: Scope) -> str:
    """Return the route as it is declared, without what callers put into it; `unknown` for an address that is none."""
    path = getattr(scope.get("route"), "path", None)
    if path is None:
        return "unknown"
    return str(path) if path == "/metrics" else f"/v1{_CONVERTER.sub('}', path)}"
