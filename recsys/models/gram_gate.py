"""How much each relation of the graph should count in EASE's Gram matrix, learned from behaviour.

EASE with attributes adds w A'A to X'X with one w for all attributes. Here the Gram matrix is X'X + sum_r w_r
A_r'A_r, with a weight for each relation. The weights are those under which meetings that were set aside are
likely, in a softmax over the items that one weight for all puts first: the model is fitted on the others, and
the gradient goes through the inverse. A small price on each weight (an L1 prior; weights are never negative)
brings a relation that does not help to exactly 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.optimize import minimize
from scipy.sparse import csr_array

from recsys.models.base import FloatMatrix
from recsys.models.choices import Choices, first_items
from recsys.models.ease import EaseConfig
from recsys.models.held_out import hold_out, people_with_targets
from recsys.models.relations import Blocks

_START_SCALE = 5.0
"""Logits per unit of EASE's score from which the likeliest scale is sought."""


class GramGateConfig(BaseModel):
    """How the weights are learned."""

    model_config = ConfigDict(frozen=True)

    held_out: float = Field(default=0.2, gt=0.0, lt=1.0)
    """Share of each history of train that the weights are learned on."""
    prior: float = Field(default=1e-5, ge=0.0)
    """Price of one `attribute_weight` of weight, in nats a held-out meeting."""
    steps: int = Field(default=8, ge=1)
    """Most iterations of L-BFGS-B; each inverts a matrix of items by items about once."""
    people: int = Field(default=3_000, ge=1)
    """Most people that the weights are learned on; EASE is fitted on everybody's."""
    among: int = Field(default=100, ge=0)
    """Learned among so many of the items that one weight for all puts first; 0 is all items."""
    seed: int = 0


@dataclass(frozen=True)
class GramWeights:
    """What was learned."""

    weights: dict[str, float]
    """Relation to how many people one of its entities counts as; 0 for a relation that does not help."""
    loss: float
    """Nats a held-out meeting, without the prior."""
    start_loss: float
    """The same with one weight for all."""
    steps: int


def learn_gram_weights(
    interactions: csr_array,
    blocks: Blocks,
    ease: EaseConfig | None = None,
    config: GramGateConfig | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> GramWeights:
    """Learn a weight for each relation; `interactions` is (n_users, n_items), the blocks (entities, n_items).

    Takes about three products of (n_items, n_items) matrices a step. The result goes into EASE by
    `recsys.models.relations.weighted_attributes`.
    """
    ease, config = ease or EaseConfig(), config or GramGateConfig()
    kept, targets = hold_out(interactions, config.held_out, config.seed)
    rows = people_with_targets(targets, config.people, config.seed)
    problem = GramProblem(kept.astype(np.float32), targets, rows, blocks, ease, config.among)
    unit = max(ease.attribute_weight, 1e-6)
    told: list[float] = []

    def objective(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        loss, gradient = problem.loss(x * unit)
        told.append(loss)
        progress(f"Weights of relations, evaluation {len(told)}: {loss:.5f} nats")
        return loss + config.prior * float(x.sum()), gradient * unit + config.prior

    found = minimize(
        objective,
        np.ones(len(blocks)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * len(blocks),
        options={"maxiter": config.steps, "maxfun": 2 * config.steps},
    )
    weights = {name: float(value * unit) for name, value in zip(blocks, found.x, strict=True)}
    loss = float(found.fun - config.prior * found.x.sum())
    return GramWeights(weights, loss, told[0], int(found.nit))


class GramProblem:
    """The likelihood of the held-out meetings as a function of the weights, and its gradient."""

    def __init__(
        self,
        kept: csr_array,
        targets: csr_array,
        rows: NDArray[np.int64],
        blocks: Blocks,
        ease: EaseConfig,
        among: int,
    ) -> None:
        self.history = kept[rows]
        self.behaviour: FloatMatrix = (kept.T @ kept).toarray().astype(np.float32)
        self.grams = [csr_array(block.T @ block).tocoo() for block in blocks.values()]
        self.ridge = ease.regularization
        self.inflation = 1.0 + ease.dropout / (1.0 - ease.dropout)
        self._scale = _START_SCALE
        start = self._inverse(np.full(len(self.grams), ease.attribute_weight))
        base = np.asarray(self.history @ _item_weights(start), dtype=np.float32)
        self.choices = Choices(first_items(base, self.history, among), targets[rows].toarray() != 0)

    def loss(self, weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return nats a held-out meeting at the likeliest scale of the logits, and the gradient by weight."""
        inverse = self._inverse(weights)
        diagonal = np.diag(inverse).copy()
        scores = np.asarray(self.history @ _item_weights(inverse), dtype=np.float32)
        cells = scores[self.choices.person, self.choices.item].astype(np.float64)
        self._scale = self.choices.best_scale(cells, self._scale)
        loss, slope = self.choices.loss(self._scale * cells)
        by_scores = csr_array(
            ((self._scale * slope).astype(np.float32), (self.choices.person, self.choices.item)),
            shape=scores.shape,
        )
        by_model: FloatMatrix = (self.history.T @ by_scores).toarray()
        np.fill_diagonal(by_model, 0.0)
        by_inverse = by_model / -diagonal
        np.fill_diagonal(by_inverse, (by_model * inverse).sum(axis=0) / diagonal**2)
        by_gram = -(inverse @ by_inverse @ inverse)
        return loss, np.array([self._along(by_gram, k) for k in range(len(self.grams))])

    def _inverse(self, weights: NDArray[np.float64]) -> FloatMatrix:
        gram = self.behaviour.copy()
        for weight, added in zip(weights, self.grams, strict=True):
            if weight:
                gram[added.row, added.col] += np.float32(weight) * added.data
        places = np.diag_indices_from(gram)
        gram[places] = gram[places] * self.inflation + self.ridge
        return np.asarray(np.linalg.inv(gram), dtype=np.float32)

    def _along(self, by_gram: FloatMatrix, k: int) -> float:
        added = self.grams[k]
        factor = np.where(added.row == added.col, self.inflation, 1.0)
        return float((by_gram[added.row, added.col].astype(np.float64) * added.data * factor).sum())


def _item_weights(inverse: FloatMatrix) -> FloatMatrix:
    """Return EASE's weights from the inverse Gram matrix, shape (n_items, n_items)."""
    model = inverse / -np.diag(inverse)
    np.fill_diagonal(model, 0.0)
    return model
