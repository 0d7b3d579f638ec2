"""Put turns to a system and keep at which rank it had each item that the recommender named."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.crs_figures.kept_lines import KeptLines
from eval.crs_figures.turns import Turn
from eval.systems.protocol import ManySystem, Response, System

NEVER = 10**9
"""The rank of an item that the system did not rank, or that is no candidate."""
_TOGETHER = 128
"""Dialogues that a system is asked at once, where it offers that."""


class Judged(BaseModel):
    """What one turn brought."""

    model_config = ConfigDict(frozen=True)

    turn: str
    dialogue: str
    place: int
    """How many utterances were said before."""
    every: tuple[int, ...]
    """Rank of each target among all items, from 1."""
    new: tuple[int, ...]
    """Rank of each target that was not named before, among the items that were not named before."""
    seconds: float
    listed: int
    """Items that the system returned."""
    invented: int = 0
    """Titles in the answer that are no item; only systems that write titles have them."""
    failed: bool = False


def judge(
    make: Callable[[], System],
    turns: Sequence[Turn],
    kept: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Judged]:
    """Ask a system every turn, in order, and return what it ranked where; it is made when the first turn needs it.

    With `kept`, a file whose name must change with the data and the system, each answer is appended at once and a run
    that was interrupted goes on after the last. No new turn is begun after `stop()` is true.
    """
    lines = KeptLines(Judged, kept)
    done = {one.turn: one for one in lines.lines}
    missing = [turn for turn in turns if turn.id not in done]
    system: System | None = None
    place = 0
    while place < len(missing) and not stop():
        system = system or make()
        block = missing[place : place + (_TOGETHER if isinstance(system, ManySystem) else 1)]
        for one in _ask(system, block):
            done[one.turn] = one
            lines.add(one)
        place += len(block)
    answered = []
    for turn in turns:
        if turn.id not in done:
            break
        answered.append(done[turn.id])
    return answered


def judged(turn: Turn, response: Response, seconds: float) -> Judged:
    """Return at which ranks a response has what the recommender of the recording named.

    Raises `ValueError` when it has an item twice, or another number of scores than of items.
    """
    if len(set(response.items)) != len(response.items):
        raise ValueError(f"an item was returned twice for turn {turn.id}; each item has one rank")
    if response.scores and len(response.scores) != len(response.items):
        raise ValueError(
            f"{len(response.scores)} scores were returned for {len(response.items)} items, turn {turn.id}"
        )
    new = [target for target in turn.targets if target not in turn.named]
    missing = (NEVER,) * turn.unknown
    return Judged(
        turn=turn.id,
        dialogue=turn.dialogue_id,
        place=turn.number,
        every=ranks(response, turn.targets, frozenset()) + missing,
        new=ranks(response, new, turn.named) + missing,
        seconds=seconds,
        listed=len(response.items),
        invented=response.invented,
        failed=bool(response.failed),
    )


def ranks(response: Response, targets: Sequence[str], without: frozenset[str]) -> tuple[int, ...]:
    """Return the 1-based rank of each target among the returned items that are not in `without`.

    With scores, an item is ranked behind every other of its score. Sorted; `NEVER` for what was not returned.
    """
    place_of = {item: place for place, item in enumerate(response.items)}
    hidden = sorted(place_of[item] for item in without if item in place_of)
    found = []
    for target in targets:
        place = NEVER if target in without else place_of.get(target, NEVER)
        if place != NEVER:
            last = _last_of(response.scores, place)
            found.append(last + 1 - bisect_right(hidden, last))
        else:
            found.append(NEVER)
    return tuple(sorted(found))


def _last_of(scores: Sequence[float], place: int) -> int:
    """Return the last place that has the score of this one; without scores, this one."""
    while place + 1 < len(scores) and scores[place + 1] >= scores[place]:
        place += 1
    return place


def _ask(system: System, turns: Sequence[Turn]) -> list[Judged]:
    dialogues = [turn.dialogue for turn in turns]
    started = time.perf_counter()
    if isinstance(system, ManySystem):
        responses = system.respond_many(dialogues)
    else:
        responses = [system.respond(dialogue) for dialogue in dialogues]
    seconds = (time.perf_counter() - started) / len(turns)
    return [judged(turn, response, seconds) for turn, response in zip(turns, responses, strict=True)]
