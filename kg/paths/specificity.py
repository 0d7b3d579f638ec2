"""How much a path says: what its inner entities tell apart, and what its relations tell at all.

The measure of an inner entity is information content (Resnik 1995), -log p, with p the share of a
relation's triples that the entity has. Counting the degree within the relation, and not all edges, is what
degree-weighted path counts do (Himmelstein and Baranzini 2015); weighing relations by how evenly they spread
over entities follows the informativeness of path patterns in RECAP (Pirrò 2015).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DENSE = 500
"""An entity with more edges than this has its edges of all relations counted: almost all are of one."""
_PRIOR = 0.5
_PRIOR_TRIPLES = 20.0
"""A relation counts as if it had this many more triples of middling informativeness: few prove nothing."""


@dataclass(frozen=True)
class RelationStatistics:
    """What the graph says of one relation."""

    triples: int
    informativeness: float
    """From 0, when one entity has all triples of the relation, to 1, when every triple has its own."""


UNKNOWN = RelationStatistics(triples=1, informativeness=_PRIOR)
"""A relation that is newer than the statistics."""


def relation_statistics(triples: int, by_subject: float, by_object: float) -> RelationStatistics:
    """Weigh a relation by its number of triples and the sums of d·ln(d) over the ends on either side.

    Informativeness is the entropy of that side which more triples share, over the greatest possible one:
    a thousand films spread over 500 directors but over five countries.
    """
    weight = triples + _PRIOR_TRIPLES
    if triples < 2:
        return RelationStatistics(triples, _PRIOR)
    most = math.log(triples)
    entropy = min(most - by_subject / triples, most - by_object / triples)
    measured = min(max(entropy / most, 0.0), 1.0)
    # Rounded, so that it does not matter in which order a store adds up.
    return RelationStatistics(triples, round((triples * measured + _PRIOR_TRIPLES * _PRIOR) / weight, 9))


def information(relation: RelationStatistics, degree: int) -> float:
    """Return what it says to meet an entity that has `degree` of the relation's triples, in 0..1."""
    total = relation.triples + _PRIOR_TRIPLES
    met = min(max(degree, 1), max(relation.triples, 1))
    return relation.informativeness * math.log(total / met) / math.log(total)


def specificity(inner: Sequence[tuple[float, float]]) -> float:
    """Return what a path says, in 0..1, by the information with which each inner entity is entered and left.

    A chain is as strong as its weaker link, and each further inner entity makes it weaker: the product of
    the smaller ones. A direct edge has no inner entity and says 1.0.
    """
    return math.prod(min(pair) for pair in inner)
