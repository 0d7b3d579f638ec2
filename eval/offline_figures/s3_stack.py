"""A sum of models for leave-one-out data: scores z-scored a person, weights learned on the validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from eval.offline_figures.s3_data import LeaveOneOut
from recsys.models.base import Columns, FloatMatrix, Scorer, Users
from recsys.models.choices import Choices

Ranks = NDArray[np.int64]
_BLOCK = 512
"""People scored at once."""
_FIRST = 100
"""Items that each model puts first, which compete when the weights are learned."""
_STEPS = (1.6, 1.25, 1.1)
"""Factors by which single weights are changed, up and down, once the likelihood has set them."""


@dataclass(frozen=True)
class Member:
    """A model of the sum, or beside it."""

    name: str
    model: Scorer
    view: Callable[[Users], Users] = lambda users: users
    """What the model is told of people."""
    in_sum: bool = True

    def score(self, users: Users) -> FloatMatrix:
        """Return the scores, shape (n, n_items)."""
        return self.model.score(self.view(users))


@dataclass
class Ranked:
    """Ranks of the targets of all people, a model a key, and the seconds it took to score them."""

    ranks: dict[str, Ranks] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def hit_rate(self, name: str, k: int = 10) -> float:
        """Return the share of people whose target is within rank k."""
        return float((self.ranks[name] <= k).mean())

    def ndcg(self, name: str, k: int = 10) -> float:
        """Return the mean of 1 / log2(rank + 1) where the target is within rank k, else 0."""
        return float(_gains(self.ranks[name], k).mean())


def learn_weights(
    data: LeaveOneOut, members: Sequence[Member], people: Columns
) -> tuple[dict[str, float], float]:
    """Return a weight a member, none below 0, and the NDCG@10 that they reach for these people's validation.

    The likelihood of the validation items among the first items of all models sets the weights; then each is
    changed while NDCG@10 rises.
    """
    parts, compared, targets = [], [], []
    for start in range(0, len(people), _BLOCK):
        users, wanted = data.people(people[start : start + _BLOCK], test=False)
        scaled = [_z_scores(member.score(users)) for member in members]
        is_target = np.zeros(scaled[0].shape, dtype=bool)
        is_target[np.arange(len(wanted)), wanted] = True
        competes = np.zeros_like(is_target)
        for scores in scaled:
            masked = _masked(scores, users.history, wanted)
            first = np.argpartition(-masked, min(_FIRST, masked.shape[1]) - 1, axis=1)[:, :_FIRST]
            np.put_along_axis(competes, first, True, axis=1)
        competes[users.history.nonzero()] = False
        competes |= is_target
        parts.append(np.stack([scores[competes] for scores in scaled], axis=1))
        compared.append(competes)
        targets.append(is_target)
    cells = np.concatenate(parts).astype(np.float64)
    choices = Choices(np.concatenate(compared), np.concatenate(targets))
    found = _likeliest(cells, choices)
    best, weights = _ndcg_of(cells @ found, choices), found
    for factor in _STEPS:
        improved = True
        while improved:
            improved = False
            for place in range(len(weights)):
                for change in (factor, 1.0 / factor):
                    tried = weights.copy()
                    tried[place] *= change
                    reached = _ndcg_of(cells @ tried, choices)
                    if reached > best + 1e-5:
                        best, weights, improved = reached, tried, True
    weights = weights / weights.sum()
    return {member.name: float(weight) for member, weight in zip(members, weights, strict=True)}, best


def rank_all(
    data: LeaveOneOut,
    members: Sequence[Member],
    sums: dict[str, dict[str, float]],
    people: Columns,
    test: bool,
    mask: bool = True,
) -> Ranked:
    """Rank every item that is not in the history (every item, without `mask`) for these people.

    `sums` are weights a member, by the name of the sum. An item whose score equals the target's is ranked
    ahead of it.
    """
    ranks: dict[str, list[Ranks]] = {}
    found = Ranked()
    for start in range(0, len(people), _BLOCK):
        users, wanted = data.people(people[start : start + _BLOCK], test)
        scaled = {}
        for member in members:
            started = time.perf_counter()
            scores = member.score(users)
            found.seconds[member.name] = found.seconds.get(member.name, 0.0) + time.perf_counter() - started
            ranks.setdefault(member.name, []).append(_ranks(scores, users.history, wanted, mask))
            if any(member.name in weights for weights in sums.values()):
                scaled[member.name] = _z_scores(scores)
        for name, weights in sums.items():
            total = np.zeros_like(next(iter(scaled.values())))
            for member_name, weight in weights.items():
                total += np.float32(weight) * scaled[member_name]
            ranks.setdefault(name, []).append(_ranks(total, users.history, wanted, mask))
    found.ranks = {name: np.concatenate(parts) for name, parts in ranks.items()}
    return found


def _likeliest(cells: NDArray[np.float64], choices: Choices) -> NDArray[np.float64]:
    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, by_logit = choices.loss(cells @ weights)
        return value, cells.T @ by_logit

    count = cells.shape[1]
    result = minimize(
        loss, np.full(count, 1.0 / count), jac=True, method="L-BFGS-B", bounds=[(1e-3, None)] * count
    )
    return np.asarray(result.x, dtype=np.float64)


def _ndcg_of(logits: NDArray[np.float64], choices: Choices) -> float:
    own = np.empty(int(choices.person.max()) + 1)
    own[choices.person[choices.chosen]] = logits[choices.chosen]
    ranks = np.bincount(choices.person, weights=logits >= own[choices.person])
    return float(_gains(ranks, 10).mean())


def _gains(ranks: NDArray[np.floating] | Ranks, k: int) -> NDArray[np.float64]:
    return np.where(ranks <= k, 1.0 / np.log2(np.asarray(ranks, dtype=np.float64) + 1.0), 0.0)


def _z_scores(scores: FloatMatrix) -> FloatMatrix:
    spread = scores.std(axis=1, keepdims=True)
    centred = scores - scores.mean(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)


def _masked(scores: FloatMatrix, history: csr_array, wanted: Columns) -> FloatMatrix:
    rows = np.arange(len(wanted))
    masked = scores.copy()
    masked[history.nonzero()] = -np.inf
    masked[rows, wanted] = scores[rows, wanted]
    return masked


def _ranks(scores: FloatMatrix, history: csr_array, wanted: Columns, mask: bool) -> Ranks:
    considered = _masked(scores, history, wanted) if mask else scores
    own = scores[np.arange(len(wanted)), wanted][:, None]
    return np.asarray((considered >= own).sum(axis=1), dtype=np.int64)
