"""Which section of the written policy answers a question, and with which sentences?

A section's score is that of its best entry: one of its sentences behind its title, or a question that the help desk
answers from it. An entry's score blends the likeness of the sentence vectors with the shared words, rare ones first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.service.evidence import Citation
from agent.service.wording import content_words, policy_terms
from recsys.encoder import Encoder
from recsys.models.base import FloatMatrix
from recsys.schema import HelpAnswer

_HEADING = re.compile(r"^(?P<level>#{1,6})\s+(?P<title>.+?)(?:\s*\{#(?P<anchor>[\w-]+)\})?\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'“])")
_MEANING = 0.8
_TITLE = 0.05
"""Weight of the likeness to the section's title."""
_TOPIC = 0.1
"""Weight of the topic beside the question as it was asked, and as it was asked with a policy's words."""
_QUOTED = 3
_NEAR = 0.75
"""A further sentence is quoted when its score is at least this share of the best one's."""
_INTERNAL = re.compile(
    r"\b(?:users?|tools?|agents?|you should|you have to|deny|remind the customer|database|be cautious|be sure that)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r",? and you should [^,.]*")


@dataclass(frozen=True)
class Section:
    """One section of a policy: its sentences in order; a row of a table is a sentence."""

    anchor: str
    title: str
    sentences: tuple[str, ...]


class PolicyIndex:
    """Ranks the sections of one policy. Threads may share it."""

    def __init__(self, policy: str, answers: Sequence[HelpAnswer], encoder: Encoder) -> None:
        """Read the policy; vectors are made at first use.

        `answers` that name a section are further ways to ask for it.
        """
        self.sections = read_sections(policy)
        self._encoder = encoder
        self._entries: list[tuple[int, str, bool]] = []
        """Section, text, and whether it is a sentence of the section."""
        place = {section.anchor: k for k, section in enumerate(self.sections)}
        for k, section in enumerate(self.sections):
            self._entries += [(k, sentence, True) for sentence in section.sentences]
            self._entries.append((k, " ".join((section.title, *section.sentences))[:800], False))
        for one in answers:
            k_of = place.get(one.policy.lstrip("#"))
            if k_of is not None:
                self._entries += [(k_of, text, False) for text in (one.question, *one.variants)]
        self._words = [content_words(f"{self.sections[k].title} {text}") for k, text, _ in self._entries]
        seen: dict[str, int] = {}
        for words in self._words:
            for word in words:
                seen[word] = seen.get(word, 0) + 1
        self._rarity = {word: math.log(1 + len(self._words) / n) for word, n in seen.items()}
        self._vectors: tuple[FloatMatrix, FloatMatrix] | None = None

    def warm_up(self) -> None:
        """Make all vectors."""
        if self._entries:
            self._all_vectors()

    def find(self, question: str, limit: int = 3, topic: str = "") -> list[Citation]:
        """Return the nearest sections with the sentences that bear on `question`, best first.

        `topic` says it again in words of a policy; what is near to both comes first. Raises `EncoderError` when
        the sentence encoder cannot be loaded.
        """
        if not self._entries or not question.strip():
            return []
        texts, titles = self._all_vectors()
        terms = policy_terms(question)
        ways = [(question, 1.0), (f"{terms}: {question}" if terms else "", 1.0), (topic, _TOPIC)]
        said = [(text[:1000], weight) for text, weight in ways if text.strip()]
        asked = np.average(
            self._encoder.encode([text for text, _ in said]), axis=0, weights=[weight for _, weight in said]
        )
        words = content_words(f"{question} {terms}")
        meaning = texts @ asked
        shared = np.array([self._overlap(words, own) for own in self._words])
        scores = _MEANING * meaning + (1 - _MEANING - _TITLE) * shared
        scores = scores + _TITLE * (titles @ asked)[[k for k, _, _ in self._entries]]
        best = np.full(len(self.sections), -np.inf)
        for (k, _, _), score in zip(self._entries, scores, strict=True):
            best[k] = max(best[k], float(score))
        order = [int(k) for k in np.argsort(-best, kind="stable")[:limit] if np.isfinite(best[k])]
        return [self._citation(k, scores, float(best[k])) for k in order]

    def _citation(self, k: int, scores: NDArray[np.floating[Any]], score: float) -> Citation:
        own = [
            (float(s), text)
            for (place, text, written), s in zip(self._entries, scores, strict=True)
            if place == k and written
        ]
        top = max(s for s, _ in own)
        near = sorted(own, key=lambda one: -one[0])[:_QUOTED]
        chosen = {text for s, text in near if s >= _NEAR * top}
        section = self.sections[k]
        quoted = " ".join(text for text in section.sentences if text in chosen)
        return Citation(anchor=section.anchor, title=section.title, text=quoted, score=round(score, 3))

    def _overlap(self, asked: frozenset[str], own: frozenset[str]) -> float:
        whole = sum(self._rarity.get(word, 0.0) for word in asked)
        return sum(self._rarity[word] for word in asked & own) / whole if whole else 0.0

    def _all_vectors(self) -> tuple[FloatMatrix, FloatMatrix]:
        if self._vectors is None:
            # Two threads may both make them once; they make the same ones.
            texts = [
                f"{self.sections[k].title}: {text}" if written else text for k, text, written in self._entries
            ]
            self._vectors = (
                self._encoder.encode(texts),
                self._encoder.encode([section.title for section in self.sections]),
            )
        return self._vectors


def read_sections(policy: str) -> list[Section]:
    """Split a policy in Markdown at its headings; a heading without text of its own is no section."""
    sections: list[Section] = []
    title, anchor, lines = "", "", list[str]()

    def close() -> None:
        sentences = _sentences(lines)
        if title and sentences:
            sections.append(Section(anchor, title, tuple(sentences)))

    for line in policy.splitlines():
        heading = _HEADING.match(line)
        if heading:
            close()
            title, lines = heading["title"].strip(), []
            slug = re.sub(r"[^\w\- ]", "", title.casefold()).strip().replace(" ", "-")
            anchor = heading["anchor"] or slug
        else:
            lines.append(line)
    close()
    return sections


def for_customers(citation: Citation) -> str:
    """Return what of a citation can be repeated to a customer: nothing that speaks to the shop's staff."""
    kept = []
    for sentence in _SENTENCE_END.split(citation.text):
        plain = _ASIDE.sub("", sentence)
        if not _INTERNAL.search(plain):
            kept.append(plain)
    return " ".join(kept)


def _sentences(lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    header: list[str] = []
    for line in (one.strip() for one in lines):
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if all(set(cell) <= set("-: ") for cell in cells):
                continue
            if header:
                rest = ", ".join(f"{name} {cell}" for name, cell in zip(header[1:], cells[1:], strict=False))
                found.append(f"{header[0]} {cells[0]}: {rest}.")
            else:
                header = cells
            continue
        header = []
        text = re.sub(r"^[-*]\s+", "", line)
        found += [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
    return found
