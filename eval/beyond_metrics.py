"""What lists are like beside accurate: varied, wide, fresh, in proportion, fair.

Lists are (n, k) whole numbers, items as columns of the catalogue, first place first, no item twice in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.rerank.calibration import miscalibration as divergence

Lists = NDArray[np.int64]
Values = NDArray[np.float64]
_NEVER = 2**62


def ranks_in_lists(lists: Lists, truth: csr_array) -> list[NDArray[np.int64]]:
    """Return for each person the 1-based ranks of their targets, as `recsys.metrics.target_ranks` does; a target
    that is not in the list is past every cut up to the list's length."""
    found = []
    for row, listed in enumerate(lists):
        targets = truth.indices[truth.indptr[row] : truth.indptr[row + 1]]
        places = np.flatnonzero(np.isin(listed, targets)) + 1
        never = np.full(len(targets) - len(places), _NEVER, dtype=np.int64)
        found.append(np.concatenate([places, never]).astype(np.int64))
    return found


def intra_list_diversity(lists: Lists, features: csr_array) -> Values:
    """Return for each list 1 - the mean cosine of its pairs, shape (n,); `features` (n_items, m) has rows of length 1
    (`recsys.sparse.unit_rows`) or 0. An item without features is unlike all others."""
    k = lists.shape[1]
    if k < 2:
        raise ValueError("a list of one has no pairs")
    own = np.asarray(features.multiply(features).sum(axis=1)).ravel()
    found = np.zeros(len(lists))
    for row, listed in enumerate(lists):
        total = np.asarray(features[listed].sum(axis=0)).ravel()
        found[row] = 1.0 - (float(total @ total) - float(own[listed].sum())) / (k * (k - 1))
    return found


def coverage(lists: Lists, n_items: int) -> float:
    """Return the share of the catalogue that is in any list, in [0, 1]."""
    return len(np.unique(lists)) / n_items


def gini(lists: Lists, n_items: int) -> float:
    """Return Gini's coefficient of how often each item of the catalogue is listed: 0 all alike, near 1 a few only."""
    counts = np.sort(np.bincount(lists.ravel(), minlength=n_items)).astype(np.float64)
    place = np.arange(1, n_items + 1)
    return float(((2 * place - n_items - 1) * counts).sum() / (n_items * counts.sum()))


def average_popularity(lists: Lists, counts: NDArray[np.floating], n_people: int) -> Values:
    """Return the mean share of people who met the listed items, shape (n,); `counts` (n_items,)."""
    return np.asarray((counts[lists] / n_people).mean(axis=1), dtype=np.float64)


def novelty(lists: Lists, counts: NDArray[np.floating], n_people: int) -> Values:
    """Return the mean self-information of the listed items, -log2 of the share of people who met them, in bits,
    shape (n,). An item that nobody met counts as met by one."""
    share = np.maximum(counts, 1.0) / n_people
    return np.asarray(-np.log2(share)[lists].mean(axis=1), dtype=np.float64)


def miscalibration(lists: Lists, shares: csr_array, taste: Values) -> Values:
    """Return KL(taste || list) for each person with a taste, in nats (Steck, 2018); `shares` (n_items, n_groups) and
    `taste` (n, n_groups) as `recsys.rerank` makes them."""
    listed = np.stack([np.asarray(shares[row].sum(axis=0)).ravel() for row in lists])
    total = listed.sum(axis=1, keepdims=True)
    listed = np.divide(listed, total, out=np.zeros_like(listed), where=total > 0)
    return divergence(taste, listed)[taste.any(axis=1)]


def exposure(lists: Lists, members: NDArray[np.bool_]) -> Values:
    """Return the share of all attention that each group's items get, (n_groups,); attention falls with the place as
    in DCG. `members` is (n_items, n_groups); with overlapping groups the shares add up to more than 1."""
    attention = 1.0 / np.log2(np.arange(2, lists.shape[1] + 2))
    attention /= attention.sum()
    return np.asarray(np.einsum("nkg,k->ng", members[lists], attention).mean(axis=0), dtype=np.float64)


@dataclass(frozen=True)
class GroupDifference:
    """How differently a measure comes out for groups of people."""

    means: dict[str, float]
    sizes: dict[str, int]
    gap: float
    """Largest less smallest mean."""
    noise: float
    """The same gap when people are dealt to the groups at random, mean over the draws."""


def group_difference(values: Values, labels: Sequence[str], seed: int, draws: int = 200) -> GroupDifference:
    """Compare the mean of a measure over groups of people; `values` (n,) and one label a person.

    Groups of few people differ by chance, so the gap is given beside that of `draws` random groupings of the same
    sizes.
    """
    if len(values) != len(labels):
        raise ValueError(f"{len(values)} values and {len(labels)} labels")
    names, group = np.unique(np.asarray(labels), return_inverse=True)
    sizes = np.bincount(group)

    def means(of: NDArray[np.int64]) -> Values:
        return np.asarray(np.bincount(of, weights=values) / sizes, dtype=np.float64)

    found = means(group)
    rng = np.random.default_rng(seed)
    chance = [float(np.ptp(means(rng.permutation(group)))) for _ in range(draws)]
    return GroupDifference(
        {str(name): float(mean) for name, mean in zip(names, found, strict=True)},
        {str(name): int(size) for name, size in zip(names, sizes, strict=True)},
        float(np.ptp(found)),
        float(np.mean(chance)),
    )
