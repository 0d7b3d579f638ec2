"""Accuracy over full rankings. Every item is ranked; nothing is sampled.

Ties count against the model: an item whose score equals a target's is ranked ahead of it, so a constant score
earns nothing for the order in which items happen to lie.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Values = NDArray[np.float64]
_BLOCK = 512
_NEVER = 2**62
"""The rank of what is not ranked."""


def target_ranks(
    scores: NDArray[np.floating], truth: csr_array, mask: csr_array | None = None
) -> list[NDArray[np.int64]]:
    """Return for each person the 1-based ranks of their targets, ascending.

    `scores` (n, n_items) must be finite; `truth` and `mask` are of the same shape, non-zero where an item is
    a target, or must not be ranked. A target that is masked is never found: its rank is past the last item.
    Targets of equal score take successive ranks behind every other item of that score. Raises `ValueError` on
    another shape or a score that is not finite.
    """
    if scores.ndim != 2 or truth.shape != scores.shape:
        raise ValueError(
            f"scores {scores.shape} and truth {truth.shape} must be one matrix of people by items"
        )
    if mask is not None and mask.shape != scores.shape:
        raise ValueError(f"scores {scores.shape} and mask {mask.shape} must be of one shape")
    n, n_items = scores.shape
    ranks: list[NDArray[np.int64]] = []
    for start in range(0, n, _BLOCK):
        block = np.array(scores[start : start + _BLOCK], dtype=np.float64)
        if not np.isfinite(block).all():
            raise ValueError("scores must be finite; give what must not be ranked as the mask")
        if mask is not None:
            block[mask[start : start + _BLOCK].nonzero()] = -np.inf
        order = np.sort(block, axis=1)
        is_target = truth[start : start + _BLOCK].toarray() != 0
        for row in range(len(block)):
            found = np.sort(block[row, is_target[row]])[::-1]
            finite = found[np.isfinite(found)]
            at_least = n_items - np.searchsorted(order[row], finite, side="left")
            # Among k targets of one score the last is behind all `at_least` items, the others just before it.
            behind = np.array(
                [(finite[place + 1 :] == score).sum() for place, score in enumerate(finite)], int
            )
            never = np.full(len(found) - len(finite), _NEVER)
            ranks.append(np.concatenate([at_least - behind, never]).astype(np.int64))
    return ranks


def recall_at_k(ranks: list[NDArray[np.int64]], k: int) -> Values:
    """Return per person the share of their targets within rank k, in [0, 1]; people without targets are left
    out."""
    _check(k)
    return np.array([(r <= k).mean() for r in ranks if len(r)], dtype=np.float64)


def ndcg_at_k(ranks: list[NDArray[np.int64]], k: int) -> Values:
    """Return per person the binary NDCG at k, in [0, 1]; the ideal has min(k, targets) hits at the top."""
    _check(k)
    ideal = np.cumsum(1.0 / np.log2(np.arange(2, k + 2)))
    return np.array(
        [(1.0 / np.log2(r[r <= k] + 1.0)).sum() / ideal[min(len(r), k) - 1] for r in ranks if len(r)],
        dtype=np.float64,
    )


def hit_rate_at_k(ranks: list[NDArray[np.int64]], k: int) -> Values:
    """Return per person 1.0 when any target is within rank k, else 0.0; people without targets are left
    out."""
    _check(k)
    return np.array([float((r <= k).any()) for r in ranks if len(r)], dtype=np.float64)


def _check(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
