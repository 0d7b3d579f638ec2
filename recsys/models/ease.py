"""EASE: a closed-form linear item model (Steck, 2019), with item attributes stacked into its Gram matrix.

Weights are B = I - P diag(1 / diag(P)), where P = (G + D)^-1, G = X'X + w A'A, X is people by items and A is
attributes by items. D = lambda I + p / (1 - p) diag(G) is the diagonal of EDLAE (Steck, 2020) for dropout p.
An attribute thus acts like w further people who met all items that have it, and an item that nobody met is
still placed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)


class EaseConfig(BaseModel):
    """What EASE can be told."""

    model_config = ConfigDict(frozen=True)

    regularization: float = Field(default=500.0, gt=0.0)
    """Lambda, in people: how many more meetings an item needs before its weights are trusted."""
    dropout: float = Field(default=0.33, ge=0.0, lt=1.0)
    """Share of each history that the model must do without; 0 is plain EASE."""
    attribute_weight: float = Field(default=5.0, ge=0.0)
    """How many people one attribute counts as; 0 leaves attributes out."""
    max_items: int = Field(default=12_000, ge=1)
    """Most-met items that become columns. The Gram matrix takes 4 bytes times its square, three times
    over."""

    @classmethod
    def for_data(cls, interactions: csr_array) -> EaseConfig:
        """Scale lambda and the attribute weight to how often an item is met in this data.

        The defaults were chosen on validation data whose items are met 262 times on average; a catalogue that
        is met twenty times as seldom would learn nothing under them.
        """
        defaults = cls()
        met = interactions.nnz / max(1, interactions.shape[1])
        share = float(np.clip(met / 262.0, 0.01, 1.0))
        return cls(
            regularization=defaults.regularization * share,
            attribute_weight=defaults.attribute_weight * share,
        )


class Ease:
    """Score items for a history folded in at request time; a person without history gets zeros."""

    name = "ease"
    recommends_for_cold = False

    def __init__(self, config: EaseConfig | None = None) -> None:
        self.config = config or EaseConfig()
        self.columns: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        """Shape (m,); the catalogue's columns that the model knows, ascending."""
        self.weights: FloatMatrix = np.zeros((0, 0), dtype=np.float32)
        """Shape (m, m); from an item met (row) to an item scored (column), zero diagonal."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Invert the regularised Gram matrix in float32. Takes m^3 operations for m columns."""
        config = self.config
        n_items = data.interactions.shape[1]
        self.columns = _most_met(data.interactions, config.max_items)
        met = data.interactions[:, self.columns].astype(np.float32)
        gram: FloatMatrix = (met.T @ met).toarray()
        if config.attribute_weight and data.attributes.shape[0]:
            having = data.attributes[:, self.columns].astype(np.float32)
            gram += np.float32(config.attribute_weight) * (having.T @ having).toarray()
        diagonal = np.diag(gram).copy()
        gram[np.diag_indices_from(gram)] += (
            config.regularization + config.dropout / (1.0 - config.dropout) * diagonal
        )
        inverse: FloatMatrix = np.linalg.inv(gram)
        del gram
        scale = -1.0 / np.diag(inverse)
        inverse *= scale
        np.fill_diagonal(inverse, 0.0)
        self.weights = inverse.astype(np.float32, copy=False)
        notes = []
        if len(self.columns) < n_items:
            notes.append(
                f"The {len(self.columns):,} most-met of {n_items:,} items are columns; the others score 0."
            )
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            config=config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
            notes=notes,
        )

    def score(self, users: Users) -> FloatMatrix:
        """Fold each history in, shape (n, n_items); a column the model does not know scores 0."""
        n, n_items = users.history.shape
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        history = users.history.tocsr()
        if len(self.columns) == n_items:
            return np.asarray(history.astype(np.float32) @ self.weights, dtype=np.float32)
        scores = np.zeros((n, n_items), dtype=np.float32)
        scores[:, self.columns] = history[:, self.columns].astype(np.float32) @ self.weights
        return scores

    def save(self, folder: Path) -> None:
        """Write `ease.safetensors` and `ease.json`."""
        save_model(folder, self.card, {"columns": self.columns, "weights": self.weights})

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        columns = tensors.get("columns", np.zeros((0, 0)))
        weights = tensors.get("weights", np.zeros(0))
        m = columns.size
        check_shape(self.name, columns, (m,))
        check_shape(self.name, weights, (m, m))
        if m and (columns.min() < 0 or columns.max() >= card.n_items):
            raise WorkspaceError(
                "The model ease names items that it was not trained for. Build the workspace anew."
            )
        self.config = EaseConfig.model_validate(card.config)
        self.card = card
        self.columns = columns.astype(np.int64, copy=False)
        self.weights = weights.astype(np.float32, copy=False)


def _most_met(interactions: csr_array, limit: int) -> NDArray[np.int64]:
    counts = np.asarray(interactions.sum(axis=0)).ravel()
    chosen = np.argsort(-counts, kind="stable")[:limit]
    return np.sort(chosen).astype(np.int64)
