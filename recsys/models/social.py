"""Social neighbours: what friends, or people followed, met.

z_ui is the share of u's neighbours, by weight, who met item i; the score is b_i z_ui. b_i says how far item i goes
from neighbour to neighbour: it is the ridge regression of meeting i on z_ui over the people of the training data,
drawn towards the b of all items together. Where training had no neighbours every b is 1, and the score is the plain
normalised sum.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

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


class SocialConfig(BaseModel):
    """What the social model can be told."""

    model_config = ConfigDict(frozen=True)

    shrinkage: float = Field(default=5.0, ge=0.0)
    """Added to the weight of a person's neighbours, in meetings: who has few speaks softly."""
    prior: float = Field(default=10.0, gt=0.0)
    """How many people, all of whose neighbours met an item, its own b must have before it counts as much as the b
    of all items."""


class Social:
    """Score items by how many neighbours met them; a person without neighbours gets zeros.

    `Users.social` says how often each item was met by a person's neighbours (`neighbour_meetings` makes it);
    the person's own history is not read.
    """

    name = "social"
    recommends_for_cold = False

    def __init__(self, config: SocialConfig | None = None) -> None:
        self.config = config or SocialConfig()
        self.spread: FloatMatrix = np.zeros(0, dtype=np.float32)
        """Shape (n_items,); b of each item, 0 or more."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Learn b from `data.social` and `data.interactions`; two sparse products.

        Raises `WorkspaceError` when the neighbours are not those of the people of the interactions.
        """
        n_people, n_items = data.interactions.shape
        self.spread = np.ones(n_items, dtype=np.float32)
        notes = []
        if data.social is None or not data.social.nnz:
            notes.append("The data has no neighbours: every item is taken to spread alike.")
        else:
            if data.social.shape != (n_people, n_people):
                raise WorkspaceError(
                    f"Neighbours of shape {data.social.shape} do not fit {n_people} people; give one row and one "
                    "column for each."
                )
            near = self._shares(neighbour_meetings(data.social, data.interactions))
            together = np.asarray(near.multiply(data.interactions).sum(axis=0)).ravel()
            squares = np.asarray(near.multiply(near).sum(axis=0)).ravel()
            of_all = together.sum() / max(float(squares.sum()), 1e-9)
            prior = self.config.prior
            self.spread = ((together + prior * of_all) / (squares + prior)).astype(np.float32)
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            config=self.config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
            notes=notes,
        )

    def score(self, users: Users) -> FloatMatrix:
        """Return b_i z_ui, shape (n, n_items)."""
        n, n_items = users.history.shape
        if n_items != len(self.spread):
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {len(self.spread)}."
            )
        if users.social is None:
            return np.zeros((n, n_items), dtype=np.float32)
        if users.social.shape != (n, n_items):
            raise WorkspaceError(
                f"What neighbours met is of shape {users.social.shape}; {(n, n_items)} was expected."
            )
        return cast(FloatMatrix, self._shares(users.social).multiply(self.spread[None, :]).toarray())

    def save(self, folder: Path) -> None:
        """Write `social.safetensors` and `social.json`."""
        save_model(folder, self.card, {"spread": self.spread})

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        spread = tensors.get("spread", np.zeros((0, 0)))
        check_shape(self.name, spread, (card.n_items,))
        self.config, self.card = SocialConfig.model_validate(card.config), card
        self.spread = spread.astype(np.float32, copy=False)

    def _shares(self, near: csr_array) -> csr_array:
        """Return z: each row over its sum and the shrinkage."""
        total = np.asarray(abs(near).sum(axis=1)).ravel() + self.config.shrinkage
        scale = np.divide(1.0, total, out=np.zeros_like(total, dtype=np.float64), where=total > 0)
        return csr_array(near.multiply(scale[:, None]), dtype=np.float32)


def neighbour_meetings(social: csr_array, interactions: csr_array) -> csr_array:
    """Return how often each item was met by each person's neighbours, by weight, (n, n_items).

    `social` is (n, people), `interactions` (people, n_items). Nobody is their own neighbour: where `social` is
    square its diagonal is left out, so that a person's own meetings never come back as a neighbour's.
    """
    if social.shape[1] != interactions.shape[0]:
        raise WorkspaceError(
            f"Neighbours are among {social.shape[1]} people; meetings are of {interactions.shape[0]}."
        )
    cells = social.tocoo()
    others = cells.row != cells.col if social.shape[0] == social.shape[1] else np.ones(cells.nnz, dtype=bool)
    kept = csr_array(
        (cells.data[others].astype(np.float32), (cells.row[others], cells.col[others])), shape=social.shape
    )
    return csr_array(kept @ interactions.astype(np.float32))
