"""A text as words with what stands around them: capitals, quotes, ends of sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from kg.linking.words import ALWAYS_CAPITAL, BOUNDARY, FUNCTION
from kg.text import Token, is_article

_YEAR_AFTER = re.compile(r"\s*,?\s*(?P<open>[(\[])?\s*(?P<year>(?:1[89]|20)\d\d)(?![\w])\s*[)\]]?")
_SENTENCE_END = re.compile(r"[.!?\n]|:\s")
_OPENING, _CLOSING = "\"“‘«'*_`", "\"”’»'*_`"


class Span(NamedTuple):
    """Tokens `first` to `last` (excluded); `core` comes after an article that the key leaves out."""

    first: int
    core: int
    last: int


@dataclass
class TextView:
    """A text and its words."""

    text: str
    tokens: list[Token]

    def __post_init__(self) -> None:
        self.starts = [
            k == 0 or bool(_SENTENCE_END.search(self.text[self.tokens[k - 1].end : t.start]))
            for k, t in enumerate(self.tokens)
        ]
        self.shouting = self._is_shouting()
        self.has_capitals = any(c.isupper() for c in self.text)

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

    def quoted(self, span: Span) -> bool:
        """Say whether quotes stand around a span."""
        start, end = self.tokens[span.first].start, self.tokens[span.last - 1].end
        if not (start and end < len(self.text)):
            return False
        opening, closing = self.text[start - 1], self.text[end]
        free = start < 2 or not self.text[start - 2].isalnum()
        return free and opening in _OPENING and closing in _CLOSING

    def year_after(self, span: Span) -> tuple[int, bool, int] | None:
        """Return (year, in brackets, end offset) when a year follows the span."""
        match = _YEAR_AFTER.match(self.text, self.tokens[span.last - 1].end)
        return (int(match["year"]), bool(match["open"]), match.end()) if match else None
