"""How is a kind told from another, with colours and without? Each has a colour, a shape and a letter."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

RADIUS = 15
"""Half the size of a mark, in pixels."""
COLOURS = 8
"""How many colours the style sheet has; more kinds share them, and differ in shape."""
_CENTRE_RADIUS = 21


@dataclass(frozen=True)
class Mark:
    """The sign of a kind."""

    kind: str
    colour: int
    """Number of the colour in the style sheet, from 0."""
    letter: str
    path: str
    """Outline of the shape around the origin, as the `d` of an SVG path."""
    large: str
    """The same, for the entity in the middle."""


def marks(kinds: Iterable[str]) -> dict[str, Mark]:
    """Give every kind its sign, in the order of first sight; letters differ as long as the names have any left."""
    found: dict[str, Mark] = {}
    taken: set[str] = set()
    for kind in kinds:
        if kind in found:
            continue
        letter = _letter(kind, taken)
        taken.add(letter)
        number = len(found)
        shape = _SHAPES[number % len(_SHAPES)]
        found[kind] = Mark(
            kind, number % COLOURS, letter, _outline(shape, RADIUS), _outline(shape, _CENTRE_RADIUS)
        )
    return found


def _letter(kind: str, taken: set[str]) -> str:
    letters = [c.upper() for c in kind if c.isalnum()] + list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return next((c for c in letters if len(c) == 1 and c not in taken), "?")


@dataclass(frozen=True)
class _Shape:
    corners: int
    turn: float
    """Angle of the first corner, in degrees clockwise from the right."""
    size: float
    """Distance of the corners from the middle, in radii: about equal areas."""
    inner: float = 1.0
    """Distance of the points between two corners, as a share of the corners': less than one makes a star."""


_SHAPES = (
    _Shape(0, 0, 1.0),
    _Shape(4, 45, 1.24),
    _Shape(4, 0, 1.24),
    _Shape(6, 0, 1.1),
    _Shape(3, -90, 1.42),
    _Shape(5, -90, 1.15),
    _Shape(3, 90, 1.42),
    _Shape(8, 22.5, 1.06),
    _Shape(5, -90, 1.5, 0.6),
)


def _outline(shape: _Shape, radius: float) -> str:
    if not shape.corners:
        return f"M{-radius} 0a{radius} {radius} 0 1 0 {2 * radius} 0a{radius} {radius} 0 1 0 {-2 * radius} 0Z"
    reach = radius * shape.size
    points = []
    between = 1 if shape.inner == 1.0 else 2
    for point in range(shape.corners * between):
        angle = math.radians(shape.turn + 360 * point / (shape.corners * between))
        far = reach if point % between == 0 else reach * shape.inner
        points.append(f"{far * math.cos(angle):.1f} {far * math.sin(angle):.1f}")
    return f"M{'L'.join(points)}Z"
