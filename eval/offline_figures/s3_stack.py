"""A sum of models for leave-one-out data: z-scored a person, with weights chosen on the validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eval.offline_figures.s3_data import LeaveOneOut
from recsys.models.base import Columns, FloatMatrix, Users

Ranks = NDArray[np.int64]
_BLOCK = 512
"""People scored at once."""
_FIRST = 100
"""Items that each model puts first, which compete when the weights are learned."""
_STEPS = (2.0, 1.4, 1.15)
"""Factors by which single weights are changed, up and down, coarse before fine."""


def softmax(logits: FloatMatrix) -> FloatMatrix:
    """Return the exponentials, with 1 for the largest of each row."""
    return np.asarray(np.exp(logits - logits.max(axis=1, keepdims=True)))


def positive(scores: FloatMatrix) -> FloatMatrix:
    """Return the scores, with 0 for those below it."""
    return np.asarray(np.maximum(scores, 0.0))


@dataclass(frozen=True)
class Member:
    """A model of the sum, or beside it."""

    name: str
    score: Callable[[Users], FloatMatrix]
    """Scores of shape (n, n_items)."""
    mass: Callable[[FloatMatrix], FloatMatrix] = positive
    """Makes scores proportional to how likely an item is, 0 or more."""
    in_sum: bool = True

    def level(self, scores: FloatMatrix) -> FloatMatrix:
        """Return the root of the mass, z-scored a person: what is summed.

        The root brings counts, in which few items are far above all others, near to the shape of the rest.
        """
        level: FloatMatrix = np.sqrt(self.mass(scores))
        level -= level.mean(axis=1, keepdims=True)
        spread = level.std(axis=1, keepdims=True)
        scaled: FloatMatrix = np.divide(level, spread, out=np.zeros_like(level), where=spread > 0)
        return scaled


@dataclass
class Ranked:
    """Ranks of the targets of all people, a model a key, and the seconds it took to score them."""

    ranks: dict[str, Ranks] = field(default_factory=dict)
    unmasked: dict[str, Ranks] = field(default_factory=dict)
    """The same where the items of the history are ranked too."""
    seconds: dict[str, float] = field(default_factory=dict)

    def hit_rate(self, name: str, k: int = 10) -> float:
        """Return the share of people whose target is within rank k."""
        return float((self.ranks[name] <= k).mean())

    def ndcg(self, name: str, k: int = 10, masked: bool = True) -> float:
        """Return the mean of 1 / log2(rank + 1) where the target is within rank k, else 0."""
        return float(_gains((self.ranks if masked else self.unmasked)[name], k).mean())


def learn_weights(
    data: LeaveOneOut, members: Sequence[Member], people: Columns
) -> tuple[dict[str, float], float]:
    """Return a weight a member, none below 0, and the NDCG@10 that they reach for these people's validation.

    From equal weights, each weight is raised or lowered while NDCG@10 rises. The items that each member puts
    first compete, so that a weighing takes milliseconds.
    """
    parts, people_of, chosen = [], [], []
    for start in range(0, len(people), _BLOCK):
        users, wanted = data.people(people[start : start + _BLOCK], test=False)
        levels = [member.level(member.score(users)) for member in members]
        is_target = np.zeros(levels[0].shape, dtype=bool)
        is_target[np.arange(len(wanted)), wanted] = True
        competes = np.zeros_like(is_target)
        for level in levels:
            masked = _masked(level, users.history, wanted)
            first = np.argpartition(-masked, min(_FIRST, masked.shape[1]) - 1, axis=1)[:, :_FIRST]
            np.put_along_axis(competes, first, True, axis=1)
        competes[users.history.nonzero()] = False
        competes |= is_target
        parts.append(np.stack([level[competes] for level in levels], axis=1))
        people_of.append(start + np.nonzero(competes)[0])
        chosen.append(is_target[competes])
    cells, person, target = np.concatenate(parts), np.concatenate(people_of), np.concatenate(chosen)

    def reached(weights: NDArray[np.float32]) -> float:
        scores = cells @ weights
        ahead = scores >= scores[target][person]
        return float(_gains(np.bincount(person, weights=ahead), 10).mean())

    weights = np.full(len(members), 1.0 / len(members), dtype=np.float32)
    best = reached(weights)
    for factor in _STEPS:
        improved = True
        while improved:
            improved = False
            for place in range(len(weights)):
                for change in (factor, 1.0 / factor):
                    tried = weights.copy()
                    tried[place] *= change
                    found = reached(tried)
                    if found > best + 1e-5:
                        best, weights, improved = found, tried, True
    weights = weights / weights.sum()
    return {member.name: float(weight) for member, weight in zip(members, weights, strict=True)}, best


def rank_all(
    data: LeaveOneOut,
    members: Sequence[Member],
    sums: dict[str, dict[str, float]],
    people: Columns,
    test: bool,
) -> Ranked:
    """Rank the items for these people, with and without those of the history.

    `sums` are weights a member, by the name of the sum. An item whose score equals the target's is ranked
    ahead of it.
    """
    ranks: dict[str, list[Ranks]] = {}
    unmasked: dict[str, list[Ranks]] = {}
    found = Ranked()
    for start in range(0, len(people), _BLOCK):
        users, wanted = data.people(people[start : start + _BLOCK], test)
        totals: dict[str, FloatMatrix] = {}
        for member in members:
            started = time.perf_counter()
            scores = member.score(users)
            found.seconds[member.name] = found.seconds.get(member.name, 0.0) + time.perf_counter() - started
            ranks.setdefault(member.name, []).append(_ranks(scores, users.history, wanted))
            unmasked.setdefault(member.name, []).append(_ranks(scores, None, wanted))
            takes = {name: weights[member.name] for name, weights in sums.items() if member.name in weights}
            if takes:
                level = member.level(scores)
                for name, weight in takes.items():
                    share = np.float32(weight) * level
                    totals[name] = totals[name] + share if name in totals else share
        for name, total in totals.items():
            ranks.setdefault(name, []).append(_ranks(total, users.history, wanted))
            unmasked.setdefault(name, []).append(_ranks(total, None, wanted))
    found.ranks = {name: np.concatenate(parts) for name, parts in ranks.items()}
    found.unmasked = {name: np.concatenate(parts) for name, parts in unmasked.items()}
    return found


def _gains(ranks: NDArray[np.floating] | Ranks, k: int) -> NDArray[np.float64]:
    return np.where(ranks <= k, 1.0 / np.log2(np.asarray(ranks, dtype=np.float64) + 1.0), 0.0)


def _masked(scores: FloatMatrix, history: csr_array, wanted: Columns) -> FloatMatrix:
    rows = np.arange(len(wanted))
    masked = scores.copy()
    masked[history.nonzero()] = -np.inf
    masked[rows, wanted] = scores[rows, wanted]
    return masked


def _ranks(scores: FloatMatrix, history: csr_array | None, wanted: Columns) -> Ranks:
    considered = scores if history is None else _masked(scores, history, wanted)
    own = scores[np.arange(len(wanted)), wanted][:, None]
    return np.asarray((considered >= own).sum(axis=1), dtype=np.int64)
