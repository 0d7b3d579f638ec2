"""Leaning words in a text: their strength, what turns them round, and where the weight of a sentence lies."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

_JOINED = "_"
_TOKEN = re.compile(r"_[a-z'_]+|[a-z]+(?:'[a-z]+)?|[0-9]+|[.,;:!?]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\.{2,}\s*|\n+")
_BREAK = frozenset(".,;:!?")
_REACH = 4
"""Words that a negation reaches over."""
_LIKING = frozenset(
    (
        "i we they you he she who really also not always do did to kids still just actually "
        "definitely both dont didnt"
    ).split()
)
"""Words after which `like` is a verb, not a comparison."""
_NOT_LIKING = frozenset(
    ("would", "might", "something", "anything", "looks", "more", "sounds", "felt", "seems")
)
FEATURES = (
    "good", "bad", "good negated", "bad negated", "negations", "last clause", "sum", "question mark", "asks", "wishes",
    "exclamation", "length",
)  # fmt: skip
"""What `Lexicon.features` returns, in order."""


def tokens_of(text: str) -> list[str]:
    """Return words in lower case and marks; `’` counts as `'`."""
    return _TOKEN.findall(text.lower().replace("’", "'").replace("`", "'"))


def sentences_of(text: str) -> list[str]:
    """Divide a text at full stops, question and exclamation marks and line ends; at least one part, perhaps empty."""
    parts = [part.strip() for part in _SENTENCE.split(text) if part.strip()]
    return parts or [text.strip()]


@dataclass
class _Found:
    good: float = 0.0
    bad: float = 0.0
    good_negated: float = 0.0
    bad_negated: float = 0.0
    negations: int = 0
    clauses: list[float] = field(default_factory=lambda: [0.0])
    contrast: bool = False

    def add(self, lean: float, negated: bool) -> None:
        if lean > 0:
            self.good += lean
            self.good_negated += lean if negated else 0.0
        else:
            self.bad -= lean
            self.bad_negated -= lean if negated else 0.0
        # `not bad` is fainter than `good`, `not good` is nearly `bad`.
        self.clauses[-1] += lean if not negated else -lean * (0.9 if lean > 0 else 0.5)

    @property
    def total(self) -> float:
        """The sum; after a `but`, what comes last counts most."""
        if not self.contrast:
            return sum(self.clauses)
        return 0.4 * sum(self.clauses[:-1]) + 1.5 * self.clauses[-1]


@dataclass(frozen=True)
class Lexicon:
    """Words and how they lean."""

    leaning: dict[str, float]
    """Word to [-1, 1]."""
    idioms: dict[str, float]
    """Several words that lean as one; a negation before them turns them round too."""
    words: dict[str, frozenset[str]]
    """`negators`, `intensifiers`, `softeners`, `contrast`, `asking`, `wishing`."""

    @classmethod
    def read(cls) -> Lexicon:
        """Read the lexicon that comes with the package."""
        raw = tomllib.loads(files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8"))
        leaning = {word: float(lean) for lean, words in raw["leaning"].values() for word in words.split()}
        idioms = {idiom: float(lean) for idiom, lean in raw["idioms"].items()}
        return cls(leaning, idioms, {name: frozenset(words.split()) for name, words in raw["words"].items()})

    def polarity(self, text: str) -> float:
        """Return how a text leans, in (-1, 1); 0 where no word leans."""
        return math.tanh(sum(self._read(self._tokens(part)).total for part in sentences_of(text)))

    def features(self, text: str) -> NDArray[np.float32]:
        """Return the numbers of `FEATURES`, shape (12,)."""
        tokens = self._tokens(text)
        found = self._read(tokens)
        words = [token for token in tokens if token not in _BREAK]
        return np.array(
            [
                found.good,
                found.bad,
                found.good_negated,
                found.bad_negated,
                found.negations,
                math.tanh(found.clauses[-1]),
                math.tanh(found.total),
                "?" in tokens,
                bool(words) and words[0] in self.words["asking"],
                sum(word in self.words["wishing"] for word in words),
                "!" in tokens,
                math.log1p(len(words)) / 3.0,
            ],
            dtype=np.float32,
        )

    def _tokens(self, text: str) -> list[str]:
        # `_` marks idioms from here on, so a person's own is a space.
        plain = text.lower().replace("’", "'").replace(_JOINED, " ")
        for idiom in self.idioms:
            # One word with a space in it, so that the rest of the reading takes it as it is.
            plain = plain.replace(idiom, f" {_JOINED}{_JOINED.join(idiom.split())} ")
        return tokens_of(plain)

    def _read(self, tokens: list[str]) -> _Found:
        found = _Found()
        reach, factor = 0, 1.0
        for place, token in enumerate(tokens):
            if token in _BREAK or token in self.words["contrast"]:
                reach, factor = 0, 1.0
                if token in self.words["contrast"]:
                    found.contrast = True
                    found.clauses.append(0.0)
                continue
            if token.startswith(_JOINED):
                found.add(self.idioms[" ".join(token[1:].split(_JOINED))], reach > 0)
                reach, factor = 0, 1.0
                continue
            if token in self.words["negators"] or token.endswith("n't"):
                found.negations += 1
                reach = _REACH
                continue
            if token in self.words["intensifiers"]:
                factor *= 1.3
                continue
            if token in self.words["softeners"]:
                factor *= 0.7
                continue
            lean = 0.0 if token == "like" and not _is_verb(tokens, place) else self.leaning.get(token, 0.0)
            if token == "like" and lean:
                lean = 0.6
            if lean:
                found.add(lean * factor, reach > 0)
            factor = 1.0
            reach = max(0, reach - 1)
        return found


def _is_verb(tokens: list[str], place: int) -> bool:
    """Whether `like` at this place says that somebody likes something."""
    before = tokens[max(0, place - 2) : place]
    if not before:
        return False
    return (before[-1] in _LIKING or before[-1].endswith("n't")) and not _NOT_LIKING & set(before)
