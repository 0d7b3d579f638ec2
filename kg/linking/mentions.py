"""Mentions in running text: which spans match a name, and whether the words around them mark them as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kg.linking.lexicon import DESCRIPTIVE_KINDS, PERSON_KINDS, SURNAME, Lexicon, Mention, Sense
from kg.linking.words import (
    ABOUT_AFTER,
    ALWAYS_CAPITAL,
    BOUNDARY,
    COMPARED,
    FUNCTION,
    JOINERS,
    NOT_A_SIMILE,
    OPINION,
    PERSON_CUES,
    SEEN,
    is_common,
)
from kg.text import Token, is_article, join_key, tokenize

_YEAR_AFTER = re.compile(r"\s*,?\s*(?P<open>[(\[])?\s*(?P<year>(?:1[89]|20)\d\d)(?![\w])\s*[)\]]?")
_SENTENCE_END = re.compile(r"[.!?\n]|:\s")
_OPENING, _CLOSING = "\"“‘«'*_`", "\"”’»'*_`"
_COPULA = frozenset({"is", "was", "are", "were", "had", "has"})
_MAX_FUZZY = 4
"""Misspelt spans looked up in one text, at most; each takes a fraction of a millisecond."""
_MIN_TYPO_WORD = 5


class _Span(NamedTuple):
    """Tokens `first` to `last` (excluded); `core` comes after an article that the key leaves out."""

    first: int
    core: int
    last: int


@dataclass
class _Text:
    text: str
    tokens: list[Token]

    def __post_init__(self) -> None:
        self.starts = [
            k == 0 or bool(_SENTENCE_END.search(self.text[self.tokens[k - 1].end : t.start]))
            for k, t in enumerate(self.tokens)
        ]
        self.shouting = self._is_shouting()

    def _is_shouting(self) -> bool:
        """Say whether capitals mean nothing here: all is in capitals, or Even Small Words Have One."""
        words = [t for t in self.tokens if t.end - t.start > 1 and self.text[t.start].isalpha()]
        upper = sum(self.text[t.start : t.end].isupper() for t in words)
        small = [
            t
            for k, t in enumerate(self.tokens)
            if t.text in FUNCTION
            and t.text not in ALWAYS_CAPITAL
            and not is_article(t.text)
            and not self.starts[k]
        ]
        raised = sum(self.text[t.start].isupper() for t in small)
        return (len(words) >= 3 and upper > 0.6 * len(words)) or (
            len(small) >= 2 and raised > 0.6 * len(small)
        )

    def word(self, k: int) -> str:
        """Return the folded word at `k`, or an empty string outside the text."""
        return self.tokens[k].text if 0 <= k < len(self.tokens) else ""

    def before(self, k: int, back: int = 1) -> str:
        """Return the word `back` places before `k` in the same sentence, or an empty string."""
        if k - back < 0 or any(self.starts[k - back + 1 : k + 1]):
            return ""
        return self.word(k - back)

    def gap(self, k: int) -> str:
        """Return what stands between token k-1 and token k."""
        start = self.tokens[k - 1].end if k > 0 else 0
        end = self.tokens[k].start if k < len(self.tokens) else len(self.text)
        return self.text[start:end]

    def capital(self, k: int) -> bool:
        """Say whether the token at `k` has a capital that its place does not explain."""
        return (
            (self.text[self.tokens[k].start].isupper() or (self.word(k).isdigit() and k > 0))
            and not self.starts[k]
            and not self.shouting
            and self.word(k) not in ALWAYS_CAPITAL
        )

    def ends(self, k: int) -> bool:
        """Say whether a name may end before token `k`: at punctuation or before a word that goes on."""
        return k >= len(self.tokens) or bool(self.gap(k).strip(" \t\"'”’*_`")) or self.word(k) in BOUNDARY

    def quoted(self, span: _Span) -> bool:
        start, end = self.tokens[span.first].start, self.tokens[span.last - 1].end
        if not (start and end < len(self.text)):
            return False
        opening, closing = self.text[start - 1], self.text[end]
        free = start < 2 or not self.text[start - 2].isalnum()
        return free and opening in _OPENING and closing in _CLOSING


def find_mentions(lexicon: Lexicon, text: str) -> list[Mention]:
    """Return the mentions in `text`; see `EntityLinker.find`."""
    return list(_Finder(lexicon, text).mentions())


class _Finder:
    def __init__(self, lexicon: Lexicon, text: str) -> None:
        self._lexicon = lexicon
        self._in = _Text(text, tokenize(text))
        self._last_title = -1
        """The token after the last accepted title, so that `or heat` after one counts."""
        self._fuzzy_left = _MAX_FUZZY

    def mentions(self) -> Iterator[Mention]:
        k = 0
        while k < len(self._in.tokens):
            found = self._exact_at(k) or self._misspelt_at(k)
            if found is None:
                k += 1
                continue
            mention, k = found
            yield mention

    def _exact_at(self, k: int) -> tuple[Mention, int] | None:
        for span in self._spans(k):
            senses = self._lexicon.senses(self._key(span))
            if senses:
                accepted = self._accept(span, senses)
                if accepted is not None:
                    return accepted
        return None

    def _spans(self, k: int) -> Iterator[_Span]:
        """Yield the spans at `k` that may be a name, longest first."""
        cores = [k + 1, k] if is_article(self._in.word(k)) else [k]
        found = []
        for core in cores:
            longest = min(self._lexicon.longest.get(self._in.word(core), 0), len(self._in.tokens) - core)
            found += [_Span(k, core, core + count) for count in range(longest, 0, -1)]
        yield from sorted(found, key=lambda span: -span.last)

    def _key(self, span: _Span) -> str:
        return join_key([t.text for t in self._in.tokens[span.core : span.last]])

    def _accept(self, span: _Span, senses: list[Sense]) -> tuple[Mention, int] | None:
        if self._in.quoted(span):
            return self._made(span, senses)
        year = self._year_after(span)
        if year is not None:
            dated = self._lexicon.dated(senses, year[0])
            if dated:
                return self._made(span, dated, end=year[2])
            if year[1]:
                return None
        kinds = [self._lexicon.entities[s.entity].kind for s in senses]
        plain = [s for s, kind in zip(senses, kinds, strict=True) if kind in DESCRIPTIVE_KINDS]
        people = [s for s, kind in zip(senses, kinds, strict=True) if kind in PERSON_KINDS]
        titles = [s for s in senses if s not in plain and s not in people]
        marked = self._marked(span, certain_only=bool(plain))
        chosen = [s for s in people if self._person(span, s)] + (titles if marked else [])
        if not chosen and self._describes(span):
            chosen = plain
        return self._made(span, chosen) if chosen else None

    def _made(self, span: _Span, senses: Sequence[Sense], end: int | None = None) -> tuple[Mention, int]:
        tokens = self._in.tokens
        start = tokens[span.first].start
        stop = tokens[span.last - 1].end if end is None else end
        result = self._lexicon.rank(senses)
        if result.entity is None:
            raise AssertionError("a mention is made of at least one sense")
        following = next((k for k in range(span.last, len(tokens)) if tokens[k].start >= stop), len(tokens))
        if result.entity.kind not in DESCRIPTIVE_KINDS:
            self._last_title = following
        surface = self._in.text[start:stop]
        return (
            Mention(
                start,
                stop,
                surface,
                result.entity,
                result.score,
                alternatives=result.alternatives,
                ambiguous=result.ambiguous,
            ),
            following,
        )

    def _year_after(self, span: _Span) -> tuple[int, bool, int] | None:
        """Return (year, in brackets, end offset) when a year follows the span."""
        match = _YEAR_AFTER.match(self._in.text, self._in.tokens[span.last - 1].end)
        return (int(match["year"]), bool(match["open"]), match.end()) if match else None

    def _marked(self, span: _Span, certain_only: bool) -> bool:
        """Say whether the words of a title, and those around them, mark it as one.

        `certain_only` asks for a capital, since the same words also name a genre or a theme.
        """
        words = [self._in.word(k) for k in range(span.core, span.last)]
        content = [k for k in range(span.core, span.last) if self._in.word(k) not in FUNCTION]
        capital = all(self._in.capital(k) for k in content or range(span.core, span.last))
        if len(content) > 1 and self._in.starts[span.first] and not self._in.shouting:
            letters = [self._in.text[self._in.tokens[k].start] for k in content]
            capital = all(letter.isupper() for letter in letters)
        numeric = all(word.isdigit() for word in words)
        if len(words) == 1 and self._emphasis(span.core):
            capital = False
        if capital and not numeric and words != ["i"]:
            return True
        if certain_only:
            return False
        cued = self._cued(span.first, numeric) and self._in.ends(span.last)
        if numeric:
            return cued
        if any(not is_common(word) and not word.isdigit() and len(word) > 2 for word in words):
            return True
        if len(words) > 2 and len(content) > 1:
            return True
        if not content:
            return len(words) > 1 and cued and not self._in.word(span.last)
        if len(content) > 1 and span.first == 0 and span.last == len(self._in.tokens):
            return True
        opens = self._in.starts[span.first] and self._judged(span, len(content))
        joins = self._leads_to_title(span) if self._in.starts[span.first] else False
        return cued or opens or joins

    def _emphasis(self, k: int) -> bool:
        """Say whether a plain word is in capitals only to be loud: `I LOVE it`."""
        word = self._in.text[self._in.tokens[k].start : self._in.tokens[k].end]
        return len(word) > 1 and word.isupper() and is_common(self._in.word(k))

    def _judged(self, span: _Span, content: int) -> bool:
        """Say whether an opinion follows: `fight club is my ...`; one plain word must be called a film."""
        if self._in.word(span.last) not in _COPULA or self._in.word(span.last + 1) not in OPINION:
            return False
        called = {self._in.word(k) for k in range(span.last + 2, span.last + 7)}
        capital = self._in.text[self._in.tokens[span.core].start].isupper()
        return content > 1 or (capital and bool(called & {"movie", "film"}))

    def _cued(self, first: int, numeric: bool = False) -> bool:
        """Say whether the words before token `first` lead to a title."""
        one, two = self._in.before(first), self._in.before(first, 2)
        if one in {"movie", "film", "show"} and two == "the":
            return True
        if one in JOINERS and self._last_title == first - 1 and first > 0:
            return True
        if self._last_title == first and first > 0 and "," in self._in.gap(first):
            return True
        if one == "like":
            return two not in NOT_A_SIMILE
        if one in SEEN:
            return True
        if (one, two) in {
            ("to", "similar"),
            ("as", "such"),
            ("of", "fan"),
            ("of", "heard"),
            ("of", "me"),
            ("to", "compared"),
        }:
            return True
        if numeric:
            return False
        return one in COMPARED or (one == "about" and two in ABOUT_AFTER)

    def _leads_to_title(self, span: _Span) -> bool:
        """Say whether `and TITLE` with a capital follows a capitalised word that opens the sentence."""
        if not self._in.text[self._in.tokens[span.first].start].isupper() or self._in.shouting:
            return False
        following = span.last + 1
        if self._in.word(span.last) not in {"and", "or"} or following >= len(self._in.tokens):
            return False
        return self._in.capital(following) and any(
            self._lexicon.senses(self._key(other)) for other in self._spans(following)
        )

    def _person(self, span: _Span, sense: Sense) -> bool:
        words = [self._in.word(k) for k in range(span.core, span.last)]
        capital = all(self._in.capital(k) for k in range(span.core, span.last))
        cued = self._in.before(span.first) in PERSON_CUES
        joined = self._last_title == span.first - 1 and self._in.before(span.first) in {"and", "or"}
        plain = all(is_common(word) for word in words)
        if sense.weight <= SURNAME:
            beside = self._name_goes_on(span)
            place = self._in.before(span.first) in {"in", "at", "to", "near"}
            return not beside and not place and (capital or ((cued or joined) and not plain))
        opens = self._in.starts[span.first] and len(words) > 1 and not self._in.shouting
        if opens and all(
            self._in.text[self._in.tokens[k].start].isupper() for k in range(span.core, span.last)
        ):
            return True
        return capital or cued or (len(words) > 1 and not plain)

    def _name_goes_on(self, span: _Span) -> bool:
        """Say whether a surname stands beside another capitalised word, as part of somebody else's name."""
        tokens, text = self._in.tokens, self._in.text
        before = (
            span.first > 0
            and self._in.gap(span.first).strip(".") == " "
            and self._in.capital(span.first - 1)
            and not is_common(self._in.word(span.first - 1))
        )
        after = (
            span.last < len(tokens)
            and self._in.gap(span.last) == " "
            and text[tokens[span.last].start].isupper()
            and self._in.word(span.last) not in ALWAYS_CAPITAL
        )
        return before or after

    def _describes(self, span: _Span) -> bool:
        """Say whether plain words are used as a genre, a theme or the like here."""
        words = [self._in.word(k) for k in range(span.core, span.last)]
        if all(word in FUNCTION for word in words):
            return all(self._in.capital(k) for k in range(span.core, span.last)) or any(
                self._in.text[self._in.tokens[k].start : self._in.tokens[k].end] in {"US", "UK"}
                for k in range(span.core, span.last)
            )
        verb = self._in.before(span.first) in {
            "i",
            "id",
            "we",
            "they",
            "you",
            "would",
            "really",
            "d",
            "to",
            "also",
        }
        return not (words == ["love"] and verb)

    def _misspelt_at(self, k: int) -> tuple[Mention, int] | None:
        """Look for a misspelt name after a word that leads to one, or between quotes."""
        if self._fuzzy_left == 0:
            return None
        core = k + 1 if is_article(self._in.word(k)) else k
        for last in range(min(core + 6, len(self._in.tokens)), core, -1):
            span = _Span(k, core, last)
            quoted = self._in.quoted(span)
            if not quoted and not (self._cued(k) and self._in.ends(last)):
                continue
            if any(self._in.gap(j).strip(" -'’") for j in range(core + 1, last)):
                continue
            words = [self._in.word(j) for j in range(core, last)]
            if not any(len(word) >= _MIN_TYPO_WORD and not is_common(word) for word in words):
                continue
            if self._fuzzy_left == 0:
                return None
            self._fuzzy_left -= 1
            entities = self._lexicon.entities
            near = [
                s
                for s in self._lexicon.nearest(self._key(span))
                if entities[s.entity].kind not in DESCRIPTIVE_KINDS
            ]
            if near:
                year = self._year_after(span)
                dated = self._lexicon.dated(near, year[0]) if year else near
                if dated:
                    return self._made(span, dated, end=year[2] if year else None)
        return None
