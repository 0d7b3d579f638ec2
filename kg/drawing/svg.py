"""A neighbourhood as SVG: by itself in a file, or inside a page that brings it to life."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.resources import files

from kg.drawing.layout import LABEL_DROP, LETTER, Layout, label_of, lay_out
from kg.drawing.lines import Line, lines, shortened
from kg.drawing.marks import Mark, marks
from kg.drawing.selection import Neighbourhood
from kg.drawing.text import columns, escape, shorten, words
from kg.schema import Entity

_HEADER = 64
_LEGEND_LINE = 34
_EDGE_LETTER = 5.6
"""Mean width of a letter on a line, in pixels."""
_NOTE_WIDTH = 6.4


def style(name: str) -> str:
    """Return one of the style sheets or scripts that pictures carry within them."""
    return (files("kg.drawing") / "static" / name).read_text(encoding="utf-8")


def render_svg(around: Neighbourhood) -> str:
    """Return a whole SVG document: heading, legend, picture, and what was left out.

    It follows the reader's choice of light or dark, asks for nothing from elsewhere, and every name in it
    is text.
    """
    layout, signs = lay_out(around), marks(e.kind for e in around.entities)
    legend, below = _legend(signs, layout.width)
    notes = _wrapped(left_out_words(around), layout.width)
    top = _HEADER + below
    height = top + layout.height + 20 * len(notes) + 16
    title = escape(f"What surrounds {around.centre.name or around.centre.id}")
    foot = "".join(
        f'<text class="note" x="24" y="{top + layout.height + 20 * k + 10:.0f}">{escape(note)}</text>'
        for k, note in enumerate(notes)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tg-graph" viewBox="0 0 {layout.width:.0f} {height:.0f}" '
        f'width="{layout.width:.0f}" height="{height:.0f}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">{title}</title>\n<desc id="d">{escape(description(around))}</desc>\n'
        f"<style>{style('picture.css')}</style>\n{_arrow()}\n"
        f'<rect class="ground" width="100%" height="100%"/>\n'
        f'<text class="heading" x="24" y="40">{escape(shorten(around.centre.name or around.centre.id, 46))}'
        f'<tspan class="kind" dx="10">{escape(shorten(around.centre.kind, 30))}</tspan></text>\n{legend}\n'
        f'<g transform="translate(0 {top})">\n{drawing(around, layout, signs)}\n</g>\n{foot}\n</svg>\n'
    )


def drawing(around: Neighbourhood, layout: Layout, signs: Mapping[str, Mark]) -> str:
    """Return the lines and marks of a picture as SVG groups, numbered as entities and lines are."""
    parts = ['<g class="lines">']
    parts += [_line(k, line, around, layout) for k, line in enumerate(lines(around))]
    parts += ["</g>", '<g class="marks">']
    parts += [
        _mark(k, entity, around.rings[entity.id], layout.places[entity.id], signs[entity.kind])
        for k, entity in enumerate(around.entities)
    ]
    return "\n".join([*parts, "</g>"])


def left_out_words(around: Neighbourhood) -> str:
    """Return what a picture says of what it does not show."""
    if not around.first_step:
        return "Nothing is linked to it."
    second = sum(1 for ring in around.rings.values() if ring == 2)
    behind = f" Behind them {second} of the second step." if second else ""
    if not around.left_out:
        return f"All {around.first_step} neighbours of the first step are drawn.{behind}"
    shown = list(around.left_out.items())[:6]
    rest = sum(count for _, count in list(around.left_out.items())[6:])
    parts = [f"{count:,} by {words(relation)}" for relation, count in shown]
    parts += [f"{rest:,} by other relations"] if rest else []
    more = "" if around.complete else "at least "
    return (
        f"{around.drawn} of {more}{around.first_step:,} neighbours of the first step are drawn. "
        f"Not drawn: {', '.join(parts)}.{behind}"
    )


def description(around: Neighbourhood) -> str:
    """Return the picture in a sentence or two, for those who cannot see it."""
    counts: dict[str, int] = {}
    for entity in around.entities[1:]:
        counts[entity.kind] = counts.get(entity.kind, 0) + 1
    kinds = ", ".join(f"{count} of kind {kind}" for kind, count in counts.items()) or "no neighbours"
    return f"{around.centre.name or around.centre.id} ({around.centre.kind}) with {kinds}. {left_out_words(around)}"


def _arrow() -> str:
    return (
        '<defs><marker id="tg-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="arrow" d="M0 0 8 4 0 8Z"/></marker></defs>'
    )


def _line(number: int, line: Line, around: Neighbourhood, layout: Layout) -> str:
    start, end = around.entities[line.start], around.entities[line.end]
    x1, y1, x2, y2 = shortened(
        layout.places[start.id],
        layout.places[end.id],
        (around.rings[start.id], around.rings[end.id]),
    )
    ring = max(around.rings[start.id], around.rings[end.id])
    both = any(triple.subject == end.id for triple in line.triples)
    begin = ' marker-start="url(#tg-arrow)"' if both else ""
    facts = " · ".join(_said(start, end, line))
    text = ""
    room = math.hypot(x2 - x1, y2 - y1)
    label = shorten(line.label, 30)
    if columns(label) * _EDGE_LETTER < room - 12:
        angle = math.degrees(math.atan2(y2 - y1, x2 - x1))
        angle = angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle
        place = f"translate({(x1 + x2) / 2:.1f} {(y1 + y2) / 2:.1f}) rotate({angle:.1f})"
        text = f'<text class="along" dy="-3" transform="{place}">{escape(label)}</text>'
    return (
        f'<g class="line ring{ring}" data-line="{number}"><title>{escape(facts)}</title>'
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" marker-end="url(#tg-arrow)"{begin}/>'
        f"{text}</g>"
    )


def _said(start: Entity, end: Entity, line: Line) -> list[str]:
    by_fact: dict[tuple[str, str], list[str]] = {}
    for triple in line.triples:
        by_fact.setdefault((triple.subject, triple.relation), []).append(triple.source)
    names = {start.id: (start.name, end.name), end.id: (end.name, start.name)}
    return [
        f"{names[subject][0]}: {words(relation)} {names[subject][1]} ({', '.join(dict.fromkeys(sources))})"
        for (subject, relation), sources in by_fact.items()
    ]


def _mark(number: int, entity: Entity, ring: int, place: tuple[float, float], sign: Mark) -> str:
    drop = LABEL_DROP + (5 if ring == 0 else 0)
    return (
        f'<g class="node ring{ring} k{sign.colour}" data-node="{number}" '
        f'transform="translate({place[0]:.1f} {place[1]:.1f})">'
        f"<title>{escape(f'{entity.name or entity.id} ({entity.kind})')}</title>"
        f'<path class="mark" d="{sign.large if ring == 0 else sign.path}"/>'
        f'<text class="letter" dy=".35em">{escape(sign.letter)}</text>'
        f'<text class="label" y="{drop}">{escape(label_of(entity))}</text></g>'
    )


def _legend(signs: Mapping[str, Mark], width: float) -> tuple[str, int]:
    x, y, parts = 36.0, _HEADER + 8, []
    for kind, sign in signs.items():
        label = shorten(words(kind), 24)
        need = 34 + columns(label) * LETTER + 20
        if x + need > width - 20 and x > 40:
            x, y = 36.0, y + _LEGEND_LINE
        parts.append(
            f'<g class="key k{sign.colour}" transform="translate({x:.0f} {y})">'
            f'<path class="mark" transform="scale(.75)" d="{sign.path}"/>'
            f'<text class="letter" dy=".35em">{escape(sign.letter)}</text>'
            f'<text class="named" x="20" dy=".35em">{escape(label)}</text></g>'
        )
        x += need
    return "\n".join(parts), y - _HEADER + 22


def _wrapped(text: str, width: float) -> Sequence[str]:
    import textwrap

    return textwrap.wrap(text, max(30, int((width - 48) / _NOTE_WIDTH)))
