"""Which written answer of the help desk fits a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.grounding.plain_words import PLAIN_WORDS
from kg.text import tokenize
from recsys.encoder import Encoder
from recsys.models.base import FloatMatrix
from recsys.schema import HelpAnswer

THRESHOLD = 0.5
"""Blend of meaning and words from which an answer is given; both parts are in [0, 1]."""
_MEANING = 0.75
_NEAREST = 3
_HEADING = re.compile(r"^#{1,6}\s+(?P<title>.+?)(?:\s*\{#(?P<anchor>[\w-]+)\})?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class HelpFound:
    """Answers, nearest first, and whether the first one fits."""

    answers: tuple[HelpAnswer, ...]
    score: float
    sure: bool


class HelpDesk:
    """Ranks answers by MiniLM similarity and shared words, over each answer's question and its variants."""

    def __init__(self, answers: Sequence[HelpAnswer], policy: str, encoder: Encoder) -> None:
        """Keep the answers; their vectors are made at first use."""
        self._answers = list(answers)
        self._encoder = encoder
        self._asked = [(k, text) for k, one in enumerate(answers) for text in (one.question, *one.variants)]
        self._words = [_content(text) for _, text in self._asked]
        self._sections = _sections(policy)
        self._vectors: FloatMatrix | None = None

    def warm_up(self) -> None:
        """Make the vectors of all questions."""
        self._all_vectors()

    def find(self, question: str) -> HelpFound:
        """Return the nearest answers. Raises `EncoderError` when the encoder cannot be loaded."""
        if not self._asked:
            return HelpFound((), 0.0, False)
        meaning = self._all_vectors() @ self._encoder.encode([question[:1000]])[0]
        words = _content(question)
        shared = np.array([len(words & other) / max(1, min(len(words), len(other))) for other in self._words])
        scores = _MEANING * meaning + (1.0 - _MEANING) * shared
        best: dict[int, float] = {}
        for (k, _), score in zip(self._asked, scores, strict=True):
            best[k] = max(best.get(k, -1.0), float(score))
        order = sorted(best, key=lambda k: (-best[k], k))[:_NEAREST]
        top = best[order[0]]
        return HelpFound(tuple(self._answers[k] for k in order), top, top >= THRESHOLD)

    def section(self, answer: HelpAnswer) -> str:
        """Return the title of the policy section that an answer rests on, or an empty string."""
        return self._sections.get(answer.policy.lstrip("#"), "")

    def _all_vectors(self) -> FloatMatrix:
        vectors = self._vectors
        if vectors is None:
            # Two threads may both make them once; they make the same ones.
            vectors = self._vectors = self._encoder.encode([text for _, text in self._asked])
        return vectors


def _content(text: str) -> frozenset[str]:
    return frozenset(t.text.rstrip("s") for t in tokenize(text) if t.text not in PLAIN_WORDS)


def _sections(policy: str) -> dict[str, str]:
    sections = {}
    for match in _HEADING.finditer(policy):
        title = match["title"].strip()
        slug = re.sub(r"[^\w\- ]", "", title.casefold()).strip().replace(" ", "-")
        sections[match["anchor"] or slug] = title
        sections.setdefault(slug, title)
    return sections
