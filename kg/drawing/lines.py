"""Which lines does a picture have? One between two entities, whatever number of facts it stands for."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from kg.drawing.layout import LABEL_DROP
from kg.drawing.marks import RADIUS
from kg.drawing.selection import Neighbourhood
from kg.drawing.text import words
from kg.schema import Triple

REACH = (RADIUS * 1.75, RADIUS * 1.4, RADIUS * 1.4)
"""How far a mark reaches from its middle, by ring, in pixels, with room for an arrow."""
LABEL_REACH = LABEL_DROP + 9
"""How far a mark reaches downwards, where its label is."""
STEEP = 0.72
"""From this sine of its angle on, a line that comes from below ends under the label."""


@dataclass(frozen=True)
class Line:
    """All facts between two entities."""

    start: int
    """Number of the entity that the line starts at, as in `Neighbourhood.entities`: a subject."""
    end: int
    triples: tuple[Triple, ...]

    @property
    def relations(self) -> tuple[str, ...]:
        """The relations of its facts, each once."""
        return tuple(dict.fromkeys(triple.relation for triple in self.triples))

    @property
    def label(self) -> str:
        """What is written along it."""
        return ", ".join(words(relation) for relation in self.relations)


def lines(around: Neighbourhood) -> list[Line]:
    """Return the lines of a picture; a fact of an entity about itself has none."""
    number = {entity.id: k for k, entity in enumerate(around.entities)}
    between: defaultdict[tuple[int, int], list[Triple]] = defaultdict(list)
    for triple in around.triples:
        ends = (number[triple.subject], number[triple.object])
        if ends[0] != ends[1]:
            between[(min(ends), max(ends))].append(triple)
    found = []
    for (low, high), triples in sorted(between.items()):
        start = number[triples[0].subject]
        found.append(Line(start, high if start == low else low, tuple(triples)))
    return found


def shortened(
    start: tuple[float, float], end: tuple[float, float], rings: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Return the line between two places without what lies under the marks and labels at its ends."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    first, last = _reach(rings[0], uy), _reach(rings[1], -uy)
    if first + last > length:
        first = last = 0.0
    return start[0] + ux * first, start[1] + uy * first, end[0] - ux * last, end[1] - uy * last


def _reach(ring: int, down: float) -> float:
    """Return how far a mark reaches towards a line that leaves it; straight below stands its label."""
    return max(REACH[ring], LABEL_REACH / down if down > STEEP else 0.0)
