"""What does every request pass? An id, a limit of size, a line in the log, a count, a span."""

from __future__ import annotations

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.config import ApiConfig
from ui.api.errors import ApiError, as_api_error, error_response
from ui.api.logs import log_failure, log_request
from ui.api.metrics import Metrics
from ui.api.record import Record, request_id, route_of
from ui.api.tracing import Tracing

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Gate:
    """ASGI middleware around the whole API."""

    def __init__(self, app: ASGIApp, config: ApiConfig, metrics: Metrics, tracing: Tracing) -> None:
        self._app, self._config, self._metrics, self._tracing = app, config, metrics, tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; whatever breaks becomes an answer of status 500 and a line without words."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # A method that somebody made up would be a label without bound.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        record = Record(request_id(headers.get("x-request-id")), method)
        scope["state"] = {**scope.get("state", {}), "record": record}
        answer = _Answer(send, record)
        parent = self._tracing.context_of(headers.get("traceparent"))
        with self._tracing.tracer.start_as_current_span(
            f"{method} request", context=parent, kind=SpanKind.SERVER, record_exception=False
        ) as span:
            try:
                refused = self._refused(scope["method"], headers)
                if refused is not None:
                    await error_response(refused, record.id)(scope, receive, answer)
                else:
                    await self._app(scope, _limited(receive, self._config.max_body), answer)
            except Exception as error:
                log_failure(record, error)
                if not answer.started:
                    await error_response(as_api_error(error), record.id)(scope, receive, answer)
            finally:
                route = route_of(scope)
                record.left = record.left or not answer.ended
                log_request(record, route)
                self._metrics.request(record, route)
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": record.status,
                        "tastegraph.request_id": record.id,
                    }
                )

    def _refused(self, method: str, headers: Headers) -> ApiError | None:
        """Return why a request is refused by its headers alone."""
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._config.max_body:
            return _too_large(self._config.max_body)
        has_body = length != "0" or "transfer-encoding" in headers
        if method not in _WITH_BODY or not has_body:
            return None
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        # No page of another site can send this type without being asked first, and it is not let in then.
        if kind != "application/json" or headers.get("content-encoding", "identity") != "identity":
            return ApiError(
                415,
                "wrong_content_type",
                "Send JSON that is not compressed, with the header `Content-Type: application/json`.",
            )
        return None


class _Answer:
    """Sends the answer on with the request's id, and sees whether it came to its end."""

    def __init__(self, send: Send, record: Record) -> None:
        self._send, self._record = send, record
        self.started = self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._record.status = message["status"]
            headers = MutableHeaders(raw=list(message["headers"]))
            headers["X-Request-ID"] = self._record.id
            # What is stored about a person is in no cache on the way.
            headers.setdefault("Cache-Control", "no-store")
            for name, value in self._record.headers.items():
                headers[name] = value
            message = {**message, "headers": headers.raw}
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            self.ended = True
        await self._send(message)


def _limited(receive: Receive, most: int) -> Receive:
    """Return a `receive` that refuses a body as soon as more than `most` bytes came."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most:
                raise _too_large(most)
        return message

    return limited


def _too_large(most: int) -> ApiError:
    return ApiError(
        413,
        "body_too_large",
        f"The body has more than {most:,} bytes. Send less: of a long dialogue the last messages are enough.",
        headers={"Connection": "close"},
    )
