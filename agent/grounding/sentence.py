"""One sentence under check: its words, what was found in it so far, and what nothing supports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agent.grounding.measures import Measure
from agent.grounding.plain_words import ALWAYS, GERMAN_NOUNS, PLAIN_WORDS, is_german
from agent.grounding.support import Support, Word, Words, words_of

YEAR_AFTER = re.compile(r"^[*\"”»'’》」]*\s*\((?P<year>1[89]\d\d|20\d\d)\)")
_OPENS_SENTENCE = ".!?:;—–…\n•|"


@dataclass(frozen=True)
class Mention:
    """A place in a text that names items of the catalogue."""

    start: int
    end: int
    item_ids: frozenset[str]


@dataclass(frozen=True)
class Language:
    """What a check may know beside the evidence: the catalogue's titles, and which words are no names."""

    find_items: Callable[[str], Iterable[Mention]]
    plain: frozenset[str] = PLAIN_WORDS
    titled: Callable[[str], Iterable[str]] = lambda title: ()
    """Ids of the items with exactly this title, whatever its case."""
    openings: frozenset[str] | None = None
    """Folded words that titles begin with, articles left out; None where they are not known."""


@dataclass
class Verdict:
    """Claims found in a sentence, and those that nothing supports, as written."""

    claims: int = 0
    unsupported: list[str] = field(default_factory=list)
    about: frozenset[str] = frozenset()
    """Ids of the one item that the sentence is about; empty when it names none, or several."""

    @property
    def supported(self) -> bool:
        """Whether the sentence may be shown."""
        return not self.unsupported


class Sentence:
    """A sentence, and what the checks have found in it so far. They run in the order of `check_sentence`."""

    def __init__(self, body: str, support: Support, language: Language, before: frozenset[str]) -> None:
        self.body = body
        self.before = before
        self.nouns = GERMAN_NOUNS if is_german(body) else frozenset[str]()
        self.support = support
        self.language = language
        self.words = words_of(body)
        self.verdict = Verdict()
        self.named: list[tuple[int, int, Words]] = []
        """Places that hold a name of the evidence: start, end, folded words."""
        self.refused: list[tuple[int, int]] = []
        self.figures: list[tuple[int, int, float, Measure | None]] = []
        """Numbers that say something of an item: start, end, value, and the measure they are."""

    def claim(self, supported: bool, start: int, end: int) -> None:
        """Count a claim; one without support is refused, unless it is part of a refused one."""
        self.verdict.claims += 1
        if not supported and not any(a <= start and end <= b for a, b in self.refused):
            self.refused.append((start, end))
            self.verdict.unsupported.append(self.body[start:end].strip())

    def is_plain(self, word: Word) -> bool:
        """Whether a capital makes no name of this word: at the front of a sentence, or of a German noun."""
        return (
            word.text in ALWAYS
            or word.text in self.nouns
            # ... unless a year in brackets makes a title of it.
            or (self.opens(word) and word.text in self.language.plain and not self.dated(word.end))
        )

    def is_refused(self, word: Word) -> bool:
        """Whether the word is part of what was refused."""
        return any(a <= word.start and word.end <= b for a, b in self.refused)

    def use(self, start: int, end: int, words: Words) -> None:
        """Note that a name of the evidence stands there."""
        self.named.append((start, end, words))

    def opens(self, word: Word) -> bool:
        """Whether the word is the first of a sentence or of a part of one."""
        before = self.body[: word.start].rstrip(" \t\"'“‘«(*_")
        return not before or before[-1] in _OPENS_SENTENCE or before.endswith(" -")

    def dated(self, end: int) -> bool:
        """Whether a year in brackets follows there."""
        return YEAR_AFTER.match(self.body[end:]) is not None


def is_title(sentence: Sentence, words: Words, year: str) -> bool:
    """Whether words before a year in brackets are a title of the evidence, or stand with that year in it."""
    pool = sentence.support.everything
    return words in sentence.support.titles or (*words, year) in pool.names or pool.holds((*words, year))
