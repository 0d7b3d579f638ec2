"""What predicted ratings are compared with: the mean, biases, and alternating least squares on what biases leave."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eval.offline_figures.rating_data import Ratings, Rows
from recsys.models.rating_sampler import posterior

Values = NDArray[np.float64]
_SHRINK = {"item": 5.0, "person": 5.0}
_ROUNDS = 10


class Predictor(Protocol):
    """Something that tells ratings."""

    def fit(self, ratings: Ratings, rows: Rows) -> None:
        """Learn from these rows."""

    def predict(self, ratings: Ratings, rows: Rows) -> Values:
        """Return a rating for each row, shape (len(rows),); the stars of these rows are not read."""


class GlobalMean:
    """One number for everything."""

    def fit(self, ratings: Ratings, rows: Rows) -> None:
        """Take the mean."""
        self.mean = float(ratings.stars[rows].mean())

    def predict(self, ratings: Ratings, rows: Rows) -> Values:
        """Return the mean."""
        return np.full(len(rows), self.mean)


class Biases:
    """mu + b_u + b_i with shrinkage, alternated to convergence (the baseline of Koren, 2008)."""

    def fit(self, ratings: Ratings, rows: Rows) -> None:
        """Alternate ten times."""
        people, items, stars = ratings.people[rows], ratings.items[rows], ratings.stars[rows]
        n, m = ratings.shape
        self.mean = float(stars.mean())
        self.person, self.item = np.zeros(n), np.zeros(m)
        for _ in range(_ROUNDS):
            self.item = _shrunk(items, stars - self.mean - self.person[people], m, _SHRINK["item"])
            self.person = _shrunk(people, stars - self.mean - self.item[items], n, _SHRINK["person"])
        self.low, self.high = float(stars.min()), float(stars.max())

    def predict(self, ratings: Ratings, rows: Rows) -> Values:
        """Return the sum of the biases, within the scale."""
        told = self.mean + self.person[ratings.people[rows]] + self.item[ratings.items[rows]]
        return np.asarray(np.clip(told, self.low, self.high), dtype=np.float64)


class Als:
    """Biases, then factors of what they leave by alternating least squares (Zhou et al., 2008), one ridge for all."""

    def __init__(self, price: float, dim: int = 16, sweeps: int = 8, seed: int = 0) -> None:
        self.price, self.dim, self.sweeps, self.seed = price, dim, sweeps, seed
        self.biases = Biases()

    def fit(self, ratings: Ratings, rows: Rows) -> None:
        """Alternate `sweeps` times."""
        self.biases.fit(ratings, rows)
        left = ratings.matrix(rows)
        who = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
        left.data = left.data - self.biases.mean - self.biases.person[who] - self.biases.item[left.indices]
        back = left.T.tocsr()
        self.items = np.random.default_rng(self.seed).normal(0.0, 0.1, (left.shape[1], self.dim))
        for _ in range(self.sweeps):
            self.people = self._solved(left, self.items)
            self.items = self._solved(back, self.people)

    def predict(self, ratings: Ratings, rows: Rows) -> Values:
        """Return biases and product, within the scale."""
        people, items = ratings.people[rows], ratings.items[rows]
        biases = self.biases
        told = biases.mean + biases.person[people] + biases.item[items]
        told = told + (self.people[people] * self.items[items]).sum(axis=1)
        return np.asarray(np.clip(told, biases.low, biases.high), dtype=np.float64)

    def _solved(self, left: csr_array, design: Values) -> Values:
        expected = np.zeros((left.shape[0], self.dim))
        return posterior(left, design, expected, self.price * np.eye(self.dim), 1.0)[0]


def _shrunk(group: Rows, values: Values, n: int, towards: float) -> Values:
    total = np.bincount(group, weights=values, minlength=n)
    return np.asarray(total / (np.bincount(group, minlength=n) + towards), dtype=np.float64)
