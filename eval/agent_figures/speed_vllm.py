"""Our part of a turn beside a real vLLM server: everything but waiting for its answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from agent.chat_models import ModelSource, make_builtin, make_served
from agent.context import Services
from agent.serving.hardware import find_hardware
from agent.serving.plan import make_plan, read_model
from agent.serving.server import VllmServer, vllm_python
from agent.serving.weights import ServingError, prepare_weights
from agent.session import Agent
from agent.settings import Settings
from eval.agent_figures.speed_turns import dialogues
from eval.agent_figures.speed_worker import Turn, time_turn
from eval.figures import MeasureOptions


class _Waiting(httpx.SyncByteStream):
    """A body whose bytes are waited for by the clock."""

    def __init__(self, inner: httpx.SyncByteStream, spent: list[float]) -> None:
        self._inner, self._spent = inner, spent

    def __iter__(self) -> Iterator[bytes]:
        pieces = iter(self._inner)
        while True:
            began = time.perf_counter()
            try:
                piece = next(pieces)
            except StopIteration:
                return
            finally:
                self._spent.append(time.perf_counter() - began)
            yield piece

    def close(self) -> None:
        self._inner.close()


class _TimedTransport(httpx.HTTPTransport):
    """Adds up the seconds spent waiting for the server; reading what it sent counts as ours."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.perf_counter()
        response = super().handle_request(request)
        self.spent.append(time.perf_counter() - began)
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _Waiting(response.stream, self.spent)
        return response


def beside_vllm(
    workspace: Path, options: MeasureOptions, progress: Callable[[str], None]
) -> tuple[list[Turn], str]:
    """Start vLLM with the small model, run a few turns beside it, stop it.

    Returns the turns, with the time waited for the server in `model`, and why there are none.
    """
    try:
        vllm_python()
        plan = make_plan(read_model(str(prepare_weights(progress=progress))), find_hardware())
        with VllmServer(plan, options.out / "vllm.log") as server:
            return _turns(workspace, server, plan.tool_choice == "required", options, progress), ""
    except ServingError as error:
        return [], str(error)


def _turns(
    workspace: Path,
    server: VllmServer,
    required: bool,
    options: MeasureOptions,
    progress: Callable[[str], None],
) -> list[Turn]:
    settings = Settings(
        chat_model="vllm",
        llm_base_url=server.base_url,
        llm_timeout=120,
        llm_max_tokens=96,
        turn_seconds=300,
        max_rewrites=0,
        llm_tool_choice="required" if required else "auto",
    )
    services = Services.open(workspace, settings)
    transport = _TimedTransport()
    client = httpx.Client(transport=transport)
    served = make_served(settings, client)
    source = ModelSource("vllm", lambda: served, lambda: make_builtin(services.knowledge), True)
    found = []
    with Agent(services, settings, source) as agent, client:
        agent.warm_up()
        items = services.workspace.items[:300]
        list(agent.turn("warm", "t", f"something like {items[0].title}"))
        for one in dialogues(items, 2 if options.quick else 6, 3, options.seed, "served"):
            for text in one.says:
                transport.spent.clear()
                turn = time_turn(agent, one.user, "t", text)
                found.append(turn.model_copy(update={"model": 1000 * sum(transport.spent)}))
                progress(
                    f"{turn.total:,.0f} ms, of which {1000 * sum(transport.spent):,.0f} ms the server: {text}"
                )
    return found
