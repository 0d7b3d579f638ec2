"""A low-pass filter on the graph of people and items (Shen et al., 2021, GF-CF).

With R = Du^-1/2 X Di^-1/2 and its leading right singular vectors V, a history x is scored by
x (R'R + w Di^-1/2 V V' Di^1/2): its neighbourhood, and w times the ideal low-pass part. Nothing is learned by
gradient.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

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


class SpectralConfig(BaseModel):
    """What the filter can be told."""

    model_config = ConfigDict(frozen=True)

    rank: int = Field(default=100, ge=1)
    """Singular vectors that pass."""
    low_pass: float = Field(default=0.3, ge=0.0)
    """Weight of the low-pass part beside the neighbourhood."""
    seed: int = 0
    """Of the vector from which the singular vectors are sought."""


class SpectralFilter:
    """Score by what passes the filter; a person without history gets zeros."""

    name = "spectral"
    recommends_for_cold = False

    def __init__(self, config: SpectralConfig | None = None) -> None:
        self.config = config or SpectralConfig()
        self.vectors: FloatMatrix = np.zeros((0, 0), dtype=np.float32)
        """Shape (n_items, rank), columns orthonormal."""
        self.weights: FloatMatrix = np.zeros((0, 0), dtype=np.float32)
        """Shape (n_items, n_items), of the neighbourhood: R'R."""
        self.degree: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        """Shape (n_items,), square roots of the people of each item."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Normalise and decompose; takes n_items squared floats."""
        met = data.interactions.tocsr().astype(np.float32)
        n_users, n_items = met.shape
        per_user = np.sqrt(np.maximum(np.asarray(met.sum(axis=1)).ravel(), 1.0)).astype(np.float32)
        self.degree = np.sqrt(np.maximum(np.asarray(met.sum(axis=0)).ravel(), 1.0)).astype(np.float32)
        normal = csr_array(met.multiply(1.0 / per_user[:, None]).multiply(1.0 / self.degree[None, :]))
        rank = min(self.config.rank, min(n_users, n_items) - 1)
        start = np.random.default_rng(self.config.seed).normal(size=min(n_users, n_items))
        _, _, right = svds(normal, k=rank, v0=start.astype(np.float32))
        self.vectors = np.ascontiguousarray(right.T, dtype=np.float32)
        self.weights = (normal.T @ normal).toarray().astype(np.float32)
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            seed=self.config.seed,
            config=self.config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def score(self, users: Users) -> FloatMatrix:
        """Filter each history, shape (n, n_items)."""
        n_items = users.history.shape[1]
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        history = users.history.tocsr().astype(np.float32)
        near = history @ self.weights
        passed = (history.multiply(1.0 / self.degree[None, :]).tocsr() @ self.vectors) @ self.vectors.T
        return np.asarray(near + self.config.low_pass * passed * self.degree[None, :], dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write `spectral.safetensors` and `spectral.json`."""
        tensors = {"vectors": self.vectors, "weights": self.weights, "degree": self.degree}
        save_model(folder, self.card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        nothing = np.zeros(0)
        vectors, weights = tensors.get("vectors", nothing), tensors.get("weights", nothing)
        degree = tensors.get("degree", np.zeros((0, 0)))
        check_shape(self.name, degree, (card.n_items,))
        check_shape(self.name, weights, (card.n_items, card.n_items))
        check_shape(self.name, vectors[:, :0], (card.n_items, 0))
        self.config, self.card = SpectralConfig.model_validate(card.config), card
        self.vectors = vectors.astype(np.float32, copy=False)
        self.weights = weights.astype(np.float32, copy=False)
        self.degree = degree.astype(np.float32, copy=False)
