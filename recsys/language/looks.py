"""How well a tower does on what was set aside, over full rankings: the figure that stops training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.language.batches import history_sums
from recsys.language.sentences import Wish
from recsys.models.base import FloatMatrix
from recsys.sparse import ones_at

_BLOCK = 512


@dataclass(frozen=True)
class SetAside:
    """People with meetings that training does not see, and wishes that it does not read."""

    history: csr_array
    """Shape (n, n_items); what training sees of these people. Never ranked for them."""
    targets: csr_array
    """Shape (n, n_items)."""
    wishes: Sequence[Wish]

    def figures(
        self, vectors: FloatMatrix, history_map: FloatMatrix, wish_vectors: FloatMatrix
    ) -> dict[str, float]:
        """Return `history_recall@20`, `history_ndcg@20`, `wish_recall@20` and `wish_ndcg@20`, as far as there is
        something to measure them on.

        `vectors` (n_items, d), `history_map` (d, d), `wish_vectors` (n_wishes, d), the rows of length 1.
        """
        found: dict[str, float] = {}
        if self.targets.nnz:
            people = unit_rows(history_sums(self.history, vectors)) @ history_map.T
            found |= {f"history_{k}": v for k, v in _ranked(people, vectors, self.targets, self.history)}
        if self.wishes:
            rows = [k for k, wish in enumerate(self.wishes) for _ in wish.items]
            columns = [int(c) for wish in self.wishes for c in wish.items]
            fulfilled = ones_at(rows, columns, (len(self.wishes), len(vectors)))
            found |= {f"wish_{k}": v for k, v in _ranked(wish_vectors, vectors, fulfilled, None)}
        return found


def unit_rows(matrix: FloatMatrix) -> FloatMatrix:
    """Bring the rows to length 1; a row of nothing stays 0."""
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit: FloatMatrix = np.divide(matrix, length, out=np.zeros_like(matrix), where=length > 1e-6)
    return unit


def recall_and_ndcg(
    scores: FloatMatrix, targets: csr_array, mask: csr_array | None, k: int = 20
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return recall at k (share of the targets found) and binary NDCG at k of each person who has a target.

    `scores` (n, n_items); where `mask` has an entry, the item is not ranked.
    """
    ranked = np.array(scores, dtype=np.float32)
    if mask is not None:
        ranked[mask.nonzero()] = -np.inf
    k = min(k, ranked.shape[1])
    best = np.argpartition(-ranked, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(ranked, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    wanted = targets.toarray() > 0
    hits = np.take_along_axis(wanted, best, axis=1)
    number = wanted.sum(axis=1)
    able = number > 0
    gain = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(gain)
    ndcg = (hits[able] * gain).sum(axis=1) / ideal[np.minimum(number[able], k) - 1]
    return hits[able].sum(axis=1) / number[able], ndcg


def _ranked(
    queries: FloatMatrix, vectors: FloatMatrix, targets: csr_array, mask: csr_array | None
) -> list[tuple[str, float]]:
    recalls, ndcgs = [], []
    for begin in range(0, len(queries), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        recall, ndcg = recall_and_ndcg(
            queries[rows] @ vectors.T, targets[rows], None if mask is None else mask[rows]
        )
        recalls.append(recall)
        ndcgs.append(ndcg)
    return [
        ("recall@20", float(np.concatenate(recalls).mean())),
        ("ndcg@20", float(np.concatenate(ndcgs).mean())),
    ]
