"""Times turns in a process of its own, so that its memory is that of the agent alone.

`python -m eval.agent_figures.speed_worker WORKSPACE OUT.json --dialogues N --turns N --people N --seed N`
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from agent.builtin.model import BuiltinChatModel
from agent.chat_models import ModelSource
from agent.context import Services
from agent.events import Notice, TurnEnded, TurnStarted
from agent.session import Agent
from agent.settings import Settings
from eval.agent_figures.speed_turns import Dialogue, dialogues
from kg.files import write_text


class Turn(BaseModel):
    """How long one turn took; milliseconds."""

    said: str
    total: float
    first: float
    """Until the first step or word; the event that says that a turn began comes at once."""
    computed: float
    """Processor time of the whole process while the turn ran; that of this turn where it ran alone."""
    model: float = 0.0
    """Of `total`, inside the chat model."""
    errors: list[str] = Field(default_factory=list)


class Timed(BaseModel):
    """What one process measured."""

    alone: list[Turn] = Field(default_factory=list)
    """One turn at a time, the builtin chat model."""
    beside_model: list[Turn] = Field(default_factory=list)
    """One turn at a time; the builtin chat model stands for one on a server, and its time is known."""
    together: list[Turn] = Field(default_factory=list)
    """Many people at once."""
    together_seconds: float = 0.0
    warm_seconds: float = 0.0
    """From opening the workspace until everything is loaded."""
    resident_after_start: int = 0
    """Bytes."""
    resident: int = 0
    """Bytes at most, over everything."""


class TimedModel(BuiltinChatModel):
    """The builtin chat model, taken for a language model by the agent; adds up the time spent inside."""

    is_language_model: bool = True
    spent: list[float] = Field(default_factory=list)

    def _stream(self, *given: Any, **options: Any) -> Iterator[Any]:  # noqa: ANN401 - as in the base
        pieces = super()._stream(*given, **options)
        while True:
            began = time.perf_counter()
            try:
                piece = next(pieces)
            except StopIteration:
                return
            finally:
                self.spent.append(time.perf_counter() - began)
            yield piece


def time_turn(agent: Agent, user: str, thread: str, text: str) -> Turn:
    """Run one turn and time it."""
    began, computed = time.perf_counter(), time.process_time()
    first, errors, last = 0.0, [], None
    for event in agent.turn(user, thread, text):
        if not first and not isinstance(event, TurnStarted):
            first = time.perf_counter() - began
        if isinstance(event, Notice) and event.level == "error":
            errors.append(event.text)
        last = event
    total = time.perf_counter() - began
    if not isinstance(last, TurnEnded) or not last.text.strip():
        errors.append("no answer")
    return Turn(
        said=text,
        total=1000 * total,
        first=1000 * first,
        computed=1000 * (time.process_time() - computed),
        errors=errors,
    )


def run(agent: Agent, told: list[Dialogue]) -> list[Turn]:
    """Time the dialogues one after the other."""
    return [time_turn(agent, one.user, "t", text) for one in told for text in one.says]


def run_together(agent: Agent, told: list[Dialogue]) -> tuple[list[Turn], float]:
    """Time the dialogues all at once, a thread each; returns the turns and the seconds that all took."""
    found: list[Turn] = []
    gate = threading.Barrier(len(told) + 1)

    def talk(one: Dialogue) -> None:
        gate.wait()
        found.extend(time_turn(agent, one.user, "t", text) for text in one.says)

    threads = [threading.Thread(target=talk, args=(one,)) for one in told]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return found, time.perf_counter() - began


def resident(peak: bool = False) -> int:
    """Bytes of memory that this process holds, or held at most."""
    key = "VmHWM:" if peak else "VmRSS:"
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return 0


def measure(workspace: Path, count: int, turns: int, people: int, seed: int) -> Timed:
    """Open the workspace and time everything."""
    began = time.perf_counter()
    settings = Settings(chat_model="builtin")
    services = Services.open(workspace, settings)
    model = BuiltinChatModel(services.knowledge)
    agent = Agent(services, settings, ModelSource("builtin", lambda: model, None, False))
    agent.warm_up()
    timed = Timed(warm_seconds=time.perf_counter() - began, resident_after_start=resident())
    items = _known(services)
    run(agent, dialogues(items, 3, turns, seed + 1, "warm"))
    timed.alone = run(agent, dialogues(items, count, turns, seed))
    timed.together, timed.together_seconds = run_together(
        agent, dialogues(items, people, turns, seed + 2, "crowd")
    )
    agent.close()
    timed.resident = resident(peak=True)
    timed.beside_model = _beside(workspace, count, turns, seed)
    return timed


def _beside(workspace: Path, count: int, turns: int, seed: int) -> list[Turn]:
    settings = Settings(chat_model="builtin")
    services = Services.open(workspace, settings)
    model = TimedModel(knowledge=services.knowledge)
    with Agent(services, settings, ModelSource("timed", lambda: model, None, True)) as agent:
        agent.warm_up()
        run(agent, dialogues(_known(services), 3, turns, seed + 1, "warm-beside"))
        found = []
        for one in dialogues(_known(services), count, turns, seed, "beside"):
            for text in one.says:
                model.spent.clear()
                turn = time_turn(agent, one.user, "t", text)
                found.append(turn.model_copy(update={"model": 1000 * sum(model.spent)}))
    return found


def _known(services: Services) -> list[Any]:
    """Return the films that people have most to say about: those with the most ratings, in a fixed order."""
    counts = (
        services.workspace.interactions.group_by("item").len().sort("len", "item", descending=[True, False])
    )
    by_id = {item.id: item for item in services.workspace.items}
    return [by_id[one] for one in counts["item"].head(300) if one in by_id]


def main() -> None:
    """Measure as the arguments say and write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    parser.add_argument("out", type=Path)
    for name in ("dialogues", "turns", "people", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    timed = measure(given.workspace, given.dialogues, given.turns, given.people, given.seed)
    write_text(given.out, timed.model_dump_json())


if __name__ == "__main__":
    main()
