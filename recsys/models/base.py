"""The interface of every model that scores items for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

FloatMatrix = NDArray[np.float32]


@dataclass(frozen=True)
class TrainingData:
    """What a model learns from; `n_items` columns everywhere, in the order of the catalogue."""

    interactions: csr_array
    """Shape (n_users, n_items); 1.0 where a person met an item, else 0."""
    attributes: csr_array
    """Shape (n_attributes, n_items); 1.0 where an item has an attribute. May have no rows."""
    texts: Sequence[str] = field(default_factory=tuple)
    """One text an item, or empty when the data has none."""


@dataclass(frozen=True)
class Users:
    """People to score for, each as what is known about them; nobody needs to have been seen in training."""

    history: csr_array
    """Shape (n, n_items); weight of each item met, negative for a dislike. An all-zero row is a cold user."""
    texts: Sequence[str] = field(default_factory=tuple)
    """One text a person (their interests in words), or empty."""


class Scorer(Protocol):
    """A model. `score` is defined for every user and item: a cold one gets the model's cold score."""

    name: str
    recommends_for_cold: bool
    """True when a person without history gets more than a constant."""

    def fit(self, data: TrainingData) -> None:
        """Learn. Deterministic for the same data and configuration (the configuration holds the seed)."""

    def score(self, users: Users) -> FloatMatrix:
        """Return scores of shape (n, n_items), finite, higher is better; nothing is masked."""

    def save(self, folder: Path) -> None:
        """Write `NAME.safetensors` and `NAME.json` into `folder`."""

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; never unpickles. Raises `WorkspaceError` when it is missing or of another
        shape."""
