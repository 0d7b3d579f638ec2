"""How does a turn, which blocks, become a stream? In a thread of its own that ends when nobody listens any more."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import cast

from opentelemetry.trace import Span, Status, StatusCode, set_span_in_context

from agent.events import Event, Notice, StepFinished, StepStarted, TextDelta, TurnEnded
from agent.session import Agent
from ui.api.config import ApiConfig
from ui.api.errors import ApiError
from ui.api.logs import log_failure
from ui.api.metrics import Metrics
from ui.api.record import Record
from ui.api.tracing import Tracing

_END = object()


@dataclass
class Job:
    """One turn that somebody waits for."""

    agent: Agent
    catalogue: str
    user: str
    thread: str
    text: str
    record: Record
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    queue: asyncio.Queue[object] = field(default_factory=asyncio.Queue)
    left: threading.Event = field(default_factory=threading.Event)

    def put(self, what: object) -> None:
        """Hand something to who listens; from any thread."""
        try:
            self.loop.call_soon_threadsafe(self.queue.put_nowait, what)
        except RuntimeError:
            # The server has stopped.
            self.left.set()


class Turns:
    """Runs turns in threads, so many at once, and counts and traces them."""

    def __init__(self, config: ApiConfig, metrics: Metrics, tracing: Tracing) -> None:
        self._config, self._metrics, self._tracer = config, metrics, tracing.tracer
        self._pool = ThreadPoolExecutor(config.max_turns, thread_name_prefix="api-turn")
        self._lock = threading.Lock()
        self._running = 0

    def begin(self, job: Job) -> AsyncIterator[Event | None]:
        """Begin a turn; returns its events, and None after each `keep_alive` seconds without one.

        Leaving the iterator ends the turn at its next event. Raises `ApiError` 503 at once when too many wait.
        """
        with self._lock:
            if self._running >= self._config.max_turns + self._config.max_waiting:
                raise ApiError(
                    503,
                    "busy",
                    "Too many people are being answered at this moment. Ask again in a few seconds.",
                    headers={"Retry-After": "5"},
                )
            self._running += 1
            self._metrics.running.set(self._running)
        job.record.chars_in = len(job.text)
        context = contextvars.copy_context()
        self._pool.submit(context.run, self._work, job)
        return self._events(job)

    async def whole(self, job: Job) -> list[Event]:
        """Return the events of a turn once it is over."""
        return [event async for event in self.begin(job) if event is not None]

    def close(self) -> None:
        """Take no more turns; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _events(self, job: Job) -> AsyncIterator[Event | None]:
        try:
            while True:
                try:
                    got = await asyncio.wait_for(job.queue.get(), self._config.keep_alive)
                except TimeoutError:
                    yield None
                    continue
                if got is _END:
                    return
                if isinstance(got, Exception):
                    raise got
                yield cast("Event", got)
        finally:
            job.left.set()

    def _work(self, job: Job) -> None:
        ended: TurnEnded | None = None
        outcome = "left"
        try:
            with self._tracer.start_as_current_span(
                "turn", attributes={"tastegraph.catalogue": job.catalogue}, record_exception=False
            ) as span:
                watch = _Watch(self, job, span)
                for event in watch.events():
                    job.put(event)
                ended = watch.ended
                if ended is not None:
                    outcome = "error" if watch.failed else "ok"
                    job.record.chars_out = len(ended.text)
                    _describe(span, ended, outcome)
                job.record.steps = watch.steps
        except Exception as error:
            # `Agent.turn` raises nothing; whatever else breaks must not leave somebody waiting.
            log_failure(job.record, error)
            outcome = "error"
            job.put(error)
        finally:
            self._metrics.turn(job.catalogue, outcome, ended, job.agent.source.name)
            with self._lock:
                self._running -= 1
                self._metrics.running.set(self._running)
            job.put(_END)


class _Watch:
    """Passes the events of a turn on, and makes a span of each step."""

    def __init__(self, turns: Turns, job: Job, span: Span) -> None:
        self._turns, self._job, self._span = turns, job, span
        self._open: dict[str, Span] = {}
        self._began = time.monotonic()
        self._silent = True
        self.ended: TurnEnded | None = None
        self.failed = False
        self.steps = 0

    def events(self) -> Iterator[Event]:
        """Yield the events until the turn or the listening is over."""
        if self._job.left.is_set():
            return
        stream = self._job.agent.turn(self._job.user, self._job.thread, self._job.text)
        try:
            for event in stream:
                self._note(event)
                yield event
                if self._job.left.is_set():
                    return
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()
            for span in self._open.values():
                span.end()

    def _note(self, event: Event) -> None:
        match event:
            case StepStarted():
                parent = set_span_in_context(self._span)
                self._open[event.id] = self._turns._tracer.start_span(
                    f"step {event.tool}", context=parent, attributes={"tastegraph.tool": event.tool}
                )
            case StepFinished():
                self.steps += 1
                self._turns._metrics.step(event.tool, event.ok)
                if span := self._open.pop(event.id, None):
                    span.set_attribute("tastegraph.ok", event.ok)
                    span.end()
            case TextDelta() if self._silent:
                self._silent = False
                self._turns._metrics.first_words(self._job.catalogue, time.monotonic() - self._began)
            case Notice() if event.level == "error":
                self.failed = True
            case TurnEnded():
                self.ended = event
            case _:
                pass


def _describe(span: Span, ended: TurnEnded, outcome: str) -> None:
    span.set_attributes(
        {
            "tastegraph.outcome": outcome,
            "tastegraph.chat_model": ended.chat_model,
            "tastegraph.items": len(ended.items),
            "tastegraph.claims": ended.claims,
            "tastegraph.cut": len(ended.cut),
        }
    )
    if outcome == "error":
        span.set_status(Status(StatusCode.ERROR))
