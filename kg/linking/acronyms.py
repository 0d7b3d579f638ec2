"""Titles by their initials: `LOTR`, `lotr 2`, `LOTR the two towers`."""

from __future__ import annotations

import re

from kg.linking.lexicon import HEAD, Lexicon, Sense
from kg.linking.words import CHAT, FUNCTION, is_common, number_of
from kg.text import arabic, fold_name, tokenize

_KNOWN = 3_000
"""Titles of a higher rank are not known well enough to be called by their initials."""
_WELL_KNOWN = 1_000
"""And of a higher rank than this not in the middle of a sentence."""
_PARTS = frozenset({"part", "chapter", "episode", "volume", "vol", "number", "no"})
_NUMBERED = re.compile(r"^(?P<base>.+) (?P<number>\d{1,2})$")
_GLUED = re.compile(r"^([a-z]{2,})(\d{1,2})$")


class AcronymIndex:
    """Initials of at least three words, or of two with a sequel number; built once, read by any thread."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._senses: dict[str, dict[int, None]] = {}
        for key, number, weight in lexicon.title_keys(_KNOWN):
            if weight < HEAD:
                continue
            numbered = _NUMBERED.match(key)
            base = numbered["base"] if numbered else key
            words = base.split(" ")
            if words[-1] in _PARTS:
                continue
            if len(words) < (2 if numbered else 3) or any(word.isdigit() for word in words):
                continue
            initials = "".join(word[0] for word in words)
            tail = f" {numbered['number']}" if numbered else ""
            self._add(initials + tail, number)
            if lexicon.has_article(number):
                self._add("t" + initials + tail, number)

    def senses(self, text: str) -> list[Sense]:
        """Return what a text of initials may mean, with a sequel number or a subtitle after them."""
        words = [token.text for token in tokenize(text)]
        glued = _GLUED.match(words[0]) if words else None
        if glued:
            words[:1] = [glued[1], glued[2]]
        if not words or len(words[0]) < 2 or words[0] in CHAT or words[0] in FUNCTION:
            return []
        rest = [word for word in words[1:] if word not in _PARTS]
        if not rest:
            return self._found(words[0]) if len(words[0]) >= 3 else []
        if len(rest) == 1 and number_of(arabic(rest[0])):
            number = number_of(arabic(rest[0]))
            return self._found(f"{words[0]} {number}") or (self._found(words[0]) if number == 1 else [])
        saga = {sense.entity for sense in self._found(words[0])}
        return [
            Sense(sense.entity, HEAD, "acronym")
            for sense in self._lexicon.senses(fold_name(" ".join(rest)))
            if sense.entity in saga
        ]

    def in_sentence(self, word: str, number: str) -> list[Sense]:
        """Return what a word of a sentence, and a number after it if there is one, may stand for as initials.

        Only for well-known titles, and in lower case only where the word is none of the language.
        """
        folded = word.lower()
        if not word.isalpha() or folded in CHAT or is_common(folded):
            return []
        if not word.isupper() and (len(word) < 4 or self._lexicon.is_word(folded)):
            return []
        if len(word) < 3 and not number:
            return []
        ranks = self._lexicon.ranks
        found = self.senses(f"{word} {number}" if number else word)
        return found if any(ranks[sense.entity] < _WELL_KNOWN for sense in found) else []

    def _found(self, initials: str) -> list[Sense]:
        return [Sense(number, HEAD, "acronym") for number in self._senses.get(initials, ())]

    def _add(self, initials: str, number: int) -> None:
        self._senses.setdefault(initials, {})[number] = None
