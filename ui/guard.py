"""What may the page load, and from where may it be asked? Headers and a filter around the application."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.errors import TastegraphError
from ui.access import is_loopback

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio compiles its HTML templates in the browser and carries its configuration in an inline script.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_SOCIAL = re.compile(rb"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>\s*", re.DOTALL)


def check_host(host: str) -> None:
    """Raise `TastegraphError` unless `host` is this machine only: where nobody logs in, it must be."""
    if not is_loopback(host):
        raise TastegraphError(
            f"Serving on {host} without a login is refused: whoever can reach that address could be anybody. "
            "Use --host 127.0.0.1, and a tunnel if you sit elsewhere."
        )


class Guard:
    """ASGI middleware: a content policy on every answer, and no outside address in the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything but the headers of answers and the social tags of HTML pages."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "text/html" in Headers(scope=scope).get("accept", "") or scope["path"] == "/":
            # Only an uncompressed page can be filtered; it is a few kilobytes.
            kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, _Filter(send))


class _Filter:
    """Holds back an HTML page until it is whole; streams everything else."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            headers["Content-Security-Policy"] = POLICY
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            message = {**message, "headers": headers.raw}
            if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = _SOCIAL.sub(b"", self._body)
            headers = MutableHeaders(raw=list(self._start["headers"]))
            # A HEAD answer has no body but tells the length of one.
            if self._body:
                headers["content-length"] = str(len(body))
            await self._send({**self._start, "headers": headers.raw})
            self._start = None
            message = {**message, "body": body, "more_body": False}
        await self._send(message)
