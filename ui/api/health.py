"""`/v1/health` and `/metrics`: is the server up, what can it answer, and how much did it?"""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from kg.graph import GraphError
from recsys.errors import TastegraphError
from recsys.schema import Profile, RecommendRequest
from ui.agents import Agents
from ui.api.callers import Caller, allowed
from ui.api.errors import ErrorBody, responses
from ui.api.keys import Scope
from ui.api.metrics import MEDIA_TYPE, Metrics
from ui.api.openai_schemas import PREFIX
from ui.api.schemas import CatalogueHealth, Health

if TYPE_CHECKING:
    from agent.session import Agent

router = APIRouter(tags=["server"])
_SECONDS = 15.0
"""What was found of an agent's parts is told again for so long: each look costs a ranking."""


class Looks:
    """Looks at the parts of each agent, at most once in a while."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[float, list[str]]] = {}

    def degraded(self, name: str, agent: Agent) -> list[str]:
        """Return the parts that cannot take part now, found by ranking once for nobody."""
        then, found = self._found.get(name, (0.0, []))
        if not then or time.monotonic() - then > _SECONDS:
            found = _degraded(agent)
            self._found[name] = (time.monotonic(), found)
        return found


def _degraded(agent: Agent) -> list[str]:
    services = agent.services
    items = services.workspace.items
    wanted = RecommendRequest(text="warm up", seeds=tuple(item.id for item in items[:1]), limit=1)
    found = list(services.recommender.recommend(wanted, Profile(user="")).degraded)
    if agent.grounded.circuit.is_open:
        found.append("the chosen chat model does not answer, so the builtin one does")
    try:
        # Nobody has this name: names of people are never empty.
        services.interests.profile("")
    except (TastegraphError, GraphError):
        found.append("what people told before is out of reach")
    return found


@router.get(
    "/health",
    summary="Whether the server is up, and which catalogues it can answer for",
    responses={500: {"model": ErrorBody, "description": "Internal Server Error"}},
)
def health(request: Request) -> Health:
    """Say of each catalogue whether it is open, and which of its parts cannot take part. Needs no key.

    The status of the answer is 200 as long as the server is up.
    """
    agents: Agents = request.app.state.agents
    looks: Looks = request.app.state.looks
    told = [_catalogue(agents, looks, name) for name in agents.names]
    states = {one.state for one in told}
    bad = "failed" in states or any(one.degraded for one in told)
    return Health(
        status="degraded" if bad else "opening" if "opening" in states else "ok",
        version=version("tastegraph"),
        catalogues=told,
    )


def _catalogue(agents: Agents, looks: Looks, name: str) -> CatalogueHealth:
    manifest = agents.manifests[name]
    told = CatalogueHealth(
        name=name,
        model=f"{PREFIX}{name}",
        state="opening",
        items=manifest.counts.get("items", 0),
        simulated=manifest.simulated,
    )
    if not agents.ready(name):
        return told
    try:
        agent = agents.get(name)
    except Exception:
        # Whatever kept it from opening is in the log; who asks for health must get an answer.
        return told.model_copy(update={"state": "failed"})
    return told.model_copy(
        update={
            "state": "ready",
            "chat_model": agent.source.name,
            "degraded": looks.degraded(name, agent),
        }
    )


@router.get(
    "/metrics",
    summary="Counters in Prometheus' text form",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
        **responses(),
    },
)
def metrics(request: Request, caller: Annotated[Caller, Depends(allowed(Scope.METRICS))]) -> Response:
    """Count requests, turns, steps, cut sentences and fallbacks. No label names a person. Also at `/metrics`."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.text(), media_type=MEDIA_TYPE)
