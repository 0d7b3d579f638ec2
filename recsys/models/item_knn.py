"""Item-kNN: cosine between the columns of what people met (Sarwar et al., 2001; Deshpande and Karypis, 2004)."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import coo_array, csr_array, vstack

from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.persist import (
    ModelCard,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)
from recsys.models.sparse_tensors import read_sparse, sparse_tensors

_BLOCK = 1_000
"""Items whose similarities are computed at once; each takes n_items floats."""


class ItemKnnConfig(BaseModel):
    """What item-kNN can be told."""

    model_config = ConfigDict(frozen=True)

    neighbours: int = Field(default=50, ge=1)
    """Nearest items kept for each item that is scored; the others count as zero."""
    shrinkage: float = Field(default=0.0, ge=0.0)
    """Added to the denominator: how many people two items must share before their cosine is trusted."""
    popularity: float = Field(default=0.3, ge=0.0, le=1.0)
    """Exponent of the item that is scored in the denominator: 0.5 is the cosine, less favours the popular."""


class ItemKnn:
    """Score an item by its similarity to those met; a person without history gets zeros."""

    name = "item-knn"
    recommends_for_cold = False

    def __init__(self, config: ItemKnnConfig | None = None) -> None:
        self.config = config or ItemKnnConfig()
        self.similarity = csr_array(np.zeros((0, 0), dtype=np.float32))
        """Shape (n_items, n_items), from an item met (row) to an item scored (column), zero diagonal."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Compute and cut the similarities; memory stays at a thousand rows of the item matrix."""
        config = self.config
        met = data.interactions.tocsr().astype(np.float32)
        n_items = met.shape[1]
        back = met.T.tocsr()
        counts = np.maximum(np.asarray(met.sum(axis=0)).ravel(), 1.0)
        of_met, of_scored = counts ** (1.0 - config.popularity), counts**config.popularity
        kept = []
        for start in range(0, n_items, _BLOCK):
            shared: FloatMatrix = (back[start : start + _BLOCK] @ met).toarray()
            rows = np.arange(len(shared))
            shared[rows, start + rows] = 0.0
            scale = of_scored[start + rows, None] * of_met[None, :] + config.shrinkage
            kept.append(_largest((shared / scale).astype(np.float32), config.neighbours))
        self.similarity = csr_array(vstack(kept).T)
        self.similarity.sort_indices()
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            config=config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def score(self, users: Users) -> FloatMatrix:
        """Return the weighted sums of similarities, shape (n, n_items)."""
        n_items = users.history.shape[1]
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        return cast(FloatMatrix, (users.history.tocsr().astype(np.float32) @ self.similarity).toarray())

    def save(self, folder: Path) -> None:
        """Write `item-knn.safetensors` and `item-knn.json`."""
        save_model(folder, self.card, sparse_tensors(self.similarity))

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        similarity = read_sparse(self.name, tensors, (card.n_items, card.n_items))
        self.config, self.card = ItemKnnConfig.model_validate(card.config), card
        self.similarity = similarity


def _largest(values: FloatMatrix, count: int) -> csr_array:
    """Keep the largest `count` of each row that are above zero."""
    count = min(count, values.shape[1])
    columns = np.argpartition(-values, count - 1, axis=1)[:, :count]
    found = np.take_along_axis(values, columns, axis=1)
    rows = np.repeat(np.arange(len(values)), count)
    matrix = coo_array((found.ravel(), (rows, columns.ravel())), shape=values.shape).tocsr()
    matrix.eliminate_zeros()
    return cast(csr_array, matrix)
