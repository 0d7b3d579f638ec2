"""User-kNN: what the people who met the most alike also met.

The likeness of two people is the cosine of their histories, items weighted by rarity to the power `rarity`; the
nearest `neighbours` people vote for what they met with their likeness to the power `sharpness`.
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
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)
from recsys.models.sparse_tensors import read_sparse, sparse_tensors

_BLOCK = 512
"""People whose likeness to all of train is held at once."""


class UserKnnConfig(BaseModel):
    """What user-kNN can be told."""

    model_config = ConfigDict(frozen=True)

    neighbours: int = Field(default=300, ge=1)
    """Nearest people who vote."""
    sharpness: float = Field(default=3.0, gt=0.0)
    """Exponent of the likeness in a vote: more makes the nearest count for more."""
    rarity: float = Field(default=1.0, ge=0.0)
    """Exponent of log(1 + people / people of the item) in the cosine; 0 counts all items alike."""


class UserKnn:
    """Score items by the votes of like people; a person like nobody gets zeros."""

    name = "user-knn"
    recommends_for_cold = False

    def __init__(self, config: UserKnnConfig | None = None) -> None:
        self.config = config or UserKnnConfig()
        self.met: csr_array = csr_array(np.zeros((0, 0), dtype=np.float32))
        """Shape (n_users, n_items), who met what in train."""
        self.card = ModelCard(name=self.name, n_items=0)
        self._weighted = self._toward = self.met

    def fit(self, data: TrainingData) -> None:
        """Keep who met what; nothing is learned."""
        self.met = data.interactions.tocsr().astype(np.float32)
        self._prepare()
        self.card = ModelCard(
            name=self.name,
            n_items=self.met.shape[1],
            config=self.config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def score(self, users: Users) -> FloatMatrix:
        """Return the votes, shape (n, n_items), at least 0; a dislike makes the people who met it less
        alike."""
        n, n_items = users.history.shape
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        scores = np.zeros((n, n_items), dtype=np.float32)
        if not self.met.shape[0]:
            return scores
        history = users.history.tocsr().astype(np.float32)
        for start in range(0, n, _BLOCK):
            near = self._likeness(history[start : start + _BLOCK])
            scores[start : start + _BLOCK] = (near @ self.met).toarray()
        return scores

    def save(self, folder: Path) -> None:
        """Write `user-knn.safetensors` and `user-knn.json`."""
        save_model(folder, self.card, sparse_tensors(self.met))

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        met = read_sparse(self.name, tensors, (None, card.n_items))
        self.config, self.card, self.met = UserKnnConfig.model_validate(card.config), card, met
        self._prepare()

    def _prepare(self) -> None:
        people = np.bincount(self.met.indices, minlength=self.met.shape[1])
        by_rarity = np.log1p(self.met.shape[0] / np.maximum(people, 1)) ** self.config.rarity
        weight = by_rarity.astype(np.float32)
        own = self.met.multiply(np.sqrt(weight)[None, :]).tocsr()
        length = np.sqrt(np.asarray(own.multiply(own).sum(axis=1)).ravel())
        inverse = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
        # Likeness is (history * weight) . other / lengths; the other side is kept ready.
        self._weighted = csr_array(self.met.multiply(inverse[:, None]).multiply(weight[None, :]).T.tocsr())
        self._item_weight = weight

    def _likeness(self, history: csr_array) -> csr_array:
        """Return each person's votes, shape (n, n_users), the nearest only."""
        own = history.multiply(np.sqrt(self._item_weight)[None, :]).tocsr()
        length = np.sqrt(np.asarray(own.multiply(own).sum(axis=1)).ravel())
        inverse = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
        near: FloatMatrix = (history @ self._weighted).toarray()
        near *= inverse[:, None]
        np.maximum(near, 0.0, out=near)
        count = min(self.config.neighbours, near.shape[1])
        columns = np.argpartition(-near, count - 1, axis=1)[:, :count]
        columns.sort(axis=1)
        votes = np.take_along_axis(near, columns, axis=1) ** np.float32(self.config.sharpness)
        starts = np.arange(0, votes.size + 1, count)
        return csr_array((votes.ravel().astype(np.float32), columns.ravel(), starts), shape=near.shape)
