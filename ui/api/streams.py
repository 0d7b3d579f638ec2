"""How do the events of a turn travel? As lines of JSON, or as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.responses import StreamingResponse

LINES = "application/x-ndjson"
EVENTS = "text/event-stream"
STILL_HERE = ": still here\n\n"
"""A comment of server-sent events: clients pass over it."""


def sent(data: str, event: str | None = None) -> str:
    """Return one server-sent event; `data` is one line."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {data}\n\n"


def compact(value: Mapping[str, Any]) -> str:
    """Return JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def streamed(
    content: AsyncIterator[str], media_type: str, headers: Mapping[str, str] | None = None
) -> StreamingResponse:
    """Return an answer that is sent piece by piece, and that nothing on the way holds back."""
    kept = {"Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no", **(headers or {})}
    return StreamingResponse(content, media_type=media_type, headers=kept)
