"""Is the difference of two systems on the same units more than chance?

The interval is the bootstrap's over units (Efron, 1979; bias-corrected and accelerated up to 2,000 units, where its
jackknife is cheap, percentiles above, where the two agree). The p-value is Fisher's randomisation test: if neither
system were better, each unit's difference could as well have had the other sign. Several comparisons at once are
corrected by Holm's step-down method (1979).
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import DegenerateDataWarning, bootstrap

Values = NDArray[np.float64]
_Method = Literal["BCa", "percentile"]
RESAMPLES = 9999
LEVEL = 0.95
_EXACT = 13
"""Up to so many differing units all signs are tried: 8,192."""
_ACCELERATED = 2000
_CELLS = 4_000_000
"""How many numbers a block of resamples may hold."""


@dataclass(frozen=True)
class PairedDifference:
    """The mean of `after - before` over shared units."""

    units: int
    differing: int
    """Units whose two values are not equal."""
    difference: float
    low: float
    high: float
    """Ends of the 95 % interval."""
    p: float
    """Two-sided, before any correction; 1.0 where no unit differs."""


def paired_difference(
    before: ArrayLike, after: ArrayLike, seed: int = 0, resamples: int = RESAMPLES
) -> PairedDifference:
    """Compare two systems unit by unit; both (n,), finite, the same units in the same order.

    Raises `ValueError` on no unit, on different lengths or on a value that is not finite.
    """
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape or not len(first):
        raise ValueError(f"{first.shape} and {second.shape}: two rows of the same units are needed")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("values of units must be finite")
    change = second - first
    moved = change[change != 0.0]
    mean = float(change.mean())
    low, high = _interval(change, seed, resamples)
    p = _randomisation(moved, seed, resamples) if len(moved) else 1.0
    return PairedDifference(len(change), len(moved), mean, low, high, p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for being several, in the order given; each at least its own and at most 1."""
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda k: p_values[k])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = largest
    return corrected


def _interval(change: Values, seed: int, resamples: int) -> tuple[float, float]:
    if np.ptp(change) == 0.0:
        return float(change[0]), float(change[0])
    method: _Method = "BCa" if len(change) <= _ACCELERATED else "percentile"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        found = _bootstrap(change, method, seed, resamples)
        if not np.isfinite(found).all():
            found = _bootstrap(change, "percentile", seed, resamples)
    return found


def _bootstrap(change: Values, method: _Method, seed: int, resamples: int) -> tuple[float, float]:
    found = bootstrap(
        (change,),
        np.mean,
        n_resamples=resamples,
        confidence_level=LEVEL,
        method=method,
        batch=max(1, _CELLS // len(change)),
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def _randomisation(moved: Values, seed: int, resamples: int) -> float:
    """Return the share of sign changes whose sum is at least as far from 0; units that do not differ add nothing to
    any of them."""
    seen = abs(float(moved.sum())) * (1.0 - 1e-12)
    if len(moved) <= _EXACT:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(moved))))
        return float((np.abs(signs @ moved) >= seen).mean())
    rng = np.random.default_rng(seed)
    as_far, block = 0, max(1, _CELLS // len(moved))
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        flips = rng.integers(0, 2, size=(rows, len(moved)), dtype=np.int8)
        # Each sum is the whole with what is flipped taken away twice.
        sums = moved.sum() - 2.0 * (flips.astype(np.float32) @ moved.astype(np.float32)).astype(np.float64)
        as_far += int((np.abs(sums) >= seen).sum())
    return (as_far + 1) / (resamples + 1)
