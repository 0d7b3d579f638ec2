"""Which of an entity's neighbours are worth drawing? The specific ones, of every relation, and how many are left."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.graph import GraphError, KnowledgeGraph
from kg.schema import Entity, Triple

CENTRE_FACTS = 5_000
"""Triples of the entity in the middle that are looked at; of a larger hub the first by key."""
OTHER_FACTS = 200
"""Triples that are looked at of every other entity; what has more counts as having this many."""
MOST_LINKS = 2
"""Lines that are drawn from an entity of the second step to the first: the most specific ones."""
_LOOKED_UP = 3
"""Entities of the second step that are looked at for each place."""
_SECOND_SHARE = 0.4
"""Share of the places that the second step gets."""


@dataclass(frozen=True)
class Neighbourhood:
    """An entity, the neighbours chosen to be drawn, and the facts between all of them."""

    centre: Entity
    entities: tuple[Entity, ...]
    """Those drawn: the centre first, then the first step, then the second."""
    rings: Mapping[str, int]
    """Steps from the centre (0, 1 or 2) by entity id."""
    triples: tuple[Triple, ...]
    """The facts drawn between these entities, by key; parallel ones of several sources all."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Neighbours of the centre that are not drawn, by relation."""
    undrawn: Mapping[str, int] = field(default_factory=dict)
    """Facts of each drawn entity that are not drawn; for `hubs` at least this many."""
    hubs: frozenset[str] = frozenset()
    """Drawn entities with more facts than were looked at."""

    @property
    def complete(self) -> bool:
        """False when the centre has more facts than were looked at: `left_out` is then a lower bound."""
        return self.centre.id not in self.hubs

    @property
    def drawn(self) -> int:
        """How many neighbours of the first step are drawn."""
        return sum(1 for ring in self.rings.values() if ring == 1)

    @property
    def first_step(self) -> int:
        """How many neighbours of the first step there are, at least."""
        return self.drawn + sum(self.left_out.values())


@dataclass(frozen=True)
class _Candidate:
    entity: Entity
    relations: tuple[str, ...]
    outgoing: bool
    """True when the centre is the subject of the first of its facts."""

    @property
    def group(self) -> tuple[str, bool, str]:
        return (self.relations[0], self.outgoing, self.entity.kind)


def neighbourhood(graph: KnowledgeGraph, entity_id: str, hops: int = 1, limit: int = 28) -> Neighbourhood:
    """Choose at most `limit` entities within `hops` (1 or 2) steps of an entity.

    First step: every group of equal relation, direction and kind has its turn, so that ten actors do not
    keep out the one director. Within a group, what the entity has (its genres) comes by specificity,
    1 / log2(2 + number of facts), and what has the entity (the films of a genre) by popularity.
    Second step: by the sum of the specificity of the neighbours that lead there (Adamic and Adar, 2003),
    each neighbour counting less the more was chosen through it, times the entity's own specificity. A
    neighbour with `OTHER_FACTS` facts or more leads nowhere, for all things of the graph lie behind it.

    Raises `GraphError` when the entity is unknown or `hops` or `limit` are out of range.
    """
    if hops not in (1, 2):
        raise GraphError(f"A picture has one or two steps around its entity, not {hops}.")
    if limit < 1:
        raise GraphError(f"A picture has at least one neighbour; {limit} were asked for.")
    known = graph.get([entity_id])
    if not known:
        raise GraphError(f"There is no entity {entity_id!r} in this graph.")
    centre = known[0]
    around = graph.facts(centre.id, limit=CENTRE_FACTS + 1)
    complete = len(around) <= CENTRE_FACTS
    candidates = _candidates(graph, centre.id, around[:CENTRE_FACTS])
    facts: dict[str, list[Triple]] = {centre.id: around[:CENTRE_FACTS]}

    places = limit if hops == 1 else max(1, round(limit * (1 - _SECOND_SHARE)))
    shortlist = _take_turns(
        candidates, 3 * places, lambda c: (-c.entity.popularity, c.entity.name, c.entity.id)
    )
    _look_up(graph, facts, [c.entity.id for c in shortlist])
    first = _take_turns(shortlist, places, lambda c: _rank(c, facts))
    second = _second_step(graph, centre.id, first, facts, limit - len(first)) if hops == 2 else []

    entities = (centre, *(c.entity for c in first), *second)
    rings = {centre.id: 0} | {c.entity.id: 1 for c in first} | {entity.id: 2 for entity in second}
    drawn = _few_links(_between(rings, facts), rings, facts)
    chosen = {c.entity.id for c in first}
    left_out: defaultdict[str, int] = defaultdict(int)
    for candidate in candidates:
        if candidate.entity.id not in chosen:
            left_out[candidate.relations[0]] += 1
    return Neighbourhood(
        centre=centre,
        entities=entities,
        rings=rings,
        triples=tuple(drawn),
        left_out=dict(sorted(left_out.items(), key=lambda item: (-item[1], item[0]))),
        undrawn=_undrawn(rings, facts, drawn),
        hubs=frozenset(k for k in rings if k != centre.id and len(facts[k]) >= OTHER_FACTS)
        | (frozenset() if complete else {centre.id}),
    )


def specificity(facts: int) -> float:
    """Return 1 / log2(2 + number of facts): what many things share says little."""
    return 1 / math.log2(2 + facts)


def _candidates(graph: KnowledgeGraph, centre: str, around: Iterable[Triple]) -> list[_Candidate]:
    beside: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
    for triple in around:
        outgoing = triple.subject == centre
        other = triple.object if outgoing else triple.subject
        edge = (triple.relation, outgoing)
        if other != centre and edge not in beside[other]:
            beside[other].append(edge)
    ids = sorted(other for other in beside if beside[other])
    return [
        _Candidate(
            entity, tuple(name for name, _ in sorted(beside[entity.id])), sorted(beside[entity.id])[0][1]
        )
        for entity in graph.get(ids)
    ]


def _rank(candidate: _Candidate, facts: Mapping[str, Sequence[Triple]]) -> tuple[float | str, ...]:
    entity = candidate.entity
    special = -specificity(len(facts[entity.id]))
    strength = (special, -entity.popularity) if candidate.outgoing else (-entity.popularity, special)
    return (-len(candidate.relations), *strength, entity.name, entity.id)


def _take_turns(
    candidates: Sequence[_Candidate], places: int, rank: Callable[[_Candidate], Any]
) -> list[_Candidate]:
    """Return the best of every group in turns; groups of few come first, for they say more."""
    groups: defaultdict[tuple[str, bool, str], list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        groups[candidate.group].append(candidate)
    queues = [sorted(groups[name], key=rank) for name in sorted(groups, key=lambda g: (len(groups[g]), g))]
    taken: list[_Candidate] = []
    for turn in range(max(map(len, queues), default=0)):
        taken += [queue[turn] for queue in queues if turn < len(queue)]
        if len(taken) >= places:
            break
    return taken[:places]


def _second_step(
    graph: KnowledgeGraph,
    centre: str,
    first: Sequence[_Candidate],
    facts: dict[str, list[Triple]],
    places: int,
) -> list[Entity]:
    near = {c.entity.id for c in first} | {centre}
    through: defaultdict[str, set[str]] = defaultdict(set)
    by_relation: defaultdict[str, set[str]] = defaultdict(set)
    for candidate in first:
        parent = candidate.entity.id
        for triple in facts[parent] if len(facts[parent]) < OTHER_FACTS else ():
            for other in {triple.subject, triple.object} - near:
                through[other].add(parent)
                by_relation[triple.relation].add(other)
    says = {c.entity.id: specificity(len(facts[c.entity.id])) for c in first}

    def promise(key: str, uses: Mapping[str, int]) -> float:
        return math.fsum(says[p] / (1 + uses.get(p, 0)) for p in through[key])

    each = math.ceil(_LOOKED_UP * places / max(1, len(by_relation)))
    looked_up: dict[str, None] = {}
    for relation in sorted(by_relation):
        looked_up |= dict.fromkeys(sorted(by_relation[relation], key=lambda k: (-promise(k, {}), k))[:each])
    rest = sorted(through.keys() - looked_up.keys(), key=lambda k: (-promise(k, {}), k))
    looked_up |= dict.fromkeys(rest[: max(0, _LOOKED_UP * places - len(looked_up))])
    found = {entity.id: entity for entity in graph.get(list(looked_up))}
    _look_up(graph, facts, list(found))
    uses: defaultdict[str, int] = defaultdict(int)
    chosen: list[Entity] = []
    while found and len(chosen) < places:
        best = min(found, key=lambda k: (-promise(k, uses) * specificity(len(facts[k])), k))
        chosen.append(found.pop(best))
        for parent in through[best]:
            uses[parent] += 1
    return chosen


def _look_up(graph: KnowledgeGraph, facts: dict[str, list[Triple]], ids: Iterable[str]) -> None:
    for entity_id in ids:
        if entity_id not in facts:
            facts[entity_id] = graph.facts(entity_id, limit=OTHER_FACTS)


def _between(drawn: Collection[str], facts: Mapping[str, Sequence[Triple]]) -> list[Triple]:
    """Return the facts between entities drawn; one between two hubs may be beyond what was looked at."""
    found = {
        triple.key: triple
        for entity_id in drawn
        for triple in facts[entity_id]
        if triple.subject in drawn and triple.object in drawn
    }
    return [found[key] for key in sorted(found)]


def _few_links(
    triples: Iterable[Triple], rings: Mapping[str, int], facts: Mapping[str, Sequence[Triple]]
) -> list[Triple]:
    """Leave out what ties the second step to hubs, and all but its most specific links to the first."""
    links: defaultdict[str, set[str]] = defaultdict(set)
    kept: list[Triple] = []
    second: list[tuple[Triple, str, str]] = []
    for triple in triples:
        inner, outer = sorted((triple.subject, triple.object), key=lambda k: (rings[k], k))
        if rings[outer] < 2:
            kept.append(triple)
        elif rings[inner] == 1 and len(facts[inner]) < OTHER_FACTS:
            second.append((triple, inner, outer))
            links[outer].add(inner)
    near = {
        outer: set(sorted(inners, key=lambda k: (len(facts[k]), k))[:MOST_LINKS])
        for outer, inners in links.items()
    }
    kept += [triple for triple, inner, outer in second if inner in near[outer]]
    return sorted(kept, key=lambda triple: triple.key)


def _undrawn(
    drawn: Collection[str], facts: Mapping[str, Sequence[Triple]], triples: Iterable[Triple]
) -> dict[str, int]:
    shown: defaultdict[str, int] = defaultdict(int)
    for triple in triples:
        for end in {triple.subject, triple.object}:
            shown[end] += 1
    return {entity_id: max(0, len(facts[entity_id]) - shown[entity_id]) for entity_id in drawn}
