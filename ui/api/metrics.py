"""What is counted? Requests, turns and what was cut; labels name routes and catalogues, never people."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from agent.events import TurnEnded
from ui.api.record import Record

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 90.0)


class Metrics:
    """The counters of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tastegraph_http_requests",
            "Requests by route, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "tastegraph_http_request_seconds",
            "Seconds until the last byte of an answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._turns = Counter(
            "tastegraph_turns",
            "Turns by catalogue and how they ended: ok, error, or left by the client.",
            ["catalogue", "outcome"],
            registry=self.registry,
        )
        self._turn_seconds = Histogram(
            "tastegraph_turn_seconds",
            "Seconds of a turn.",
            ["catalogue"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._first_words = Histogram(
            "tastegraph_first_words_seconds",
            "Seconds until the first words of a turn.",
            ["catalogue"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._steps = Counter(
            "tastegraph_steps",
            "Tool calls by tool and whether they worked.",
            ["tool", "ok"],
            registry=self.registry,
        )
        self._cut = Counter(
            "tastegraph_cut_sentences",
            "Sentences left out because the evidence did not support them.",
            ["catalogue"],
            registry=self.registry,
        )
        self._claims = Counter(
            "tastegraph_claims", "Claims checked against the evidence.", ["catalogue"], registry=self.registry
        )
        self._fallbacks = Counter(
            "tastegraph_fallbacks",
            "Turns that another chat model finished than the chosen one.",
            ["catalogue"],
            registry=self.registry,
        )
        self.running = Gauge(
            "tastegraph_turns_running", "Turns under way or waiting.", registry=self.registry
        )
        """Set by who runs the turns."""

    def request(self, record: Record, route: str) -> None:
        """Count a request that is over."""
        self._requests.labels(route, record.method, str(record.status)).inc()
        self._seconds.labels(route).observe(record.seconds)

    def step(self, tool: str, ok: bool) -> None:
        """Count a tool call."""
        self._steps.labels(tool, str(ok).lower()).inc()

    def first_words(self, catalogue: str, seconds: float) -> None:
        """Count how long somebody waited for the first words."""
        self._first_words.labels(catalogue).observe(seconds)

    def turn(self, catalogue: str, outcome: str, ended: TurnEnded | None, chosen_model: str) -> None:
        """Count a turn that is over; `ended` is its last event, None where it did not get that far."""
        self._turns.labels(catalogue, outcome).inc()
        if ended is None:
            return
        self._turn_seconds.labels(catalogue).observe(ended.seconds)
        self._cut.labels(catalogue).inc(len(ended.cut))
        self._claims.labels(catalogue).inc(ended.claims)
        if ended.chat_model != chosen_model:
            self._fallbacks.labels(catalogue).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text form."""
        return generate_latest(self.registry)
