"""Every name that entities go by, folded, and which entity a name most likely means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from kg.linking.fuzzy import FuzzyIndex
from kg.linking.words import FUNCTION
from kg.schema import Entity
from kg.text import fold_name, split_year

PERSON_KINDS = frozenset({"person", "artist", "actor", "director", "writer", "author", "musician"})
DESCRIPTIVE_KINDS = frozenset(
    {"genre", "theme", "mood", "category", "country", "language", "decade", "colour", "color"}
    | {"material", "feature", "topic", "style", "keyword", "tag", "occasion"}
)
"""Kinds whose names are plain words; everything else that is no person is taken for a title."""

NAME, ALIAS, HEAD, SURNAME = 1.0, 0.98, 0.9, 0.85
"""How much a match says, by what matched: the name, an alias, a name before its colon, a person's surname."""
_CLEARLY = 3.0
"""How many times more popular an entity must be for its equal to be no alternative reading."""
MAX_ALTERNATIVES = 5
_MAX_WORDS = 16
_NAME_HEAD = re.compile(r"^(.{2,}?)(?::\s|\s[-–—]\s)")


@dataclass(frozen=True)
class LinkResult:
    """What a mention was linked to."""

    entity: Entity | None
    """The likeliest entity, also when it is ambiguous; None when nothing fits."""
    score: float = 0.0
    """0 for nothing, 1 for the exact name of the only entity that has it."""
    alternatives: tuple[Entity, ...] = ()
    """Other entities that fit, likeliest first, at most five."""
    ambiguous: bool = False
    """True when an alternative is about as likely: better ask."""


@dataclass(frozen=True)
class Mention:
    """A place in a text that names an entity."""

    start: int
    end: int
    """`text[start:end]` is `surface`."""
    surface: str
    entity: Entity
    score: float
    """0..1, as in `LinkResult`."""
    alternatives: tuple[Entity, ...] = ()
    ambiguous: bool = False


class Sense(NamedTuple):
    """An entity that a key may mean."""

    entity: int
    weight: float


class Lexicon:
    """The names of entities, in memory; built once, read by any thread.

    The year of an entity is taken from its name or an alias of the form `Heat (1995)`.
    """

    def __init__(self, entities: Sequence[Entity]) -> None:
        self.entities = tuple(entities)
        self.years: dict[int, int] = {}
        self.longest: dict[str, int] = {}
        """First word of a key to the number of words in the longest key that begins with it."""
        self.by_id = {entity.id: number for number, entity in enumerate(self.entities)}
        self._senses: dict[str, dict[int, float]] = {}
        surnames: dict[str, list[int]] = {}
        for number, entity in enumerate(self.entities):
            self._add_names(number, entity)
            if entity.kind in PERSON_KINDS:
                words = fold_name(entity.name).split(" ")
                if len(words) > 1 and len(words[-1]) >= 4:
                    surnames.setdefault(words[-1], []).append(number)
        for surname, owners in surnames.items():
            if len(owners) == 1:
                self._add(surname, owners[0], SURNAME)

    def senses(self, key: str) -> list[Sense]:
        """Return the entities that a folded key may mean."""
        return [Sense(number, weight) for number, weight in self._senses.get(key, {}).items()]

    def nearest(self, key: str) -> list[Sense]:
        """Return the entities of the keys that a misspelt key may have meant, weighted by nearness."""
        return [
            Sense(sense.entity, sense.weight * similarity)
            for found, similarity in self._fuzzy.nearest(key)
            for sense in self.senses(found)
            if sense.weight > SURNAME
        ]

    def dated(self, senses: Iterable[Sense], year: int | None) -> list[Sense]:
        """Keep the senses of this year, else those a year beside it, else those without a year."""
        senses = list(senses)
        if year is None:
            return senses
        for off, factor in ((0, 1.0), (1, 0.9)):
            kept = [s for s in senses if s.entity in self.years and abs(self.years[s.entity] - year) == off]
            if kept:
                return [Sense(s.entity, s.weight * factor) for s in kept]
        return [Sense(s.entity, s.weight * 0.8) for s in senses if s.entity not in self.years]

    def rank(self, senses: Iterable[Sense], context_ids: Collection[str] = ()) -> LinkResult:
        """Choose among senses; see `link`."""
        weights: dict[int, float] = {}
        for sense in senses:
            weights[sense.entity] = max(sense.weight, weights.get(sense.entity, 0.0))
        if not weights:
            return LinkResult(None)

        def order(number: int) -> tuple[bool, float, float, str]:
            entity = self.entities[number]
            return (
                entity.id not in context_ids,
                -round(weights[number], 1),
                -entity.popularity,
                entity.id,
            )

        first, *others = sorted(weights, key=order)
        top = self.entities[first]
        rivals = [n for n in others if weights[n] >= weights[first] - 0.05]
        share = (top.popularity + 1) / sum(self.entities[n].popularity + 1 for n in (first, *rivals))
        settled = top.id in context_ids
        ambiguous = not settled and any(
            (self.entities[n].popularity + 1) * _CLEARLY > top.popularity + 1 for n in rivals
        )
        return LinkResult(
            entity=top,
            score=round(weights[first] * (1.0 if settled else 0.5 + 0.5 * share), 4),
            alternatives=tuple(self.entities[n] for n in others[:MAX_ALTERNATIVES]),
            ambiguous=ambiguous,
        )

    @cached_property
    def _fuzzy(self) -> FuzzyIndex:
        return FuzzyIndex([key for key in self._senses if len(key) >= 4])

    def _add_names(self, number: int, entity: Entity) -> None:
        own = ""
        for place, name in enumerate((entity.name, *entity.aliases)):
            bare, year = split_year(name)
            if year is not None:
                self.years.setdefault(number, year)
            key = fold_name(bare)
            own = own or key
            self._add(key, number, NAME if place == 0 or key == own else ALIAS)
            if entity.kind in DESCRIPTIVE_KINDS:
                self._add(_plural(key), number, ALIAS)
            head = _NAME_HEAD.match(bare)
            if head and place == 0 and entity.kind not in DESCRIPTIVE_KINDS:
                short = fold_name(head[1])
                if short not in FUNCTION:
                    self._add(short, number, HEAD)

    def _add(self, key: str, number: int, weight: float) -> None:
        if not key:
            return
        senses = self._senses.setdefault(key, {})
        senses[number] = max(weight, senses.get(number, 0.0))
        first, *rest = key.split(" ")
        words = min(1 + len(rest), _MAX_WORDS)
        self.longest[first] = max(words, self.longest.get(first, 0))


def _plural(key: str) -> str:
    return f"{key[:-1]}ies" if key.endswith("y") and key[-2:-1] not in "aeiou" else f"{key}s" if key else ""
