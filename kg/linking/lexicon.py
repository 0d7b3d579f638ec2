"""Every name that entities go by, folded, and which entity a name most likely means."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from kg.linking.fuzzy import FuzzyIndex
from kg.linking.spelling import SpellingIndex
from kg.linking.words import FUNCTION, is_common
from kg.schema import Entity
from kg.text import fold_name, is_article, split_year, tokenize

PERSON_KINDS = frozenset({"person", "artist", "actor", "director", "writer", "author", "musician"})
DESCRIPTIVE_KINDS = frozenset(
    {"genre", "theme", "mood", "category", "country", "language", "decade", "colour", "color"}
    | {"material", "feature", "topic", "style", "keyword", "tag", "occasion"}
)
"""Kinds whose names are plain words; everything else that is no person is taken for a title."""

NAME, ALIAS, PART, HEAD, TAIL, SURNAME = 1.0, 0.98, 0.97, 0.9, 0.88, 0.85
"""How much a match says, by what matched: the name, an alias, `Godfather 2` for part two, a name before its colon or
after it, a person's surname."""
_CLEARLY = 3.0
"""How many times more likely an entity must be for its equal to be no alternative reading."""
_SHARPNESS = 20.0
"""A match that says 0.1 less must be 10 ** (0.1 * this) times as popular to be as likely."""
_ARTICLE = 0.1
"""How likely a name is that has an article where the text has none, or the other way round."""
_FITTED = 37_000
_KEPT_WORDS = 20_000
MAX_ALTERNATIVES = 5
_NAME_HEAD = re.compile(r"^(.{2,}?)(?::\s|\s[-–—]\s)(.+)$")
_PART = re.compile(
    r"^(?P<base>.+?) (?:part|chapter|episode|volume|vol|no|number) (?P<number>\d+)(?P<rest> .*)?$"
)
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_SAGA = re.compile(r"^(.{2,}?)(?::\s|\s[-–—]\s|\s+and\s+the\s)", re.IGNORECASE)


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
    reason: str = ""
    """What it was recognised by: `exact`, `alias`, `typo`, `acronym` or `description`; empty for nothing."""


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
    reason: str = ""
    """As in `LinkResult`."""


class Sense(NamedTuple):
    """An entity that a key may mean."""

    entity: int
    weight: float
    reason: str = ""
    """As in `LinkResult`; found from the weight where it is empty."""


class Lexicon:
    """The names of entities, in memory; built once, read by any thread.

    The year of an entity is taken from its name or an alias of the form `Heat (1995)`.
    """

    def __init__(self, entities: Sequence[Entity]) -> None:
        self.entities = tuple(entities)
        self.years: dict[int, int] = {}
        self.by_id = {entity.id: number for number, entity in enumerate(self.entities)}
        self._senses: dict[str, dict[int, float]] = {}
        self._prefixes: set[str] = set()
        self._with_article: set[int] = set()
        for number, entity in enumerate(self.entities):
            self._add_names(number, entity)
        self._add_surnames()
        self._add_parts()
        self.ranks = self._rank_titles()
        """Entity to how many titles are more popular; only titles."""
        self.rank_scale = max(1.0, _FITTED / max(1, len(self.ranks)))
        """A rank times this is one among as many titles as the weights for mentions were fitted with."""

    def senses(self, key: str) -> list[Sense]:
        """Return the entities that a folded key may mean."""
        found = self._senses.get(key)
        return [Sense(number, weight) for number, weight in found.items()] if found else []

    def begins(self, prefix: str) -> bool:
        """Say whether a key is these words or begins with them."""
        return prefix in self._prefixes or prefix in self._senses

    def knows(self, key: str) -> bool:
        """Say whether a folded key is a name of something."""
        return key in self._senses

    def title_keys(self, ranks: int) -> Iterator[tuple[str, int, float]]:
        """Yield (key, entity, weight) of the titles that fewer than `ranks` others are more popular than."""
        for key, senses in self._senses.items():
            for number, weight in senses.items():
                if self.ranks.get(number, ranks) < ranks:
                    yield key, number, weight

    def of_age(self, senses: Iterable[Sense], newest: bool) -> list[Sense]:
        """Keep the newest, or the oldest, of the senses whose whole name it is and whose year is known, if any."""
        senses = list(senses)
        senses = [s for s in senses if s.weight >= ALIAS] or senses
        years = [self.years[s.entity] for s in senses if s.entity in self.years]
        if not years:
            return senses
        wanted = max(years) if newest else min(years)
        return [s for s in senses if self.years.get(s.entity) == wanted]

    def nearest(self, key: str) -> list[Sense]:
        """Return the entities of the keys that a misspelt key may have meant, weighted by nearness."""
        return [
            Sense(sense.entity, sense.weight * similarity, "typo")
            for found, similarity in self._fuzzy.nearest(key)
            if _may_be_typo(key, found)
            for sense in self.senses(found)
            if sense.weight > SURNAME
        ]

    def near_words(self, word: str) -> list[str]:
        """Return the words of names that are one typing error away from a word."""
        return self._near_words(word)

    def is_word(self, word: str) -> bool:
        """Say whether a name has this word."""
        return word in self._spelling

    def has_article(self, number: int) -> bool:
        """Say whether the name of an entity begins with an article that its key leaves out."""
        return number in self._with_article

    def dated(self, senses: Iterable[Sense], year: int | None) -> list[Sense]:
        """Keep the senses of this year, else those a year beside it, else those without a year."""
        senses = list(senses)
        if year is None:
            return senses
        for off, factor in ((0, 1.0), (1, 0.9)):
            kept = [s for s in senses if s.entity in self.years and abs(self.years[s.entity] - year) == off]
            if kept:
                return [s._replace(weight=s.weight * factor) for s in kept]
        return [s._replace(weight=s.weight * 0.8) for s in senses if s.entity not in self.years]

    def rank(
        self, senses: Iterable[Sense], context_ids: Collection[str] = (), article: bool | None = None
    ) -> LinkResult:
        """Choose among senses by how much the match says and how popular they are; see `link`.

        `article` says whether the name was written with an article, where that is known.
        """
        best: dict[int, Sense] = {}
        for sense in senses:
            if sense.entity not in best or sense.weight > best[sense.entity].weight:
                best[sense.entity] = sense
        if not best:
            return LinkResult(None)
        likely = {number: self._likelihood(sense, article) for number, sense in best.items()}

        def order(number: int) -> tuple[bool, float, int, str]:
            entity = self.entities[number]
            return (entity.id not in context_ids, -likely[number], -self.years.get(number, 0), entity.id)

        first, *others = sorted(best, key=order)
        top = self.entities[first]
        share = likely[first] / sum(likely.values())
        settled = top.id in context_ids
        weight = best[first].weight
        return LinkResult(
            entity=top,
            score=round(weight * (1.0 if settled else 0.5 + 0.5 * share), 4),
            alternatives=tuple(self.entities[n] for n in others[:MAX_ALTERNATIVES]),
            ambiguous=not settled and any(likely[n] * _CLEARLY > likely[first] for n in others),
            reason=best[first].reason or ("exact" if weight >= NAME else "alias"),
        )

    def _likelihood(self, sense: Sense, article: bool | None) -> float:
        value = (self.entities[sense.entity].popularity + 1.0) * 10 ** (_SHARPNESS * (sense.weight - 1.0))
        unlike = article is not None and (sense.entity in self._with_article) != article
        return float(value * _ARTICLE) if unlike else float(value)

    @cached_property
    def _near_words(self) -> Callable[[str], list[str]]:
        return lru_cache(_KEPT_WORDS)(self._spelling.near)

    @cached_property
    def _fuzzy(self) -> FuzzyIndex:
        return FuzzyIndex([key for key in self._senses if len(key) >= 4])

    @cached_property
    def _spelling(self) -> SpellingIndex:
        return SpellingIndex(word for key in self._senses for word in key.split(" "))

    def warm_up(self) -> None:
        """Build the indexes of misspelt names, which are otherwise built at first use."""
        _ = (self._fuzzy, self._near_words)

    def _add_names(self, number: int, entity: Entity) -> None:
        own = ""
        person, plain = entity.kind in PERSON_KINDS, entity.kind in DESCRIPTIVE_KINDS
        for place, name in enumerate((entity.name, *entity.aliases)):
            bare, year = split_year(name)
            if year is not None:
                self.years.setdefault(number, year)
            key = fold_name(bare)
            if person and (len(key) < 2 or key in FUNCTION):
                continue
            if place == 0 and begins_with_article(bare):
                self._with_article.add(number)
            own = own or key
            self._add(key, number, NAME if place == 0 or key == own else ALIAS)
            if plain:
                self._add(_plural(key), number, ALIAS)
            if person or plain:
                continue
            if _HYPHEN.search(bare):
                self._add(fold_name(_HYPHEN.sub("", bare)), number, ALIAS)
            part = _PART.match(key)
            if part:
                self._add(f"{part['base']} {part['number']}", number, PART)
            head = _NAME_HEAD.match(bare)
            if head and place == 0:
                short, tail = fold_name(head[1]), fold_name(head[2])
                if short not in FUNCTION:
                    self._add(short, number, HEAD)
                if tail.count(" ") >= 1 and not all(word in FUNCTION for word in tail.split(" ")):
                    self._add(tail, number, TAIL)

    def _add_surnames(self) -> None:
        owners: dict[str, list[int]] = {}
        for number, entity in enumerate(self.entities):
            if entity.kind in PERSON_KINDS:
                words = fold_name(entity.name).split(" ")
                if len(words) > 1 and len(words[-1]) >= 4:
                    owners.setdefault(words[-1], []).append(number)
        for surname, of in owners.items():
            if len(of) == 1:
                self._add(surname, of[0], SURNAME)

    def _add_parts(self) -> None:
        """Number the films of a saga by year, so that `lord of the rings 2` is its second."""
        sagas: dict[str, dict[int, int]] = {}
        for number, entity in enumerate(self.entities):
            head = _SAGA.match(split_year(entity.name)[0])
            if head and number in self.years and entity.kind not in PERSON_KINDS | DESCRIPTIVE_KINDS:
                sagas.setdefault(fold_name(head[1]), {})[number] = self.years[number]
        for key, of in sagas.items():
            if len(of) < 2 or key in FUNCTION:
                continue
            known = self._known_parts(of)
            for place, number in enumerate(known, 1):
                if f"{key} {place}" not in self._senses:
                    self._add(f"{key} {place}", number, HEAD)

    def _known_parts(self, of: dict[int, int]) -> list[int]:
        """Return the films of a saga by year, without those that hardly anybody knows beside the others."""
        most = max(self.entities[number].popularity for number in of)
        known = [number for number in of if self.entities[number].popularity * 50 >= most]
        return sorted(known, key=lambda number: (of[number], number))

    def _rank_titles(self) -> dict[int, int]:
        titles = [
            number
            for number, entity in enumerate(self.entities)
            if entity.kind not in PERSON_KINDS and entity.kind not in DESCRIPTIVE_KINDS
        ]
        titles.sort(key=lambda number: -self.entities[number].popularity)
        ranks: dict[int, int] = {}
        for place, number in enumerate(titles):
            before = titles[place - 1]
            same = place > 0 and self.entities[before].popularity == self.entities[number].popularity
            ranks[number] = ranks[before] if same else place
        return ranks

    def _add(self, key: str, number: int, weight: float) -> None:
        if not key:
            return
        senses = self._senses.setdefault(key, {})
        senses[number] = max(weight, senses.get(number, 0.0))
        if len(senses) == 1:
            end = key.find(" ")
            while end > 0:
                self._prefixes.add(key[:end])
                end = key.find(" ", end + 1)


def begins_with_article(name: str) -> bool:
    """Say whether a name begins with an article that its key leaves out."""
    words = tokenize(name[:40])
    return len(words) > 1 and is_article(words[0].text)


def _may_be_typo(key: str, name: str) -> bool:
    """Say whether a key may be a misspelt name: not with another number, nor with another word of the language."""
    said, meant = key.split(" "), name.split(" ")
    if [word for word in said if word.isdigit()] != [word for word in meant if word.isdigit()]:
        return False
    if len(said) != len(meant):
        return True
    return all(
        one == other or not is_common(one) or OSA.distance(one, other, score_cutoff=1) <= 1
        for one, other in zip(said, meant, strict=True)
    )


def _plural(key: str) -> str:
    return f"{key[:-1]}ies" if key.endswith("y") and key[-2:-1] not in "aeiou" else f"{key}s" if key else ""
