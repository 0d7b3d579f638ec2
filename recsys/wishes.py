"""What a request and a profile ask for, turned into facet wishes, limits on numbers, and words to move
along."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from recsys.attributes import PERSON_FACETS
from recsys.constraints import Clause, ItemIndex
from recsys.qualities import COMPARISONS, FACET_WORDS, QUALITIES, Comparison, normal_word
from recsys.schema import Interest, Item, Profile, RecommendRequest

# fmt: off
_OF_EVERY_REQUEST = frozenset({
    "a", "an", "the", "i", "me", "my", "we", "you", "it", "is", "something", "anything", "like",
    "similar", "to", "as", "but", "not", "too", "very", "much", "more", "less", "and", "or", "with",
    "want", "would", "feel", "watch", "see", "find", "show", "give", "recommend", "suggest", "please",
    "some", "any", "film", "films", "movie", "movies", "one", "ones", "for", "this", "that", "can",
    "could", "d", "ll", "m", "s",
})
# fmt: on
Wish = tuple[str, str]
"""(facet, value), both in lower case."""


@dataclass(frozen=True)
class Limit:
    """A number that must be lower or higher than a level."""

    number: str
    wants_more: bool
    level: float
    strict: bool
    """True when the level itself does not do."""
    seed: Item | None
    """The item that the level is compared with, when there is one only."""
    among_several: bool = False
    """True when the level is the mean of several items."""

    @property
    def text(self) -> str:
        """The limit in words: `less violent than Heat`."""
        words = COMPARISONS.get(self.number, Comparison(f"less {self.number}", f"more {self.number}"))
        phrase = words.more if self.wants_more else words.less
        if self.seed is not None:
            return f"{phrase} than {self.seed.title}"
        if self.among_several:
            return f"{phrase} than those"
        return f"{self.number} {'at least' if self.wants_more else 'at most'} {self.level:g}"

    def clause(self, index: ItemIndex) -> Clause:
        """Return the limit as a condition that may be given up."""
        low, high = (self.level, None) if self.wants_more else (None, self.level)
        return Clause(self.text, index.within(self.number, low, high, self.strict), 0)


@dataclass
class Wishes:
    """Everything asked for besides the hard constraints."""

    asked: dict[Wish, float] = field(default_factory=dict)
    """Facet wishes of the request; negative to move away."""
    liked: dict[Wish, float] = field(default_factory=dict)
    """Facet wishes of the profile; negative for what the person dislikes."""
    more: list[str] = field(default_factory=list)
    """Words that are no facet value, to move towards."""
    less: list[str] = field(default_factory=list)
    phrases: list[tuple[str, float]] = field(default_factory=list)
    """Free phrases of the profile and their weight in [-1, 1]."""
    limits: list[Limit] = field(default_factory=list)


def read_wishes(request: RecommendRequest, profile: Profile, index: ItemIndex, seeds: list[Item]) -> Wishes:
    """Interpret `more`, `less` and the interests of a profile, which holds only those that count now."""
    wishes = Wishes()
    for words, sign in ((request.more, 1), (request.less, -1)):
        for word in words:
            _read_word(wishes, word, sign, index, seeds)
    if request.use_profile:
        for interest in profile.interests:
            if interest.facet != "item":
                _read_interest(wishes, interest, index)
    return wishes


def left_to_say(request: RecommendRequest, seeds: list[Item]) -> str:
    """Return the request's text without what is understood already: the seeds' titles, `more` and `less`.

    "Something like Heat but less violent" would otherwise be near every text about heat and violence. Empty
    when only words remain that every request has.
    """
    text = request.text
    for understood in sorted(
        [item.title for item in seeds] + [*request.more, *request.less], key=len, reverse=True
    ):
        if understood.strip():
            text = re.sub(rf"(?<!\w){re.escape(understood.strip())}(?!\w)", " ", text, flags=re.IGNORECASE)
    words = re.findall(r"\w+", text.casefold())
    return " ".join(text.split()) if any(word not in _OF_EVERY_REQUEST for word in words) else ""


def _read_word(wishes: Wishes, word: str, sign: int, index: ItemIndex, seeds: list[Item]) -> None:
    plain = normal_word(word)
    if not plain:
        return
    quality = QUALITIES.get(plain)
    if quality and index.has_number(quality.number):
        wishes.limits.append(_limit(quality.number, quality.sense * sign > 0, index, seeds))
        return
    found = [(facet, plain) for facet in index.facets_of(plain)]
    if not found:
        # One meaning only: `funny` is the mood where the catalogue has it, and the genre comedy elsewhere.
        for value in FACET_WORDS.get(plain, ()):
            found = [(facet, value) for facet in index.facets_of(value)]
            if found:
                break
    for wish in found:
        wishes.asked[wish] = float(sign)
    if not found:
        (wishes.more if sign > 0 else wishes.less).append(plain)


def _read_interest(wishes: Wishes, interest: Interest, index: ItemIndex) -> None:
    weight = interest.polarity * interest.strength
    value = interest.subject.casefold()
    found: list[str] = []
    if interest.facet in PERSON_FACETS or interest.facet == "person":
        found = [facet for facet in index.facets_of(value) if facet in PERSON_FACETS]
    elif interest.facet != "text":
        found = [interest.facet] if len(index.having(interest.facet, value)) else index.facets_of(value)
    for facet in found:
        wishes.liked.setdefault((facet.casefold(), value), weight)
    if not found:
        wishes.phrases.append((interest.subject, weight))


def _limit(number: str, wants_more: bool, index: ItemIndex, seeds: list[Item]) -> Limit:
    values = index.numbers[number]
    known = values[np.isfinite(values)]
    levels = [(item, _number(item, number)) for item in seeds]
    compared = [(item, level) for item, level in levels if level is not None]
    if compared:
        level = float(np.mean([level for _, level in compared]))
        # Nothing can be below the lowest: being as low then is what was asked for.
        strict = level < known.max() if wants_more else level > known.min()
        seed = compared[0][0] if len(compared) == 1 and strict else None
        return Limit(number, wants_more, level, strict, seed, strict and len(compared) > 1)
    words = COMPARISONS.get(number)
    fixed = None if words is None else (words.high if wants_more else words.low)
    level = float(np.quantile(known, 2 / 3 if wants_more else 1 / 3)) if fixed is None else fixed
    return Limit(number, wants_more, level, False, None)


def _number(item: Item, name: str) -> float | None:
    if name == "year":
        return None if item.year is None else float(item.year)
    return item.popularity if name == "popularity" else item.numbers.get(name)
