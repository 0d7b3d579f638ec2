"""Runs simulated people against an agent, and counts what was claimed, cut, shown and found wrong."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence

from pydantic import BaseModel

from agent.answers import payloads_of, split_turn
from agent.events import Notice, TurnEnded
from agent.session import Agent
from eval.lying_model import LyingModel
from eval.simulated.crowd import Crowd
from eval.simulated.crowd_check import Checker

_KEPT = 40


class Talk(BaseModel):
    """What a number of turns came to."""

    turns: int = 0
    items: int = 0
    """Cards shown."""
    claims: int = 0
    unsupported: int = 0
    """Claims, among `claims`, that the agent's own check found unsupported."""
    cut: int = 0
    """Sentences."""
    errors: int = 0
    findings: dict[str, int] = {}
    """Kind to how often the independent check found it in what was shown."""
    lies: dict[str, int] = {}
    lies_shown: dict[str, int] = {}
    truths: int = 0
    truths_cut: int = 0
    seconds: float = 0.0
    written_by: dict[str, int] = {}
    """Chat model to the turns that it ended: another one finishes where a server fails."""
    samples: list[str] = []
    """The first findings, lies shown and truths cut, to read."""

    def plus(self, other: Talk) -> Talk:
        """Return both together."""
        values = {name: _added(getattr(self, name), getattr(other, name)) for name in type(self).model_fields}
        return Talk(**values)


def talk(
    agent: Agent,
    count: int,
    seed: int,
    seconds: float | None = None,
    progress: Callable[[str], None] = lambda _: None,
    liar: LyingModel | None = None,
) -> Talk:
    """Let simulated people say `count` things, or as many as fit in `seconds`."""
    items = agent.services.workspace.items
    checker = Checker(items)
    found, lies, shown, writers = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    result = Talk()
    said: dict[str, list[str]] = {}
    started = time.monotonic()
    for message in Crowd(items, seed).messages(count):
        if seconds is not None and time.monotonic() - started > seconds:
            break
        if liar is not None:
            liar.spoken_of = _spoken_of(agent, message.user, message.thread, said.get(message.user, []))
        events = list(agent.turn(message.user, message.thread, message.text))
        ended = events[-1]
        if not isinstance(ended, TurnEnded):
            raise AssertionError("a turn did not end")
        said.setdefault(message.user, []).append(message.text)
        before, now = split_turn(agent.messages(message.user, message.thread))
        own = [*said[message.user], *(one.subject for one in agent.profile(message.user).interests)]
        wrong = checker.check(ended.text, ended.items, payloads_of(now), payloads_of(before), own)
        found.update(one.kind for one in wrong)
        result.samples += [f"{one.kind}: {one.text} in {one.sentence[:160]!r}" for one in wrong]
        result.turns += 1
        result.items += len(ended.items)
        writers[ended.chat_model] += 1
        result.claims += ended.claims
        result.unsupported += ended.unsupported
        result.cut += len(ended.cut)
        result.errors += any(isinstance(e, Notice) and e.level == "error" for e in events)
        if liar is None:
            result.samples += [f"cut: {one[:160]}" for one in ended.cut]
        else:
            for one in liar.last:
                if one.lie:
                    lies[one.lie] += 1
                    if re.sub(r"^(?:\d+\.|-) ", "", one.text) in ended.text:
                        shown[one.lie] += 1
                        result.samples.append(f"lie shown ({one.lie}): {one.text}")
                else:
                    result.truths += 1
                    cut = any(one.text in sentence or sentence in one.text for sentence in ended.cut)
                    result.truths_cut += cut
                    if cut:
                        result.samples.append(f"truth cut: {one.text}")
        if result.turns % 100 == 0:
            progress(
                f"{result.turns} turns, {sum(found.values())} findings, {sum(shown.values())} lies shown"
            )
    result.findings, result.lies, result.lies_shown = dict(found), dict(lies), dict(shown)
    result.written_by = dict(writers)
    result.samples = result.samples[:_KEPT]
    result.seconds = time.monotonic() - started
    return result


def _spoken_of(agent: Agent, user: str, thread: str, said: Sequence[str]) -> frozenset[str]:
    """Return the ids of the items that the dialogue showed so far, and of those that the person ever named."""
    shown = {card.id for payload in payloads_of(agent.messages(user, thread)) for card in payload.items}
    told = " ".join([*said, *(one.subject for one in agent.profile(user).interests)]).casefold()
    named = {item.id for item in agent.services.workspace.items if item.title.casefold() in told}
    return frozenset(shown | named)


def _added(one: object, other: object) -> object:
    if isinstance(one, dict) and isinstance(other, dict):
        return dict(Counter(one) + Counter(other))
    if isinstance(one, list) and isinstance(other, list):
        return one + other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one + other
    raise TypeError("counts can be added, nothing else")


def shares(parts: Sequence[tuple[str, Talk]]) -> dict[str, float]:
    """Return the name of each part to its share of claims that were supported as written."""
    return {name: 1 - one.unsupported / one.claims if one.claims else 1.0 for name, one in parts}
