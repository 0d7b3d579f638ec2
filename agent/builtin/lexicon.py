"""Which words stand for which catalogue values or qualities: the catalogue's own vocabulary and the written
table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.builtin.concepts import COMMON_WORDS, COUNTRIES, FACET_ORDER, FILM_CONCEPTS, SHOP_CONCEPTS, Concept
from kg.text import Token, fold_word, tokenize

PERSON_FACETS = frozenset(
    {"director", "cast", "writer", "person", "author", "actor", "composer", "cinematographer"}
)
_SKIPPED_FACETS = PERSON_FACETS | {"decade", "year", "title", "rating", "runtime", "price"}
_LONGEST = 6


@dataclass(frozen=True)
class Sense:
    """What a phrase stands for here."""

    values: tuple[str, ...] = ()
    """Catalogue values, as the catalogue spells them; empty when it has none for this phrase."""
    facet: str | None = None
    """The facet of `values`."""
    quality: str = ""
    """An adjective to move an answer by; empty when the phrase only names something."""
    describes: bool = False
    """True for adjectives, false for names."""
    comparative: bool = False
    """True for `funnier`."""
    broad: bool = False
    """True when `values` hold more than was said: `slashers` where the catalogue only has horror."""


@dataclass(frozen=True)
class Found:
    """A phrase with its place in the text (character offsets)."""

    start: int
    end: int
    sense: Sense


class Lexicon:
    """Phrases of one workspace, looked up longest first."""

    def __init__(self, facet_values: Mapping[str, Mapping[str, int]], domain: str) -> None:
        self._values: dict[str, tuple[str, str]] = {}
        self._senses: dict[str, Sense] = {}
        self._add_values(facet_values)
        concepts: tuple[Concept, ...] = FILM_CONCEPTS if domain in ("films", "series") else SHOP_CONCEPTS
        if "genre" in facet_values and domain not in ("films", "series"):
            concepts = FILM_CONCEPTS + SHOP_CONCEPTS
        for concept in concepts:
            self._add_concept(concept)
        for word, candidates in COUNTRIES.items():
            sense = self._resolve(candidates)
            if sense.values:
                self._senses[word] = sense
        self.languages = {fold_word(v) for v in facet_values.get("language", {})}

    def facet_of(self, value: str) -> str | None:
        """Return the facet of a catalogue value, or None where the catalogue has no such value."""
        found = self._values.get(_key(value))
        return found[0] if found else None

    def sense_of(self, phrase: str) -> Sense | None:
        """Return what a whole phrase stands for, or None."""
        key = _key(phrase)
        return self._senses.get(key) or self._direct(key)

    def find(self, text: str) -> Iterator[Found]:
        """Yield the phrases of `text`, left to right, the longest at each place, without overlap."""
        tokens = tokenize(text)
        at = 0
        while at < len(tokens):
            step = 1
            for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
                window = tokens[at : at + length]
                key = " ".join(t.text for t in window)
                sense = self._senses.get(key) or self._direct(key)
                if (
                    sense
                    and not _across_stop(text, window)
                    and self._means_it(text, tokens, at, length, sense)
                ):
                    yield Found(window[0].start, window[-1].end, sense)
                    step = length
                    break
            at += step

    def _direct(self, key: str) -> Sense | None:
        found = self._values.get(key)
        return Sense(values=(found[1],), facet=found[0]) if found else None

    def _means_it(self, text: str, tokens: Sequence[Token], at: int, length: int, sense: Sense) -> bool:
        if length > 1 or sense.quality or tokens[at].text not in COMMON_WORDS:
            return True
        before = tokens[at - 1].text if at else ""
        after = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if sense.facet == "colour":
            return (before not in ("the",) and before != "") or after == ""
        if before in ("about", "theme", "themed") or after == "themed":
            return True
        return sense.facet in ("genre", "category", "kind") and after in _HEADS

    def _add_values(self, facet_values: Mapping[str, Mapping[str, int]]) -> None:
        order = {facet: k for k, facet in enumerate(FACET_ORDER)}
        facets = sorted(
            (f for f in facet_values if f not in _SKIPPED_FACETS), key=lambda f: (order.get(f, 99), f)
        )
        for facet in facets:
            for value, _ in sorted(facet_values[facet].items(), key=lambda pair: (-pair[1], pair[0])):
                key = _key(value)
                if len(key) < 2 or key.isdigit():
                    continue
                for form in (key, *_other_numbers(key)):
                    self._values.setdefault(form, (facet, value))

    def _add_concept(self, concept: Concept) -> None:
        resolved = self._resolve(concept.values)
        for noun in concept.nouns:
            key = _key(noun)
            if key not in self._values:
                sense = Sense(resolved.values, resolved.facet, concept.quality, broad=resolved.broad)
                self._senses.setdefault(key, sense)
            else:
                facet, value = self._values[key]
                self._senses.setdefault(key, Sense((value,), facet, concept.quality))
        for word in concept.adjectives:
            key = _key(word)
            own = self._values.get(key)
            found = Sense((own[1],), own[0]) if own else resolved
            self._senses.setdefault(key, Sense(found.values, found.facet, concept.quality, True))
        for word in concept.comparatives:
            self._senses.setdefault(_key(word), Sense((), None, concept.quality, True, True))

    def _resolve(self, candidates: Sequence[str]) -> Sense:
        for candidate in candidates:
            parts = [self._values.get(_key(part)) for part in candidate.lstrip("~").split("+")]
            found = [part for part in parts if part is not None]
            if found and len(found) == len(parts):
                return Sense(tuple(value for _, value in found), found[0][0], broad=candidate.startswith("~"))
        return Sense()


_HEADS = frozenset(
    {"film", "films", "movie", "movies", "one", "ones", "book", "books", "music", "product", "products"}
)


def _key(phrase: str) -> str:
    return " ".join(token.text for token in tokenize(phrase))


def _across_stop(text: str, window: Sequence[Token]) -> bool:
    """Say whether punctuation that ends a phrase lies inside the window."""
    return any(set(text[left.end : right.start]) & set('.,;:!?()\n"“”') for left, right in pairwise(window))


def _other_numbers(key: str) -> list[str]:
    """Return plural and singular forms of the last word."""
    if key.endswith("ies") and len(key) > 5:
        return [key[:-3] + "y"]
    if key.endswith(("ches", "shes", "sses", "xes")):
        return [key[:-2]]
    if key.endswith("s") and not key.endswith("ss") and len(key) > 4:
        return [key[:-1]]
    if key.endswith(("ch", "sh", "ss", "x")):
        return [key + "es"]
    if key.endswith("y") and len(key) > 3 and key[-2] not in "aeiou":
        return [key[:-1] + "ies"]
    return [key + "s"]
