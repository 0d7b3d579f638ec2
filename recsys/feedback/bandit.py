"""How much each granularity should count for one person: Thompson sampling on what they do with what they are shown.

Each item of a request's pool has a context x, its shares by granularity. A person's reaction to an item is modelled as
y = c + theta.x + noise, and theta relative to where it starts is by how much each lambda of the score is multiplied. A
request is ranked with a theta drawn from the posterior (Thompson, 1933; Agrawal and Goyal, 2013), so that what is not
known yet is tried in proportion to how likely it is to be better.

Regret. When the prior and the noise are as assumed, every |theta.x| <= 1, |x| <= L and |theta| <= S, the Bayesian
regret of n rounds with one item each is at most 2 + 2 sqrt(2 d n beta^2 log(1 + n S^2 L^2 / d)) with
beta = 1 + sqrt(2 log n + d log(1 + n S^2 L^2 / d)): Lattimore and Szepesvari, Bandit Algorithms (2020), theorem 36.4;
so of order d sqrt(n) log n (`regret_bound`). A list is the action with the mean context of its items, and more is seen
than the theorem needs: each item's reaction, not their mean. Lists are analysed by Wen, Kveton and Ashkan (2015), whose
bound also grows with sqrt(n). theta is kept in a box, so that S is finite; reactions are in [-1, 1], so 1-subgaussian.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.special import ndtr, ndtri

from recsys.errors import TastegraphError

Values = NDArray[np.float64]
_TRIES = 64
"""Draws from the normal before its box is sampled coordinate by coordinate."""
_SWEEPS = 25
_MOST = 3.0
"""Length at which a context is cut before it is learned from: L of the bound."""


class BanditError(TastegraphError):
    """A kept state does not fit the bandit."""


class BanditConfig(BaseModel):
    """What the bandit believes before it has seen anything."""

    model_config = ConfigDict(frozen=True)

    granularities: tuple[str, ...] = ("behaviour", "attributes", "graph", "text", "popularity")
    """The dimensions, in order."""
    slope: float = Field(default=0.15, gt=0.0)
    """How much better the reaction to an item is whose score is one standard deviation of the pool higher."""
    spread: float = Field(default=0.5, gt=0.0)
    """Standard deviation of a multiplier before anything is known; its mean is 1. Wider learns faster, and from people
    who go by what everybody goes by it learns noise."""
    most: float = Field(default=4.0, gt=1.0)
    """Largest multiplier; the smallest is 0."""
    noise: float = Field(default=1.0, gt=0.0)
    """Standard deviation of a reaction around what is expected."""
    level: float = Field(default=1.0, gt=0.0)
    """Standard deviation of a person's mean reaction, around 0."""
    explore: float = Field(default=0.5, ge=0.0, le=1.0)
    """Share of the posterior's standard deviation that a draw has: 1 draws from the posterior, as the bound on regret
    assumes; less tries less, 0 nothing."""
    forget: float = Field(default=1.0, gt=0.0, le=1.0)
    """What stays of the evidence after a round; below 1 the person may change."""
    seed: int = 0


class BanditState(BaseModel):
    """What is kept of one person: a few dozen numbers."""

    granularities: tuple[str, ...]
    precision: tuple[tuple[float, ...], ...]
    """Evidence, (d + 1, d + 1), without the prior; the last dimension is the person's level."""
    moment: tuple[float, ...]
    """Evidence, (d + 1,)."""
    rounds: int = Field(ge=0)


class GranularityBandit:
    """The bandit of one person. Not shared between threads; its state is text."""

    def __init__(self, config: BanditConfig | None = None) -> None:
        self.config = config or BanditConfig()
        size = len(self.config.granularities) + 1
        self._precision: Values = np.zeros((size, size))
        self._moment: Values = np.zeros(size)
        self.rounds = 0

    @classmethod
    def load(cls, state: str | None, config: BanditConfig | None = None) -> GranularityBandit:
        """Go on from what `dump` gave, or begin where it is None.

        Raises `BanditError` when the state is damaged. One of other granularities is not used: the bandit begins anew.
        """
        bandit = cls(config)
        if state is None:
            return bandit
        try:
            kept = BanditState.model_validate_json(state)
            precision, moment = (
                np.array(kept.precision, dtype=np.float64),
                np.array(kept.moment, dtype=np.float64),
            )
        except (ValidationError, ValueError) as error:
            raise BanditError(
                "What was learned of this person's weights cannot be read. Erase their feedback to begin anew."
            ) from error
        if kept.granularities != bandit.config.granularities:
            return bandit
        if precision.shape != bandit._precision.shape or moment.shape != bandit._moment.shape:
            raise BanditError(
                "What was learned of this person's weights is of another size. Erase it to begin anew."
            )
        bandit._precision, bandit._moment, bandit.rounds = precision, moment, kept.rounds
        return bandit

    def dump(self) -> str:
        """Return the state as JSON."""
        return BanditState(
            granularities=self.config.granularities,
            precision=tuple(tuple(float(x) for x in row) for row in self._precision),
            moment=tuple(float(x) for x in self._moment),
            rounds=self.rounds,
        ).model_dump_json()

    def learn(self, contexts: Values, reactions: Sequence[float]) -> None:
        """Take in one round: the contexts (n, d) of items that were reacted to, and the reactions in [-1, 1].

        Items that were shown and not reacted to are left out: silence says nothing. Takes well below a millisecond.
        """
        rows = np.column_stack([_cut(np.atleast_2d(contexts)), np.ones(len(reactions))])
        if rows.shape[1] != len(self._moment):
            raise ValueError(
                f"contexts have {rows.shape[1] - 1} dimensions, the bandit {len(self._moment) - 1}"
            )
        told = np.clip(np.asarray(reactions, dtype=np.float64), -1.0, 1.0)
        kept, weight = self.config.forget, 1.0 / self.config.noise**2
        self._precision = kept * self._precision + weight * rows.T @ rows
        self._moment = kept * self._moment + weight * rows.T @ told
        self.rounds += 1

    def multipliers(self, explore: bool = True) -> dict[str, float]:
        """Return by how much to multiply each granularity's share: drawn from the posterior, or with `explore` off its
        most likely value. The same state and seed give the same draw."""
        mean, precision = self._posterior()
        size = len(self.config.granularities)
        low, high = np.zeros(size), np.full(size, self.config.most * self.config.slope)
        # The level is no part of a ranking: its marginal is taken out.
        covariance: Values = np.asarray(np.linalg.inv(precision)[:size, :size], dtype=np.float64)
        if explore and self.config.explore:
            covariance = covariance * self.config.explore**2
            rng = np.random.default_rng([self.config.seed, self.rounds])
            theta = _in_box(mean[:size], covariance, low, high, rng)
        else:
            theta = np.clip(mean[:size], low, high)
        return dict(zip(self.config.granularities, (theta / self.config.slope).tolist(), strict=True))

    def _posterior(self) -> tuple[Values, Values]:
        config = self.config
        size = len(config.granularities)
        start = np.append(np.full(size, config.slope), 0.0)
        prior = np.append(np.full(size, (config.spread * config.slope) ** -2), config.level**-2)
        precision = self._precision + np.diag(prior)
        return np.linalg.solve(precision, self._moment + prior * start), precision


def contexts_of(shares: Mapping[str, NDArray[np.floating]], granularities: Sequence[str]) -> Values:
    """Return the contexts of a pool, (n, d): shares about their mean, in standard deviations of the pool's scores.

    `shares` maps a granularity to what it gives to each item of the pool, (n,), lambdas applied; one that is away is
    0. The rows' sums are the standardised scores, so multipliers of 1 leave the ranking as it is.
    """
    n = len(next(iter(shares.values()))) if shares else 0
    parts = np.column_stack(
        [np.asarray(shares.get(name, np.zeros(n)), dtype=np.float64) for name in granularities]
    )
    spread = float(parts.sum(axis=1).std()) or 1.0
    return np.asarray((parts - parts.mean(axis=0)) / spread, dtype=np.float64)


def regret_bound(rounds: int, dimensions: int, size: float, length: float) -> float:
    """Return the bound of theorem 36.4 (see the module) for rounds of one item; `size` is S and `length` is L.

    It holds for rewards with |theta.x| <= 1 and is loose: for few rounds it is more than the rounds themselves.
    """
    spread = np.log1p(rounds * size**2 * length**2 / dimensions)
    beta = 1.0 + np.sqrt(2.0 * np.log(max(rounds, 1)) + dimensions * spread)
    return float(2.0 + 2.0 * np.sqrt(2.0 * dimensions * rounds * beta**2 * spread))


def _cut(contexts: Values) -> Values:
    length = np.linalg.norm(contexts, axis=1, keepdims=True)
    return np.asarray(contexts * np.minimum(1.0, _MOST / np.maximum(length, 1e-12)), dtype=np.float64)


def _in_box(mean: Values, covariance: Values, low: Values, high: Values, rng: np.random.Generator) -> Values:
    """Draw from a normal within a box: by rejection, and where that fails by Gibbs sampling."""
    root = np.linalg.cholesky(covariance + 1e-12 * np.eye(len(mean)))
    drawn = mean + rng.normal(size=(_TRIES, len(mean))) @ root.T
    inside = ((drawn >= low) & (drawn <= high)).all(axis=1)
    if inside.any():
        return np.asarray(drawn[int(np.argmax(inside))], dtype=np.float64)
    precision = np.linalg.inv(covariance)
    theta = np.clip(mean, low, high)
    for _ in range(_SWEEPS):
        for k in range(len(mean)):
            others = precision[k] @ (theta - mean) - precision[k, k] * (theta[k] - mean[k])
            centre, sd = mean[k] - others / precision[k, k], precision[k, k] ** -0.5
            theta[k] = _truncated(centre, sd, low[k], high[k], float(rng.random()))
    return theta


def _truncated(centre: float, sd: float, low: float, high: float, chance: float) -> float:
    a, b = (low - centre) / sd, (high - centre) / sd
    # Far in a tail the distribution function is flat to the last digit; reflect so that it is the lower tail.
    sign = -1.0 if a > 0 else 1.0
    below, above = (ndtr(a), ndtr(b)) if sign > 0 else (ndtr(-b), ndtr(-a))
    if above - below < 1e-300:
        return low if a > 0 else high
    return float(np.clip(centre + sign * sd * ndtri(below + chance * (above - below)), low, high))
