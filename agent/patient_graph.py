"""A graph on a server as a chat asks it: an answer within seconds, else `GraphUnavailable`, and back by itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from kg.graph import GraphError, GraphUnavailable, KnowledgeGraph

log = logging.getLogger(__name__)
_T = TypeVar("_T")
_AFTER_AWAY = 2.0
"""Seconds for which a server that was away is not asked again: the calls of one turn fail at once."""
_AFTER_SILENCE = 15.0
"""As above, where it did not answer or refused us: each further try costs a thread, or counts as a wrong
password."""
_UNBOUNDED = frozenset({"upsert", "apply", "replace", "clear", "drop", "entities", "triples", "close"})
"""Methods that may take their time; no chat calls them."""


class PatientGraph:
    """Asks `graph`, and is as good as it is while it answers.

    Every reading method answers within `seconds`, whatever the server does: the driver itself waits for ever
    on a server that took a question and then froze. Whatever keeps it from answering, a wrong password and a
    query that ran too long included, is `GraphUnavailable`: a chat can only go on without the graph. `check`
    is run at the first call and again after each absence, since what comes back may be another, empty server.
    """

    def __init__(
        self, graph: KnowledgeGraph, check: Callable[[KnowledgeGraph], None], seconds: float
    ) -> None:
        self._graph = graph
        self._check = check
        self.seconds = seconds
        """Longest wait for one answer."""
        self._lock = threading.Lock()
        self._checked = False
        self._not_before = 0.0
        self._why = ""
        self.misses = 0
        """Calls that found no answer, since it was opened."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands for any attribute of the graph
        value = getattr(self._graph, name)
        if name.startswith("_") or name in _UNBOUNDED or not callable(value):
            return value
        return partial(self.ask, value)

    def ask(self, method: Callable[..., _T], *args: Any, **named: Any) -> _T:  # noqa: ANN401 - the method's own
        """Call a method of the graph; raises `GraphUnavailable` in place of every `GraphError`."""
        with self._lock:
            if time.monotonic() < self._not_before:
                self.misses += 1
                raise GraphUnavailable(self._why)
            checked = self._checked
        try:
            if not checked:
                within(self.seconds, lambda: self._check(self._graph))
            answer = within(self.seconds, lambda: method(*args, **named))
        except GraphError as error:
            fast = isinstance(error, GraphUnavailable) and not isinstance(error, _Silent)
            self._note(str(error), _AFTER_AWAY if fast else _AFTER_SILENCE)
            raise GraphUnavailable(str(error)) from error
        with self._lock:
            if self._why:
                log.warning("the graph answers again")
            self._checked, self._why = True, ""
        return answer

    def _note(self, why: str, pause: float) -> None:
        with self._lock:
            if why != self._why:
                log.warning("the graph is away: %s", why)
            self.misses += 1
            self._checked, self._why = False, why
            self._not_before = time.monotonic() + pause


def misses(graph: KnowledgeGraph) -> int:
    """Return how many calls of this graph found no answer; 0 for one that is never away."""
    return graph.misses if isinstance(graph, PatientGraph) else 0


class _Silent(GraphUnavailable):
    """The graph took the question and did not answer in time."""


def within(seconds: float, work: Callable[[], _T]) -> _T:
    """Return what `work` returns, or raise what it raises; `GraphUnavailable` after `seconds`.

    Work that takes longer goes on in its thread, and what comes of it is dropped.
    """
    answers: list[_T] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            # Raised again where it was asked for.
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name="graph-call", daemon=True).start()
    if not done.wait(seconds):
        raise _Silent(f"The graph did not answer within {seconds:g} s.")
    if errors:
        raise errors[0]
    return answers[0]
