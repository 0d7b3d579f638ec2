"""A filter on the graph of people and items that blurs and sharpens, and never holds items by items.

With R = Du^-1/2 X Di^-1/2, P = R'R and V the leading right singular vectors of R, a history x is scored by

    x (P + w Di^-1/2 V V' Di^1/2) exp(-s P)

the neighbourhood and an ideal low-pass (Shen et al., 2021, GF-CF), sharpened for a time s by the reverse of
the blur (Choi et al., 2023, BSPM with early merge). exp(-s P) is exact along V; across it, where the
eigenvalues of P are small, it counts as 1. So a person costs two sparse products and one of rank 2 `rank`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
from recsys.models.sparse_tensors import read_sparse, sparse_tensors

_BLOCK = 512
"""People scored at once; each takes n_users + 2 n_items floats."""
_OVERSAMPLES = 50


class GraphFilterConfig(BaseModel):
    """What the filter can be told."""

    model_config = ConfigDict(frozen=True)

    rank: int = Field(default=448, ge=1)
    """Singular vectors along which the filter is exact and the low-pass lets through."""
    neighbourhood: float = Field(default=1.0, ge=0.0)
    """Weight of x P."""
    low_pass: float = Field(default=0.2, ge=0.0)
    """w: weight of the ideal low-pass beside the neighbourhood."""
    sharpening: float = Field(default=2.5, ge=0.0)
    """s: how long the result is sharpened; 0 is GF-CF."""
    power_iterations: int = Field(default=5, ge=0)
    """Of the randomised decomposition."""
    seed: int = 0
    """Of the randomised decomposition."""


class GraphFilter:
    """Score by what passes the filter; a person without history gets zeros."""

    name = "graph-filter"
    recommends_for_cold = False

    def __init__(self, config: GraphFilterConfig | None = None) -> None:
        self.config = config or GraphFilterConfig()
        self.graph = csr_array(np.zeros((0, 0), dtype=np.float32))
        """R, shape (n_users, n_items)."""
        self.vectors: FloatMatrix = np.zeros((0, 0), dtype=np.float32)
        """V, shape (n_items, rank), columns orthonormal."""
        self.values: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        """Eigenvalues of P along V, shape (rank,), in [0, 1]."""
        self.degree: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        """Square roots of the people of each item, shape (n_items,)."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Normalise and decompose; takes (users + items) rank floats."""
        from sklearn.utils.extmath import randomized_svd

        met = data.interactions.tocsr().astype(np.float32)
        n_users, n_items = met.shape
        per_user = np.sqrt(np.maximum(np.asarray(met.sum(axis=1)).ravel(), 1.0)).astype(np.float32)
        self.degree = np.sqrt(np.maximum(np.asarray(met.sum(axis=0)).ravel(), 1.0)).astype(np.float32)
        graph = met.multiply(1.0 / per_user[:, None]).multiply(1.0 / self.degree[None, :])
        self.graph = csr_array(graph.tocsr(), dtype=np.float32)
        rank = max(1, min(self.config.rank, min(n_users, n_items) - 1))
        _, values, right = randomized_svd(
            self.graph,
            rank,
            n_oversamples=_OVERSAMPLES,
            n_iter=self.config.power_iterations,
            random_state=self.config.seed,
        )
        self.vectors = np.ascontiguousarray(right.T, dtype=np.float32)
        self.values = np.asarray(values**2, dtype=np.float32)
        self._prepare()
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
        n, n_items = users.history.shape
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        history = users.history.tocsr().astype(np.float32)
        scores = np.zeros((n, n_items), dtype=np.float32)
        for start in range(0, n, _BLOCK):
            scores[start : start + _BLOCK] = self._filter(history[start : start + _BLOCK])
        return scores

    def save(self, folder: Path) -> None:
        """Write `graph-filter.safetensors` and `graph-filter.json`."""
        tensors: dict[str, NDArray[Any]] = {
            **sparse_tensors(self.graph),
            "vectors": self.vectors,
            "values": self.values,
            "degree": self.degree,
        }
        save_model(folder, self.card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        graph = read_sparse(self.name, tensors, (None, card.n_items)).astype(np.float32)
        nothing = np.zeros(0)
        vectors, values, degree = (tensors.get(name, nothing) for name in ("vectors", "values", "degree"))
        check_shape(self.name, vectors, (card.n_items, values.size))
        check_shape(self.name, degree, (card.n_items,))
        self.config, self.card, self.graph = GraphFilterConfig.model_validate(card.config), card, graph
        self.vectors = vectors.astype(np.float32, copy=False)
        self.values = values.astype(np.float32, copy=False)
        self.degree = degree.astype(np.float32, copy=False)
        self._prepare()

    def _prepare(self) -> None:
        config, vectors = self.config, self.vectors
        sharp = np.exp(-config.sharpening * self.values)
        self._back = csr_array(self.graph.T.tocsr())
        along = config.neighbourhood * self.values * (sharp - 1.0)
        weighted = vectors * self.degree[:, None]
        passed = config.low_pass * (weighted.T + ((vectors.T @ weighted) * (sharp - 1.0)) @ vectors.T)
        self._left = np.concatenate([vectors, vectors / self.degree[:, None]], axis=1)
        self._right = np.concatenate([along[:, None] * vectors.T, passed]).astype(np.float32)

    def _filter(self, history: csr_array) -> FloatMatrix:
        found = np.asarray((history @ self._left) @ self._right, dtype=np.float32)
        if self.config.neighbourhood:
            people = (history @ self._back).toarray()
            near = np.asarray(self._back @ people.T).T
            found += np.float32(self.config.neighbourhood) * near
        return np.asarray(found, dtype=np.float32)
