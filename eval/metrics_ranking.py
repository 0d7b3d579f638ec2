"""Accuracy of a ranking beside Recall, NDCG and hit rate: precision, MRR, MAP, area under the curve.

Ranks are those of `recsys.metrics.target_ranks`: 1-based, ascending, of one person's targets, ties behind. Every
function returns one value a person with a target, and leaves out people without any.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.metrics import Values

Ranks = Sequence[NDArray[np.int64]]


def precision_at_k(ranks: Ranks, k: int) -> Values:
    """Return per person the share of the first k places that hold a target, in [0, 1]; k is the divisor even where
    fewer items can be ranked."""
    _check(k)
    return np.array([(r <= k).sum() / k for r in ranks if len(r)], dtype=np.float64)


def mrr_at_k(ranks: Ranks, k: int) -> Values:
    """Return per person 1 / rank of the best target, or 0 where it is past k."""
    _check(k)
    return np.array([1.0 / r.min() if r.min() <= k else 0.0 for r in ranks if len(r)], dtype=np.float64)


def average_precision_at_k(ranks: Ranks, k: int) -> Values:
    """Return per person the mean, over all targets, of the precision at each target's rank; 0 for one past k.

    The divisor is the number of targets, as in TREC's `map_cut`; some libraries divide by min(k, targets) instead.
    """
    _check(k)
    found = []
    for r in ranks:
        if len(r):
            ordered = np.sort(r)
            within = ordered[ordered <= k]
            found.append((np.arange(1, len(within) + 1) / within).sum() / len(r))
    return np.array(found, dtype=np.float64)


def area_under_curve(ranks: Ranks, ranked: NDArray[np.int64] | Sequence[int]) -> Values:
    """Return per person the share of (target, other item) pairs in which the target is ahead, in [0, 1].

    `ranked` (one a person, people without targets too) is how many items were ranked for them, targets among them.
    A tied pair is lost; a target that is not ranked loses all its pairs; who was ranked nothing gets 0. People for whom
    nothing but targets was ranked are left out: there is no pair. Raises `ValueError` where lengths differ.
    """
    if len(ranks) != len(ranked):
        raise ValueError(f"{len(ranks)} people with ranks and {len(ranked)} with a number of ranked items")
    found = []
    for r, n in zip(ranks, ranked, strict=True):
        ordered = np.sort(r)
        within = ordered[ordered <= n]
        others = int(n) - len(within)
        if len(r) and not n:
            found.append(0.0)
        elif len(r) and others:
            ahead = within - np.arange(1, len(within) + 1)
            found.append((others * len(within) - int(ahead.sum())) / (others * len(r)))
    return np.array(found, dtype=np.float64)


def _check(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
