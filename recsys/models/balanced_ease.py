"""EASE in which a person of many meetings does not outvote the others.

In EASE's Gram matrix a history of n items gives n^2 pairs, so that the few who met the most decide what goes with what;
but a recommendation is judged person by person. Here a row of n meetings counts n^-balance, relative to a row of 100.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import Field
from scipy.sparse import csr_array

from recsys.models.base import TrainingData
from recsys.models.ease import Ease, EaseConfig
from recsys.models.persist import hash_training_data

_UNIT = 100.0
"""Meetings of the row that counts once."""


class BalancedEaseConfig(EaseConfig):
    """What balanced EASE can be told; the defaults were chosen on validation data of ml-1m."""

    regularization: float = Field(default=300.0, gt=0.0)
    """Lambda, in people of 100 meetings."""
    dropout: float = Field(default=0.5, ge=0.0, lt=1.0)
    """Share of each history that the model must do without."""
    attribute_weight: float = Field(default=10.0, ge=0.0)
    """How many people of 100 meetings one attribute counts as."""
    balance: float = Field(default=0.5, ge=0.0, le=2.0)
    """Power of the length of a history that divides its weight; 0 is EASE."""

    @classmethod
    def for_data(cls, interactions: csr_array) -> BalancedEaseConfig:
        """Scale lambda and the attribute weight to how often an item is met in this data, weighted."""
        plain, defaults = EaseConfig.for_data(interactions), cls()
        share = plain.regularization / EaseConfig().regularization
        return cls(
            regularization=defaults.regularization * share,
            attribute_weight=defaults.attribute_weight * share,
        )


class BalancedEase(Ease):
    """EASE on weighted rows; scored, saved and loaded as EASE is, under a name of its own."""

    name = "balanced-ease"

    def __init__(self, config: BalancedEaseConfig | None = None) -> None:
        super().__init__(config or BalancedEaseConfig())

    def fit(self, data: TrainingData) -> None:
        """Weigh each history by its length and invert as EASE does."""
        balance = getattr(self.config, "balance", 0.0)
        met = data.interactions.tocsr().astype(np.float32)
        length = np.maximum(np.diff(met.indptr), 1) / _UNIT
        weighted = csr_array(met.multiply((length ** (-balance / 2.0)).astype(np.float32)[:, None]).tocsr())
        super().fit(replace(data, interactions=weighted))
        self.card.data_hash = hash_training_data(data)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        super().load(folder)
        self.config = BalancedEaseConfig.model_validate(self.card.config)
