"""Sentences and words of a text, with their places."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]|_")
_BREAK = re.compile(r"(?<=[.!?])(?P<closing>[\"”’)\]]*)\s+(?=[\"“‘(\[]?[A-ZÀ-ÖØ-Þ0-9])|\n\s*\n|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|Lt|Col|Gen|Capt|Sgt|Prof|vs|No|Vol|Inc|Ltd|Co|feat|approx)"
    r"|\b(?:[A-Za-z]\.)+[A-Za-z])\.[\"”’)\]]*$"
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence, without the space around it.

    A full stop after an initial or a title such as `Dr.` ends nothing.
    """
    found, start = [], 0
    for match in _BREAK.finditer(text):
        if _ABBREVIATION.search(text, max(start, match.start() - 20), match.start()):
            continue
        found.append((start, match.start() if match["closing"] is None else match.end("closing")))
        start = match.end()
    found.append((start, len(text)))
    return [(a, b) for a, b in (_trimmed(text, a, b) for a, b in found) if b > a]


def words(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each word and each mark."""
    return [match.span() for match in WORD.finditer(text)]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
