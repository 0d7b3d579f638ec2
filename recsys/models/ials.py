"""iALS: implicit matrix factorisation by alternating least squares (Hu, Koren and Volinsky, 2008).

Loss: sum over all cells of c (y - p.q)^2 + lambda (|p|^2 + |q|^2), where a cell that was met has y = 1 and weight
c = 1 + alpha, and any other cell y = 0 and weight 1. A person is folded in by the same least squares that made
the factors, so nobody needs to have been there in training. Rendle et al. (2022) show how strong it is when tuned.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
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

_BLOCK = 512
"""Rows solved at once; each takes dim squared floats."""


class IalsConfig(BaseModel):
    """What iALS can be told."""

    model_config = ConfigDict(frozen=True)

    dim: int = Field(default=128, ge=1)
    """Factors of a person and of an item."""
    alpha: float = Field(default=8.0, ge=0.0)
    """How much more a meeting weighs than its absence."""
    regularization: float = Field(default=60.0, gt=0.0)
    """Lambda of the squared factors."""
    sweeps: int = Field(default=12, ge=1)
    """Times that people and items are solved in turn."""
    seed: int = 0
    """Of the first item factors."""


class Ials:
    """Score items by factors; a person without history gets zeros."""

    name = "ials"
    recommends_for_cold = False

    def __init__(self, config: IalsConfig | None = None) -> None:
        self.config = config or IalsConfig()
        self.items: FloatMatrix = np.zeros((0, self.config.dim), dtype=np.float32)
        """Shape (n_items, dim)."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Alternate `sweeps` times; takes (users + items) dim^3 + meetings dim^2 operations a sweep."""
        config = self.config
        met = data.interactions.tocsr().astype(np.float32)
        back = met.T.tocsr()
        rng = np.random.default_rng(config.seed)
        items = rng.normal(0.0, 0.1 / np.sqrt(config.dim), (met.shape[1], config.dim)).astype(np.float32)
        for _ in range(config.sweeps):
            people = self.solve(met, items)
            items = self.solve(back, people)
        self.items = items
        self.card = ModelCard(
            name=self.name,
            n_items=met.shape[1],
            seed=config.seed,
            config=config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def score(self, users: Users) -> FloatMatrix:
        """Fold each history in and return the products, shape (n, n_items).

        A disliked item counts as a meeting whose target is -1; the weight of a meeting scales alpha.
        """
        n_items = users.history.shape[1]
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        return self.solve(users.history.tocsr().astype(np.float32), self.items) @ self.items.T

    def save(self, folder: Path) -> None:
        """Write `ials.safetensors` and `ials.json`."""
        save_model(folder, self.card, {"items": self.items})

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        config = IalsConfig.model_validate(card.config)
        items = tensors.get("items", np.zeros(0))
        check_shape(self.name, items, (card.n_items, config.dim))
        self.config, self.card = config, card
        self.items = items.astype(np.float32, copy=False)

    def solve(self, met: csr_array, factors: FloatMatrix) -> FloatMatrix:
        """Return the best factors of each row of `met` given those of its columns, `factors`: shape (rows, dim)."""
        config = self.config
        shared = factors.T @ factors + config.regularization * np.eye(config.dim, dtype=np.float32)
        solved = np.zeros((met.shape[0], config.dim), dtype=np.float32)
        for start in range(0, met.shape[0], _BLOCK):
            stop = min(start + _BLOCK, met.shape[0])
            left = np.repeat(shared[None], stop - start, axis=0)
            right = np.zeros((stop - start, config.dim), dtype=np.float32)
            for row in range(start, stop):
                cells = slice(met.indptr[row], met.indptr[row + 1])
                beside = factors[met.indices[cells]]
                weight = met.data[cells]
                confidence = config.alpha * np.abs(weight)
                left[row - start] += (beside * confidence[:, None]).T @ beside
                right[row - start] = (np.sign(weight) + confidence * np.sign(weight)) @ beside
            solved[start:stop] = np.linalg.solve(left, right[..., None])[..., 0]
        return solved
