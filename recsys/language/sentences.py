"""Wishes in words, made from what a catalogue knows of its items, each with the items that fulfil it.

All phrasings are ours. Those of validation are never trained on, and neither are the combinations of values they ask
for, so a figure on them is about new wishes in new words.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.attributes import PERSON_FACETS
from recsys.models.base import Columns
from recsys.schema import Item

Value = tuple[str, str]
"""(facet, value in lower case)."""

FRAMES = (
    "{thing}",
    "I want {thing}.",
    "Can you recommend {thing}?",
    "I am in the mood for {thing}",
    "Show me {thing}, please.",
    "Tonight I feel like {thing}.",
    "any ideas for {thing}?",
    "{thing} would be nice",
    "Do you have {thing}?",
    "I have been looking for {thing} for a while.",
)
VALIDATION_FRAMES = (
    "What is a good example of {thing}?",
    "We could do with {thing}, what do you say?",
    "Help me choose {thing}.",
    "A friend asked me for {thing}, and I know none",
)
_BEFORE = frozenset({"mood", "colour", "audience", "style"})
_NOUNS = frozenset({"genre", "kind", "category"})
_AFTER: dict[str, tuple[str, ...]] = {
    "theme": ("about {value}", "that deals with {value}", "where it all comes down to {value}"),
    "country": ("from {value}", "made in {value}"),
    "language": ("in {value}", "spoken in {value}"),
    "material": ("made of {value}", "in {value}"),
    "feature": ("with {value}", "that is {value}"),
}
_VALIDATION_AFTER: dict[str, tuple[str, ...]] = {
    "theme": ("centred on {value}", "with {value} in it"),
    "country": ("that comes from {value}",),
    "language": ("with {value} dialogue",),
    "material": ("built from {value}",),
    "feature": ("which should be {value}",),
}
_ANY, _VALIDATION_ANY = ("with {value}", "with something of {value}"), ("where there is {value}",)
_FRAGMENT = (5, 10)
"""Words of a description in a wish that quotes one."""
_COMMON = 0.2
"""A value that more items have says little, and is not asked for alone."""
_TRIES = 8


@dataclass(frozen=True)
class Wish:
    """A sentence and what fulfils it."""

    text: str
    items: Columns
    """Columns of the items that have all that is asked for, ascending; never empty."""
    meaning: frozenset[Value]
    """What is asked for; empty for a quoted description."""


def make_wishes(
    items: Sequence[Item],
    count: int,
    seed: int,
    held_out: bool = False,
    share: float = 0.1,
    paraphrase: bool = True,
    quoted: float = 0.25,
    skip: NDArray[np.bool_] | None = None,
) -> list[Wish]:
    """Return `count` wishes, fewer where the catalogue has too few meanings; deterministic.

    Each starts from a random item and asks for one to three of its values, people left out (the graph knows
    them). A meaning belongs to validation or to training by its hash: `share` of them to validation.
    `held_out` gives those, in phrasings of their own; without `paraphrase` there is one phrasing. A share
    `quoted` of the training wishes quotes a few words of a description instead, so that an encoder does not
    forget to read. `skip` marks items that no wish may start from or count as fulfilled by.
    """
    usable = [k for k in range(len(items)) if skip is None or not skip[k]]
    having: dict[Value, list[int]] = defaultdict(list)
    for column in usable:
        for value in _values(items[column]):
            having[value].append(column)
    sets = {value: frozenset(columns) for value, columns in having.items()}
    rng = np.random.default_rng([seed, int(held_out)])
    nouns = _nouns(items)
    wishes: list[Wish] = []
    for _ in range(count if usable else 0):
        quoting = not held_out and rng.random() < quoted
        for _ in range(_TRIES):
            column = usable[int(rng.integers(len(usable)))]
            words = items[column].description.split()
            if quoting and len(words) >= _FRAGMENT[1]:
                length = int(rng.integers(*_FRAGMENT))
                begin = int(rng.integers(len(words) - length + 1))
                text = _framed(" ".join(words[begin : begin + length]), rng, False, paraphrase)
                wishes.append(Wish(text, np.array([column], dtype=np.int64), frozenset()))
                break
            meaning = _meaning(_values(items[column]), sets, len(usable), rng)
            if not meaning or of_validation(meaning, share) != held_out:
                continue
            fulfilled = frozenset.intersection(*(sets[value] for value in meaning))
            thing = _thing(meaning, nouns, rng, held_out, paraphrase)
            text = _framed(thing, rng, held_out, paraphrase)
            wishes.append(Wish(text, np.array(sorted(fulfilled), dtype=np.int64), frozenset(meaning)))
            break
    return wishes


def of_validation(meaning: Sequence[Value] | frozenset[Value], share: float) -> bool:
    """Say whether a combination of values is set aside; it does not depend on the seed or the catalogue."""
    digest = hashlib.sha256(repr(sorted(meaning)).encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32


def _values(item: Item) -> list[Value]:
    return [
        (facet, value.casefold())
        for facet, values in sorted(item.attributes.items())
        if facet not in PERSON_FACETS and facet != "brand"
        for value in values
    ]


def _meaning(
    values: list[Value], sets: dict[Value, frozenset[int]], n_items: int, rng: np.random.Generator
) -> list[Value]:
    if not values:
        return []
    size = min(int(rng.integers(1, 4)), len(values))
    chosen = [values[k] for k in rng.permutation(len(values))[:size]]
    facets = [facet for facet, _ in chosen if facet in _NOUNS or facet in ("country", "language")]
    too_common = all(len(sets[value]) > _COMMON * n_items for value in chosen)
    return [] if too_common or len(set(facets)) < len(facets) else chosen


def _nouns(items: Sequence[Item]) -> tuple[str, ...]:
    kinds = sorted({item.kind for item in items})
    if kinds == ["film"]:
        return ("film", "movie")
    return (kinds[0],) if len(kinds) == 1 else ("thing",)


def _thing(
    meaning: list[Value], nouns: tuple[str, ...], rng: np.random.Generator, held_out: bool, paraphrase: bool
) -> str:
    def one_of(choices: tuple[str, ...]) -> str:
        return choices[int(rng.integers(len(choices)))] if paraphrase else choices[0]

    before = [value for facet, value in meaning if facet in _BEFORE]
    named = [value for facet, value in meaning if facet in _NOUNS]
    after = []
    for facet, value in meaning:
        if facet not in _BEFORE and facet not in _NOUNS:
            forms = _VALIDATION_AFTER if held_out else _AFTER
            after.append(one_of(forms.get(facet, _VALIDATION_ANY if held_out else _ANY)).format(value=value))
    is_thing = any(facet in ("kind", "category") for facet, _ in meaning)
    noun = " ".join([*named, *([] if is_thing else [one_of(nouns)])])
    described = ", ".join(before)
    if described and not named and one_of(("noun", "something")) == "something":
        return " ".join([f"something {described}", *after])
    start = " ".join(part for part in (described, noun) if part)
    return " ".join([f"{'an' if start[0] in 'aeiou' else 'a'} {start}", *after])


def _framed(thing: str, rng: np.random.Generator, held_out: bool, paraphrase: bool) -> str:
    frames = VALIDATION_FRAMES if held_out else FRAMES
    frame = frames[int(rng.integers(len(frames)))] if paraphrase else frames[0]
    return frame.format(thing=thing)
