"""What one measured number is, and how a set of them is written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Figure(BaseModel):
    """One number that was measured, and what it was to reach."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float
    unit: str = ""
    """`ms`, `triples/s`, or empty for a share."""
    reach: str = ""
    """What was asked for, such as `>= .95`; empty where nothing was."""
    note: str = ""
    """On what it was measured: counts, and whatever a reader must know to believe it."""


_ASKED = re.compile(r"(>=|<=|>|<|=|above|below)?\s*(-?\d*\.?\d+)(?![\d.])")


def asked_bound(figure: Figure) -> float | None:
    """Return the number that was asked, or None where nothing was, or not in the form of a number."""
    asked = _ASKED.match(figure.reach.replace(",", ""))
    return float(asked[2]) if asked else None


def reached(figure: Figure) -> bool | None:
    """Return whether what was asked is reached, or None where nothing was, or not in the form of a number."""
    asked, bound = _ASKED.match(figure.reach.replace(",", "")), asked_bound(figure)
    if asked is None or bound is None:
        return None
    match asked[1]:
        case ">=":
            return figure.value >= bound
        case "<=":
            return figure.value <= bound
        case ">" | "above":
            return figure.value > bound
        case "<" | "below":
            return figure.value < bound
        case _:
            return figure.value == bound


class Table(BaseModel):
    """Models or settings side by side, in words and numbers as they are to be read."""

    model_config = ConfigDict(frozen=True)

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Each as long as `columns`."""
    note: str = ""
    """What a reader must know to compare the rows: protocol, what was masked, spread over which seeds."""


class Sample(BaseModel):
    """What one system got on each unit of one metric, so that two runs can be compared unit by unit."""

    model_config = ConfigDict(frozen=True)

    system: str
    """`builtin`, `EASE`, ...: the same name in every run."""
    metric: str
    """`Recall@10`, `success@5`, ...: larger is better unless `smaller_is_better`."""
    values: dict[str, float]
    """From the unit (dialogue, person, turn; the same id in every run of the same data) to its value."""
    smaller_is_better: bool = False


class Section(BaseModel):
    """The figures that answer one question."""

    model_config = ConfigDict(frozen=True)

    title: str
    question: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    plots: tuple[str, ...] = ()
    """SVG or PNG files, relative to the folder of the report."""
    samples: tuple[Sample, ...] = ()
    """Values a unit, for `tastegraph eval compare`."""
    config: dict[str, str | int | float | bool] = {}
    """What was run: seed, sizes, thresholds, versions."""


class MeasureOptions(BaseModel):
    """What every measurement is given."""

    model_config = ConfigDict(frozen=True)

    data: Path
    """The folder with the shared data sets."""
    out: Path
    """Where a measurement may keep what it builds, to be found again the next time."""
    seed: int = 0
    quick: bool = False
    """A sample in about a minute instead of the whole."""
    budget_s: float | None = None
    """Seconds for this section: no new unit is begun after them, and the section says how many it took. None: all."""
    settings: dict[str, str] = {}
    """What `--set NAME=VALUE` gave, of the names that the suite declares (`Suite.settings`)."""


Measure = Callable[[MeasureOptions, Callable[[str], None]], Section]
"""`measure(options, progress)`: what every module here offers. Progress takes a line to show."""


def markdown(sections: Sequence[Section]) -> str:
    """Write sections as Markdown tables."""
    lines: list[str] = []
    for section in sections:
        lines += [f"## {section.title}", "", section.question, ""]
        if section.figures:
            lines += ["| figure | value | asked | on what |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {f.name} | {shown_number(f.value)}{' ' + f.unit if f.unit else ''} | {f.reach} | {f.note} |"
            for f in section.figures
        ]
        for table in section.tables:
            lines += ["", f"**{table.title}**", "", _row(table.columns), _row(["---"] * len(table.columns))]
            lines += [_row(row) for row in table.rows]
            lines += ["", table.note] if table.note else []
        for plot in section.plots:
            lines += ["", f"![{section.title}]({plot})"]
        if section.config:
            settings = ", ".join(f"{name} {value}" for name, value in section.config.items())
            lines += ["", f"Run with: {settings}."]
        lines.append("")
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def shown_number(value: float) -> str:
    """Counts with thousands marked, everything else to three places that say something."""
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.4g}"
