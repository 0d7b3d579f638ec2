"""A gate on each relation of the graph: how much it helps beside EASE, learned from behaviour.

The score is additive: r(u, i) = g_0 ease(u, i) + sum_k g_k z_k(u, i). A view k looks at items through one
relation, by the entities that they share (weighted by rarity) or by where learned vectors expect their
entities; z_k adds up how near item i is, in that view, to what the person met. The gates g >= 0 are those
under which meetings that were set aside from train are likely, in a softmax over the items that EASE puts
first; a price on each gate (an L1 prior) brings a view that does not help to exactly 0. The problem is
convex, so there is one answer and no start to choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.optimize import minimize
from scipy.sparse import csr_array, issparse

from kg.embeddings.vectors import GraphEmbeddings
from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.choices import Choices, first_items
from recsys.models.ease import Ease, EaseConfig
from recsys.models.held_out import hold_out, people_with_targets
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)
from recsys.models.relations import Blocks
from recsys.models.sparse_tensors import read_sparse, sparse_tensors
from recsys.sparse import unit_rows

BASE = "ease"
"""The name of the share that is not of the graph."""
View = csr_array | FloatMatrix
"""Shape (n_items, width), rows of length 1 or 0: products of rows are the affinity of two items."""
_CELLS = 4_000_000
"""Most people times items that gates are learned on; each view takes 4 bytes for each."""


class GraphGateConfig(BaseModel):
    """How gates are learned, and the model beside them."""

    model_config = ConfigDict(frozen=True)

    ease: EaseConfig = EaseConfig()
    held_out: float = Field(default=0.2, gt=0.0, lt=1.0)
    """Share of each history of train that gates are learned on; EASE is fitted on the rest meanwhile."""
    people: int = Field(default=1_500, ge=1)
    """Most people that gates are learned on."""
    prior: float = Field(default=1e-3, ge=0.0)
    """Price of a gate of 1 on a view of unit spread, in nats a held-out meeting."""
    among: int = Field(default=100, ge=0)
    """Gates are learned among so many items that EASE puts first, where a list is decided; 0 is all."""
    seed: int = 0


class GraphGate:
    """EASE and the relations of the graph, each with its own gate."""

    name = "graph_gate"
    recommends_for_cold = False

    def __init__(
        self, views: Mapping[str, View] | None = None, config: GraphGateConfig | None = None
    ) -> None:
        self.views, self.config = dict(views or {}), config or GraphGateConfig()
        self.ease = Ease(self.config.ease)
        self.weights: dict[str, float] = {}
        """Part to its factor in the score: the gate over the part's spread."""
        self.gates: dict[str, float] = {}
        """Part to its gate, in units of the part's spread, so that gates compare; `ease` is the base."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Learn the gates on held-out meetings of `data`, then fit EASE on all of it."""
        n_items = data.interactions.shape[1]
        for name, view in self.views.items():
            if view.shape[0] != n_items:
                raise WorkspaceError(f"The view {name} has {view.shape[0]} items; the data has {n_items}.")
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            seed=self.config.seed,
            config=self.config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )
        self._learn(data)
        self.ease.fit(data)

    def shares(self, users: Users) -> dict[str, FloatMatrix]:
        """Return what each part gives to each score, (n, n_items) a part; they add up to `score` exactly.

        A closed gate has no share.
        """
        return dict(self._parts(users))

    def score(self, users: Users) -> FloatMatrix:
        """Add the shares up, shape (n, n_items); a person without history gets zeros."""
        if users.history.shape[1] != self.card.n_items:
            raise WorkspaceError(
                f"History has {users.history.shape[1]} items; the model was trained for {self.card.n_items}."
            )
        total: FloatMatrix = np.zeros(users.history.shape, dtype=np.float32)
        for _, share in self._parts(users):
            total += share
        return total

    def _parts(self, users: Users) -> Iterator[tuple[str, FloatMatrix]]:
        yield BASE, np.float32(self.weights.get(BASE, 1.0)) * self.ease.score(users)
        for name, view in self.views.items():
            if weight := self.weights.get(name, 0.0):
                yield name, np.float32(weight) * _affinity(view, users.history)

    def save(self, folder: Path) -> None:
        """Write `graph_gate.safetensors` and `graph_gate.json`, views and EASE included."""
        parts = [BASE, *self.views]
        tensors: dict[str, NDArray[np.generic]] = {
            "columns": self.ease.columns,
            "ease": self.ease.weights,
            "weights": np.array([self.weights[name] for name in parts], dtype=np.float64),
            "gates": np.array([self.gates[name] for name in parts], dtype=np.float64),
        }
        for k, view in enumerate(self.views.values()):
            if isinstance(view, np.ndarray):
                tensors[f"view{k}"] = view
            else:
                tensors |= sparse_tensors(view, f"view{k}")
                tensors[f"view{k}.width"] = np.array([view.shape[1]], dtype=np.int64)
        card = self.card.model_copy(
            update={"config": {**self.config.model_dump(), "views": list(self.views)}}
        )
        save_model(folder, card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        told = dict(card.config)
        names = [str(name) for name in told.pop("views", [])]
        try:
            self.config = GraphGateConfig.model_validate(told)
            self.views = {
                name: _read_view(self.name, tensors, k, card.n_items) for k, name in enumerate(names)
            }
            weights, gates = tensors["weights"], tensors["gates"]
            columns, matrix = tensors["columns"], tensors["ease"]
        except (KeyError, ValueError) as error:
            raise WorkspaceError(
                f"The model {self.name} in {folder} is not whole. Build the workspace anew."
            ) from error
        check_shape(self.name, weights, (len(names) + 1,))
        check_shape(self.name, gates, (len(names) + 1,))
        check_shape(self.name, matrix, (columns.size, columns.size))
        self.weights = dict(zip([BASE, *names], map(float, weights), strict=True))
        self.gates = dict(zip([BASE, *names], map(float, gates), strict=True))
        self.ease = Ease(self.config.ease)
        self.ease.columns, self.ease.weights = columns, matrix
        self.ease.card = ModelCard(name=self.ease.name, n_items=card.n_items)
        self.card = card

    def _learn(self, data: TrainingData) -> None:
        config = self.config
        kept, targets = hold_out(data.interactions, config.held_out, config.seed)
        most = max(1, min(config.people, _CELLS // max(1, kept.shape[1])))
        rows = people_with_targets(targets, most, config.seed)
        parts = [BASE, *self.views]
        if not len(rows):
            self.weights = self.gates = {name: float(name == BASE) for name in parts}
            self.card.notes.append("No history was long enough to learn gates on; they are all closed.")
            return
        base = Ease(config.ease)
        base.fit(TrainingData(kept, data.attributes))
        history = kept[rows]
        features = [base.score(Users(history))]
        features += [_affinity(view, history) for view in self.views.values()]
        spread = np.array([_spread(feature) for feature in features])
        for feature, by in zip(features, spread, strict=True):
            feature /= np.float32(by)
        compared = first_items(features[0], history, config.among)
        choices = Choices(compared, targets[rows].toarray() != 0)
        gates = learn_gates(features, choices, config.prior)
        self.gates = dict(zip(parts, map(float, gates), strict=True))
        self.weights = dict(zip(parts, map(float, gates / spread), strict=True))


def learn_gates(features: Sequence[FloatMatrix], choices: Choices, prior: float) -> NDArray[np.float64]:
    """Return gates, shape (len(features),), all >= 0; the first one is free of the prior.

    Features have shape (n, n_items). Minimises the nats of a choice, plus `prior` times the sum of the
    others.
    """
    values = np.stack([feature[choices.person, choices.item] for feature in features]).astype(np.float64)
    price = np.r_[0.0, np.full(len(features) - 1, prior)]

    def objective(gates: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        loss, slope = choices.loss(gates @ values)
        return loss + float(price @ gates), values @ slope + price

    start = np.r_[1.0, np.zeros(len(features) - 1)]
    bounds = [(0.0, None)] * len(features)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200})
    return np.asarray(found.x, dtype=np.float64)


def relation_views(
    blocks: Blocks, embeddings: GraphEmbeddings | None = None, entities: Sequence[str] = ()
) -> dict[str, View]:
    """Return a view for each relation by shared entities, and `RELATION (vectors)` for each that was
    embedded.

    `entities` gives the graph's id for each item, and is only read with `embeddings`. Vectors are taken from
    their mean over the items first: what all items share says nothing of any.
    """
    views: dict[str, View] = {name: unit_rows(csr_array(block.T)) for name, block in blocks.items()}
    if embeddings is None:
        return views
    for relation in embeddings.card.relations:
        rows = embeddings.expected(entities, relation)
        known = np.linalg.norm(rows, axis=1) > 0
        if known.any():
            rows[known] -= rows[known].mean(axis=0)
            length = np.linalg.norm(rows, axis=1, keepdims=True)
            views[f"{relation} (vectors)"] = np.divide(
                rows, length, out=np.zeros_like(rows), where=length > 0
            )
    return views


def _affinity(view: View, history: csr_array) -> FloatMatrix:
    """Return the sums of affinities to what was met, an item's to itself left out, shape (n, n_items)."""
    rows = history.astype(np.float32).tocsr()
    if issparse(view):
        near = ((rows @ view) @ view.T).toarray()
        own = np.asarray(view.multiply(view).sum(axis=1)).ravel()
    else:
        near = (rows @ view) @ view.T
        own = np.einsum("ij,ij->i", view, view)
    line, column = rows.nonzero()
    near[line, column] -= rows.data * own[column]
    return np.asarray(near, dtype=np.float32)


def _spread(feature: FloatMatrix) -> float:
    found = float(feature.std())
    return found if found > 1e-9 else 1.0


def _read_view(model: str, tensors: Mapping[str, NDArray[np.generic]], k: int, n_items: int) -> View:
    if f"view{k}" in tensors:
        dense: FloatMatrix = tensors[f"view{k}"].astype(np.float32, copy=False)
        if dense.shape[0] != n_items:
            raise ValueError(f"view {k} has {dense.shape[0]} rows")
        return dense
    return read_sparse(model, tensors, (n_items, int(tensors[f"view{k}.width"][0])), f"view{k}")
