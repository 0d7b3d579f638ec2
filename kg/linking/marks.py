"""Whether the words of a name, and those around them, mark it as one: rules that hold for any catalogue."""

from __future__ import annotations

from collections.abc import Callable

from kg.linking.lexicon import SURNAME, Sense
from kg.linking.view import Span, TextView
from kg.linking.words import (
    ABOUT_AFTER,
    ALWAYS_CAPITAL,
    COMPARED,
    FUNCTION,
    JOINERS,
    NOT_A_SIMILE,
    OPINION,
    PERSON_CUES,
    SEEN,
    is_common,
)

_COPULA = frozenset({"is", "was", "are", "were", "had", "has"})


class Marks:
    """Reads one text; `last_title` moves as titles are accepted."""

    def __init__(self, view: TextView, named: Callable[[int], bool]) -> None:
        self._in = view
        self._named = named
        """Says whether a name may begin at a token."""
        self.last_title = -1
        """The token after the last accepted title, so that `or heat` after one counts."""

    def marked(self, span: Span, certain_only: bool) -> bool:
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
        cued = self.cued(span.first, numeric) and self._in.ends(span.last)
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

    def _judged(self, span: Span, content: int) -> bool:
        """Say whether an opinion follows: `fight club is my ...`; one plain word must be called a film."""
        if self._in.word(span.last) not in _COPULA or self._in.word(span.last + 1) not in OPINION:
            return False
        called = {self._in.word(k) for k in range(span.last + 2, span.last + 7)}
        capital = self._in.text[self._in.tokens[span.core].start].isupper()
        return content > 1 or (capital and bool(called & {"movie", "film"}))

    def cued(self, first: int, numeric: bool = False) -> bool:
        """Say whether the words before token `first` lead to a title."""
        one, two = self._in.before(first), self._in.before(first, 2)
        if one in {"movie", "film", "show"} and two == "the":
            return True
        if one in JOINERS and self.last_title == first - 1 and first > 0:
            return True
        if self.last_title == first and first > 0 and "," in self._in.gap(first):
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

    def _leads_to_title(self, span: Span) -> bool:
        """Say whether `and TITLE` with a capital follows a capitalised word that opens the sentence."""
        if not self._in.text[self._in.tokens[span.first].start].isupper() or self._in.shouting:
            return False
        following = span.last + 1
        if self._in.word(span.last) not in {"and", "or"} or following >= len(self._in.tokens):
            return False
        return self._in.capital(following) and self._named(following)

    def person(self, span: Span, sense: Sense) -> bool:
        """Say whether a name, or a last name, of a person is meant as one here."""
        words = [self._in.word(k) for k in range(span.core, span.last)]
        capital = all(self._in.capital(k) for k in range(span.core, span.last))
        cued = self._in.before(span.first) in PERSON_CUES
        joined = self.last_title == span.first - 1 and self._in.before(span.first) in {"and", "or"}
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

    def _name_goes_on(self, span: Span) -> bool:
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

    def describes(self, span: Span) -> bool:
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
