"""One run of several measurements: each finished section is kept, so that a long run can be interrupted."""

from __future__ import annotations

import importlib
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.figures import Measure, MeasureOptions, Section
from eval.provenance import code_hash, data_hash, machine, versions
from eval.report import Report
from kg.files import write_text
from kg.graph import GraphError
from recsys.errors import TastegraphError

__all__ = ["Report", "Suite", "Watcher", "measure_all", "write_report"]


@dataclass(frozen=True)
class Suite:
    """Measurements that make one report."""

    name: str
    """Stem of the report's files."""
    title: str
    package: str
    """Where the modules of the sections are; each offers `measure` as `eval.figures.Measure` says."""
    sections: tuple[str, ...]
    """Names of the modules, in the order in which they run."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What `--set NAME=VALUE` may set for its sections (`MeasureOptions.settings`), and what each means."""
    needs_data: bool = True
    """False where it can run without the folder of the data sets; a section that wants it looks for itself."""


@dataclass(frozen=True)
class Watcher:
    """Whom a run tells how far it is."""

    line: Callable[[str], None] = lambda _: None
    """The line of the moment."""
    section: Callable[[str, int, int], None] = lambda _name, _done, _all: None
    """A section begins: its name, how many are done, how many there are."""


def measure_all(
    suite: Suite,
    options: MeasureOptions,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
    resume: bool = False,
    watcher: Watcher | None = None,
    command: str = "",
) -> Report:
    """Run the sections that are asked for (all of them by default) and return what they measured.

    Each finished section is kept in `options.out`; with `resume`, one that was measured with the same data,
    seed, size and settings is read instead of measured again. `options.budget_s` is for all of them: each section is
    given an equal part of what is left. A section that fails is named in `Report.failed` with its reason, and the
    others still run. Raises `TastegraphError` when the data, a section's name or a setting is wrong.
    """
    tell = watcher or Watcher(line=progress)
    _check(suite, options, only)
    options.out.mkdir(parents=True, exist_ok=True)
    tell.line("Reading the data's hash")
    data = data_hash(options.data)
    code = code_hash()
    key = "/".join((f"{data}/{options.seed}/{options.quick}", *_told(options.settings)))
    names = list(only or suite.sections)
    kept = {name: _kept(options.out / f"section-{name}.json", key, options) for name in names if resume}
    left = [name for name in names if kept.get(name) is None]
    ends = None if options.budget_s is None else time.perf_counter() + options.budget_s
    sections: dict[str, Section] = {}
    seconds: dict[str, float] = {}
    failed: dict[str, str] = {}
    remarks: list[str] = []
    for done, name in enumerate(names):
        tell.section(name, done, len(names))
        found = kept.get(name)
        if found is None:
            share = None if ends is None else max(0.0, ends - time.perf_counter()) / len(left)
            left.remove(name)
            tell.line(f"== {name}")
            try:
                found = _measured(suite, name, options, share, tell.line, key, code)
            except Exception as error:
                failed[name] = _reason(error)
                remarks.append(_write_trace(options.out, name))
                tell.line(f"{name} failed: {failed[name]}")
                continue
        elif found.code and found.code != code:
            remarks.append(f"{name} was kept from {found.date}; code has changed since.")
        sections[name], seconds[name] = found.section, found.seconds
    return Report(
        title=suite.title,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=options.seed,
        quick=options.quick,
        data_hash=data,
        versions=versions(),
        machine=machine(),
        sections=sections,
        seconds=seconds,
        failed=failed,
        remarks=tuple(remarks),
        code=code,
        command=command,
        budget_s=options.budget_s,
        settings=dict(options.settings),
    )


def write_report(report: Report, folder: Path, name: str) -> list[Path]:
    """Write `NAME.json` and `NAME.md` into `folder`, each in one step; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.json", folder / f"{name}.md"]
    write_text(files[0], report.model_dump_json(indent=2) + "\n")
    write_text(files[1], report.markdown())
    return files


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)

    key: str
    section: Section
    seconds: float
    budget_s: float | None = None
    """What it was given; one that was given less than is given now is measured again."""
    code: str = ""
    date: str = ""


def _told(settings: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in sorted(settings.items())]


def _check(suite: Suite, options: MeasureOptions, only: Sequence[str]) -> None:
    unknown = [name for name in only if name not in suite.sections]
    if unknown:
        raise TastegraphError(f"There is no section {unknown[0]!r}. There are: {', '.join(suite.sections)}.")
    strange = [name for name in options.settings if name not in suite.settings]
    if strange:
        known = "; ".join(f"{name}: {means}" for name, means in suite.settings.items())
        raise TastegraphError(
            f"The suite {suite.name} has no setting {strange[0]!r}. It has {known or 'none'}."
        )
    if suite.needs_data and not options.data.is_dir():
        raise TastegraphError(
            f"There is no folder {options.data}. Give the folder of the data sets with --data."
        )


def _measured(
    suite: Suite,
    name: str,
    options: MeasureOptions,
    budget_s: float | None,
    line: Callable[[str], None],
    key: str,
    code: str,
) -> _Kept:
    measure: Measure = importlib.import_module(f"{suite.package}.{name}").measure
    started = time.perf_counter()
    section = measure(options.model_copy(update={"budget_s": budget_s}), line)
    found = _Kept(
        key=key,
        section=section,
        seconds=time.perf_counter() - started,
        budget_s=budget_s,
        code=code,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_text(options.out / f"section-{name}.json", found.model_dump_json(indent=2) + "\n")
    return found


def _kept(file: Path, key: str, options: MeasureOptions) -> _Kept | None:
    """Return what a run like this has finished; one that stopped at its budget does not stand for a whole one."""
    if not file.is_file():
        return None
    found = _Kept.model_validate_json(file.read_text(encoding="utf-8"))
    if found.key != key or (found.budget_s is not None and options.budget_s is None):
        return None
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, TastegraphError | GraphError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _write_trace(folder: Path, name: str) -> str:
    file = folder / f"section-{name}.error.txt"
    write_text(file, traceback.format_exc())
    return f"{name}: where it failed is in {file.name}."
