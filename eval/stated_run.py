"""Run what the ledger of stated figures names, and compare."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.compare import numeric_cells
from eval.figures import Figure, Section, Table
from eval.offline import OfflineReport
from eval.provenance import ROOT, code_hash, data_hash, machine, versions
from eval.report import Report
from eval.stated import Figure as StatedFigure
from eval.stated import Ledger, Run
from kg.files import write_text

_PATIENCE, _LEAST_PATIENCE = 6.0, 300.0
"""A run that takes so many times what the ledger says, and so many seconds, is ended: something hangs."""


class RunResult(BaseModel):
    """What one run printed and wrote, as numbers."""

    model_config = ConfigDict(frozen=True)

    key: str
    seconds: float
    values: dict[str, float]
    printed: str
    error: str = ""
    """Why it failed; empty where it did not."""


def planned(ledger: Ledger, small: bool, only: Sequence[str] = ()) -> list[str]:
    """Return the names of the runs, the short ones first; a run that is named is run, of whatever size it is."""
    size = "small" if small else "full"
    names = [
        name for name, run in ledger.run.items() if (name in only if only else run.size in (size, "both"))
    ]
    return sorted(names, key=lambda name: ledger.run[name].seconds)


def run_all(
    ledger: Ledger,
    names: Sequence[str],
    data: Path,
    out: Path,
    budget_s: float | None = None,
    resume: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[dict[str, RunResult], list[str]]:
    """Run each command; return what each gave, and the names of those that the budget left no time for.

    A run is begun only where what it took before fits into what is left of the budget. With `resume` one that was
    finished on the same data by the same code is read.
    """
    ends = None if budget_s is None else time.monotonic() + budget_s
    version = f"{data_hash(data)}/{code_hash()}"
    found: dict[str, RunResult] = {}
    left_out: list[str] = []
    for name in names:
        run = ledger.run[name]
        folder = out / name
        key = f"{version}/{run.command}"
        kept = _kept(folder, key) if resume else None
        if kept is not None:
            found[name] = kept
            continue
        if ends is not None and time.monotonic() + run.seconds > ends:
            left_out.append(name)
            continue
        progress(f"{name}: {run.command} (about {run.seconds:,.0f} s)")
        found[name] = _run(run, data, folder, key)
        if found[name].error:
            progress(f"{name} failed: {found[name].error}")
        else:
            write_text(folder / "finished.json", found[name].model_dump_json(indent=1) + "\n")
    return found, left_out


def report_of(
    ledger: Ledger, results: dict[str, RunResult], left_out: Sequence[str], data: Path, command: str
) -> Report:
    """Return stated beside measured figures as a report: a section a run, a figure for all that is off."""
    sections, failed = {}, {}
    off_by_run: dict[str, int] = {}
    for name, result in results.items():
        if result.error:
            failed[name] = result.error
            continue
        rows = []
        for stated in (stated for stated in ledger.stated if stated.run == name):
            for figure in stated.figures:
                measured = measured_value(figure, result)
                verdict = "not there" if measured is None else "holds" if figure.holds(measured) else "off"
                told = "" if measured is None else f"{measured:.6g}"
                rows.append(
                    (verdict, figure.written, told, figure.allowed, figure.at, stated.file or LEDGER_ONLY)
                )
        off = [row for row in rows if row[0] != "holds"]
        off_by_run[name] = len(off)
        sections[name] = Section(
            title=name,
            question=f"Does `{ledger.run[name].command}` still give what is stated?",
            figures=(
                Figure(name="figures that are off", value=len(off), reach="0", note=f"of {len(rows)} stated"),
            ),
            tables=(
                Table(
                    title=title,
                    columns=("verdict", "stated", "measured", "may be off by", "figure", "where"),
                    rows=tuple(of),
                )
                for title, of in (("Off", off), ("Holds", [row for row in rows if row[0] == "holds"]))
                if of
            ),
        )
    return Report(
        title="Stated figures, measured again",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=0,
        quick=False,
        data_hash=data_hash(data),
        versions=versions(),
        machine=machine(),
        sections=sections,
        seconds={name: result.seconds for name, result in results.items()},
        failed=failed,
        remarks=(f"No time was left for: {', '.join(left_out)}.",) if left_out else (),
        code=code_hash(),
        command=command,
    )


LEDGER_ONLY = "the ledger only"


def measured_value(figure: StatedFigure, result: RunResult) -> float | None:
    """Return the number that a run gave for a stated figure, or None where it gave none."""
    if figure.at == "seconds":
        return result.seconds
    if figure.at.startswith("printed:"):
        found = re.search(figure.at.removeprefix("printed:").strip(), result.printed)
        return float(found[1].replace(",", "")) if found else None
    return result.values.get(figure.at)


def values_of(file: Path) -> dict[str, float]:
    """Return the figures and the numbers in the tables of a report that one section or one split made.

    Names are those of figures, and `table / row / column`. Of several sections the later names win.
    """
    told = json.loads(file.read_text(encoding="utf-8"))
    if "results" in told:
        split = OfflineReport.model_validate(told)
        return {
            f"{result.model} / {column}": value
            for result in split.results
            for column, value in (
                (f"Recall@{split.k}", result.recall),
                (f"NDCG@{split.k}", result.ndcg),
                ("fit (s)", result.fit_seconds),
            )
        }
    found: dict[str, float] = {}
    for section in Report.model_validate(told).sections.values():
        found |= {figure.name: figure.value for figure in section.figures}
        found |= numeric_cells(section)
    return found


def _run(run: Run, data: Path, folder: Path, key: str) -> RunResult:
    folder.mkdir(parents=True, exist_ok=True)
    words = [word.format(data=data.resolve(), out=folder.resolve()) for word in shlex.split(run.command)]
    started = time.perf_counter()
    printed, error = _output(words, max(_LEAST_PATIENCE, _PATIENCE * run.seconds))
    seconds = time.perf_counter() - started
    write_text(folder / "printed.txt", printed)
    values: dict[str, float] = {}
    file = folder / run.report if run.report else None
    if file is not None and not error:
        if file.is_file():
            values = values_of(file)
        else:
            error = f"wrote no {run.report}"
    return RunResult(key=key, seconds=seconds, values=values, printed=printed, error=error)


def _output(words: Sequence[str], patience: float) -> tuple[str, str]:
    """Run a command with this environment's programs first; return what it printed, and why it failed."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        running = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PATH": programs},
            start_new_session=True,
        )
    except OSError as problem:
        return "", f"{words[0]} could not be run: {problem}"
    try:
        printed, complained = running.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        return "", f"was ended after {patience:,.0f} s"
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    if running.returncode:
        return printed, f"ended with {running.returncode}: {(complained or printed).strip()[-400:]}"
    return printed, ""


def _kept(folder: Path, key: str) -> RunResult | None:
    file = folder / "finished.json"
    if not file.is_file():
        return None
    found = RunResult.model_validate_json(file.read_text(encoding="utf-8"))
    return found if found.key == key else None
