"""Which spans does a request leave? Request, turn, tool steps; their attributes hold no words of people."""

from __future__ import annotations

import os

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor as Simple
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""Where spans go, as OpenTelemetry's own variable names it; unset or empty: none are made."""


class Tracing:
    """Makes spans with a provider of its own, so that two applications in one process do not share one."""

    def __init__(self, exporter: SpanExporter | None = None, batch: bool = True) -> None:
        """Take where spans go; None: nowhere, and they cost nothing. `batch`: behind the request, in groups."""
        self._provider: TracerProvider | None = None
        if exporter is not None:
            self._provider = TracerProvider(resource=Resource.create({"service.name": "tastegraph"}))
            self._provider.add_span_processor(BatchSpanProcessor(exporter) if batch else Simple(exporter))
        provider = self._provider or trace.NoOpTracerProvider()
        self.tracer: Tracer = provider.get_tracer("ui.api")

    @classmethod
    def from_environment(cls) -> Tracing:
        """Return what the environment says: spans go to `OTEL_EXPORTER_OTLP_ENDPOINT` where it is set."""
        if not os.environ.get(ENDPOINT):
            return cls()
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return cls(OTLPSpanExporter())

    def context_of(self, traceparent: str | None) -> Context | None:
        """Return the caller's trace, from the header `traceparent` of W3C Trace Context, or None."""
        if self._provider is None or not traceparent:
            return None
        return TraceContextTextMapPropagator().extract({"traceparent": traceparent})

    def close(self) -> None:
        """Send what waits."""
        if self._provider is not None:
            self._provider.shutdown()
