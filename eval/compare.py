"""What changed between two runs, and is it noise? Also: two systems of one run, on the same units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from eval.figures import Figure, Sample, Section, reached
from eval.paired import RESAMPLES, holm, paired_difference
from eval.report import Report
from recsys.errors import TastegraphError

ALPHA = 0.05
Verdict = Literal["real", "noise", "the same"]


class FigureChange(BaseModel):
    """One figure or cell that is not the same in both runs."""

    model_config = ConfigDict(frozen=True)

    section: str
    name: str
    before: float | None
    """None where only the second run has it."""
    after: float | None
    unit: str = ""
    asked: str = ""
    now: str = ""
    """`reached`, `missed` where the change crossed what was asked; empty otherwise."""


class SampleChange(BaseModel):
    """How one metric of one system (or of two) differs over shared units."""

    model_config = ConfigDict(frozen=True)

    section: str
    system: str
    """One name, or `X to Y` where two systems of one run are compared."""
    metric: str
    units: int
    """Shared by both."""
    alone: int
    """Units that only one of the two has; they are left out."""
    differing: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    p: float
    p_corrected: float
    """After Holm, over all comparisons of this table."""
    verdict: Verdict
    better: bool | None
    """Whether the second is better; None where the verdict is not `real`."""


class Comparison(BaseModel):
    """Two runs, or two systems of one, side by side."""

    model_config = ConfigDict(frozen=True)

    before: str
    after: str
    seed: int
    resamples: int
    cautions: tuple[str, ...]
    """What was not the same in what was run."""
    samples: tuple[SampleChange, ...]
    figures: tuple[FigureChange, ...]
    same_figures: int
    """How many figures and numeric cells are equal."""


def compare_reports(
    before: Report,
    after: Report,
    names: tuple[str, str] = ("A", "B"),
    *,
    other_data: bool = False,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Say which figures changed, and for values by unit whether the change is more than chance.

    Raises `TastegraphError` where the two are not of the same data and size, unless `other_data`.
    """
    _refuse(before, after, names, other_data)
    pairs = []
    for name in _shared(before, after):
        theirs = {(s.system, s.metric): s for s in after.sections[name].samples}
        pairs += [
            (name, sample.system, sample, theirs[sample.system, sample.metric])
            for sample in before.sections[name].samples
            if (sample.system, sample.metric) in theirs
        ]
    figures, same = _figure_changes(before, after)
    return Comparison(
        before=names[0],
        after=names[1],
        seed=seed,
        resamples=resamples,
        cautions=tuple(_cautions(before, after, names)),
        samples=tuple(_sample_changes(pairs, seed, resamples)),
        figures=tuple(figures),
        same_figures=same,
    )


def compare_systems(
    report: Report, first: str, second: str, *, seed: int = 0, resamples: int = RESAMPLES
) -> Comparison:
    """Compare two systems of one report on the units that both were measured on.

    Raises `TastegraphError` when a system has no values by unit, or no metric is shared.
    """
    known = sorted({s.system for section in report.sections.values() for s in section.samples})
    for name in (first, second):
        if name not in known:
            raise TastegraphError(
                f"The report has no values by unit of a system {name!r}. "
                + (f"It has them of {', '.join(known)}." if known else "It has none of any system.")
            )
    pairs = []
    for name, section in report.sections.items():
        ours = {s.metric: s for s in section.samples if s.system == first}
        pairs += [
            (name, f"{first} to {second}", ours[s.metric], s)
            for s in section.samples
            if s.system == second and s.metric in ours
        ]
    if not pairs:
        raise TastegraphError(f"{first} and {second} share no metric in any section.")
    return Comparison(
        before=first,
        after=second,
        seed=seed,
        resamples=resamples,
        cautions=(),
        samples=tuple(_sample_changes(pairs, seed, resamples)),
        figures=(),
        same_figures=0,
    )


def _refuse(before: Report, after: Report, names: tuple[str, str], other_data: bool) -> None:
    if other_data:
        return
    for what, one, two in (
        ("data", before.data_hash[:12], after.data_hash[:12]),
        ("size", *("samples" if report.quick else "everything" for report in (before, after))),
    ):
        if one != two:
            raise TastegraphError(
                f"{names[0]} and {names[1]} are not of the same {what} ({one} and {two}), so their figures say nothing "
                "about what changed. Measure both on the same, or say --other-data."
            )


def _cautions(before: Report, after: Report, names: tuple[str, str]) -> Iterator[str]:
    def differ(what: str, one: object, two: object) -> Iterator[str]:
        if one != two:
            yield f"{what}: {names[0]} {one or 'not told'}, {names[1]} {two or 'not told'}."

    yield from differ("data", before.data_hash[:12], after.data_hash[:12])
    yield from differ("samples only", before.quick, after.quick)
    yield from differ("seed", str(before.seed), str(after.seed))
    yield from differ("machine", before.machine, after.machine)
    yield from differ("code", before.code, after.code)
    yield from differ("budget in seconds", before.budget_s, after.budget_s)
    for name in sorted({*before.versions, *after.versions}):
        yield from differ(name, before.versions.get(name), after.versions.get(name))
    for report, name, other in ((before, names[0], after), (after, names[1], before)):
        alone = [section for section in report.sections if section not in other.sections]
        if alone:
            yield f"Only {name} has measured {', '.join(alone)}."
        if report.failed:
            yield f"In {name} failed: {', '.join(report.failed)}."
    for section in _shared(before, after):
        yield from differ(
            f"settings of {section}",
            _settings(before.sections[section]),
            _settings(after.sections[section]),
        )


def _settings(section: Section) -> str:
    return ", ".join(f"{name} {value}" for name, value in section.config.items())


def _shared(before: Report, after: Report) -> list[str]:
    return [name for name in before.sections if name in after.sections]


def _sample_changes(
    pairs: Sequence[tuple[str, str, Sample, Sample]], seed: int, resamples: int
) -> list[SampleChange]:
    found = []
    for section, system, first, second in pairs:
        units = [unit for unit in first.values if unit in second.values]
        if not units:
            continue
        one = np.array([first.values[unit] for unit in units])
        two = np.array([second.values[unit] for unit in units])
        alone = len(first.values) + len(second.values) - 2 * len(units)
        found.append((section, system, first, one, two, alone, paired_difference(one, two, seed, resamples)))
    corrected = holm([result.p for *_, result in found])
    changes = []
    for (section, system, sample, one, two, alone, result), p in zip(found, corrected, strict=True):
        verdict: Verdict = "the same" if not result.differing else "real" if p < ALPHA else "noise"
        better = (result.difference > 0) != sample.smaller_is_better if verdict == "real" else None
        changes.append(
            SampleChange(
                section=section,
                system=system,
                metric=sample.metric,
                units=result.units,
                alone=alone,
                differing=result.differing,
                before=float(one.mean()),
                after=float(two.mean()),
                difference=result.difference,
                low=result.low,
                high=result.high,
                p=result.p,
                p_corrected=p,
                verdict=verdict,
                better=better,
            )
        )
    return changes


def _figure_changes(before: Report, after: Report) -> tuple[list[FigureChange], int]:
    changes: list[FigureChange] = []
    same = 0
    for name in _shared(before, after):
        one, two = before.sections[name], after.sections[name]
        ours, theirs = {f.name: f for f in one.figures}, {f.name: f for f in two.figures}
        for figure in dict.fromkeys((*ours, *theirs)):
            first, second = ours.get(figure), theirs.get(figure)
            if first and second and first.value == second.value:
                same += 1
                continue
            any_of = second or first
            assert any_of is not None
            changes.append(
                FigureChange(
                    section=name,
                    name=figure,
                    before=first.value if first else None,
                    after=second.value if second else None,
                    unit=any_of.unit,
                    asked=any_of.reach,
                    now=_crossed(first, second),
                )
            )
        cells, others = numeric_cells(one), numeric_cells(two)
        for cell in dict.fromkeys((*cells, *others)):
            if cells.get(cell) == others.get(cell):
                same += 1
            else:
                changes.append(
                    FigureChange(section=name, name=cell, before=cells.get(cell), after=others.get(cell))
                )
    return changes, same


def _crossed(before: Figure | None, after: Figure | None) -> str:
    was, now = (reached(figure) if figure else None for figure in (before, after))
    if now is None or was == now:
        return ""
    return "reached" if now else "missed"


def numeric_cells(section: Section) -> dict[str, float]:
    """Return the numbers in a section's tables by `table / row / column`; a cell of several numbers gives several.

    A row is named by its first cell, and by its place as well where several rows have that name.
    """
    from eval.numbers import numbers_in

    found: dict[str, float] = {}
    for table in section.tables:
        names = [row[0] for row in table.rows]
        for place, row in enumerate(table.rows):
            label = row[0] if names.count(row[0]) == 1 else f"{row[0]} ({place + 1})"
            for column, cell in zip(table.columns[1:], row[1:], strict=True):
                numbers = numbers_in(cell)
                for nth, number in enumerate(numbers):
                    suffix = f" [{nth + 1}]" if len(numbers) > 1 else ""
                    found[f"{table.title} / {label} / {column}{suffix}"] = number
    return found
