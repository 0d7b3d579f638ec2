"""Small helpers for word lists."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text, separated by white space, as a set."""
    return frozenset(words.split())
