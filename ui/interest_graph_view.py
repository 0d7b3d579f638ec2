"""How is the picture of a person's taste drawn? SVG that the page's script moves, and the same as a table."""

from __future__ import annotations

from kg.drawing.layout import LABEL_COLUMNS, LABEL_DROP
from kg.drawing.lines import shortened
from kg.drawing.marks import marks
from kg.drawing.text import clean, shorten
from ui.interest_graph import ME, Edge, InterestGraph, Node
from ui.text import escape

_SIGNS = marks(("me", "likes", "avoids", "seen", "scene", "item"))
_GLYPHS = {"me": "", "likes": "+", "avoids": "−", "seen": "✓", "scene": "@"}
_LEGEND = (
    ("likes", "you like"),
    ("avoids", "you avoid"),
    ("seen", "seen or skipped"),
    ("scene", "occasion"),
    ("item", "suggested now, by place"),
)
_SIMULATED = " Part of the scores here was learned from simulated behaviour, not from real people."
_BEND = 0.16
"""How far a line between two things beside the person bends outwards, as a share of its length."""
_WAYS = {
    "likes": "likes",
    "avoids": "avoids",
    "seen": "has seen or skipped",
    "scene": "has the occasion",
    "belongs": "has the trait",
    "lifts": "lifts",
    "lowers": "lowers",
}


def interest_graph_html(graph: InterestGraph, *, simulated: bool = False) -> str:
    """Return the picture with its tools, a place for the sentence of what is pointed at, and the same as a table.

    With `simulated` it says that scores were learned from simulated behaviour.
    """
    if len(graph.nodes) < 2:
        return (
            '<p class="tg-none">There is nothing to draw yet. Say what you like, or press a thumb, and the picture '
            "shows where it leads.</p>"
        )
    width, height = graph.layout.width, graph.layout.height
    kinds = {node.kind for node in graph.nodes}
    legend = "".join(
        f'<span><svg class="tg-sign tg-n-{kind}" viewBox="-22 -22 44 44" width="18" height="18" aria-hidden="true">'
        f'<path d="{_SIGNS[kind].path}"/></svg>{words}</span>'
        for kind, words in _LEGEND
        if kind in kinds
    )
    left = f" {graph.left_out} older lines are in the list and not drawn." if graph.left_out else ""
    return (
        '<div class="tg-net"><div class="tg-net-tools" role="toolbar" aria-label="View of the picture">'
        '<button type="button" data-view="in" aria-label="Zoom in" title="Zoom in">+</button>'
        '<button type="button" data-view="out" aria-label="Zoom out" title="Zoom out">−</button>'
        '<button type="button" data-view="fit" aria-label="Show the whole picture" title="Show all">⤢</button></div>'
        f'<svg class="tg-net-svg" viewBox="0 0 {width:.0f} {height:.0f}" data-size="{width:.0f} {height:.0f}" '
        f'role="group" aria-label="{escape(description(graph))}" focusable="false">'
        f"<g>{''.join(_edge(edge, graph) for edge in graph.edges)}</g>"
        f"<g>{''.join(_node(node, graph) for node in graph.nodes)}</g></svg>"
        f'<p class="tg-net-legend">{legend}</p>'
        '<div class="tg-net-said" role="status"><p>Point at something, or walk with the arrow keys, to read what is '
        f"behind it.{left}</p></div>"
        '<p class="tg-net-help">Drag to move, wheel or pinch to zoom. By keyboard: Tab to the picture, arrow keys '
        "from one to the next, Enter keeps its sentence in view, + and − zoom, 0 shows all."
        f"{_SIMULATED if simulated else ''}</p>"
        f"{_table(graph)}</div>"
    )


def description(graph: InterestGraph) -> str:
    """Return the picture in a sentence, for those who cannot see it."""
    counts = {kind: sum(node.kind == kind for node in graph.nodes) for kind, _ in _LEGEND}
    parts = [
        f"{counts['likes']} that you like",
        f"{counts['avoids']} that you avoid",
        f"{counts['item']} suggestions that they lead to",
    ]
    return f"Your taste as a picture: {', '.join(parts)}. The table beneath says the same."


def _node(node: Node, graph: InterestGraph) -> str:
    x, y = graph.layout.places[node.id]
    sign = _SIGNS[node.kind]
    glyph = node.says.split()[1] if node.kind == "item" else _GLYPHS[node.kind]
    drop = LABEL_DROP + (5 if node.kind == "me" else 0)
    spoken = f"{node.name}, {node.what}. {node.says}"
    interest = f' data-interest="{escape(node.interest)}"' if node.interest else ""
    return (
        f'<g class="tg-node tg-n-{node.kind}" data-node="{escape(node.id)}" data-x="{x:.1f}" data-y="{y:.1f}" '
        f'data-name="{escape(clean(node.name))}" data-what="{escape(node.what)}" '
        f'data-says="{escape(clean(node.says))}" '
        f'data-quote="{escape(clean(node.quote))}"{interest} transform="translate({x:.1f} {y:.1f})" role="button" '
        f'tabindex="{0 if node.id == ME else -1}" aria-pressed="false" aria-label="{escape(clean(spoken))}">'
        f'<circle class="tg-grip" r="24"/>'
        f'<path class="tg-mark" d="{sign.large if node.kind == "me" else sign.path}" '
        f'style="fill-opacity:{0.35 + 0.65 * node.strength / 100:.2f}"/>'
        f'<text class="tg-glyph" dy=".35em">{escape(glyph)}</text>'
        f'<text class="tg-label" y="{drop}">{escape(shorten(node.name, LABEL_COLUMNS))}</text></g>'
    )


def _edge(edge: Edge, graph: InterestGraph) -> str:
    places = graph.layout.places
    rings = tuple(0 if end == ME else 2 if end.startswith("item:") else 1 for end in (edge.start, edge.end))
    x1, y1, x2, y2 = shortened(places[edge.start], places[edge.end], (rings[0], rings[1]))
    bend = 0.0 if ME in (edge.start, edge.end) else _BEND
    cx, cy = _control((x1, y1), (x2, y2), places[ME], bend)
    return (
        f'<g class="tg-edge tg-e-{edge.way}" data-a="{escape(edge.start)}" data-b="{escape(edge.end)}" '
        f'data-says="{escape(clean(edge.says))}" data-bend="{bend}">'
        f'<path d="M{x1:.1f} {y1:.1f}Q{cx:.1f} {cy:.1f} {x2:.1f} {y2:.1f}" '
        f'stroke-width="{1.2 + 4 * edge.weight:.1f}"/></g>'
    )


def _control(
    start: tuple[float, float], end: tuple[float, float], middle: tuple[float, float], bend: float
) -> tuple[float, float]:
    """Return the point that a line bends towards: away from the middle, which it would else seem to touch."""
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    across = (start[1] - end[1], end[0] - start[0])
    outwards = across[0] * (x - middle[0]) + across[1] * (y - middle[1])
    side = bend if outwards >= 0 else -bend
    return x + side * across[0], y + side * across[1]


def _table(graph: InterestGraph) -> str:
    quotes = {node.id: node.quote for node in graph.nodes}
    rows = "".join(
        f'<tr><th scope="row">{escape(graph.name(edge.start))}</th><td>{_WAYS[edge.way]}</td>'
        f"<td>{escape(graph.name(edge.end))}</td><td>{escape(edge.says)}"
        f"{f' <q>{escape(quotes[edge.end])}</q>' if quotes[edge.end] else ''}</td></tr>"
        for edge in graph.edges
    )
    return (
        '<details class="tg-net-table"><summary>The picture as a table</summary>'
        '<div class="tg-net-scroll" tabindex="0" '
        'role="region" aria-label="The picture as a table"><table><thead><tr><th scope="col">From</th>'
        '<th scope="col">Tie</th><th scope="col">To</th><th scope="col">Why</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )
