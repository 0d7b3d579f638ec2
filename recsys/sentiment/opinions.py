"""What an opinion is, what it weighs, and the baseline that counts words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recsys.sentiment.lexicon import Lexicon

UNSURE = 0.5
"""Confidence below which an opinion weighs nothing."""
FAINT = 0.25
"""Polarity nearer to 0 than this weighs nothing."""


class Opinion(NamedTuple):
    """What a text says of what it is about."""

    polarity: float
    """-1 is clearly against, 0 is neither, 1 is clearly in favour."""
    confidence: float
    """How likely the verdict (against, neither, in favour) is the right one, in [0, 1]."""


def history_weight(opinion: Opinion, unsure: float = UNSURE, faint: float = FAINT) -> float:
    """Return the weight for `Users.history`, in [-1, 1]: polarity times confidence, 0 where it says too little.

    Somebody who is in favour weighs like a like, against like a dislike, and a text without an opinion leaves the
    history as it is.
    """
    if opinion.confidence < unsure or abs(opinion.polarity) < faint:
        return 0.0
    return max(-1.0, min(1.0, opinion.polarity * opinion.confidence))


class LexiconSentiment:
    """Counts leaning words, turned round by a negation before them; needs no model."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or Lexicon.read()

    def of(self, texts: Sequence[str]) -> list[Opinion]:
        """Return one opinion a text. The confidence is the strength of what was found; 0.5 where nothing was."""
        found = []
        for text in texts:
            polarity = self._lexicon.polarity(text)
            found.append(Opinion(polarity, 0.5 + 0.5 * abs(polarity)))
        return found
