"""Keeps turns from waiting for a model that has just failed, and finds out in the background when it is back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)
_LONGEST = 8
"""The longest rest, in cool-downs: each failure in a row doubles the rest up to this."""


def in_background(work: Callable[[], None]) -> None:
    """Run `work` in a thread of its own."""
    threading.Thread(target=work, daemon=True, name="model-probe").start()


class Circuit:
    """A circuit breaker [Nygard 2007, Release It!]: closed while the model answers, open after a failure.

    While it is open no turn asks the model. After the cool-down the next turn starts one probe in the background and
    goes on without the model; when the probe succeeds, the turn after it asks the model again.
    """

    def __init__(
        self,
        cooldown: float,
        probe: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], None] = in_background,
    ) -> None:
        """`cooldown` in seconds, 0 for never open; `probe` raises when the model does not answer."""
        self._cooldown, self._probe, self._clock, self._start = cooldown, probe, clock, start
        self._lock = threading.Lock()
        self._open_until: float | None = None
        self._failures = 0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the model failed last and was not found to be back since."""
        return self._open_until is not None

    def admits(self) -> bool:
        """Whether a turn may ask the model; may start the probe."""
        with self._lock:
            if self._open_until is None:
                return True
            if self._probing or self._clock() < self._open_until:
                return False
            self._probing = True
        self._start(self._try)
        with self._lock:
            return self._open_until is None

    def failed(self) -> None:
        """Open: the model did not answer."""
        if self._cooldown <= 0:
            return
        with self._lock:
            rest = self._cooldown * min(2**self._failures, _LONGEST)
            self._failures += 1
            self._open_until = self._clock() + rest

    def worked(self) -> None:
        """Close: the model gave a whole answer."""
        with self._lock:
            self._failures, self._open_until = 0, None

    def _try(self) -> None:
        try:
            self._probe()
        except Exception as error:
            # Clients of a server raise many unrelated types; each means that it is not back.
            log.info("the chat model is not back yet: %s: %s", type(error).__name__, error)
            self.failed()
        else:
            log.info("the chat model is back")
            with self._lock:
                # Failures in a row are forgotten only by a whole answer.
                self._open_until = None
        finally:
            with self._lock:
                self._probing = False
