"""Put turns to a system and keep at which rank it had each item that the recommender named."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.crs_figures.turns import Turn
from eval.systems.protocol import Response, System

NEVER = 10**9
"""The rank of an item that the system did not rank, or that is no candidate."""


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
    done = {one.turn: one for one in _read(kept)} if kept and kept.is_file() else {}
    found: list[Judged] = []
    system: System | None = None
    with _Appending(kept) as write:
        for turn in turns:
            one = done.get(turn.id)
            if one is None:
                if stop():
                    break
                system = system or make()
                one = _ask(system, turn)
                write(one)
            found.append(one)
    return found


def ranks(response: Response, targets: Sequence[str], without: frozenset[str]) -> tuple[int, ...]:
    """Return the 1-based rank of each target among the returned items that are not in `without`.

    With scores, an item is ranked behind every other of its score. Sorted; `NEVER` for what was not returned.
    """
    kept = [place for place, item in enumerate(response.items) if item not in without]
    place_of = {response.items[place]: rank for rank, place in enumerate(kept, 1)}
    found = [place_of.get(target, NEVER) for target in targets]
    if response.scores:
        scores = [response.scores[place] for place in kept]
        found = [rank if rank == NEVER else _last_of(scores, rank) for rank in found]
    return tuple(sorted(found))


def _last_of(scores: Sequence[float], rank: int) -> int:
    while rank < len(scores) and scores[rank] >= scores[rank - 1]:
        rank += 1
    return rank


def _ask(system: System, turn: Turn) -> Judged:
    started = time.perf_counter()
    response = system.respond(turn.dialogue)
    seconds = time.perf_counter() - started
    if len(set(response.items)) != len(response.items):
        raise ValueError(f"{system.name} returned an item twice for turn {turn.id}; each item has one rank")
    if response.scores and len(response.scores) != len(response.items):
        raise ValueError(
            f"{system.name} returned {len(response.scores)} scores for {len(response.items)} items"
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


def _read(file: Path) -> list[Judged]:
    lines = file.read_text(encoding="utf-8").split("\n")
    # The last line is whole only where a line end follows it: the run may have been killed while it wrote.
    return [Judged.model_validate(json.loads(line)) for line in lines[:-1]]


class _Appending:
    """Write answers as lines of JSON, or nowhere."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def __enter__(self) -> Callable[[Judged], None]:
        if self._file is None:
            self._stream = None
            return lambda _: None
        self._file.parent.mkdir(parents=True, exist_ok=True)
        whole = self._file.read_text(encoding="utf-8") if self._file.is_file() else ""
        self._stream = self._file.open("w", encoding="utf-8")
        self._stream.write(whole[: whole.rfind("\n") + 1])
        return self._write

    def _write(self, one: Judged) -> None:
        assert self._stream is not None
        self._stream.write(one.model_dump_json() + "\n")
        self._stream.flush()

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()
