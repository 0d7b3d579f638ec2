"""How is a request written down? As one line of JSON that holds no words of people, no titles and no keys."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from ui.api.record import Record

logger = logging.getLogger("ui.api.requests")
"""One line a request. Its handler is set by `write_to`; until then nothing below a warning is written."""


class JsonLines(logging.Formatter):
    """Writes the fields of a record, and nothing that was formatted into a message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] = getattr(record, "fields", {})
        line = {"time": time, "level": record.levelname.lower(), "event": str(record.msg), **fields}
        return json.dumps(line, ensure_ascii=True)


def write_to(stream: TextIO) -> logging.Handler:
    """Write the lines to a stream from now on, in place of where they went before; returns the handler."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return handler


def log_request(record: Record, route: str) -> None:
    """Write the line of a request that is over."""
    fields = {
        "request_id": record.id,
        "key": record.key,
        "method": record.method,
        "route": route,
        "status": record.status,
        "ms": round(1000 * record.seconds, 1),
        "chars_in": record.chars_in,
        "chars_out": record.chars_out,
        "steps": record.steps,
    }
    if record.left:
        fields["left"] = True
    logger.info("request", extra={"fields": fields})


def log_failure(record: Record, error: BaseException) -> None:
    """Write what broke and where. The error's own message is left out: it may hold what somebody wrote."""
    frames = [f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(error.__traceback__)]
    cause = error.__cause__
    fields = {
        "request_id": record.id,
        "error": type(error).__qualname__,
        "cause": type(cause).__qualname__ if cause else None,
        "frames": frames[-12:],
    }
    logger.error("failure", extra={"fields": fields})
