"""How soon does an answer come, for one person and for twenty, and how much of a turn is ours beside a model?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from eval.agent_figures.speed_vllm import beside_vllm
from eval.agent_figures.speed_worker import Timed, Turn
from eval.figures import Figure, MeasureOptions, Section, Table
from recsys.build import build_workspace
from recsys.errors import TastegraphError
from recsys.ingest import load

_DIALOGUES, _QUICK_DIALOGUES = 60, 10
_TURNS = 6
_PEOPLE = 20
_GIB = 2**30

Progress = Callable[[str], None]


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Time dialogues over ml-1m in a process of its own, then a few turns beside a real vLLM where it is installed."""
    count = _QUICK_DIALOGUES if options.quick else _DIALOGUES
    built = workspace(options, progress)
    with TemporaryDirectory(prefix="tastegraph-speed-") as folder:
        copy = Path(folder) / "ml-1m"
        shutil.copytree(built, copy, ignore=shutil.ignore_patterns("people", "neo4j", ".*"))
        timed = _run_worker(copy, Path(folder) / "timed.json", count, options.seed, progress)
        served, why_not = beside_vllm(copy, options, progress)
    figures = [*_alone(timed), *_together(timed), *_ours(timed)]
    tables = [_by_part(timed)]
    if served:
        own = [turn.total - turn.model for turn in served]
        figures.append(
            Figure(
                name="our part of a turn, real vLLM, p95",
                value=_at(own, 95),
                unit="ms",
                reach="<= 50",
                note=f"{len(served)} turns with the small instruction model on the same cores; time waiting for the "
                f"server left out; p50 {_at(own, 50):.0f} ms; the server itself took {_at(_model(served), 50):,.0f} ms "
                "at p50",
            )
        )
    else:
        progress(f"Beside vLLM nothing was measured: {why_not}")
    return Section(
        title="Speed",
        question="How soon does an answer come, for one person and for twenty at once, and in how much memory?",
        figures=tuple(figures),
        tables=tuple(tables),
        config={
            "seed": options.seed,
            "dialogues": count,
            "turns a dialogue": _TURNS,
            "catalogue": "ml-1m",
            "load before": round(os.getloadavg()[0], 1),
            "cores": os.cpu_count() or 0,
        },
    )


def workspace(options: MeasureOptions, progress: Progress) -> Path:
    """Return a workspace of ml-1m in `options.out`, built the first time."""
    folder = options.out / "ml-1m"
    if not (folder / "manifest.json").is_file():
        progress("Building a workspace of ml-1m (a minute)")
        folder.mkdir(parents=True, exist_ok=True)
        build_workspace(folder, load("ml-1m", options.data / "ml-1m", {}), 7, progress)
    return folder


def _run_worker(copy: Path, out: Path, count: int, seed: int, progress: Progress) -> Timed:
    progress(f"Timing {count} dialogues of {_TURNS} turns, then {_PEOPLE} people at once")
    command = [sys.executable, "-m", "eval.agent_figures.speed_worker", str(copy), str(out)]
    command += [
        "--dialogues",
        str(count),
        "--turns",
        str(_TURNS),
        "--people",
        str(_PEOPLE),
        "--seed",
        str(seed),
    ]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not out.is_file():
        raise TastegraphError(f"Timing ended with status {done.returncode}: {done.stderr[-2000:]}")
    progress(f"Timed in {time.monotonic() - began:.0f} s")
    return Timed.model_validate_json(out.read_text(encoding="utf-8"))


def _alone(timed: Timed) -> list[Figure]:
    totals, firsts = [t.total for t in timed.alone], [t.first for t in timed.alone]
    what = f"{len(totals)} turns, one at a time, builtin model, {_wrong(timed.alone)} errors"
    return [
        Figure(name="turn, p50", value=_at(totals, 50), unit="ms", reach="<= 150", note=what),
        Figure(name="turn, p95", value=_at(totals, 95), unit="ms", reach="<= 400", note=what),
        Figure(
            name="first step or word, p50",
            value=_at(firsts, 50),
            unit="ms",
            reach="<= 50",
            note="the event that says that the turn began comes at once and does not count here",
        ),
        Figure(name="first step or word, p95", value=_at(firsts, 95), unit="ms", note="the same turns"),
        Figure(
            name="processor time of a turn, p50",
            value=_at([t.computed for t in timed.alone], 50),
            unit="ms",
            note="all threads of the process; moves little when other programs run",
        ),
        Figure(
            name="resident memory, most",
            value=timed.resident / _GIB,
            unit="GiB",
            reach="<= 2",
            note=f"one process with the workspace, over all turns and {_PEOPLE} people at once; "
            f"{timed.resident_after_start / _GIB:.2f} GiB after the start, which took {timed.warm_seconds:.0f} s",
        ),
    ]


def _together(timed: Timed) -> list[Figure]:
    totals = [t.total for t in timed.together]
    what = f"{_PEOPLE} people at once, {_TURNS} turns each without a pause, in one process"
    return [
        Figure(name="20 at once: errors", value=_wrong(timed.together), unit="turns", reach="0", note=what),
        Figure(
            name="20 at once: turns a second",
            value=len(totals) / timed.together_seconds,
            unit="turns/s",
            note=f"{what}; a turn took {_at(totals, 50):,.0f} ms at p50 and {_at(totals, 95):,.0f} ms at p95",
        ),
    ]


def _ours(timed: Timed) -> list[Figure]:
    own = [turn.total - turn.model for turn in timed.beside_model]
    what = (
        f"{len(own)} turns; the builtin model stands for one on a server and its time is left out: tools, memory, "
        "grounding, the loop"
    )
    return [
        Figure(name="our part of a turn, p50", value=_at(own, 50), unit="ms", note=what),
        Figure(name="our part of a turn, p95", value=_at(own, 95), unit="ms", reach="<= 50", note=what),
    ]


def _by_part(timed: Timed) -> Table:
    parts = {
        "turn alone": [turn.total for turn in timed.alone],
        "first step or word, alone": [turn.first for turn in timed.alone],
        "our part beside a model": [turn.total - turn.model for turn in timed.beside_model],
        "turn, 20 at once": [turn.total for turn in timed.together],
    }
    rows = [
        (name, str(len(values)), *(f"{_at(values, q):,.0f}" for q in (50, 90, 95, 100)))
        for name, values in parts.items()
    ]
    return Table(
        title="Milliseconds of a turn",
        columns=("what", "turns", "p50", "p90", "p95", "most"),
        rows=tuple(rows),
        note="Wall time; whatever else runs on the machine counts in.",
    )


def _wrong(turns: Iterable[Turn]) -> int:
    return sum(bool(turn.errors) for turn in turns)


def _model(turns: Sequence[Turn]) -> list[float]:
    return [turn.model for turn in turns]


def _at(values: Sequence[float], percentile: float) -> float:
    return float(np.percentile(values, percentile))
