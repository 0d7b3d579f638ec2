"""One suite, or all of them, from the command line: progress, reports, what a person is told."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from eval.suites import ENTRIES, SuiteEntry, load_suite
from recsys.errors import TastegraphError

if TYPE_CHECKING:
    from rich.console import Console

    from eval.figures import MeasureOptions
    from eval.report import Report
    from eval.sections import Suite, Watcher


@dataclass(frozen=True)
class RunOptions:
    """What every suite is asked with."""

    data: Path
    out: Path
    only: str = ""
    """Sections with commas between; of `all`, suites and SUITE.SECTION."""
    seed: int = 0
    budget: float | None = None
    """Minutes for the whole run."""
    quick: bool = False
    resume: bool = False
    as_json: bool = False
    """The report on the standard output, everything else on the standard error."""
    settings: Sequence[str] = field(default_factory=list)
    """`NAME=VALUE`; of `all`, `SUITE.NAME=VALUE`."""

    @property
    def budget_s(self) -> float | None:
        """The budget in seconds."""
        return None if self.budget is None else 60 * self.budget


def run_suite(entry: SuiteEntry, asked: RunOptions) -> None:
    """Run a suite, write its reports and show its figures; exit with 1 where a section failed."""
    from eval.sections import measure_all

    console = _console(asked)
    with _told(console, asked), _watching(console) as watcher:
        suite = load_suite(entry)
        only = [name.strip() for name in asked.only.split(",") if name.strip()]
        options = _measure_options(asked, asked.out, _pairs(asked.settings), asked.budget_s)
        report = measure_all(
            suite, options, only, resume=asked.resume, watcher=watcher, command=typed_command()
        )
        files = _write(report, asked.out, suite.name)
    _finish(console, asked, report, files)


def run_all(asked: RunOptions) -> None:
    """Run every suite in a folder of its own, and merge what they measured into `results.*`."""
    from eval.merge import merge
    from eval.sections import measure_all
    from kg.graph import GraphError

    console = _console(asked)
    failed: dict[str, str] = {}
    reports: dict[str, Report] = {}
    with _told(console, asked):
        chosen, failed = _chosen(asked.only)
        settings = _by_suite(asked.settings)
        ends = None if asked.budget_s is None else time.perf_counter() + asked.budget_s
        left = sum(len(sections) for _, _, sections in chosen)
        for entry, suite, sections in chosen:
            share = (
                None if ends is None else max(0.0, ends - time.perf_counter()) * len(sections) / max(left, 1)
            )
            left -= len(sections)
            folder = asked.out / entry.name
            options = _measure_options(asked, folder, settings.get(entry.name, {}), share)
            try:
                with _watching(console, f"{entry.name}: ") as watcher:
                    report = measure_all(
                        suite,
                        options,
                        sections,
                        resume=asked.resume,
                        watcher=watcher,
                        command=typed_command(),
                    )
            except (TastegraphError, GraphError) as error:
                failed[entry.name] = str(error)
                continue
            _write(report, folder, suite.name)
            reports[entry.name] = report
        merged = merge(reports, failed, typed_command(), {name: name for name in reports})
        files = _write(merged, asked.out, "results")
    _finish(console, asked, merged, files)


def typed_command() -> str:
    """Return what was typed, as it can be typed again."""
    name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else ""
    words = sys.argv[1:] if name == "tastegraph" else ["eval", *sys.argv[1:]]
    return shlex.join(["tastegraph", *words])


def _measure_options(
    asked: RunOptions, out: Path, settings: Mapping[str, str], budget_s: float | None
) -> MeasureOptions:
    from eval.figures import MeasureOptions

    return MeasureOptions(
        data=asked.data,
        out=out,
        seed=asked.seed,
        quick=asked.quick,
        budget_s=budget_s,
        settings=dict(settings),
    )


def _pairs(settings: Sequence[str]) -> dict[str, str]:
    found = {}
    for setting in settings:
        name, is_there, value = setting.partition("=")
        if not is_there or not name.strip():
            raise TastegraphError(f"--set {setting} is not NAME=VALUE.")
        found[name.strip()] = value.strip()
    return found


def _by_suite(settings: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for told, value in _pairs(settings).items():
        suite, is_there, name = told.partition(".")
        if not is_there or suite not in {entry.name for entry in ENTRIES}:
            raise TastegraphError(f"--set {told}={value}: of all suites it is --set SUITE.NAME=VALUE.")
        found.setdefault(suite, {})[name] = value
    return found


def _chosen(only: str) -> tuple[list[tuple[SuiteEntry, Suite, list[str]]], dict[str, str]]:
    """Return the suites with the sections to run, and why a suite cannot run."""
    asked: dict[str, list[str]] = {}
    for word in filter(None, (name.strip() for name in only.split(","))):
        name, _, section = word.partition(".")
        asked.setdefault(name, []).extend([section] if section else [])
    by_name = {entry.name: entry for entry in ENTRIES}
    unknown = [name for name in asked if name not in by_name]
    if unknown:
        raise TastegraphError(f"There is no suite {unknown[0]!r}. There are: {', '.join(by_name)}.")
    chosen, failed = [], {}
    for name in asked or by_name:
        try:
            suite = load_suite(by_name[name])
        except TastegraphError as error:
            failed[name] = str(error)
            continue
        chosen.append((by_name[name], suite, asked.get(name) or list(suite.sections)))
    return chosen, failed


def _write(report: Report, out: Path, name: str) -> list[Path]:
    from eval.report_html import write_html
    from eval.sections import write_report

    return [*write_report(report, out, name), write_html(report, out, name)]


def _console(asked: RunOptions) -> Console:
    from rich.console import Console

    return Console(stderr=asked.as_json)


@contextmanager
def _told(console: Console, asked: RunOptions) -> Iterator[None]:
    """Turn an error for a person into one line, and an interrupt into what is kept and how to go on."""
    from kg.graph import GraphError

    try:
        yield
    except (TastegraphError, GraphError) as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        kept = sorted(file.stem.removeprefix("section-") for file in asked.out.rglob("section-*.json"))
        console.print(
            f"Interrupted. Kept in {asked.out}: {', '.join(kept) or 'no section yet'}.", markup=False
        )
        again = typed_command() if asked.resume else f"{typed_command()} --resume"
        console.print(f"Go on with: {again}", markup=False, soft_wrap=True)
        raise typer.Exit(130) from None


@contextmanager
def _watching(console: Console, prefix: str = "") -> Iterator[Watcher]:
    """Show a bar of sections with the line of the moment; in a file or a pipe, plain lines."""
    from eval.sections import Watcher

    if not console.is_terminal:
        yield Watcher(line=lambda line: console.print(line, markup=False, soft_wrap=True))
        return
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[moment]}", style="dim"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"{prefix}...", total=None, moment="")

        def section(name: str, done: int, of: int) -> None:
            bar.update(task, description=f"{prefix}{name}", completed=done, total=of, moment="")

        def show_line(line: str) -> None:
            bar.update(task, moment=escape(line))

        yield Watcher(line=show_line, section=section)
        bar.update(task, completed=bar.tasks[0].total or 0, moment="")


def _finish(console: Console, asked: RunOptions, report: Report, files: Sequence[Path]) -> None:
    if asked.as_json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        show(console, report)
    for file in files:
        console.print(f"Wrote {file}", markup=False, soft_wrap=True)
    for name, reason in report.failed.items():
        console.print(f"Failed: {name}. {reason}", style="red", markup=False)
    if report.failed:
        raise typer.Exit(1)


_WORDS = {True: " [green]reached[/]", False: " [red]missed[/]", None: ""}


def show(console: Console, report: Report) -> None:
    """Print the figures and tables of a report."""
    from rich.markup import escape
    from rich.table import Table

    from eval.figures import reached, shown_number

    for section in report.sections.values():
        if section.figures:
            shown = Table("figure", "value", "asked", "on what", title=section.title, title_justify="left")
            for figure in section.figures:
                value = f"{shown_number(figure.value)} {figure.unit}".strip()
                asked = escape(figure.reach) + _WORDS[reached(figure)]
                shown.add_row(escape(figure.name), value, asked, escape(figure.note))
            console.print(shown)
        for table in section.tables:
            columns = (escape(column) for column in table.columns)
            shown = Table(
                *columns, title=escape(table.title), title_justify="left", caption=escape(table.note)
            )
            for row in table.rows:
                shown.add_row(*(escape(cell) for cell in row))
            console.print(shown)
