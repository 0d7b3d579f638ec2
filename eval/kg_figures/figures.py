"""What one measured number is, and how a set of them is written down."""

from __future__ import annotations

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


class Section(BaseModel):
    """The figures that answer one question about the graph."""

    model_config = ConfigDict(frozen=True)

    title: str
    question: str
    figures: tuple[Figure, ...]
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


Measure = Callable[[MeasureOptions, Callable[[str], None]], Section]
"""`measure(options, progress)`: what every module here offers. Progress takes a line to show."""


def markdown(sections: Sequence[Section]) -> str:
    """Write sections as Markdown tables."""
    lines: list[str] = []
    for section in sections:
        lines += [f"## {section.title}", "", section.question, ""]
        lines += ["| figure | value | asked | on what |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {f.name} | {shown_number(f.value)}{' ' + f.unit if f.unit else ''} | {f.reach} | {f.note} |"
            for f in section.figures
        ]
        if section.config:
            settings = ", ".join(f"{name} {value}" for name, value in section.config.items())
            lines += ["", f"Run with: {settings}."]
        lines.append("")
    return "\n".join(lines)


def shown_number(value: float) -> str:
    """Counts with thousands marked, everything else to three places that say something."""
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.4g}"
