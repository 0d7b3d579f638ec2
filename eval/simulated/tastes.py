"""What simulated people want: the taste of real people, and films that these were glad of and that nobody is told."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from kg.text import fold_name
from recsys.schema import Item

GLAD_FROM = 4.0
"""Stars from which a person was glad of an item."""
TARGETS = 5
"""Items that are held out of a person's history: any of them ends the search."""
LEAST_HISTORY = 20
KNOWN = 20
"""Items of the history, at most, that a system may be told of."""
SPEAKABLE = ("genre", "director", "cast", "country", "decade", "tag", "mood", "theme")
"""Facets that people speak of. Languages are left out: sources name every one that is heard in a film."""
_LEAST_GLAD = 2
_COMMON = 0.5
"""Nobody asks for what half the catalogue has."""
_PLAIN = frozenset(
    "a an and at by for from in into is it its of on or the to with i you me my we he she they this that part le la "
    "les el il der die das un une de du".split()
)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, order=True)
class Attribute:
    """A value of a facet: what a person can say of an item without its title."""

    facet: str
    value: str


@dataclass(frozen=True)
class Taste:
    """What one person likes. The targets are hidden from every system; systems may be told of `known`."""

    person: str
    known: tuple[str, ...]
    """Ids of items that they were glad of before."""
    targets: tuple[str, ...]
    """Ids of the held-out items that they were glad of; none is in `known`."""
    wants: Mapping[str, tuple[Attribute, ...]]
    """Target to what may be said of it: what the person was glad of elsewhere too, the most frequent first."""
    avoids: tuple[Attribute, ...]
    """What none of the targets has and the person met less often than others do, the rarest first."""
    nameable: tuple[str, ...]
    """Items of `known` whose titles share no word with a target's."""


class Vocabulary:
    """What can be said of the items of a catalogue."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items: dict[str, Item] = {item.id: item for item in items}
        self.of: dict[str, frozenset[Attribute]] = {item.id: frozenset(_attributes(item)) for item in items}
        counts = Counter(one for having in self.of.values() for one in having)
        self.share: dict[Attribute, float] = {one: n / max(1, len(items)) for one, n in counts.items()}
        """Attribute to the share of the catalogue that has it."""

    @cached_property
    def titles(self) -> dict[str, frozenset[str]]:
        """Item to the words that would tell its title, see `telling`."""
        return {i: telling([item.title, *item.aliases]) for i, item in self.items.items()}

    def words_of(self, ids: Iterable[str]) -> frozenset[str]:
        """Return the words that would tell the title of any of these items."""
        return frozenset(word for i in ids for word in self.titles[i])


def telling(titles: Iterable[str]) -> frozenset[str]:
    """Return the words of titles, folded, without those that every sentence has."""
    return frozenset(word for title in titles for word in fold_name(title).split() if word not in _PLAIN)


def tells(text: str, words: Iterable[str]) -> set[str]:
    """Return which of `words` stand in a text: what it would give away."""
    said = set(fold_name(text).split()) | set(_NUMBER.findall(text))
    return said & set(words)


def draw_tastes(items: Sequence[Item], interactions: pl.DataFrame, count: int, seed: int) -> list[Taste]:
    """Return the tastes of `count` people, or of as many as have enough history, in the order in which they were drawn.

    A person needs `LEAST_HISTORY` items with `GLAD_FROM` stars or more (a meeting without stars counts), and
    `TARGETS` more, each with something to say of it. The same arguments give the same tastes.
    """
    vocabulary = Vocabulary(items)
    rated = interactions["scene"] == "rating"
    glad = interactions.filter(~rated | (pl.col("value") >= GLAD_FROM)).filter(
        pl.col("item").is_in(list(vocabulary.items))
    )
    by_person = glad.group_by("user").agg(pl.col("item").unique().sort()).sort("user")
    people = [
        (str(user), list(met)) for user, met in by_person.iter_rows() if len(met) >= LEAST_HISTORY + TARGETS
    ]
    random.Random(f"{seed}/people").shuffle(people)
    found: list[Taste] = []
    for person, met in people:
        if len(found) == count:
            break
        taste = _taste(person, met, vocabulary, random.Random(f"{seed}/{person}"))
        if taste is not None:
            found.append(taste)
    return found


def _taste(person: str, met: list[str], vocabulary: Vocabulary, draw: random.Random) -> Taste | None:
    draw.shuffle(met)
    targets, history = tuple(met[:TARGETS]), met[TARGETS:]
    hidden = vocabulary.words_of(targets)
    counts = Counter(one for i in history for one in vocabulary.of[i])
    wants = {}
    for target in targets:
        likes = [
            one
            for one in vocabulary.of[target]
            if counts[one] >= _LEAST_GLAD
            and vocabulary.share[one] <= _COMMON
            and not tells(one.value, hidden)
        ]
        wants[target] = tuple(sorted(likes, key=lambda one: (-counts[one], one)))
    if not all(len(one) > 1 for one in wants.values()):
        return None
    of_targets = {one for target in targets for one in vocabulary.of[target]}
    avoids = [
        one
        for one, share in vocabulary.share.items()
        if one.facet in ("genre", "mood", "theme", "tag")
        and one not in of_targets
        and share >= 0.02
        and counts[one] / len(history) < 0.5 * share
        and not tells(one.value, hidden)
    ]
    known = tuple(history[:KNOWN])
    nameable = tuple(i for i in known if not vocabulary.titles[i] & hidden)
    if not nameable:
        return None
    avoids.sort(key=lambda one: (counts[one] / len(history) / vocabulary.share[one], one))
    return Taste(person, known, targets, wants, tuple(avoids), nameable)


def held_out(interactions: pl.DataFrame, tastes: Sequence[Taste]) -> pl.DataFrame:
    """Return the interactions without those of these people with their targets."""
    pairs = [(taste.person, target) for taste in tastes for target in taste.targets]
    schema = {"user": pl.String, "item": pl.String}
    return interactions.join(
        pl.DataFrame(pairs, schema=schema, orient="row"), on=["user", "item"], how="anti"
    )


def _attributes(item: Item) -> Iterable[Attribute]:
    for facet in SPEAKABLE:
        for value in item.attributes.get(facet, ()):
            yield Attribute(facet, value)
    if item.year is not None and "decade" not in item.attributes:
        yield Attribute("decade", f"{item.year // 10 * 10}s")
