"""How sure it is that a pair is one entity: logistic regression on the pair's features."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kg.files import write_text
from kg.graph import GraphError

WEIGHTS = Path(__file__).with_name("weights.json")
"""The scorers that come with the package, fitted by `eval/kg_figures/integration_learning.py` to data whose terms
allow it; their figures are in `eval/kg_figures/integration.py`."""

Floats = NDArray[np.float64]


class PairScorer(BaseModel):
    """Weights of a logistic regression, and the score from which a pair is one entity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[str, ...]
    weights: tuple[float, ...]
    """One a feature, on the features as they are."""
    bias: float
    threshold: float = Field(default=0.5, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _one_weight_a_feature(self) -> PairScorer:
        if len(self.features) != len(self.weights):
            raise ValueError("there must be as many weights as features")
        return self

    def score(self, rows: ArrayLike) -> Floats:
        """Return a probability in 0..1 for each row of features, shape (n_pairs, n_features)."""
        matrix = np.asarray(rows, dtype=np.float64).reshape(-1, len(self.features))
        logits = matrix @ np.asarray(self.weights) + self.bias
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=np.float64)

    def with_threshold(self, threshold: float) -> PairScorer:
        """Return the same scorer with another threshold."""
        return self.model_copy(update={"threshold": threshold})


class Material(BaseModel):
    """Something that scorers were fitted to, and the terms it came under."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    terms: str


class ScorerCard(BaseModel):
    """Where scorers come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trained_on: tuple[Material, ...] = Field(min_length=1)
    command: str
    """That makes the file again."""
    seed: int
    pairs: dict[str, int]
    """Labelled pairs, by scorer and part."""
    validation_f1: dict[str, float] = {}
    """At the chosen threshold, on pairs of the same sort that were not fitted to."""
    note: str = ""
    """Whatever else a reader must know to judge them."""


class ScorerFile(BaseModel):
    """What a file of scorers holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    card: ScorerCard
    scorers: dict[str, PairScorer]


def fit_scorer(
    features: Sequence[str],
    rows: ArrayLike,
    labels: ArrayLike,
    signs: Sequence[int],
    counts: ArrayLike | None = None,
    strength: float = 1.0,
) -> PairScorer:
    """Fit a scorer to labelled pairs.

    Args:
        features: names of the columns.
        rows: shape (n_pairs, n_features).
        labels: 1 for one entity, 0 for two; shape (n_pairs,).
        signs: 1 where a weight must not be negative, -1 where not positive, 0 where it is free. Features that
            say nearly the same would else get large weights against each other.
        counts: how much each pair counts, with mean 1; all alike where left out.
        strength: of the L2 penalty on the weights of the standardised features.

    Raises `GraphError` when either class is missing.
    """
    from scipy.optimize import minimize

    matrix, wanted = np.asarray(rows, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    positive = int(wanted.sum())
    if positive in (0, len(wanted)):
        raise GraphError(
            "Fitting needs pairs that are one entity and pairs that are two; one sort is missing."
        )
    mean, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale[scale < 1e-9] = 1.0
    standard = (matrix - mean) / scale
    share = np.ones(len(wanted)) if counts is None else np.asarray(counts, dtype=np.float64)
    sides = 2.0 * wanted - 1.0

    def loss(values: Floats) -> tuple[float, Floats]:
        margins = sides * (standard @ values[:-1] + values[-1])
        slope = -sides * share * 0.5 * (1.0 - np.tanh(0.5 * margins))
        value = float(np.sum(share * np.logaddexp(0.0, -margins)) + 0.5 * strength * np.sum(values[:-1] ** 2))
        return value, np.append(standard.T @ slope + strength * values[:-1], slope.sum())

    bounds = [(0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in (*signs, 0)]
    found = minimize(loss, np.zeros(matrix.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[:-1] / scale
    return PairScorer(
        features=tuple(features),
        weights=tuple(round(float(weight), 6) for weight in weights),
        bias=round(float(found[-1] - weights @ mean), 6),
    )


def best_threshold(
    scores: ArrayLike, labels: ArrayLike, counts: ArrayLike | None = None
) -> tuple[float, float]:
    """Return the threshold with the highest F1 on these pairs, in the middle of its gap, and that F1.

    `counts` says how much each pair counts; all alike where left out.

    Of several equally good ones the highest is taken: a wrong merge is harder to see than a missing one.
    """
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    ranked = np.asarray(scores, dtype=np.float64)[order]
    counted = np.ones(len(ranked)) if counts is None else np.asarray(counts, dtype=np.float64)[order]
    wanted = np.asarray(labels, dtype=np.float64)[order] * counted
    f1 = 2 * np.cumsum(wanted) / (np.cumsum(counted) + wanted.sum())
    following = np.append(ranked[1:], -1.0)
    f1[ranked == following] = -1.0
    best = int(np.argmax(f1))
    return float((ranked[best] + max(0.0, following[best])) / 2), float(f1[best])


def write_scorers(scorers: Mapping[str, PairScorer], card: ScorerCard, file: Path) -> None:
    """Write scorers and where they come from as JSON, in one step."""
    whole = ScorerFile(card=card, scorers={name: scorers[name] for name in sorted(scorers)})
    text = json.dumps(whole.model_dump(mode="json"), indent=2, ensure_ascii=False)
    write_text(file, text + "\n")


def load_scorers(file: Path = WEIGHTS) -> dict[str, PairScorer]:
    """Read scorers by name. Raises `GraphError` when the file is missing or not right."""
    return dict(read_scorer_file(file).scorers)


@cache
def read_scorer_file(file: Path = WEIGHTS) -> ScorerFile:
    """Read scorers with their card. Raises `GraphError` when the file is missing or not right."""
    try:
        return ScorerFile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise GraphError(
            f"The scorers of pairs in {file} cannot be read ({error}). Install again."
        ) from error
