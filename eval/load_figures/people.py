"""How many turns a second does the application answer, how soon, and does its memory grow with them?"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from eval.agent_figures.speed_turns import dialogues
from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from eval.load_figures.crowd import Crowd
from eval.load_figures.plots import plot_latency, plot_memory
from eval.load_figures.served import Served, chosen_workspace, copy_of
from eval.load_figures.talk import Seen
from recsys.errors import TastegraphError
from recsys.schema import Item
from recsys.workspace import Workspace

_PEOPLE = 16
_MINUTES, _QUICK_MINUTES = 30.0, 2.0
_TURNS = 6
"""Turns of a dialogue; then the person begins another one."""
_LOOK_SECONDS = 1.0
_WARM_SHARE = 0.1
"""Of the time; memory that is taken once, by models and caches, does not count as growth."""
_LAST_THIRD = 2 / 3
_MIB = 2**20
_ALLOWED = ("whole", "degraded", "refused")


@dataclass(frozen=True)
class Look:
    """What the process held at one moment."""

    seconds: float
    turns: int
    resident: int
    """Bytes."""
    files: int


@dataclass(frozen=True)
class Growth:
    """Memory by turns, as a line that outliers do not bend."""

    slope: float
    """Bytes a turn: the median slope of all pairs of moments (Theil 1950, Sen 1968)."""
    low: float
    high: float
    """95 % interval."""
    start: float
    """Bytes at the first turn counted, on the line."""
    first_turn: int


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Let people talk for half an hour (or the budget), each as fast as answers come, and watch the process."""
    people, pause = wanted_people(options, _PEOPLE), wanted_pause(options)
    minutes = _QUICK_MINUTES if options.quick else _MINUTES
    seconds = 60 * minutes if options.budget_s is None else options.budget_s
    workspace = chosen_workspace(options, progress)
    with (
        TemporaryDirectory(prefix="tastegraph-load-") as folder,
        Served(copy_of(workspace, Path(folder)), Path(folder) / "home") as served,
    ):
        progress("Starting the application")
        began = time.monotonic()
        if served.start() != "ready":
            raise TastegraphError(f"The application cannot open its catalogue. {served.tail()}")
        starting = time.monotonic() - began
        progress(f"{people} people talk for {seconds / 60:.1f} minutes")
        crowd = Crowd(served, people, _script(Workspace.open(workspace).items, options.seed), pause=pause)
        try:
            looks, spent = _watch(served, crowd, seconds, progress)
            lost = crowd.lost(tastes=False)
            tracebacks = served.tracebacks()
        finally:
            crowd.close()
    told = _Told(
        crowd.seen, looks, spent, people, starting, lost, crowd.acknowledged(tastes=False), tracebacks
    )
    return _section(told, options)


def wanted_people(options: MeasureOptions, usual: int) -> int:
    """Return how many people the settings ask for; raises `TastegraphError` for what is no number of people."""
    given = options.settings.get("people", str(usual))
    if not given.isdecimal() or not 1 <= int(given) <= 500:
        raise TastegraphError(f"people={given} is no number of people. Give 1 to 500.")
    return int(given)


def wanted_pause(options: MeasureOptions) -> float:
    """Return the seconds between an answer and the next message; raises `TastegraphError` for what is none."""
    given = options.settings.get("pause", "0")
    try:
        pause = float(given)
    except ValueError:
        pause = -1.0
    if not 0.0 <= pause <= 600.0:
        raise TastegraphError(f"pause={given} is no time to think. Give seconds from 0 to 600.")
    return pause


def growth(looks: Sequence[Look], warm_share: float = _WARM_SHARE) -> Growth | None:
    """Return how memory grows with turns after the first part of the time; None where too little was seen."""
    from scipy.stats import theilslopes

    if not looks:
        return None
    begins = looks[0].seconds + warm_share * (looks[-1].seconds - looks[0].seconds)
    kept = [one for one in looks if one.seconds >= begins]
    turns = np.array([one.turns for one in kept], dtype=np.float64)
    if len(kept) < 5 or turns[-1] == turns[0]:
        return None
    # All pairs of moments: half an hour of seconds would be three million.
    step = max(1, len(kept) // 600)
    found = theilslopes([one.resident for one in kept][::step], turns[::step])
    start = float(found.intercept + found.slope * turns[0])
    return Growth(float(found.slope), float(found.low_slope), float(found.high_slope), start, int(turns[0]))


def _script(items: Sequence[Item], seed: int) -> Callable[[int], Iterator[tuple[str, str]]]:
    def of(number: int) -> Iterator[tuple[str, str]]:
        turn = 0
        while True:
            (talk,) = dialogues(items, 1, _TURNS, seed + 1_000_003 * number + turn)
            yield "begin", f"talk-{turn}"
            for text in talk.says:
                yield "say", text
            turn += 1

    return of


def _watch(
    served: Served, crowd: Crowd, seconds: float, progress: Callable[[str], None]
) -> tuple[list[Look], float]:
    """Let everybody talk; returns what was seen of the process, a moment a second, and how long it took."""
    looks: list[Look] = []
    began = time.monotonic()
    crowd.start()
    told = began
    try:
        while (now := time.monotonic()) < began + seconds:
            looks.append(Look(now - began, crowd.turns(), served.resident(), served.files()))
            if now - told > 60:
                told = now
                progress(
                    f"{(now - began) / 60:.0f} min: {looks[-1].turns:,} turns, {looks[-1].resident / _MIB:,.0f} MiB"
                )
            time.sleep(_LOOK_SECONDS)
    finally:
        crowd.stop()
    looks.append(Look(time.monotonic() - began, crowd.turns(), served.resident(), served.files()))
    return looks, time.monotonic() - began


@dataclass(frozen=True)
class _Told:
    seen: Sequence[Seen]
    looks: list[Look]
    spent: float
    people: int
    starting: float
    lost: list[str]
    acknowledged: int
    tracebacks: int


def _section(told: _Told, options: MeasureOptions) -> Section:
    turns = [one for one in told.seen if one.what == "turn"]
    answered = [one for one in turns if one.outcome in ("whole", "degraded")]
    if not answered:
        raise TastegraphError("Nobody was answered within the time. Give a longer --budget.")
    totals = np.array([1000 * one.seconds for one in answered])
    firsts = np.array([1000 * one.first for one in answered if one.first])
    what = f"{len(answered):,} turns of {told.people} people at once over {told.spent:,.0f} s"
    pause = wanted_pause(options)
    what += f", who think for {pause:g} s between" if pause else ", each as fast as answers come"
    grown = growth(told.looks)
    figures = [
        Figure(name="turns a second", value=len(answered) / told.spent, unit="turns/s", note=what),
        *_percentiles("first words", firsts, "the first words of an answer, from the sending of the message"),
        *_percentiles("whole turn", totals, what),
        *_memory(told, grown),
        Figure(
            name="requests that were not answered in the API's form",
            value=sum(one.outcome not in _ALLOWED for one in told.seen),
            reach="<= 0",
            note=f"of {len(told.seen):,}",
        ),
        Figure(
            name="acknowledged and lost",
            value=len(told.lost),
            reach="<= 0",
            note=f"of {told.acknowledged:,} turns, each looked up at the end; {'; '.join(told.lost[:3])}",
        ),
        Figure(
            name="errors in the log that nobody foresaw",
            value=told.tracebacks,
            reach="<= 0",
            note="tracebacks",
        ),
    ]
    plots = (
        plot_latency({"first words": firsts, "whole turn": totals}, options.out / "load-latency.svg"),
        plot_memory(told.looks, grown, options.out / "load-memory.svg"),
    )
    return Section(
        title="Many people at once",
        question="How many turns a second does the served application answer, how soon, and does its memory grow?",
        figures=tuple(figures),
        tables=(_outcomes(told.seen),),
        plots=tuple(plot.name for plot in plots),
        samples=_samples(answered),
        config={
            "seed": options.seed,
            "people": told.people,
            "pause": wanted_pause(options),
            "seconds": round(told.spent),
            "chat model": "builtin",
            "cores": os.cpu_count() or 0,
            "load after": round(os.getloadavg()[0], 1),
        },
    )


def _percentiles(name: str, values: np.ndarray, note: str) -> list[Figure]:
    if not len(values):
        return []
    return [
        Figure(name=f"{name}, p{at}", value=float(np.percentile(values, at)), unit="ms", note=note)
        for at in (50, 95, 99)
    ]


def _memory(told: _Told, grown: Growth | None) -> list[Figure]:
    residents = [one.resident for one in told.looks]
    files = [one.files for one in told.looks]
    figures = [
        Figure(name="memory at the beginning", value=residents[0] / _MIB, unit="MiB", note="resident set"),
        Figure(name="memory at most", value=max(residents) / _MIB, unit="MiB", note="resident set"),
        Figure(
            name="open files and connections at most",
            value=max(files),
            note=f"{files[0]} at the beginning, {files[-1]} at the end",
        ),
        Figure(name="start until the catalogue is open", value=told.starting, unit="s"),
    ]
    if grown is not None:
        per = 1000 / _MIB
        note = (
            f"95 % interval {grown.low * per:+.2f} to {grown.high * per:+.2f}; Theil-Sen slope of the resident set by "
            f"turns, after the first {_WARM_SHARE:.0%} of the time"
        )
        figures.append(Figure(name="memory a thousand turns", value=grown.slope * per, unit="MiB", note=note))
    return figures


def _outcomes(seen: Sequence[Seen]) -> Table:
    counts = Counter((one.outcome, one.why[:160]) for one in seen)
    rows = tuple((outcome, why, f"{count:,}") for (outcome, why), count in counts.most_common(12))
    return Table(title="What people saw", columns=("answer", "what it said", "how often"), rows=rows)


def _samples(answered: Sequence[Seen]) -> tuple[Sample, ...]:
    by_person: dict[str, list[Seen]] = {}
    for one in answered:
        by_person.setdefault(one.person, []).append(one)
    turns = {
        f"{person}/{number}": 1000 * one.seconds
        for person, found in by_person.items()
        for number, one in enumerate(found[:50])
    }
    medians = {
        person: float(np.median([1000 * s.seconds for s in found])) for person, found in by_person.items()
    }
    return (
        Sample(system="application", metric="median turn, ms", values=medians, smaller_is_better=True),
        Sample(system="application", metric="turn, ms", values=turns, smaller_is_better=True),
    )
