"""Where in a text a name may stand: a walk from each word through the names that begin with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kg.linking.lexicon import Lexicon
from kg.linking.view import Span, TextView
from kg.linking.words import FUNCTION, is_common
from kg.text import arabic, is_article

_MAX_NEAR = 60
"""Words that a misspelt one is taken to mean, at most."""
_MIN_TYPO_KEY = 4
_MIN_COMMON_TYPO_KEY = 8
"""Shortest key with a common word in the place of another: shorter ones are met by chance."""


class Candidate(NamedTuple):
    """A stretch of a text that may be a name."""

    span: Span
    key: str
    misspelt: int = -1
    """The token that was read as another word, or -1."""


class Walker:
    """Walks one text; keeps the words that each of its words may have meant."""

    def __init__(self, lexicon: Lexicon, view: TextView) -> None:
        self._lexicon = lexicon
        self._in = view
        self._words = [token.text for token in view.tokens]
        self._later = [arabic(word) for word in self._words]
        """The words as they are inside a key, where sequel numbers are digits."""
        self._near: dict[int, list[str]] = {}

    def exact(self, first: int) -> Iterator[Candidate]:
        """Yield the names that are written from token `first` on, longest first; an article may stand before."""
        found = [
            Candidate(Span(first, core, last), key)
            for core in self._cores(first)
            for key, last in self._walk(self._words[core], core + 1)
        ]
        yield from sorted(found, key=lambda one: -one.span.last)

    def misspelt(self, first: int) -> Iterator[Candidate]:
        """Yield the names that are written from token `first` on but for one typing error, longest first."""
        found: dict[tuple[str, int], Candidate] = {}
        for core in self._cores(first):
            for word in self._meant(core):
                for key, last in self._walk(word, core + 1):
                    self._keep(found, Candidate(Span(first, core, last), key, core))
            prefix = self._words[core]
            for k in range(core + 1, len(self._words)):
                if not self._lexicon.begins(prefix):
                    break
                for word in self._meant(k):
                    for key, last in self._walk(f"{prefix} {word}", k + 1):
                        self._keep(found, Candidate(Span(first, core, last), key, k))
                prefix = f"{prefix} {self._later[k]}"
        yield from sorted(found.values(), key=lambda one: -one.span.last)

    def _keep(self, found: dict[tuple[str, int], Candidate], one: Candidate) -> None:
        shortest = _MIN_COMMON_TYPO_KEY if is_common(self._words[one.misspelt]) else _MIN_TYPO_KEY
        if len(one.key) >= shortest and not one.key.isdigit():
            found.setdefault((one.key, one.span.last), one)

    def _cores(self, first: int) -> list[int]:
        inside = first + 1 < len(self._words)
        return [first + 1, first] if is_article(self._words[first]) and inside else [first]

    def _walk(self, prefix: str, following: int) -> Iterator[tuple[str, int]]:
        """Yield (key, token after it) of the names that begin with `prefix` and go on with the text."""
        while self._lexicon.begins(prefix):
            if self._lexicon.knows(prefix):
                yield prefix, following
            if following >= len(self._words):
                return
            prefix = f"{prefix} {self._later[following]}"
            following += 1

    def _meant(self, k: int) -> list[str]:
        if k not in self._near:
            word = self._words[k]
            self._near[k] = (
                [] if word.isdigit() or word in FUNCTION else self._lexicon.near_words(word)[:_MAX_NEAR]
            )
        return self._near[k]
