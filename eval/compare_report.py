"""A comparison as Markdown, for the terminal, and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval import html_charts, html_parts
from eval.compare import Comparison, FigureChange, SampleChange
from eval.figures import shown_number
from kg.drawing.text import escape
from kg.files import write_text

if TYPE_CHECKING:
    from rich.console import Console

_SAMPLE_COLUMNS = (
    "section",
    "system",
    "metric",
    "units",
    "before",
    "after",
    "difference, 95 %",
    "p (Holm)",
    "",
)
_SHOWN = 40
"""Changed figures in the terminal."""
_FIGURE_COLUMNS = ("section", "figure", "before", "after", "change", "asked")


def reading(comparison: Comparison) -> str:
    """Say in one sentence what was found."""
    real = [sample for sample in comparison.samples if sample.verdict == "real"]
    better = sum(bool(sample.better) for sample in real)
    if not comparison.samples:
        return "Nothing has values by unit in both, so a change cannot be told from noise."
    return (
        f"{len(comparison.samples)} comparisons by unit: {better} better, {len(real) - better} worse, "
        f"{len(comparison.samples) - len(real)} the same or within noise."
    )


def method(comparison: Comparison) -> str:
    """Say how it was found, and what it does not cover."""
    return (
        f"Paired over shared units: interval by the bootstrap, p by random signs ({comparison.resamples:,} resamples, "
        f"seed {comparison.seed}), corrected by Holm over all {len(comparison.samples)} comparisons; real: p < .05. "
        "Units are drawn anew, training is not: where a seed moves the model, compare several seeds too."
    )


def show(console: Console, comparison: Comparison) -> None:
    """Print a comparison."""
    from rich.markup import escape as plain
    from rich.table import Table

    def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        shown = Table(*columns, title=title, title_justify="left")
        for row in rows:
            shown.add_row(*(plain(cell) for cell in row))
        console.print(shown)

    names = f"{comparison.before} to {comparison.after}"
    for caution in comparison.cautions:
        console.print(f"Caution: {caution}", style="yellow", markup=False, soft_wrap=True)
    if comparison.samples:
        table(f"By unit, {names}", _SAMPLE_COLUMNS, [_sample_row(sample) for sample in comparison.samples])
    if comparison.figures:
        # Figures before cells of tables: among them are times, of which all change.
        changed = sorted(comparison.figures, key=lambda figure: " / " in figure.name)
        rows = [_figure_row(figure) for figure in changed[:_SHOWN]]
        table(f"Figures that changed, {names}", _FIGURE_COLUMNS, rows)
        if len(changed) > _SHOWN:
            console.print(f"{len(changed) - _SHOWN:,} more: --html FILE or --json has them.")
    if comparison.figures or comparison.same_figures:
        console.print(f"{len(comparison.figures):,} figures changed, {comparison.same_figures:,} did not.")
    console.print(reading(comparison), markup=False, soft_wrap=True)
    if comparison.samples:
        console.print(method(comparison), style="dim", markup=False, soft_wrap=True)


def write_html(comparison: Comparison, file: Path) -> None:
    """Write the comparison as one page without scripts and without a request to anybody, in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, html(comparison))


def html(comparison: Comparison) -> str:
    """Return the comparison as a page."""
    title = f"{comparison.before} to {comparison.after}"
    cautions = "".join(f"<p>{escape(caution)}</p>" for caution in comparison.cautions)
    body = (
        '<nav aria-label="Contents"><h2>Comparison</h2><ul><li><a href="#s-units">By unit'
        f"<small>{len(comparison.samples)}</small></a></li>"
        f'<li><a href="#s-figures">Figures<small>{len(comparison.figures)}</small></a></li></ul></nav>'
        f"<main><header><h1>{escape(title)}</h1><p>{escape(reading(comparison))}</p>"
        + (f'<div class="notice">{cautions}</div>' if cautions else "")
        + "</header><br>"
        + _units(comparison)
        + _figures(comparison)
        + "</main>"
    )
    return html_parts.page(title, body)


def _units(comparison: Comparison) -> str:
    if not comparison.samples:
        return '<section id="s-units"><h2>By unit</h2><p class="question">Neither run has values by unit.</p></section>'
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in _sample_row(sample)[:-1])
        + f"<td>{_verdict(sample)}</td></tr>"
        for sample in comparison.samples
    )
    head = "".join(f"<th>{escape(column)}</th>" for column in _SAMPLE_COLUMNS)
    changes = [
        html_charts.Change(
            f"{sample.system}, {sample.metric}",
            sample.low,
            sample.difference,
            sample.high,
            "none" if sample.better is None else "good" if sample.better else "bad",
        )
        for sample in comparison.samples
    ]
    return (
        f'<section id="s-units"><h2>By unit</h2><p class="question">{escape(method(comparison))}</p>'
        + html_parts.wide(html_charts.differences(changes))
        + html_parts.wide(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        + "</section>"
    )


def _figures(comparison: Comparison) -> str:
    if not comparison.figures:
        return ""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _figure_row(figure)) + "</tr>"
        for figure in comparison.figures
    )
    head = "".join(f"<th>{escape(column)}</th>" for column in _FIGURE_COLUMNS)
    return (
        f'<section id="s-figures"><h2>Figures that changed</h2><p class="question">{comparison.same_figures:,} others '
        "did not.</p>"
        + html_parts.wide(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        + "</section>"
    )


def _verdict(sample: SampleChange) -> str:
    if sample.better is None:
        return f'<span class="mark none">{sample.verdict}</span>'
    return f'<span class="mark {"good" if sample.better else "bad"}">{_word(sample)}</span>'


def _word(sample: SampleChange) -> str:
    return sample.verdict if sample.better is None else f"real, {'better' if sample.better else 'worse'}"


def _sample_row(sample: SampleChange) -> tuple[str, ...]:
    units = f"{sample.units:,}" + (f" ({sample.alone:,} in one only)" if sample.alone else "")
    return (
        sample.section,
        sample.system,
        sample.metric,
        units,
        f"{sample.before:.4f}",
        f"{sample.after:.4f}",
        f"{sample.difference:+.4f} [{sample.low:+.4f}, {sample.high:+.4f}]",
        f"{sample.p:.4f} ({sample.p_corrected:.4f})",
        _word(sample),
    )


def _figure_row(figure: FigureChange) -> tuple[str, ...]:
    before, after = (
        "not there" if value is None else f"{shown_number(value)} {figure.unit}".strip()
        for value in (figure.before, figure.after)
    )
    change = ""
    if figure.before is not None and figure.after is not None:
        change = f"{figure.after - figure.before:+.4g}"
    return figure.section, figure.name, before, after, change, f"{figure.asked} {figure.now}".strip()
