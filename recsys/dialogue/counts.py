"""What is counted in past dialogues: what is named together, what follows what, and what is in fashion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from recsys.dialogue.config import DialogueConfig
from recsys.dialogue.inputs import Rows
from recsys.dialogue.state import DialogueTurn, Speaker
from recsys.models.base import FloatMatrix

PARTS = ("together", "follows", "fashion")
"""What the counts give."""


class Counts:
    """Three additive parts, each from counts that can be read off."""

    def __init__(self, together: csr_array, follows: csr_array, fashion: np.ndarray) -> None:
        self.together = together
        """Shape (n_items, n_items); shrunk cosine of being named in one dialogue, 0 on the diagonal."""
        self.follows = follows
        """Shape (n_items, n_items); shrunk share of the recommendations after a row's item that are a column's."""
        self.fashion = fashion
        """Shape (n_items,); log of the recommendations, later ones counting more."""

    def shares(self, rows: Rows) -> dict[str, FloatMatrix]:
        """Return what each of `PARTS` gives, (n, n_items) a part; without named items only fashion."""
        heard = (rows.seeker + rows.recommender).tocsr()
        return {
            "together": np.asarray((heard @ self.together).toarray(), np.float32),
            "follows": np.asarray((heard @ self.follows).toarray(), np.float32),
            "fashion": np.tile(self.fashion, (len(rows), 1)).astype(np.float32),
        }


def count(turns: Sequence[DialogueTurn], n_items: int, config: DialogueConfig) -> Counts:
    """Count in whole dialogues; turns of one number are one dialogue."""
    named: dict[int, set[int]] = {}
    for turn in turns:
        named.setdefault(turn.dialogue, set()).update(turn.items)
        named[turn.dialogue].update(turn.state.named)
    cells = [(row, item) for row, items in enumerate(named.values()) for item in sorted(items)]
    return Counts(
        _together(_ones(cells, (len(named), n_items)), config.shrinkage),
        _follows(turns, n_items, config),
        _fashion(turns, n_items, config),
    )


def _together(met: csr_array, shrinkage: float) -> csr_array:
    both = (met.T @ met).tocsr()
    size = np.sqrt(both.diagonal() + shrinkage)
    both = both.tocoo()
    off = both.row != both.col
    row, column = both.row[off], both.col[off]
    values = (both.data[off] / (size[row] * size[column])).astype(np.float32)
    return csr_array((values, (row, column)), shape=both.shape)


def _follows(turns: Sequence[DialogueTurn], n_items: int, config: DialogueConfig) -> csr_array:
    cells: list[tuple[int, int]] = []
    weights: list[float] = []
    for turn in turns:
        if turn.speaker is not Speaker.RECOMMENDER:
            continue
        latest = max((mention.utterance for mention in turn.state.mentions), default=-1)
        before = {mention.item for mention in turn.state.mentions}
        for mention in turn.state.mentions:
            age = latest - mention.utterance
            for item in turn.items:
                if item not in before:
                    cells.append((mention.item, item))
                    weights.append(config.fading_of_order**age)
    counted = _ones(cells, (n_items, n_items), weights)
    counted.sum_duplicates()
    given = np.asarray(counted.sum(axis=1)).ravel() + config.shrinkage
    values = (counted.data / np.repeat(given, np.diff(counted.indptr))).astype(np.float32)
    return csr_array((values, counted.indices, counted.indptr), shape=counted.shape)


def _fashion(turns: Sequence[DialogueTurn], n_items: int, config: DialogueConfig) -> np.ndarray:
    recommended = [turn for turn in turns if turn.speaker is Speaker.RECOMMENDER]
    counts = np.zeros(n_items)
    dialogues = sorted({turn.dialogue for turn in recommended})
    age = {
        number: (len(dialogues) - 1 - place) / max(1, len(dialogues))
        for place, number in enumerate(dialogues)
    }
    for turn in recommended:
        for item in set(turn.items) - set(turn.state.named):
            counts[item] += np.exp(-age[turn.dialogue] / config.fashion)
    return np.log1p(counts).astype(np.float32)


def _ones(
    cells: Sequence[tuple[int, int]], shape: tuple[int, int], weights: Sequence[float] = ()
) -> csr_array:
    pairs = np.array(cells, dtype=np.int64).reshape(-1, 2)
    values = np.array(weights, np.float32) if weights else np.ones(len(pairs), np.float32)
    return csr_array((values, (pairs[:, 0], pairs[:, 1])), shape=shape)
