"""A real server over the starter films, once a session, and a client for each key."""

import io
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ui.agents import Agents
from ui.api.app import Api
from ui.api.config import ApiConfig
from ui.api.keys import KeyStore, Scope
from ui.api.logs import logger, write_to
from ui.api.tracing import Tracing
from ui.sessions import Guests
from ui.web import bind, create_app

EVERYTHING = tuple(Scope)


@dataclass
class Served:
    """A server that runs, and what can be seen of it from behind."""

    address: str
    agents: Agents
    keys: KeyStore
    api: Api
    spans: InMemorySpanExporter
    log: io.StringIO
    made: int = field(default=0)

    def token(self, *scopes: Scope, **options: object) -> str:
        """Make a key; without scopes it has the usual ones."""
        self.made += 1
        return self.keys.create(f"key {self.made}", scopes or EVERYTHING, **options)[1]

    def client(self, token: str | None = None, **headers: str) -> httpx.Client:
        """Return a client with a key, of a person of its own where none is given."""
        given = {"Authorization": f"Bearer {token or self.token()}", **headers}
        return httpx.Client(base_url=self.address, headers=given, timeout=60)


@pytest.fixture(scope="session")
def served(starter_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server over its own copy of the starter films."""
    folder = tmp_path_factory.mktemp("api")
    shutil.copytree(starter_films, folder / "films", ignore=shutil.ignore_patterns("people"))
    agents = Agents({"films": folder / "films"})
    keys, spans = KeyStore(folder / "keys"), InMemorySpanExporter()
    api = Api(
        agents, keys, None, ApiConfig(max_body=40_000, rate="100000/minute"), Tracing(spans, batch=False)
    )
    log = io.StringIO()
    before = logger.handlers, logger.level, logger.propagate
    write_to(log)
    with bind("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        app = create_app(agents, Guests(b"s" * 32), port=port, api=api)
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        agents.start()
        agents.get("films", timeout=120)
        while not server.started:
            time.sleep(0.01)
        yield Served(f"http://127.0.0.1:{port}", agents, keys, api, spans, log)
        server.should_exit = True
        thread.join(timeout=30)
    logger.handlers, logger.level, logger.propagate = before
