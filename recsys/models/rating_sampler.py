"""Gibbs sampling of Bayesian matrix factorisation with side information, and the folding-in of people.

A rating is mu + b_u + b_i + p_u.q_i + noise. A person's (p_u, b_u) and an item's (q_i, b_i) are normal around a linear
function of their features, with a mean and precision of the whole side that are themselves sampled from a
normal-Wishart prior: Salakhutdinov and Mnih (2008), side information as in Simm et al. (2017, Macau). So how far a
bias or a factor shrinks is learned, not set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Values = NDArray[np.float64]
_BLOCK = 1024
"""Rows whose normal equations are held at once; each takes (dim + 1) squared floats."""


@dataclass
class Side:
    """People or items: D = dim + 1 numbers each, the last one is the bias."""

    values: Values
    """Shape (n, D)."""
    features: Values
    """Shape (n, n_features)."""
    mean: Values
    """Shape (D,)."""
    precision: Values
    """Shape (D, D)."""
    weights: Values
    """Shape (n_features, D); from features to where the values are expected."""

    @property
    def expected(self) -> Values:
        """Return where each row's values are expected before its ratings are seen, (n, D)."""
        return np.asarray(self.mean + self.features @ self.weights, dtype=np.float64)


def first_side(n: int, dim: int, features: Values, rng: np.random.Generator) -> Side:
    """Return a side before anything was learned: small random factors and no bias."""
    values = rng.normal(0.0, 0.1, (n, dim + 1))
    values[:, -1] = 0.0
    return Side(
        values, features, np.zeros(dim + 1), np.eye(dim + 1) * 10.0, np.zeros((features.shape[1], dim + 1))
    )


def sample_prior(side: Side, price: float, rng: np.random.Generator) -> None:
    """Draw mean, precision and feature weights of a side given its values; `price` is the prior precision of a
    feature's weights in units of the side's precision."""
    n, size = side.values.shape
    residual = side.values - side.features @ side.weights
    # Normal-Wishart with mu_0 = 0, beta_0 = 2, W_0 = I and as many degrees of freedom as dimensions.
    centre = residual.mean(axis=0)
    spread = (residual - centre).T @ (residual - centre)
    shrunk = 2.0 * n / (2.0 + n) * np.outer(centre, centre)
    scale = np.eye(size) + spread + shrunk + price * side.weights.T @ side.weights
    side.precision = _wishart(np.linalg.inv(scale), size + n + len(side.weights), rng)
    root = np.linalg.cholesky(np.linalg.inv(side.precision))
    side.mean = n * centre / (n + 2.0) + root @ rng.normal(size=size) / np.sqrt(n + 2.0)
    if side.features.shape[1]:
        gram = side.features.T @ side.features + price * np.eye(side.features.shape[1])
        likely = np.linalg.solve(gram, side.features.T @ (side.values - side.mean))
        noise = np.linalg.solve(np.linalg.cholesky(gram).T, rng.normal(size=side.weights.shape))
        side.weights = likely + noise @ root.T


def _wishart(scale: Values, freedom: int, rng: np.random.Generator) -> Values:
    """Draw from a Wishart distribution by Bartlett's decomposition."""
    size = len(scale)
    lower = np.tril(rng.normal(size=(size, size)), -1)
    lower[np.diag_indices(size)] = np.sqrt(rng.chisquare(freedom - np.arange(size)))
    root = np.linalg.cholesky(scale) @ lower
    return np.asarray(root @ root.T, dtype=np.float64)


def posterior(
    residuals: csr_array, design: Values, expected: Values, precision: Values, noise: float
) -> tuple[Values, Values]:
    """Return the means (n, D) and Cholesky factors of the precisions (n, D, D) of each row's values.

    `residuals` (n, m) has the ratings less what is known beside the row's own values; `design` (m, D) what the
    values are multiplied by; `noise` is the precision of a rating. Takes ratings D^2 + n D^3 operations.
    """
    n, size = residuals.shape[0], design.shape[1]
    left = np.repeat(precision[None], n, axis=0)
    right = expected @ precision
    for row in range(n):
        cells = slice(residuals.indptr[row], residuals.indptr[row + 1])
        beside = design[residuals.indices[cells]]
        left[row] += noise * (beside.T @ beside)
        right[row] += noise * (residuals.data[cells] @ beside)
    root: Values = np.asarray(np.linalg.cholesky(left), dtype=np.float64)
    half = np.linalg.solve(root, right[..., None])
    means = np.linalg.solve(np.swapaxes(root, 1, 2), half)[..., 0]
    return np.asarray(means.reshape(n, size), dtype=np.float64), root


def sample_values(
    side: Side, ratings: csr_array, design: Values, offsets: Values, noise: float, rng: np.random.Generator
) -> None:
    """Draw the values of a side given the other one; `ratings` (n, m) less the mean, `offsets` (m,) the other
    side's biases."""
    expected = side.expected
    for start in range(0, len(side.values), _BLOCK):
        stop = min(start + _BLOCK, len(side.values))
        part = ratings[start:stop]
        part.data = part.data - offsets[part.indices]
        means, root = posterior(part, design, expected[start:stop], side.precision, noise)
        drawn = np.linalg.solve(np.swapaxes(root, 1, 2), rng.normal(size=means.shape)[..., None])[..., 0]
        side.values[start:stop] = means + drawn


def design_of(values: Values) -> Values:
    """Return what the other side's values are multiplied by: the factors, and 1 for its bias."""
    design = values.copy()
    design[:, -1] = 1.0
    return design


def noise_precision(ratings: csr_array, people: Values, items: Values, rng: np.random.Generator) -> float:
    """Draw the precision of a rating from its gamma posterior (shape and rate 1 before any rating)."""
    rows = np.repeat(np.arange(ratings.shape[0]), np.diff(ratings.indptr))
    squared = 0.0
    for start in range(0, len(rows), 200_000):
        row, column = rows[start : start + 200_000], ratings.indices[start : start + 200_000]
        told = (people[row, :-1] * items[column, :-1]).sum(axis=1) + people[row, -1] + items[column, -1]
        squared += float(((ratings.data[start : start + 200_000] - told) ** 2).sum())
    return float(rng.gamma(1.0 + len(rows) / 2.0, 1.0 / (1.0 + squared / 2.0)))
