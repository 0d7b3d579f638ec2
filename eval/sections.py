"""One run of several measurements: each finished section is kept, so that a long run can be interrupted."""

from __future__ import annotations

import importlib
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.figures import Measure, MeasureOptions, Section, markdown
from kg.files import write_text
from recsys.errors import TastegraphError
from recsys.models.persist import library_versions
from recsys.workspace import hash_files


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


class Report(BaseModel):
    """What one run measured, and on what."""

    model_config = ConfigDict(frozen=True)

    title: str
    date: str
    """UTC, to the second."""
    seed: int
    quick: bool
    """True for samples instead of the whole: such figures are not to be quoted."""
    data_hash: str
    versions: dict[str, str]
    machine: str
    sections: dict[str, Section]
    seconds: dict[str, float]

    def markdown(self) -> str:
        """Write the report as Markdown."""
        kind = "a sample, not to be quoted" if self.quick else "everything"
        head = [
            f"# {self.title}",
            "",
            f"{self.date}, {self.machine}, seed {self.seed}, data {self.data_hash[:12]}, {kind}.",
            "Seconds: " + ", ".join(f"{name} {took:.0f}" for name, took in self.seconds.items()) + ".",
            "Versions: " + ", ".join(f"{name} {version}" for name, version in self.versions.items()) + ".",
            "",
        ]
        return "\n".join(head) + "\n" + markdown(list(self.sections.values()))


def measure_all(
    suite: Suite,
    options: MeasureOptions,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
    resume: bool = False,
) -> Report:
    """Run the sections that are asked for (all of them by default) and return what they measured.

    Each finished section is kept in `options.out`; with `resume`, one that was measured with the same data,
    seed and size is read instead of measured again. Raises `TastegraphError` when the data or a section's name
    is wrong.
    """
    unknown = [name for name in only if name not in suite.sections]
    if unknown:
        raise TastegraphError(f"There is no section {unknown[0]!r}. There are: {', '.join(suite.sections)}.")
    if not options.data.is_dir():
        raise TastegraphError(
            f"There is no folder {options.data}. Give the folder of the data sets with --data."
        )
    options.out.mkdir(parents=True, exist_ok=True)
    progress("Reading the data's hash")
    data_hash = hash_files(*sorted(file for file in options.data.rglob("*") if file.is_file()))
    sections: dict[str, Section] = {}
    seconds: dict[str, float] = {}
    for name in only or suite.sections:
        kept = options.out / f"section-{name}.json"
        key = f"{data_hash}/{options.seed}/{options.quick}"
        found = _kept(kept, key) if resume else None
        if found is None:
            progress(f"== {name}")
            measure: Measure = importlib.import_module(f"{suite.package}.{name}").measure
            started = time.perf_counter()
            section = measure(options, progress)
            found = _Kept(key=key, section=section, seconds=time.perf_counter() - started)
            write_text(kept, found.model_dump_json(indent=2) + "\n")
        sections[name], seconds[name] = found.section, found.seconds
    return Report(
        title=suite.title,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=options.seed,
        quick=options.quick,
        data_hash=data_hash,
        versions={"python": platform.python_version(), **library_versions()},
        machine=_machine(),
        sections=sections,
        seconds=seconds,
    )


def write_report(report: Report, folder: Path, name: str) -> list[Path]:
    """Write `NAME.json` and `NAME.md` into `folder`, each in one step; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.json", folder / f"{name}.md"]
    write_text(files[0], report.model_dump_json(indent=2) + "\n")
    write_text(files[1], report.markdown())
    return files


class _Kept(BaseModel):
    key: str
    section: Section
    seconds: float


def _kept(file: Path, key: str) -> _Kept | None:
    if not file.is_file():
        return None
    found = _Kept.model_validate_json(file.read_text(encoding="utf-8"))
    return found if found.key == key else None


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
