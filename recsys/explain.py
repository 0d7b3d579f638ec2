"""Reasons that can be checked: each is looked up in the graph, the interactions, the item or the vectors when
made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array

from kg.graph import KnowledgeGraph
from kg.schema import Path
from recsys.attributes import PERSON_FACETS
from recsys.constraints import ItemIndex
from recsys.schema import Constraints, Evidence, Item
from recsys.scoring import Anchors, Directions, Scoring
from recsys.wishes import Wish, Wishes

MOST = 4
"""Reasons a recommendation has at most."""
_MOST_OF_KIND = {"path": 2, "history": 1, "attribute": 2, "text": 1, "popularity": 1}
_PATHS_ASKED = 10
_FROM = 0.5
"""Damped units that a neighbour or a description must give before it is named as a reason."""
_NEAR = 1.0
"""Damped units of a twentieth-nearest neighbour: from here a description is close."""
CLOSE = 0.35
"""Cosine between a description and a wish from which they are about the same thing."""
_PATH_FIRST = 2.0
"""How much louder a path speaks as a reason than as a score: what two items share is what a person can check."""
_MET_BY_BOTH = 2
_BROAD = frozenset({"decade", "country", "language", "year", "type", "rated"})
"""Facets that half a catalogue shares: true, but said only where there is nothing better."""
_NOUNS = {"cast": "cast member", "rated": "rating"}
_VERBS = {
    "mood": "is",
    "director": "is directed by",
    "writer": "is written by",
    "cast": "has in its cast",
    "country": "is from",
    "language": "is in",
    "decade": "is from the",
    "theme": "is about",
    "genre": "counts as",
    "category": "belongs to",
    "brand": "is made by",
    "kind": "is of the kind",
    "material": "is made of",
    "colour": "comes in",
}
_PEOPLE = {
    "films": "viewers",
    "shop": "shoppers",
    "products": "shoppers",
    "music": "listeners",
    "news": "readers",
}


@dataclass(frozen=True)
class Reason:
    """Evidence and how strongly it speaks, in the units of the score."""

    strength: float
    evidence: Evidence


@dataclass(frozen=True)
class Asked:
    """What a request came to: everything that a reason may refer to."""

    anchors: Anchors
    wishes: Wishes
    directions: Directions
    constraints: Constraints
    relaxed: frozenset[str]
    """Texts of the conditions that were given up; they are no reasons."""


class Explainer:
    """Finds the reasons for one item. Holds nothing of a request; threads may share it."""

    def __init__(
        self, index: ItemIndex, scoring: Scoring, meetings: csc_array, domain: str, simulated: bool
    ) -> None:
        """Take `meetings` of shape (n_users, n_items), sorted indices."""
        self._index, self._scoring, self._meetings = index, scoring, meetings
        people = _PEOPLE.get(domain, "people")
        self.people = f"simulated {people}" if simulated else "people"

    def reasons(self, column: int, asked: Asked, graph: KnowledgeGraph | None) -> tuple[Evidence, ...]:
        """Return 1 to 4 reasons, strongest first. Raises `GraphUnavailable` when the graph is away."""
        item = self._index.items[column]
        found = [
            *(self._paths(item, column, asked, graph) if graph is not None else []),
            *self._history(column, asked),
            *self._attributes(item, column, asked),
            *self._limits(item, column, asked),
            *self._texts(item, column, asked),
        ]
        kept: list[Evidence] = []
        for reason in sorted(found, key=lambda r: (-r.strength, r.evidence.text)):
            of_kind = sum(one.kind == reason.evidence.kind for one in kept)
            if of_kind < _MOST_OF_KIND[reason.evidence.kind] and reason.strength > 0.0:
                kept.append(reason.evidence)
        return tuple(kept[:MOST]) or (self._plain(item, column),)

    def met_by_both(self, one: int, other: int) -> bool:
        """Whether people who met `one` met `other` more often than people do, and at least two of them
        did."""
        met = self._meetings
        with_one = met.indices[met.indptr[one] : met.indptr[one + 1]]
        with_other = met.indices[met.indptr[other] : met.indptr[other + 1]]
        both = len(np.intersect1d(with_one, with_other, assume_unique=True))
        return both >= _MET_BY_BOTH and both * met.shape[0] > len(with_one) * len(with_other)

    def _paths(self, item: Item, column: int, asked: Asked, graph: KnowledgeGraph) -> list[Reason]:
        scoring, config = self._scoring, self._scoring.config
        weights = {a: w for a, w in asked.anchors.weights(config).items() if w > 0 and a != column}
        if not weights:
            return []
        anchors = sorted(weights)
        mine = scoring.graph.rows[[column]]
        shared = (scoring.graph.rows[anchors] @ mine.T).toarray().ravel()
        strongest = int(np.argmax(shared * np.array([weights[a] for a in anchors])))
        if shared[strongest] <= 0.0:
            return []
        anchor = anchors[strongest]
        other = self._index.items[anchor]
        best: dict[str, Reason] = {}
        for path in graph.paths(item.id, other.id, max_hops=2, limit=_PATHS_ASKED):
            between = path.entities[1].id if len(path.entities) == 3 else other.id
            strength = config.graph * scoring.entity_share(anchor, column, between, weights[anchor])
            if set(path.relations) <= _BROAD:
                strength *= 0.2
            reason = Reason(_PATH_FIRST * strength, _path_evidence(path, item, other))
            if between not in best or len(set(path.relations)) == 1:
                best.setdefault(between, reason)
        return list(best.values())

    def _history(self, column: int, asked: Asked) -> list[Reason]:
        config = self._scoring.config
        found = []
        for anchor, weight in asked.anchors.weights(config).items():
            if weight <= 0 or anchor == column:
                continue
            share = self._scoring.behaviour_share(anchor, column, weight)
            # Compared before its weight: among thirty liked items each one's share is small, however near.
            if self._scoring.behaviour_share(anchor, column, 1.0) >= _FROM and self.met_by_both(
                anchor, column
            ):
                found.append((share, anchor))
        if not found:
            return []
        share, anchor = max(found)
        other = self._index.items[anchor]
        name = _told_apart(other, self._index.items[column])
        evidence = Evidence(
            kind="history",
            text=f"is liked by {self.people} who like {name}",
            entity_ids=(other.id,),
            names=(name,),
        )
        return [Reason(config.behaviour * share, evidence)]

    def _attributes(self, item: Item, column: int, asked: Asked) -> list[Reason]:
        config, scoring = self._scoring.config, self._scoring
        reasons = []
        wanted: dict[str, list[tuple[str, float]]] = {}
        for wish in asked.wishes.asked:
            share = scoring.wish_share(asked.wishes.asked, wish)
            if share > 0 and (value := shown_value(item, wish)) is not None:
                wanted.setdefault(wish[0], []).append((value, share))
        for facet, values in asked.constraints.include.items():
            if f"{facet} {' or '.join(values)}" in asked.relaxed:
                continue
            for value in values:
                shown = shown_value(item, (facet.casefold(), value.casefold()))
                if shown is not None and shown not in [v for v, _ in wanted.get(facet.casefold(), [])]:
                    wanted.setdefault(facet.casefold(), []).append((shown, 0.5))
        said = [tuple(value for value, _ in met) for met in wanted.values()]
        for (facet, met), names in zip(wanted.items(), said, strict=True):
            text = f"{_having(facet, names)}, as you asked"
            reasons.append(
                Reason(
                    config.attributes * sum(share for _, share in met),
                    Evidence(kind="attribute", text=text, entity_ids=(item.id,), names=names),
                )
            )
        for wish in asked.wishes.liked:
            share = scoring.wish_share(asked.wishes.liked, wish)
            if share <= 0 or wish in asked.wishes.asked:
                continue
            value = shown_value(item, wish)
            # A person who asks for what they like anyway needs to hear it once.
            if value is not None and not any(value in names for names in said):
                text = f"{_having(wish[0], (value,))}, which you like"
                evidence = Evidence(kind="attribute", text=text, entity_ids=(item.id,), names=(value,))
                reasons.append(Reason(config.attributes * config.profile_wishes * share, evidence))
        return reasons

    def _limits(self, item: Item, column: int, asked: Asked) -> list[Reason]:
        reasons = []
        ids: tuple[str, ...]
        names: tuple[str, ...]
        for limit in asked.wishes.limits:
            if limit.text in asked.relaxed or not limit.clause(self._index).mask[column]:
                continue
            if limit.seed is not None:
                text, ids = f"is {limit.text}", (item.id, limit.seed.id)
                names = (limit.seed.title,)
            else:
                value = self._index.numbers[limit.number][column]
                text, ids, names = f"has {limit.number} {value:g}, as you asked", (item.id,), ()
            evidence = Evidence(kind="attribute", text=text, entity_ids=ids, names=names)
            reasons.append(Reason(self._scoring.config.attributes * 0.4, evidence))
        return reasons

    def _texts(self, item: Item, column: int, asked: Asked) -> list[Reason]:
        scoring, config = self._scoring, self._scoring.config
        reasons = []
        for word, vector in asked.directions.more:
            share = scoring.text_share(vector, column)
            if share >= _FROM:
                text = f"comes near to \u201c{word}\u201d, as you asked"
                evidence = Evidence(kind="text", text=text, entity_ids=(item.id,), names=(word,))
                reasons.append(Reason(config.text * config.words * share, evidence))
        if asked.directions.said is not None:
            share = scoring.text_share(asked.directions.said, column)
            # Something is always nearest, also to words without sense; only what is near in itself is a reason.
            near = float(scoring.tower.vectors[column] @ asked.directions.said)
            if share >= _FROM and near >= CLOSE:
                text = "is described much like what you asked for"
                reasons.append(
                    Reason(config.text * share, Evidence(kind="text", text=text, entity_ids=(item.id,)))
                )
        for anchor in asked.anchors.seeds:
            share = scoring.text_share(scoring.tower.centred[anchor], column)
            if anchor != column and share >= _NEAR:
                other = self._index.items[anchor]
                name = _told_apart(other, item)
                text = f"is described much like {name}"
                evidence = Evidence(kind="text", text=text, entity_ids=(item.id, other.id), names=(name,))
                reasons.append(Reason(config.text * config.seeds_text * share, evidence))
        return reasons

    def _plain(self, item: Item, column: int) -> Evidence:
        prior = self._scoring.prior
        if len(prior) and prior[column] > 0 and prior[column] >= np.quantile(prior, 0.9):
            who = f" with {self.people}" if self.people.startswith("simulated") else ""
            text = f"is among the most popular in this catalogue{who}"
            return Evidence(kind="popularity", text=text, entity_ids=(item.id,))
        for facet in sorted(item.attributes, key=lambda f: (f in _BROAD, f in PERSON_FACETS)):
            if item.attributes[facet]:
                shown = item.attributes[facet][:2]
                return Evidence(
                    kind="attribute", text=_having(facet, shown), entity_ids=(item.id,), names=shown
                )
        return Evidence(kind="attribute", text="is in this catalogue", entity_ids=(item.id,))


def shown_value(item: Item, wish: Wish) -> str | None:
    """Return the item's own spelling of a facet value, or None when it does not have it."""
    for facet, values in item.attributes.items():
        if facet.casefold() == wish[0]:
            for value in values:
                if value.casefold() == wish[1]:
                    return value
    if wish[0] == "decade" and item.year is not None and "decade" not in item.attributes:
        return wish[1] if wish[1] == f"{item.year // 10 * 10}s" else None
    return None


def _path_evidence(path: Path, item: Item, other: Item) -> Evidence:
    name = _told_apart(other, item)
    ids = tuple(entity.id for entity in path.entities)
    if len(path.entities) == 2:
        text = f"is linked to {name} as \u201c{_words(path.relations[0])}\u201d"
        return Evidence(kind="path", text=text, entity_ids=ids, names=(name,), path=path)
    middle = path.entities[1]
    if len(set(path.relations)) == 1 and middle.kind in (path.relations[0], "person"):
        text = (
            f"shares the {_NOUNS.get(path.relations[0], _words(path.relations[0]))} {middle.name} with {name}"
        )
    elif middle.kind == "person":
        text = f"shares {middle.name} with {name}"
    else:
        text = f"is linked to {middle.name}, as {name} is"
    return Evidence(kind="path", text=text, entity_ids=ids, names=(middle.name, name), path=path)


def _having(facet: str, values: Sequence[str]) -> str:
    listed = values[0] if len(values) == 1 else f"{', '.join(values[:-1])} and {values[-1]}"
    if facet in _VERBS:
        return f"{_VERBS[facet]} {listed}"
    noun = _words(facet)
    if len(values) > 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"has the {noun} {listed}"


def _told_apart(other: Item, item: Item) -> str:
    """Return the title, with its year where the two items have the same title."""
    return other.label if other.title.casefold() == item.title.casefold() else other.title


def _words(relation: str) -> str:
    return relation.replace("_", " ")
