"""Pieces of a report as HTML: figures, tables with bars, distributions, pictures. Every text is escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval import html_charts
from eval.figures import Figure, Sample, Section, Table, asked_bound, reached, shown_number
from eval.numbers import numbers_in
from kg.drawing.text import escape

_LONG = 14
"""Tables with more rows are folded."""
_NUMERIC = 0.6
"""Share of a column's cells that must begin with a number for it to get bars."""
_CELL = 34
"""Longest cell that counts as numbers."""
_STYLE = Path(__file__).parent / "static" / "report.css"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The page asks nothing of anybody, and a browser holds it to that."""


def page(title: str, body: str) -> str:
    """Return a whole page without scripts and without a request to anybody."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        f"<title>{escape(title)}</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head>"
        f'<body><div class="whole">{body}</div></body></html>\n'
    )


def wide(inner: str) -> str:
    """Return what scrolls by itself where the page is narrower, by keyboard too."""
    return f'<div class="wide" tabindex="0">{inner}</div>'


def mark(is_reached: bool | None) -> str:
    """Return what was asked as a word and a colour."""
    if is_reached is None:
        return ""
    return (
        f'<span class="mark {"good" if is_reached else "bad"}">{"reached" if is_reached else "missed"}</span>'
    )


def figures_table(figures: Sequence[Figure]) -> str:
    """Return figures beside what was asked."""
    rows = []
    for figure in figures:
        bound, is_reached = asked_bound(figure), reached(figure)
        bar = (
            "" if bound is None or is_reached is None else html_charts.bullet(figure.value, bound, is_reached)
        )
        rows.append(
            f"<tr><td>{rich(figure.name)}</td>"
            f'<td class="n">{escape(f"{shown_number(figure.value)} {figure.unit}".strip())}</td>'
            f'<td class="n">{rich(figure.reach)}</td><td>{mark(is_reached)}</td><td>{bar}</td>'
            f'<td class="note">{rich(figure.note)}</td></tr>'
        )
    return wide(
        '<table><thead><tr><th>figure</th><th class="n">value</th><th class="n">asked</th>'
        f"<th>verdict</th><th>beside it</th><th>on what</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def data_table(table: Table) -> str:
    """Return a table; columns of numbers have bars, with the spread as two ticks where a cell tells it."""
    scales = [_scale([row[k] for row in table.rows]) for k in range(len(table.columns))]
    head = "".join(
        f"<th{_numeric(k, scale)}>{rich(column)}</th>"
        for k, (column, scale) in enumerate(zip(table.columns, scales, strict=True))
    )
    body = "".join(
        f"<tr{_best(row)}>{''.join(_cell(k, cell, scales[k]) for k, cell in enumerate(row))}</tr>"
        for row in table.rows
    )
    drawn = wide(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>") + (
        f'<p class="small">{rich(table.note)}</p>' if table.note else ""
    )
    if len(table.rows) > _LONG:
        drawn = f"<details><summary>{len(table.rows)} rows</summary>{drawn}</details>"
    return f"<h3>{rich(table.title)}</h3>{drawn}"


def samples_charts(samples: Sequence[Sample]) -> str:
    """Return a chart a metric: how the values of each system lie, and their mean with its 95 % interval."""
    by_metric: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.values:
            by_metric.setdefault(sample.metric, []).append(sample)
    parts = []
    for metric, of in by_metric.items():
        spreads = [_spread(sample) for sample in of]
        counts = sorted({len(sample.values) for sample in of})
        units = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
        direction = ", smaller is better" if of[0].smaller_is_better else ""
        parts.append(
            f"<h3>{escape(metric)} by unit</h3>{wide(html_charts.distributions(spreads))}"
            f'<p class="small">{units} units{direction}. Columns: how many units have the value. Dot: mean, with the '
            "95 % interval of the bootstrap over units; chance in training is not in it.</p>"
        )
    return "".join(parts)


def picture(file: Path, title: str) -> str:
    """Return a picture with its bytes in the page, or that it is not there."""
    kind = {".svg": "image/svg+xml", ".png": "image/png"}.get(file.suffix)
    if kind is None or not file.is_file():
        return f'<p class="small">The picture {escape(file.name)} is not beside the report.</p>'
    encoded = base64.b64encode(file.read_bytes()).decode("ascii")
    return f'<figure><img alt="{escape(title)}" src="data:{kind};base64,{encoded}"></figure>'


def config_line(section: Section) -> str:
    """Return what a section was run with."""
    if not section.config:
        return ""
    told = ", ".join(f"{name} {value}" for name, value in section.config.items())
    return f'<p class="small">Run with: {escape(told)}.</p>'


def rich(text: str) -> str:
    """Escape a text; `code` and **weight** as in Markdown become so."""
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", safe)


def _spread(sample: Sample) -> html_charts.Spread:
    from scipy.stats import bootstrap

    values = np.array(list(sample.values.values()), dtype=np.float64)
    low = high = float(values.mean())
    if len(values) > 1 and np.ptp(values) > 0:
        found = bootstrap(
            (values,), np.mean, n_resamples=999, method="percentile", rng=np.random.default_rng(0), batch=100
        ).confidence_interval
        low, high = float(found.low), float(found.high)
    return html_charts.Spread(sample.system, values, low, high)


def _scale(cells: Sequence[str]) -> float | None:
    """Return the largest number of a column, or None where it has none worth a bar."""
    first = [numbers[0] for cell in cells if (numbers := numbers_in(cell.strip("* "))) and _begins(cell)]
    if len(cells) < 2 or len(first) < _NUMERIC * len(cells) or min(first) < 0 or max(first) <= 0:
        return None
    return max(first)


def _begins(cell: str) -> bool:
    """Say whether a cell is a number, or several, and not a sentence that starts with one."""
    return len(cell) <= _CELL and bool(re.match(r"[*\s]*[-−+]?\.?\d", cell))


def _numeric(column: int, scale: float | None) -> str:
    return ' class="n"' if column and scale is not None else ""


def _best(row: Sequence[str]) -> str:
    return ' class="best"' if row and row[0].startswith("**") else ""


def _cell(column: int, cell: str, scale: float | None) -> str:
    text = rich(cell)
    if not column or scale is None:
        return f"<td>{text}</td>"
    numbers = numbers_in(cell)
    if not numbers or not _begins(cell):
        return f'<td class="n">{text}</td>'
    bar = f'<i style="width:{100 * numbers[0] / scale:.1f}%"></i>'
    if "±" in cell and len(numbers) > 1:
        left = max(0.0, 100 * (numbers[0] - numbers[1]) / scale)
        right = min(100.0, 100 * (numbers[0] + numbers[1]) / scale)
        bar += f'<u style="left:{left:.1f}%;right:{100 - right:.1f}%"></u>'
    return f'<td class="n">{text}<span class="cell">{bar}</span></td>'
