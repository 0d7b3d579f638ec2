"""A neighbourhood as one HTML file that asks nobody for anything: the drawing, its facts, and what moves it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from kg.drawing.layout import lay_out
from kg.drawing.lines import LABEL_REACH, REACH, STEEP, Line, lines
from kg.drawing.marks import Mark, marks
from kg.drawing.selection import Neighbourhood
from kg.drawing.svg import description, drawing, left_out_words, style
from kg.drawing.text import clean, escape, script_json, words
from kg.schema import Entity, Triple

_LONGEST = 600
"""Longest sentence that is shown as evidence, in characters."""


def render_page(around: Neighbourhood) -> str:
    """Return a whole HTML document.

    Pan, zoom and drag; pointing at an entity or a line, or reaching it by keyboard, shows its facts with
    source, confidence, days and sentence; a click unfolds its second step. Without scripts the drawing and
    the list of facts remain. The page's policy allows its own script and style and no request at all.
    """
    layout, signs = lay_out(around), marks(e.kind for e in around.entities)
    sheet = style("picture.css") + style("page.css")
    script = style("page.js")
    name = around.centre.name or around.centre.id
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(sheet)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    data = {
        "nodes": [_node(entity, around, layout.places[entity.id]) for entity in around.entities],
        "lines": [_line(line, around) for line in lines(around)],
        "reach": REACH,
        "below": [LABEL_REACH, STEEP],
        "size": [layout.width, layout.height],
    }
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{escape(f"What surrounds {name}")}</title>
<style>{sheet}</style>
</head>
<body>
<header>
<h1 dir="auto">{escape(name)} <small>{escape(around.centre.kind)}</small></h1>
<p dir="auto">{escape(left_out_words(around))}</p>
</header>
<main>
<section class="picture" aria-label="Picture">
<div class="tools" role="toolbar" aria-label="View">
<button type="button" data-do="in" aria-label="Zoom in" title="Zoom in">+</button>
<button type="button" data-do="out" aria-label="Zoom out" title="Zoom out">−</button>
<button type="button" data-do="fit" aria-label="Show the whole picture" title="Show the whole picture">⤢</button>
</div>
<svg class="tg-graph" viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" role="group" tabindex="-1"
 aria-label="{escape(description(around))}" xmlns="http://www.w3.org/2000/svg">
<defs><marker id="tg-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 orient="auto-start-reverse"><path class="arrow" d="M0 0 8 4 0 8Z"/></marker></defs>
{drawing(around, layout, signs)}
</svg>
<p class="help">Drag to move, wheel or pinch to zoom; a click keeps the facts of an entity in view and unfolds what
lies behind it. <span class="keys">Tab to the picture, then arrow keys walk from entity to entity; Enter is a click,
Escape lets go.</span></p>
</section>
<aside aria-label="Search, filters and facts">
<label class="search">Search <input type="search" id="search" autocomplete="off" spellcheck="false"
 placeholder="A name in this picture"></label>
<p id="found" role="status"></p>
{_filters(around, signs)}
<section id="facts" aria-live="polite" aria-label="Facts"><h2>Facts</h2>
<p>Point at an entity or a line, or choose one with the keyboard.</p></section>
</aside>
</main>
<details class="all"><summary>All facts of this picture as a table</summary>
{_table(around)}
</details>
<script type="application/json" id="data">{script_json(data)}</script>
<script>{script}</script>
</body>
</html>
"""


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _node(entity: Entity, around: Neighbourhood, place: tuple[float, float]) -> dict[str, Any]:
    return {
        "id": clean(entity.id),
        "name": clean(entity.name) or clean(entity.id),
        "kind": clean(entity.kind),
        "aliases": [clean(alias) for alias in entity.aliases[:12]],
        "ring": around.rings[entity.id],
        "undrawn": around.undrawn.get(entity.id, 0),
        "hub": entity.id in around.hubs,
        "x": place[0],
        "y": place[1],
    }


def _line(line: Line, around: Neighbourhood) -> dict[str, Any]:
    number = {entity.id: k for k, entity in enumerate(around.entities)}
    facts = [
        {
            "s": number[triple.subject],
            "o": number[triple.object],
            "relation": triple.relation,
            "says": words(triple.relation),
            "source": clean(triple.source),
            "confidence": triple.confidence,
            "first": _day(triple, first=True),
            "last": _day(triple, first=False),
            "sentence": _sentence(triple),
        }
        for triple in line.triples
    ]
    return {"a": line.start, "b": line.end, "facts": facts}


def _day(triple: Triple, *, first: bool) -> str:
    day = triple.first_seen if first else triple.last_seen
    return day.isoformat() if day else ""


def _sentence(triple: Triple) -> str:
    said = clean(triple.sentence)
    return said if len(said) <= _LONGEST else said[:_LONGEST].rstrip() + "…"


def _filters(around: Neighbourhood, signs: dict[str, Mark]) -> str:
    kinds: dict[str, int] = {}
    for entity in around.entities[1:]:
        kinds[entity.kind] = kinds.get(entity.kind, 0) + 1
    relations: dict[str, int] = {}
    for triple in around.triples:
        relations[triple.relation] = relations.get(triple.relation, 0) + 1
    second = any(ring == 2 for ring in around.rings.values())
    rows = [
        "<fieldset><legend>Kinds</legend>",
        *(_kind_box(kind, count, signs[kind]) for kind, count in kinds.items()),
        "</fieldset>",
        "<fieldset><legend>Relations</legend>",
        *(
            _box("relation", relation, words(relation), count)
            for relation, count in sorted(relations.items())
        ),
        "</fieldset>",
    ]
    if second:
        rows.append('<label class="box"><input type="checkbox" id="second"> Unfold every second step</label>')
    return "\n".join(rows)


def _kind_box(kind: str, count: int, sign: Mark) -> str:
    icon = (
        f'<svg class="tg-graph sign k{sign.colour}" viewBox="-22 -22 44 44" aria-hidden="true">'
        f'<path class="mark" d="{sign.path}"/><text class="letter" dy=".35em">{escape(sign.letter)}</text></svg>'
    )
    return _box("kind", kind, words(kind), count, icon)


def _box(group: str, value: str, label: str, count: int, icon: str = "") -> str:
    return (
        f'<label class="box"><input type="checkbox" checked data-{group}="{escape(value)}"> {icon}'
        f'<bdi>{escape(label)}</bdi> <span class="count">{count}</span></label>'
    )


def _table(around: Neighbourhood) -> str:
    names = {entity.id: entity.name or entity.id for entity in around.entities}
    rows = [
        "<tr>"
        + "".join(
            f'<td dir="auto">{escape(cell)}</td>'
            for cell in (
                names[triple.subject],
                words(triple.relation),
                names[triple.object],
                triple.source,
                f"{triple.confidence:.2f}",
                _day(triple, first=True),
                _day(triple, first=False),
                _sentence(triple),
            )
        )
        + "</tr>"
        for triple in around.triples
    ]
    heads = ("subject", "relation", "object", "source", "confidence", "first seen", "last seen", "sentence")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
