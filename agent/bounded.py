"""Waits for something only so long: for the pieces of a stream, and for a call that may hang."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
_WAITING = 64
"""Pieces of a stream that may wait to be read; a model that writes faster waits for its reader."""


class TookTooLong(Exception):  # noqa: N818 - says what happened
    """The time was up. What was waited for may still go on in its own thread; nobody reads it any more."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns; it runs in a thread of its own, with this thread's context variables.

    Raises `TookTooLong` when it takes more than `seconds`, and whatever the call raises.
    """
    done: queue.SimpleQueue[tuple[bool, T | BaseException]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((True, call()))
        except BaseException as error:
            # Raised again in the thread that waits.
            done.put((False, error))

    threading.Thread(target=copy_context().run, args=(run,), daemon=True, name="bounded-call").start()
    try:
        worked, result = done.get(timeout=seconds)
    except queue.Empty:
        raise TookTooLong(f"no answer within {seconds:g} seconds") from None
    if not worked and isinstance(result, BaseException):
        raise result
    return result  # type: ignore[return-value]


def until(deadline: float, pieces: Iterator[T]) -> Iterator[T]:
    """Yield the pieces that come before `deadline`, in seconds of the monotonic clock.

    Also a stream that hangs before its first piece, or between two, is left at the deadline. Raises `TookTooLong`
    then, and whatever the stream raises.
    """
    ready: queue.Queue[tuple[str, T | BaseException | None]] = queue.Queue(_WAITING)
    stopped = threading.Event()

    def put(kind: str, what: T | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                ready.put((kind, what), timeout=0.5)
                return
            except queue.Full:
                continue

    def pump() -> None:
        try:
            for piece in pieces:
                put("piece", piece)
                if stopped.is_set():
                    break
            put("end", None)
        except BaseException as error:
            # Raised again in the thread that reads.
            put("error", error)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    threading.Thread(target=copy_context().run, args=(pump,), daemon=True, name="bounded-stream").start()
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TookTooLong("the time was up")
            try:
                kind, what = ready.get(timeout=left)
            except queue.Empty:
                raise TookTooLong("the time was up") from None
            if kind == "end":
                return
            if kind == "error" and isinstance(what, BaseException):
                raise what
            yield what  # type: ignore[misc]
    finally:
        stopped.set()
