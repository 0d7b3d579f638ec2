"""Keys that a misspelt key may have meant: trigrams find candidates, an edit distance decides."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

_HEAD = 60
"""Characters of a key that trigrams are taken of."""
_CANDIDATES = 40
_MIN_DICE = 0.3


class FuzzyIndex:
    """Finds keys within a few typing errors; built once, read by any thread."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        postings: dict[str, array[int]] = {}
        sizes = array("i")
        for number, key in enumerate(keys):
            grams = _trigrams(key)
            sizes.append(len(grams))
            for gram in grams:
                postings.setdefault(gram, array("i")).append(number)
        self._sizes: NDArray[np.int32] = np.array(sizes, dtype=np.int32)
        self._postings = {gram: np.array(found, dtype=np.intp) for gram, found in postings.items()}

    def nearest(self, key: str) -> list[tuple[str, float]]:
        """Return (key, similarity) of the keys nearest to `key`, all about equally near; empty when none is.

        Similarity is 1 - edits / length, in 0..1; swapped neighbours are one edit.
        """
        allowed = allowed_edits(key)
        grams = _trigrams(key)
        hits = [self._postings[gram] for gram in grams if gram in self._postings]
        if not allowed or not hits:
            return []
        shared = np.bincount(np.concatenate(hits), minlength=len(self._keys))
        dice = 2.0 * shared / (self._sizes + len(grams))
        likely = np.flatnonzero(dice >= _MIN_DICE)
        if likely.size > _CANDIDATES:
            likely = likely[np.argpartition(-dice[likely], _CANDIDATES)[:_CANDIDATES]]
        near: list[tuple[int, str]] = []
        for number in likely.tolist():
            edits = OSA.distance(key, self._keys[number], score_cutoff=allowed)
            if edits <= allowed:
                near.append((edits, self._keys[number]))
        if not near:
            return []
        fewest = min(near)[0]
        return [
            (found, 1.0 - edits / max(len(key), len(found)))
            for edits, found in sorted(near)
            if edits == fewest
        ]


def allowed_edits(key: str) -> int:
    """Return how many typing errors a key of this length may have."""
    length = len(key)
    return 0 if length < 4 else 1 if length < 8 else 2 if length < 14 else 3


def _trigrams(key: str) -> set[str]:
    padded = f"  {key[:_HEAD]} "
    return {padded[k : k + 3] for k in range(len(padded) - 2)}
