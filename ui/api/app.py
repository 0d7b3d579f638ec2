"""How is the API put together? One application of its own, which the page's application mounts at `/v1`."""

from __future__ import annotations

from importlib.metadata import version
from ipaddress import ip_address
from typing import Any, Self

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import Receive, Send
from starlette.types import Scope as Connection

from ui.agents import Agents
from ui.api import chat, completions, docs, health, profile, recommend
from ui.api.callers import Doorman
from ui.api.config import ApiConfig
from ui.api.errors import handle_errors
from ui.api.gate import Gate
from ui.api.keys import KeyStore
from ui.api.metrics import Metrics
from ui.api.threads import Threads
from ui.api.tracing import Tracing
from ui.api.turns import Turns
from ui.terminal import login_name

_ABOUT = """Talk to a catalogue, rank it, and see why.

The person is the one of the key, or of the header `Tastegraph-User` for keys with the scope `act_as`; nothing in a
body names a person. Errors have OpenAI's form and the id of the request, which is in the header `X-Request-ID` too."""


class Api:
    """The API over these agents, as an ASGI application; close it when the server stops."""

    def __init__(
        self,
        agents: Agents,
        keys: KeyStore,
        local_user: str | None,
        config: ApiConfig | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        """Take the agents, the keys, and who a caller without a key is: None where everybody needs one.

        See `Doorman` for when `local_user` counts; without `tracing` the environment decides.
        """
        config = config or ApiConfig()
        self.metrics = Metrics()
        self.tracing = tracing or Tracing.from_environment()
        self.turns = Turns(config, self.metrics, self.tracing)
        self.routes = FastAPI(
            title="Tastegraph",
            version=version("tastegraph"),
            description=_ABOUT,
            docs_url=None,
            redoc_url=None,
            generate_unique_id_function=lambda route: f"{route.name}",
        )
        state = self.routes.state
        state.agents, state.turns, state.metrics = agents, self.turns, self.metrics
        state.threads, state.looks = Threads(config.dialogues), health.Looks()
        state.doorman = Doorman(keys, config.rate, local_user)
        for module in (completions, chat, recommend, profile, health, docs):
            self.routes.include_router(module.router)
        handle_errors(self.routes)
        self._gate = Gate(self.routes, config, self.metrics, self.tracing)

    @classmethod
    def at_home(cls, agents: Agents, host: str | None) -> Self:
        """Return the API with the keys of this person's home, for a server that listens on `host`.

        On loopback a caller without a key is the person who is logged in on this machine, as in `tastegraph chat`,
        until a first key is made. On any other address, or None, everybody needs one.
        """
        local = host is not None and _is_loopback(host)
        return cls(agents, KeyStore.at_home(), login_name() if local else None)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._gate(scope, receive, send)

    def add_to(self, app: Starlette) -> None:
        """Put the API under `/v1` of an application, and the counters at `/metrics`; call it before `/` is mounted."""
        app.router.routes += [Mount("/v1", self), Route("/metrics", self)]

    def openapi(self) -> dict[str, Any]:
        """Return the description of the API."""
        return self.routes.openapi()

    def close(self) -> None:
        """End what runs in the background."""
        self.turns.close()
        self.tracing.close()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
