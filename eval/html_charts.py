"""Small drawings of a report, as inline SVG whose colours are the page's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.drawing.text import escape

BINS = 24
_SERIES = 7
_LABEL, _PLOT, _NUMBERS, _ROW = 220, 430, 190, 34


def bullet(value: float, bound: float, is_reached: bool) -> str:
    """Draw a value as a bar against what was asked as a tick; from 0, or from the lowest where it is below 0."""
    low = min(0.0, value, bound)
    high = max(value, bound, 0.0)
    spread = (high - low) * 1.12 or 1.0

    def x(at: float) -> float:
        return 150 * (at - low) / spread

    left, right = sorted((x(0.0), x(value)))
    colour = "var(--good)" if is_reached else "var(--bad)"
    return (
        '<svg class="bullet" width="154" height="16" viewBox="0 0 154 16" role="img" '
        f'aria-label="{value:.4g}, asked {bound:.4g}">'
        '<rect class="track" x="0" y="3" width="154" height="10" rx="2"/>'
        f'<rect x="{left:.1f}" y="5" width="{max(right - left, 1.0):.1f}" height="6" rx="1" fill="{colour}"/>'
        f'<line class="asked" x1="{x(bound) + 1:.1f}" x2="{x(bound) + 1:.1f}" y1="0" y2="16"/></svg>'
    )


@dataclass(frozen=True)
class Spread:
    """One line of a chart of distributions."""

    label: str
    values: NDArray[np.float64]
    low: float
    """Ends of the interval of the mean."""
    high: float


def distributions(rows: Sequence[Spread]) -> str:
    """Draw a line a system: how its values lie, its mean, and the interval of that mean, on one scale."""
    least = min(float(row.values.min()) for row in rows)
    most = max(float(row.values.max()) for row in rows)
    if least == most:
        least, most = least - 0.5, most + 0.5
    height = _ROW * len(rows) + 26
    parts = [_open(height, "How the values of each system lie")]
    for place, row in enumerate(rows):
        base = _ROW * (place + 1)
        colour = f"var(--series-{place % _SERIES + 1})"
        parts.append(_label(row.label, base - 8))
        counts, edges = np.histogram(row.values, bins=BINS, range=(least, most))
        for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True):
            if count:
                tall = max(1.0, 22.0 * count / counts.max())
                x, wide = _x(float(left), least, most), _PLOT * float(right - left) / (most - least)
                parts.append(
                    f'<rect x="{x + 0.5:.1f}" y="{base - tall:.1f}" width="{max(wide - 1, 1):.1f}" '
                    f'height="{tall:.1f}" fill="{colour}" opacity=".32"/>'
                )
        mean = float(row.values.mean())
        parts.append(_interval(row.low, mean, row.high, least, most, base - 11, colour))
        told = f"{mean:.4f}  [{row.low:.4f}, {row.high:.4f}]"
        parts.append(f'<text x="{_LABEL + _PLOT + 14}" y="{base - 8}">{escape(told)}</text>')
        parts.append(f'<line class="axis" x1="{_LABEL}" x2="{_LABEL + _PLOT}" y1="{base}" y2="{base}"/>')
    parts.append(_axis(least, most, height - 8))
    return "".join([*parts, "</svg>"])


@dataclass(frozen=True)
class Change:
    """One line of a chart of differences."""

    label: str
    low: float
    middle: float
    high: float
    kind: str
    """`good`, `bad` or `none`."""


def differences(rows: Sequence[Change]) -> str:
    """Draw a line a comparison: its difference with the interval, beside 0."""
    widest = max((abs(end) for row in rows for end in (row.low, row.high)), default=0.0) or 1.0
    least, most = -1.08 * widest, 1.08 * widest
    height = 24 * len(rows) + 26
    zero = _x(0.0, least, most)
    parts = [
        _open(height, "Differences and their intervals"),
        f'<line class="asked" x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{height - 22}" opacity=".5"/>',
    ]
    colours = {"good": "var(--good)", "bad": "var(--bad)"}
    for place, row in enumerate(rows):
        y = 24 * place + 14
        parts.append(_label(row.label, y + 4))
        colour = colours.get(row.kind, "var(--soft)")
        parts.append(_interval(row.low, row.middle, row.high, least, most, y, colour))
        told = f"{row.middle:+.4f}  [{row.low:+.4f}, {row.high:+.4f}]"
        parts.append(f'<text x="{_LABEL + _PLOT + 14}" y="{y + 4}">{escape(told)}</text>')
    parts.append(_axis(least, most, height - 8))
    return "".join([*parts, "</svg>"])


def _open(height: float, told: str) -> str:
    width = _LABEL + _PLOT + _NUMBERS
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(told)}">'
    )


def _x(at: float, least: float, most: float) -> float:
    return _LABEL + _PLOT * (at - least) / (most - least)


def _label(text: str, y: float) -> str:
    short = text if len(text) <= 30 else f"{text[:29]}…"
    return f'<text x="{_LABEL - 12}" y="{y}" text-anchor="end"><title>{escape(text)}</title>{escape(short)}</text>'


def _interval(
    low: float, middle: float, high: float, least: float, most: float, y: float, colour: str
) -> str:
    left, right = _x(low, least, most), _x(high, least, most)
    return (
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2.5"/>'
        f'<circle cx="{_x(middle, least, most):.1f}" cy="{y}" r="4.2" fill="{colour}"/>'
    )


def _axis(least: float, most: float, y: float) -> str:
    ticks = [least, (least + most) / 2, most]
    anchors = ("start", "middle", "end")
    return "".join(
        f'<text class="soft" x="{_x(tick, least, most):.1f}" y="{y}" text-anchor="{anchor}">'
        f"{0.0 if abs(tick) < 1e-12 else tick:.3g}</text>"
        for tick, anchor in zip(ticks, anchors, strict=True)
    )
