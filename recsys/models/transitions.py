"""What follows what: counts of one item after another, without anything learned by gradient.

With n an item's meetings, an item i is scored for a person who met items j, a steps ago each, by the sum over j of
`recency`^a ( C[j, i] / (n_j^`of_met` n_i^`of_scored`) + `attribute_weight` cos(j, i) n_i^`popularity` ).
C[j, i] sums `decay`^(d-1) over every time that i came d steps after j, and `backwards` of that where it came d
steps before; cos compares the attributes of two items, rare ones weighing more. It is item-kNN with the
order, as sequential nearest neighbours are known to stand beside networks (Ludewig and Jannach, 2018), and an
item that nobody met is still placed by its attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import coo_array, csr_array, diags_array

from recsys.errors import WorkspaceError
from recsys.models.base import Columns, FloatMatrix, TrainingData, Users
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)
from recsys.models.sparse_tensors import read_sparse, sparse_tensors
from recsys.sparse import unit_rows

_BLOCK = 512
"""People scored at once."""


class TransitionsConfig(BaseModel):
    """What the counting can be told; the defaults were chosen on the validation of short shopping histories."""

    model_config = ConfigDict(frozen=True)

    decay: float = Field(default=0.8, gt=0.0, le=1.0)
    """What a pair of items counts for each step that lies between them."""
    reach: int = Field(default=50, ge=1)
    """Most steps between the items of a pair."""
    backwards: float = Field(default=0.3, ge=0.0, le=1.0)
    """What a pair counts for the way back; 1 forgets the direction."""
    of_met: float = Field(default=0.5, ge=0.0, le=1.0)
    """Exponent by which the meetings of the item that was met divide."""
    of_scored: float = Field(default=0.1, ge=0.0, le=1.0)
    """Exponent by which the meetings of the item that is scored divide; less favours the popular."""
    recency: float = Field(default=0.65, gt=0.0, le=1.0)
    """What an item of a history counts for each step that it lies before the last."""
    attribute_weight: float = Field(default=0.12, ge=0.0)
    """What full agreement in the attributes counts, in transitions; 0 leaves attributes out."""
    popularity: float = Field(default=0.1, ge=0.0, le=1.0)
    """Exponent of the meetings of the item that is scored in the part of the attributes."""


class Transitions:
    """Score by what followed the items of a history; a person who met nothing gets zeros.

    Where no order is known, every item of a history counts alike and with its weight.
    """

    name = "transitions"
    recommends_for_cold = False

    def __init__(self, config: TransitionsConfig | None = None) -> None:
        self.config = config or TransitionsConfig()
        self.follows = cast(csr_array, csr_array((0, 0), dtype=np.float32))
        """Shape (n_items, n_items), from an item met (row) to one scored (column); zero diagonal."""
        self.kinds = cast(csr_array, csr_array((0, 0), dtype=np.float32))
        """Shape (n_items, n_attributes); rows of length 1, or 0 where an item has no attribute."""
        self.lift: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        """Shape (n_items,); what the part of the attributes is multiplied with."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Count; takes about meetings times the mean length of a history. Raises `WorkspaceError` when
        sequences do not fit the meetings."""
        config = self.config
        n_users, n_items = data.interactions.shape
        met = data.interactions.tocsr().astype(np.float32)
        counts = np.maximum(np.asarray(met.sum(axis=0)).ravel(), 1.0)
        if data.sequences:
            if len(data.sequences) != n_users:
                raise WorkspaceError(
                    f"{n_users} people have {len(data.sequences)} sequences; each needs one."
                )
            pairs = self._pairs(data.sequences, n_items)
            notes = []
        else:
            pairs = csr_array(met.T @ met)
            notes = ["No order was known: pairs of a history count the same both ways."]
        pairs.setdiag(0.0)
        pairs.eliminate_zeros()
        scaled = diags_array(counts**-config.of_met) @ pairs @ diags_array(counts**-config.of_scored)
        self.follows = cast(csr_array, scaled.tocsr().astype(np.float32))
        self.follows.sort_indices()
        takes = config.attribute_weight > 0 and data.attributes.shape[0] > 0
        self.kinds = (
            unit_rows(csr_array(data.attributes.T))
            if takes
            else cast(csr_array, csr_array((n_items, 0), dtype=np.float32))
        )
        self.lift = (config.attribute_weight * counts**config.popularity).astype(np.float32)
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            config=config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
            notes=notes,
        )

    def score(self, users: Users) -> FloatMatrix:
        """Return the sums over each history, shape (n, n_items)."""
        self._check(users)
        n, n_items = users.history.shape
        scores = np.zeros((n, n_items), dtype=np.float32)
        for start, parts in self._parts(users):
            for part in parts.values():
                scores[start : start + len(part)] += part
        return scores

    def shares(self, users: Users) -> dict[str, FloatMatrix]:
        """Return what the order and what the attributes give to each score, (n, n_items) each."""
        self._check(users)
        found = {name: np.zeros(users.history.shape, dtype=np.float32) for name in ("order", "attributes")}
        for start, parts in self._parts(users):
            for name, part in parts.items():
                found[name][start : start + len(part)] = part
        return found

    def save(self, folder: Path) -> None:
        """Write `transitions.safetensors` and `transitions.json`."""
        tensors: dict[str, NDArray[Any]] = {"lift": self.lift}
        for name, matrix in (("follows", self.follows), ("kinds", self.kinds)):
            tensors |= sparse_tensors(matrix, name)
            tensors[f"{name}.columns"] = np.array([matrix.shape[1]], dtype=np.int64)
        save_model(folder, self.card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        lift = tensors.get("lift", np.zeros((0, 0)))
        check_shape(self.name, lift, (card.n_items,))
        follows, kinds = (self._sparse(tensors, name, card.n_items) for name in ("follows", "kinds"))
        check_shape(self.name, np.zeros((0, follows.shape[1])), (0, card.n_items))
        self.config, self.card = TransitionsConfig.model_validate(card.config), card
        self.follows, self.kinds = follows, kinds
        self.lift = lift.astype(np.float32, copy=False)

    def _check(self, users: Users) -> None:
        n_items = users.history.shape[1]
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )

    def _parts(self, users: Users) -> Iterator[tuple[int, dict[str, FloatMatrix]]]:
        """Yield, a block of people at a time, its first row and its shares."""
        weights = self._recent(users)
        back = csr_array(self.kinds.T)
        for start in range(0, weights.shape[0], _BLOCK):
            block = weights[start : start + _BLOCK]
            parts: dict[str, FloatMatrix] = {"order": (block @ self.follows).toarray()}
            if self.kinds.shape[1]:
                alike = np.asarray((block @ self.kinds).toarray() @ back)
                parts["attributes"] = alike * self.lift[None, :]
            yield start, parts

    def _sparse(self, tensors: dict[str, NDArray[Any]], name: str, rows: int) -> csr_array:
        columns = tensors.get(f"{name}.columns", np.zeros(0))
        check_shape(self.name, columns, (1,))
        return read_sparse(self.name, tensors, (rows, int(columns[0])), name)

    def _pairs(self, sequences: Sequence[Columns], n_items: int) -> csr_array:
        """Return C, shape (n_items, n_items)."""
        config = self.config
        items = np.concatenate([np.asarray(sequence, dtype=np.int64) for sequence in sequences])
        if len(items) and (items.min() < 0 or items.max() >= n_items):
            raise WorkspaceError(f"A sequence names an item that is none of the {n_items}.")
        person = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
        total = csr_array((n_items, n_items), dtype=np.float64)
        for step in range(1, config.reach + 1):
            same = person[:-step] == person[step:]
            if not same.any():
                break
            before, after = items[:-step][same], items[step:][same]
            value = np.full(len(before), config.decay ** (step - 1))
            total = total + coo_array((value, (before, after)), shape=total.shape).tocsr()
        return csr_array(total + config.backwards * total.T)

    def _recent(self, users: Users) -> csr_array:
        """Return what each item of each history counts, shape (n, n_items)."""
        history = users.history.tocsr().astype(np.float32)
        n, n_items = history.shape
        if not users.sequences:
            return history
        if len(users.sequences) != n:
            raise WorkspaceError(f"{n} people have {len(users.sequences)} sequences; each needs one.")
        lengths = np.array([len(sequence) for sequence in users.sequences], dtype=np.int64)
        items = np.concatenate([np.asarray(sequence, dtype=np.int64) for sequence in users.sequences])
        if len(items) and (items.min() < 0 or items.max() >= n_items):
            raise WorkspaceError(f"A sequence names an item that is none of the {n_items}.")
        rows = np.repeat(np.arange(n), lengths)
        age = np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(items))
        recent = coo_array(
            (self.config.recency ** age.astype(np.float64), (rows, items)), shape=(n, n_items)
        ).tocsr()
        disliked = csr_array(history.minimum(0.0))
        disliked.eliminate_zeros()
        # What is disliked counts as much as the last item, against what follows it, whenever it was met.
        kept = recent - recent.multiply(disliked.astype(bool))
        unordered = csr_array(history.multiply((lengths == 0)[:, None]).maximum(0.0))
        return cast(csr_array, (kept + unordered + disliked).tocsr().astype(np.float32))
