"""How often an item is met: the floor that every other model must beat."""

from __future__ import annotations

from pathlib import Path

import numpy as np

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


class Popularity:
    """Score every item by the number of people who met it; the same for everybody."""

    name = "popularity"
    recommends_for_cold = False

    def __init__(self) -> None:
        self.counts = np.zeros(0, dtype=np.float32)
        """Shape (n_items,); people who met each item."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Count the people of every item."""
        self.counts = np.asarray(data.interactions.sum(axis=0)).ravel().astype(np.float32)
        self.card = ModelCard(
            name=self.name,
            n_items=len(self.counts),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def score(self, users: Users) -> FloatMatrix:
        """Return the counts for every person, shape (n, n_items)."""
        n, n_items = users.history.shape
        if n_items != len(self.counts):
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {len(self.counts)}."
            )
        return np.tile(self.counts, (n, 1))

    def save(self, folder: Path) -> None:
        """Write `popularity.safetensors` and `popularity.json`."""
        save_model(folder, self.card, {"counts": self.counts})

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        counts = tensors.get("counts", np.zeros((0, 0)))
        check_shape(self.name, counts, (card.n_items,))
        self.card, self.counts = card, counts.astype(np.float32, copy=False)
