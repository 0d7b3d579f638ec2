"""What is counted: items named together, liked by the same people, of like attributes, and in fashion.

Each part is a sum over the items that were named, so what one of them gives can be read off. A count of what was
recommended next after which item was tried as well and gave nothing beside what is named together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from recsys.dialogue.config import DialogueConfig
from recsys.dialogue.inputs import Rows
from recsys.dialogue.state import DialogueData, DialogueTurn, Speaker
from recsys.models.base import FloatMatrix
from recsys.sparse import ones_at

PARTS = ("together", "liked", "alike", "fashion")
"""What the counts give."""


@dataclass(frozen=True)
class Counts:
    """Four additive parts, each from counts that can be read off."""

    together: csr_array
    """Shape (n_items, n_items); shrunk cosine of being named in one dialogue, 0 on the diagonal."""
    liked: csr_array
    """Shape (n_items, n_items); shrunk cosine of being liked by the same people outside, each row's largest."""
    having: csr_array
    """Shape (n_items, n_attributes); attributes by rarity, each row of length 1 or 0."""
    fashion: np.ndarray
    """Shape (n_items,); log of the recommendations, later ones counting more."""

    @classmethod
    def empty(cls) -> Counts:
        """Return counts of nothing, over no items."""
        nothing = ones_at([], [], (0, 0))
        return cls(nothing, nothing, nothing, np.zeros(0, np.float32))

    def shares(self, rows: Rows) -> dict[str, FloatMatrix]:
        """Return what each of `PARTS` gives, (n, n_items) a part; without named items only fashion."""
        heard = (rows.seeker + rows.recommender).tocsr()
        return {
            "together": _dense(heard @ self.together),
            "liked": _dense(heard @ self.liked),
            "alike": _dense((heard @ self.having) @ self.having.T),
            "fashion": np.tile(self.fashion, (len(rows), 1)).astype(np.float32),
        }


def count(data: DialogueData, turns: Sequence[DialogueTurn], config: DialogueConfig) -> Counts:
    """Count in these turns, of which those of one number are one dialogue, and in the data's other matrices."""
    named: dict[int, set[int]] = {}
    for turn in turns:
        named.setdefault(turn.dialogue, set()).update(turn.items, turn.state.named)
    cells = [
        (row, item)
        for row, items in enumerate(named.values())
        for item in sorted(items)
        if 0 <= item < data.n_items
    ]
    pairs = np.array(cells, dtype=np.int64).reshape(-1, 2)
    met = ones_at(pairs[:, 0], pairs[:, 1], (len(named), data.n_items))
    return Counts(
        _cosines(met, config.shrinkage),
        _liked(data, config),
        _having(data.attributes),
        _fashion(turns, data.n_items, config),
    )


def _cosines(met: csr_array, shrinkage: float) -> csr_array:
    both = (met.T @ met).tocoo()
    size = np.sqrt(both.tocsr().diagonal() + shrinkage)
    off = both.row != both.col
    row, column = both.row[off], both.col[off]
    values = (both.data[off] / (size[row] * size[column])).astype(np.float32)
    return csr_array((values, (row, column)), shape=both.shape)


def _liked(data: DialogueData, config: DialogueConfig) -> csr_array:
    if data.behaviour is None or not data.behaviour.nnz:
        return ones_at([], [], (data.n_items, data.n_items))
    likes = np.diff(data.behaviour.tocsr().indptr)
    # Who likes hundreds says little about what goes with what, and costs the square of it.
    people = data.behaviour.tocsr()[np.flatnonzero((likes > 1) & (likes < config.most_likes))]
    likes = np.diff(people.indptr)
    values = (people.data / np.repeat(np.sqrt(np.maximum(likes, 1)), likes)).astype(np.float32)
    weighed = csr_array((values, people.indices, people.indptr), shape=people.shape)
    return _largest(_cosines(weighed, config.shrinkage), config.neighbours)


def _largest(matrix: csr_array, per_row: int) -> csr_array:
    rows, columns, values = [], [], []
    for row in range(matrix.shape[0]):
        cells = slice(matrix.indptr[row], matrix.indptr[row + 1])
        kept = np.argsort(-matrix.data[cells], kind="stable")[:per_row]
        rows.append(np.full(len(kept), row))
        columns.append(matrix.indices[cells][kept])
        values.append(matrix.data[cells][kept])
    places = (np.concatenate(rows), np.concatenate(columns))
    return csr_array((np.concatenate(values), places), shape=matrix.shape)


def _having(attributes: csr_array) -> csr_array:
    counts = np.asarray(attributes.sum(axis=1)).ravel()
    # What one item alone has makes it like no other.
    rarity = np.where(counts > 1, np.log1p(attributes.shape[1] / np.maximum(counts, 1)), 0.0).astype(
        np.float32
    )
    having = attributes.multiply(rarity[:, None]).T.tocsr().astype(np.float32)
    having.eliminate_zeros()
    length = np.sqrt(np.asarray(having.multiply(having).sum(axis=1)).ravel())
    values = having.data / np.repeat(np.where(length > 0, length, 1.0), np.diff(having.indptr))
    return csr_array((values.astype(np.float32), having.indices, having.indptr), shape=having.shape)


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
            if 0 <= item < n_items:
                counts[item] += np.exp(-age[turn.dialogue] / config.fashion)
    return np.log1p(counts).astype(np.float32)


def _dense(matrix: csr_array) -> FloatMatrix:
    return np.asarray(matrix.toarray(), dtype=np.float32)
