"""The interface of every model that scores items for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.models.cards import ModelCard
from recsys.schema import Context

FloatMatrix = NDArray[np.float32]
Columns = NDArray[np.int64]
"""Items as columns of the catalogue."""


@dataclass(frozen=True)
class TrainingData:
    """What a model learns from; `n_items` columns everywhere, in the order of the catalogue."""

    interactions: csr_array
    """Shape (n_users, n_items); 1.0 where a person met an item, else 0."""
    attributes: csr_array
    """Shape (n_attributes, n_items); 1.0 where an item has an attribute. May have no rows."""
    texts: Sequence[str] = field(default_factory=tuple)
    """One text an item, or empty when the data has none."""
    sequences: Sequence[Columns] = field(default_factory=tuple)
    """What each person met in order, oldest first, repeats kept; one a row, or empty when no order is known."""
    ratings: csr_array | None = None
    """Shape (n_users, n_items); stars where a person rated, on the source's scale, all above 0."""
    scenes: Mapping[str, csr_array] = field(default_factory=dict)
    """Scene (`view`, `cart`, `buy`) to its meetings, (n_users, n_items); empty where there is one scene only."""
    relations: Mapping[str, csr_array] = field(default_factory=dict)
    """Relation of the graph to a 0/1 matrix (n_entities, n_items); relations may share no rows."""
    social: csr_array | None = None
    """Shape (n_users, n_users); weight above 0 where a person follows another or is their friend."""


@dataclass(frozen=True)
class Users:
    """People to score for, each as what is known about them; nobody needs to have been seen in training."""

    history: csr_array
    """Shape (n, n_items); weight of each item met, negative for a dislike. An all-zero row is a cold user."""
    texts: Sequence[str] = field(default_factory=tuple)
    """One text a person (their interests in words), or empty."""
    sequences: Sequence[Columns] = field(default_factory=tuple)
    """What each person met in order, oldest first; one a person, or empty when no order is known."""
    scenes: Mapping[str, csr_array] = field(default_factory=dict)
    """Scene to what was met in it, (n, n_items); empty where there is one scene only."""
    scene: str = "default"
    """The scene that items are asked for in."""
    social: csr_array | None = None
    """Shape (n, n_items); how often each item was met by a person's neighbours, or None when none are known."""
    contexts: Sequence[Context] = field(default_factory=tuple)
    """The circumstances of each request, or empty."""


class Scorer(Protocol):
    """A model. `score` is defined for every user and item: a cold one gets the model's cold score."""

    name: str
    recommends_for_cold: bool
    """True when a person without history gets more than a constant."""
    card: ModelCard
    """What the model says of itself; complete after `fit` or `load`."""

    def fit(self, data: TrainingData) -> None:
        """Learn. Deterministic for the same data and configuration (the configuration holds the seed)."""

    def score(self, users: Users) -> FloatMatrix:
        """Return scores of shape (n, n_items), finite, higher is better; nothing is masked."""

    def save(self, folder: Path) -> None:
        """Write `NAME.safetensors` and `NAME.json` into `folder`."""

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; never unpickles. Raises `WorkspaceError` when it is missing or of another
        shape."""


class AdditiveScorer(Scorer, Protocol):
    """A model whose score is a sum that says where it comes from."""

    def shares(self, users: Users) -> dict[str, FloatMatrix]:
        """Return what each part gives to each score, (n, n_items) a part; they add up to `score` to 1e-5."""
