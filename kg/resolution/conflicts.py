"""Several values where only one can be true: all are kept with their sources, and a rule says which one speaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from kg.schema import Triple


class Claim(BaseModel):
    """One of the values, and who says so."""

    model_config = ConfigDict(frozen=True)

    object: str
    sources: tuple[str, ...]
    confidence: float
    """Sum of the confidences of the sources, each source counted once."""
    last_seen: date | None = None


class Conflict(BaseModel):
    """Two or more values of a relation that has one; the first claim speaks."""

    model_config = ConfigDict(frozen=True)

    subject: str
    relation: str
    claims: tuple[Claim, ...]


def spoken(
    triples: Iterable[Triple], single_valued: Collection[str], priority: Sequence[str] = ()
) -> dict[tuple[str, str], str]:
    """Return the object that speaks for each (subject, relation) of a single-valued relation.

    The rule, in this order: the value whose best source stands first in `priority` (sources that are not in
    it come after, all alike); the greater sum of confidences of independent sources; the latest `last_seen`;
    the least object in the order of its characters.
    """
    return {key: claims[0].object for key, claims in _claims(triples, single_valued, priority).items()}


def conflicts(
    triples: Iterable[Triple], single_valued: Collection[str], priority: Sequence[str] = ()
) -> list[Conflict]:
    """Return where sources differ, by subject and relation; claims in the order of the rule of `spoken`."""
    found = _claims(triples, single_valued, priority)
    return [
        Conflict(subject=subject, relation=relation, claims=tuple(claims))
        for (subject, relation), claims in sorted(found.items())
        if len(claims) > 1
    ]


def _claims(
    triples: Iterable[Triple], single_valued: Collection[str], priority: Sequence[str]
) -> dict[tuple[str, str], list[Claim]]:
    wanted = frozenset(single_valued)
    said: dict[tuple[str, str], dict[str, list[Triple]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        if triple.relation in wanted:
            said[triple.subject, triple.relation][triple.object].append(triple)
    ranks = {source: rank for rank, source in reversed(list(enumerate(priority)))}

    def order(claim: Claim) -> tuple[int, float, int, str]:
        best = min(ranks.get(source, len(ranks)) for source in claim.sources)
        day = claim.last_seen.toordinal() if claim.last_seen else 0
        return best, -claim.confidence, -day, claim.object

    return {
        key: sorted((_claim(target, of) for target, of in values.items()), key=order)
        for key, values in said.items()
    }


def _claim(target: str, triples: list[Triple]) -> Claim:
    surest: dict[str, float] = {}
    for triple in triples:
        surest[triple.source] = max(triple.confidence, surest.get(triple.source, 0.0))
    days = [triple.last_seen for triple in triples if triple.last_seen]
    return Claim(
        object=target,
        sources=tuple(sorted(surest)),
        confidence=round(sum(surest[source] for source in sorted(surest)), 9),
        last_seen=max(days, default=None),
    )
