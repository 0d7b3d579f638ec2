"""What does a person's taste look like as a picture? Themselves, what they like and avoid, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from kg.drawing.layout import Layout, lay_out
from kg.drawing.selection import Neighbourhood
from kg.schema import Entity, Triple
from recsys.counterfactual import Carried
from recsys.occasions import DEFAULT, scene_phrase
from recsys.schema import Interest, Item
from recsys.taste import falls_under, statement
from ui.known import grain_words, strength_percent

ME = "me"
MOST_INTERESTS = 24
"""Interests that are drawn, the newest; the list has them all."""
MOST_CARRIERS = 3
"""Lines that are drawn to an item: from the interests that move its score most."""
_LEAST_GAIN = 0.03
"""Share of an item's score from which an interest counts as carrying it."""
Kind = Literal["me", "likes", "avoids", "seen", "scene", "item"]
Way = Literal["likes", "avoids", "seen", "scene", "belongs", "lifts", "lowers"]


@dataclass(frozen=True)
class Node:
    """Something in the picture."""

    id: str
    kind: Kind
    name: str
    what: str
    """What it is, as a reader calls it: `genre`, `film`, `occasion`."""
    says: str
    """The sentence about it."""
    quote: str = ""
    """What the person said, where it came from words of theirs."""
    strength: int = 100
    """What it weighs now, in percent."""
    interest: str = ""
    """Id of the interest, where it is one."""


@dataclass(frozen=True)
class Edge:
    """A line of the picture."""

    start: str
    end: str
    way: Way
    says: str
    weight: float
    """How thick it is, in 0..1."""


@dataclass(frozen=True)
class InterestGraph:
    """The picture as data, and where everything stands, in pixels from the top left."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    layout: Layout
    left_out: int = 0
    """Older interests that are not drawn."""

    def name(self, node_id: str) -> str:
        """Return the name of a node."""
        return next(node.name for node in self.nodes if node.id == node_id)


def interest_graph(
    interests: Iterable[Interest], led_to: Carried, item_of: Callable[[str], Item | None]
) -> InterestGraph:
    """Return the picture of a profile.

    Args:
        interests: those that count, newest first.
        led_to: what they lead to and which of them carries it.
        item_of: gives the item of an id, None where the catalogue has it no more.

    Lines go from the person to each interest, through the occasion where it holds in one only; from an interest in a
    title to the genre, person, … of the profile that the title has; and from the interests to the items whose score
    they lift or lower, at most `MOST_CARRIERS` each.
    """
    every, now = list(interests), datetime.now(UTC)
    drawn = every[:MOST_INTERESTS]
    nodes: dict[str, Node] = {ME: Node(ME, "me", "You", "you", "Everything here was told by you.")}
    edges: list[Edge] = []
    for one in drawn:
        node = _interest_node(one, now)
        nodes[node.id] = node
        edges += _ties_to_me(one, node, nodes)
    edges += _belongings(drawn, item_of)
    edges += _leads(drawn, led_to, nodes)
    touched = {ME} | {end for edge in edges for end in (edge.start, edge.end)}
    kept = tuple(node for node in nodes.values() if node.id in touched)
    return InterestGraph(kept, tuple(edges), _placed(kept, edges), len(every) - len(drawn))


def _interest_node(one: Interest, now: datetime) -> Node:
    kind: Kind = "seen" if one.kind in ("seen", "skipped") else "likes" if one.polarity > 0 else "avoids"
    weight = strength_percent(one, now)
    return Node(
        id=f"interest:{one.id}",
        kind=kind,
        name=one.subject,
        what=grain_words(one),
        says=f"{statement(one)} Since {one.time:%Y-%m-%d}, counting {weight} %.",
        quote=one.sentence,
        strength=weight,
        interest=one.id,
    )


def _ties_to_me(one: Interest, node: Node, nodes: dict[str, Node]) -> list[Edge]:
    way: Way = "seen" if node.kind == "seen" else "likes" if one.polarity > 0 else "avoids"
    weight = node.strength / 100
    if one.scene == DEFAULT:
        return [Edge(ME, node.id, way, statement(one), weight)]
    words = scene_phrase(one.scene) or one.scene
    scene = f"scene:{one.scene}"
    first = scene not in nodes
    nodes.setdefault(
        scene, Node(scene, "scene", words.capitalize(), "occasion", f"What counts {words} only.")
    )
    ties = [Edge(ME, scene, "scene", f"What counts {words} only.", 0.4)] if first else []
    return [*ties, Edge(scene, node.id, way, statement(one), weight)]


def _belongings(drawn: Iterable[Interest], item_of: Callable[[str], Item | None]) -> list[Edge]:
    listed = list(drawn)
    wider = [one for one in listed if one.granularity in ("entity", "attribute")]
    found = []
    for one in listed:
        item = item_of(one.subject_id) if one.granularity == "item" and one.subject_id else None
        if item is None:
            continue
        for other in wider:
            if falls_under(item, other):
                says = f"{one.subject} has the {grain_words(other)} {other.subject}."
                found.append(Edge(f"interest:{one.id}", f"interest:{other.id}", "belongs", says, 0.3))
    return found


def _leads(drawn: Iterable[Interest], led_to: Carried, nodes: dict[str, Node]) -> list[Edge]:
    listed = [one for one in drawn if one.id in led_to.gains]
    edges = []
    for place, found in enumerate(led_to.recommendations):
        gains = sorted(((led_to.gains[one.id][place], one) for one in listed), key=lambda pair: -abs(pair[0]))
        least = _LEAST_GAIN * max(abs(found.score), 1e-9)
        carrying = [(gain, one) for gain, one in gains if abs(gain) >= least][:MOST_CARRIERS]
        if not carrying:
            continue
        node = f"item:{found.item.id}"
        told = "; ".join(
            f"{one.subject} {'lifts' if gain > 0 else 'lowers'} it by {abs(gain):.2f}"
            for gain, one in carrying
        )
        label = found.item.label
        nodes[node] = Node(
            node,
            "item",
            label,
            found.item.kind,
            f"Number {place + 1} for you now, score {found.score:.2f}: {told}.",
        )
        for gain, one in carrying:
            way: Way = "lifts" if gain > 0 else "lowers"
            says = f"{one.subject} {way} {label} by {abs(gain):.2f} of its score {found.score:.2f}."
            weight = min(1.0, abs(gain) / max(abs(found.score), 1e-9))
            edges.append(Edge(f"interest:{one.id}", node, way, says, weight))
    return edges


def _placed(nodes: tuple[Node, ...], edges: Iterable[Edge]) -> Layout:
    entities = {node.id: Entity(id=node.id, kind=node.kind, name=node.name or node.id) for node in nodes}
    rings: Mapping[str, int] = {
        node.id: 0 if node.id == ME else 2 if node.kind == "item" else 1 for node in nodes
    }
    # Those of one relation to the middle stand side by side: an interest of an occasion stands with the occasion.
    ties = [Triple(subject=one.start, relation=one.way, object=one.end, source="") for one in edges]
    ties += [
        Triple(subject=ME, relation=f"scene {one.start}", object=one.end, source="")
        for one in edges
        if one.start.startswith("scene:")
    ]
    ordered = sorted(nodes, key=lambda node: rings[node.id])
    return lay_out(
        Neighbourhood(
            centre=entities[ME],
            entities=tuple(entities[node.id] for node in ordered),
            rings=rings,
            triples=tuple(ties),
        )
    )
