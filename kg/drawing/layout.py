"""Where does each entity stand? In rings around the middle, then labels are pushed off one another."""

from __future__ import annotations

import cmath
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.drawing.marks import RADIUS
from kg.drawing.selection import Neighbourhood
from kg.drawing.text import columns, shorten
from kg.schema import Entity

LABEL_COLUMNS = 24
"""Longest label beside a mark; the whole name is said when it is pointed at."""
LETTER = 6.9
"""Mean width of a letter of a label, in pixels."""
LABEL_DROP = 31
"""How far below the middle of its mark a label's baseline is, in pixels."""
_ROOM = 84
"""Pixels of a ring that an entity gets."""
_NEAREST = 190
"""Least distance of the first ring from the middle, in pixels."""
_BETWEEN = 150
"""Least distance between two rings, in pixels."""
_STAGGER = 1.2
"""Every other entity of a full ring stands further out by this factor."""
_FULL = 9
"""Entities from which on a ring is staggered."""
_WIDE = 1.25
"""A picture is this much wider, and less high, than a circle, because labels are."""
_GAP = 8
_LINE = 16
_ROUNDS = 400


@dataclass(frozen=True)
class Layout:
    """The places of the entities, in pixels from the top left of a picture of this size."""

    places: Mapping[str, tuple[float, float]]
    width: float
    height: float


def lay_out(around: Neighbourhood) -> Layout:
    """Place the entities of a neighbourhood; the same one always gets the same places.

    The first step stands in a ring in which those of one relation are side by side, the second outside it,
    as near as may be to what leads there. No label covers another unless there are very many.
    """
    places, radius = _first_ring(around)
    _second_ring(around, places, radius)
    _push_apart(places, around)
    return _framed(places, around.entities)


def label_of(entity: Entity) -> str:
    """Return what is written beside the mark of an entity."""
    return shorten(entity.name, LABEL_COLUMNS) or shorten(entity.id, LABEL_COLUMNS)


def half_width(entity: Entity) -> float:
    """Return half the width that an entity takes with its label, in pixels."""
    return max(RADIUS * 1.45, columns(label_of(entity)) * LETTER / 2)


def _first_ring(around: Neighbourhood) -> tuple[dict[str, tuple[float, float]], float]:
    relation: dict[str, str] = {}
    for triple in around.triples:
        if around.centre.id in (triple.subject, triple.object):
            other = triple.object if triple.subject == around.centre.id else triple.subject
            relation.setdefault(other, triple.relation)
    members = [e for e in around.entities if around.rings[e.id] == 1]
    members.sort(key=lambda e: (relation.get(e.id, ""), e.kind, e.id))
    radius = max(_NEAREST, _ROOM * len(members) / (2 * math.pi))
    places = {around.centre.id: (0.0, 0.0)}
    for k, entity in enumerate(members):
        further = _STAGGER if len(members) >= _FULL and k % 2 else 1.0
        places[entity.id] = _on_ring(2 * math.pi * k / len(members) - math.pi / 2, radius * further)
    return places, radius


def _second_ring(around: Neighbourhood, places: dict[str, tuple[float, float]], radius: float) -> None:
    members = [e.id for e in around.entities if around.rings[e.id] == 2]
    if not members:
        return
    parents: defaultdict[str, list[complex]] = defaultdict(list)
    for triple in around.triples:
        for one, other in ((triple.subject, triple.object), (triple.object, triple.subject)):
            if around.rings[one] == 2 and around.rings[other] == 1:
                x, y = places[other]
                parents[one].append(complex(x / _WIDE, y * _WIDE))
    wish = {k: cmath.phase(sum(parents[k])) if parents[k] else 0.0 for k in members}
    members.sort(key=lambda k: (wish[k], k))
    outer = max(radius * _STAGGER + _BETWEEN, _ROOM * len(members) / (2 * math.pi))
    step = 2 * math.pi / len(members)
    # One turn of the whole ring, so that each stands as near as may be to where it wishes to.
    turn = cmath.phase(sum(cmath.exp(1j * (wish[k] - step * place)) for place, k in enumerate(members)))
    crowded = len(members) > 6
    for place, key in enumerate(members):
        angle = turn + step * place if crowded else wish[key]
        places[key] = _on_ring(angle, outer)


def _on_ring(angle: float, radius: float) -> tuple[float, float]:
    return radius * _WIDE * math.cos(angle), radius / _WIDE * math.sin(angle)


def _push_apart(places: dict[str, tuple[float, float]], around: Neighbourhood) -> None:
    """Move boxes of mark and label off one another; the centre stays where it is."""
    boxes = [(entity.id, half_width(entity)) for entity in around.entities]
    height = RADIUS * 1.45 + LABEL_DROP + 6.0 + _GAP
    for _ in range(_ROUNDS):
        moved = False
        for k, (a, half_a) in enumerate(boxes):
            for b, half_b in boxes[k + 1 :]:
                (ax, ay), (bx, by) = places[a], places[b]
                over_x = half_a + half_b + _GAP - abs(ax - bx)
                over_y = height - abs(ay - by)
                if over_x <= 0.5 or over_y <= 0.5:
                    continue
                moved = True
                if over_y <= over_x:
                    shift = (0.0, over_y if ay >= by else -over_y)
                else:
                    shift = (over_x if ax >= bx else -over_x, 0.0)
                _share(places, a, b, shift, around.centre.id)
        if not moved:
            return


def _share(
    places: dict[str, tuple[float, float]], a: str, b: str, shift: tuple[float, float], fixed: str
) -> None:
    """Move `a` by its part of the shift and `b` by the rest the other way; one that is fixed has no part."""
    part = 0.0 if a == fixed else 1.0 if b == fixed else 0.5
    dx, dy = shift
    (ax, ay), (bx, by) = places[a], places[b]
    places[a] = (ax + dx * part, ay + dy * part)
    places[b] = (bx - dx * (1 - part), by - dy * (1 - part))


def _framed(places: Mapping[str, tuple[float, float]], entities: Sequence[Entity]) -> Layout:
    margin = 26.0
    wide = {entity.id: half_width(entity) for entity in entities}
    left = min(x - wide[k] for k, (x, _) in places.items()) - margin
    right = max(x + wide[k] for k, (x, _) in places.items()) + margin
    top = min(y for _, y in places.values()) - RADIUS * 1.5 - margin
    bottom = max(y for _, y in places.values()) + LABEL_DROP + _LINE + margin
    # A small picture is given room at the sides, so that headings and legends fit.
    spare = max(0.0, 560 - (right - left)) / 2
    return Layout(
        places={k: (round(x - left + spare, 1), round(y - top, 1)) for k, (x, y) in places.items()},
        width=round(right - left + 2 * spare),
        height=round(bottom - top),
    )
