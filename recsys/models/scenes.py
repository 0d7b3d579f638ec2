"""Scene-aware EASE: what was met in every scene foretells what is met in one.

A person's meetings in each scene (view, cart, buy) are columns of one input X, (people, scenes x items); the target
Y is what was met in the scene asked for, with a smaller part for the other scenes. The weights minimise |Y - XB|^2 +
tr(B'DB) under EASE's constraint, widened to scenes: no item is foretold by its own columns, in whatever scene it was
met. With P = (X'X + D)^-1 and E_i the own columns of item i the solution is

    b_i = P X'y_i - P E_i (E_i' P E_i)^-1 E_i' P X'y_i.

P has (scenes x items)^2 cells, but people are often fewer: by Woodbury everything follows from (I + X D^-1 X')^-1,
people by people, which is all that is inverted and kept. EASE is Steck (2019), the diagonal D of EDLAE Steck
(2020); one weight a scene is the linear form of r(u, i | s) = u.(s * i).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array, vstack

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
from recsys.models.sparse_tensors import read_sparse, sparse_tensors
from recsys.sparse import ones_at

ANY = "default"
"""The scene of data that has only one, and of a request that names none."""
_BLOCK = 1_024
"""Items whose own weights are computed at once; each takes one float a person."""

Scenes = Mapping[str, csr_array]


class SceneEaseConfig(BaseModel):
    """What scene-aware EASE can be told."""

    model_config = ConfigDict(frozen=True)

    regularization: float = Field(default=20.0, gt=0.0)
    """Lambda, in people."""
    dropout: float = Field(default=0.3, ge=0.0, lt=1.0)
    """Share of each column that the model must do without."""
    inputs: dict[str, float] = Field(default_factory=dict)
    """Scene to the weight of its meetings in the input; 1.0 for a scene that is not named, 0 leaves it out."""
    targets: dict[str, float] = Field(default_factory=dict)
    """Scene to what a meeting in it counts as a target while another scene is asked for; `other_target` where it is
    not named."""
    other_target: float = Field(default=0.25, ge=0.0)
    """The target of a scene that is not asked for."""
    together: bool = False
    """Whether what was met in any scene, counted once, is one scene more, under the name `default` among `inputs` and
    `targets`: with all others at 0 that is EASE blind to scenes."""
    activity: float = Field(default=0.0, ge=0.0, le=1.0)
    """People with n meetings count n to the minus twice this in the squared error; 0 counts everybody once."""
    relation_weight: float = Field(default=0.0, ge=0.0)
    """How many people one entity of the graph counts as, who met all items tied to it in every scene; 0 leaves the
    graph out."""
    max_people: int = Field(default=12_000, ge=1)
    """Most rows that are learned from, the most active first; three matrices of their square are held."""


class SceneEase:
    """Score items for one scene by what was met in all; a person without any meeting gets zeros.

    `Users.scene` says which scene; a name that the data does not have asks for all scenes alike. Where
    `Users.scenes` is empty the history counts as met in the scene asked for, or in every scene when that is
    unknown. Where it is not, the history itself is not read.
    """

    name = "scene-ease"
    recommends_for_cold = False

    def __init__(self, config: SceneEaseConfig | None = None) -> None:
        self.config = config or SceneEaseConfig()
        self.scenes: tuple[str, ...] = ()
        """The scenes of the data, ascending."""
        self._rows: dict[str, csr_array] = {}
        """Scene to (n_rows, n_items): what was met by the people learned from, then the graph's entities."""
        self._inverse: FloatMatrix = np.zeros((0, 0), dtype=np.float32)
        """(I + X D^-1 X')^-1, shape (n_rows, n_rows)."""
        self._own: FloatMatrix = np.zeros((0, 0, 0), dtype=np.float32)
        """Shape (scenes + 1, scenes, n_items): asked scene (then any), scene met; what the constraint takes out."""
        self._scale: dict[str, FloatMatrix] = {}
        """Scene to D^-1/2 times its weight, shape (n_items,)."""
        self._met: dict[str, csr_array] = {}
        self._target: dict[str, csr_array] = {}
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Invert people by people: n^3 operations for n people, and n times the meetings for the rest."""
        config = self.config
        n_items = data.interactions.shape[1]
        met = dict(data.scenes) or {ANY: data.interactions}
        if self.config.together and len(met) > 1 and ANY not in met:
            met[ANY] = met_in_any(met)
        rows, notes = self._rows_of(met, data.relations)
        self._prepare(rows)
        gram = np.eye(rows[self.scenes[0]].shape[0], dtype=np.float32)
        for scene in self.scenes:
            gram += (self._met[scene] @ self._met[scene].T).toarray()
        self._inverse = np.linalg.inv(gram).astype(np.float32, copy=False)
        self._own = self._own_weights(n_items)
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            config={**config.model_dump(), "scenes": list(self.scenes)},
            data_hash=hash_training_data(data),
            versions=library_versions(),
            notes=notes,
        )

    def score(self, users: Users) -> FloatMatrix:
        """Fold what was met in each scene in and return scores for `users.scene`, shape (n, n_items)."""
        met = scenes_of(users, self.scenes, self.card.n_items)
        if len(self.scenes) > 1 and ANY in self.scenes and ANY not in users.scenes:
            met[ANY] = met_in_any({scene: matrix for scene, matrix in met.items() if scene != ANY})
        asked = users.scene if users.scene in self.scenes else ANY
        own = self._own[(*self.scenes, ANY).index(asked)]
        scaled = {s: _times_columns(met[s], self._scale[s]) for s in self.scenes}
        alike = np.zeros((users.history.shape[0], len(self._inverse)), dtype=np.float32)
        for scene in self.scenes:
            alike += (scaled[scene] @ self._met[scene].T).toarray()
        share = alike @ self._inverse
        scores = np.asarray(share @ self._target[asked], dtype=np.float32)
        for k, scene in enumerate(self.scenes):
            scores += np.asarray(share @ self._met[scene], dtype=np.float32) * own[k]
            scores -= _times_columns(scaled[scene], own[k]).toarray()
        return scores

    def save(self, folder: Path) -> None:
        """Write `scene-ease.safetensors` and `scene-ease.json`."""
        tensors: dict[str, NDArray[Any]] = {"inverse": self._inverse, "own": self._own}
        for scene, rows in self._rows.items():
            tensors |= sparse_tensors(rows, scene)
        save_model(folder, self.card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        said = dict(card.config)
        scenes = tuple(said.pop("scenes", ()))
        nothing = np.zeros((0, 0, 0))
        inverse, own = tensors.get("inverse", nothing), tensors.get("own", nothing)
        people = len(inverse)
        check_shape(self.name, inverse, (people, people))
        check_shape(self.name, own, (len(scenes) + 1, len(scenes), card.n_items))
        shape = (people, card.n_items)
        rows = {s: read_sparse(self.name, tensors, shape, s).astype(np.float32) for s in scenes}
        self.config, self.card = SceneEaseConfig.model_validate(said), card
        self._prepare(rows)
        self._inverse, self._own = inverse.astype(np.float32, copy=False), own.astype(np.float32, copy=False)

    def _rows_of(self, met: Scenes, relations: Scenes) -> tuple[dict[str, csr_array], list[str]]:
        """Return what is learned from, row by row: people, weighed, and under them the graph's entities."""
        config, notes = self.config, []
        active = np.sum([np.asarray(abs(m).sum(axis=1)).ravel() for m in met.values()], axis=0)
        rows = np.sort(np.argsort(-active, kind="stable")[: config.max_people])
        if len(rows) < len(active):
            notes.append(f"Learned from the {len(rows):,} most active of {len(active):,} people.")
        weight = (np.maximum(active[rows], 1.0) ** -config.activity).astype(np.float32)
        kept = {
            s: csr_array(m.tocsr()[rows].multiply(weight[:, None]), dtype=np.float32) for s, m in met.items()
        }
        room = config.max_people - len(rows)
        if config.relation_weight and relations and room > 0:
            entities = vstack([block.tocsr() for block in relations.values()], format="csr")
            tied = np.argsort(-np.diff(entities.indptr), kind="stable")[:room]
            if len(tied) < entities.shape[0]:
                notes.append(f"Learned from the {len(tied):,} largest of {entities.shape[0]:,} entities.")
            block = entities[np.sort(tied)] * np.float32(np.sqrt(config.relation_weight))
            kept = {s: csr_array(vstack([m, block], format="csr"), dtype=np.float32) for s, m in kept.items()}
        return kept, notes

    def _prepare(self, rows: Scenes) -> None:
        """Set the scaled inputs X D^-1/2, and the targets of each scene that may be asked for."""
        config = self.config
        self.scenes = tuple(sorted(rows))
        self._rows = {scene: rows[scene] for scene in self.scenes}
        self._scale, self._met, self._target = {}, {}, {}
        for scene, met in self._rows.items():
            weight = config.inputs.get(scene, 1.0)
            squares = np.asarray(met.multiply(met).sum(axis=0)).ravel()
            ridge = config.regularization + config.dropout / (1.0 - config.dropout) * weight**2 * squares
            self._scale[scene] = (weight / np.sqrt(ridge)).astype(np.float32)
            self._met[scene] = _times_columns(met, self._scale[scene])
        for asked in (*self.scenes, ANY):
            parts = [
                met * np.float32(1.0 if asked in (s, ANY) else config.targets.get(s, config.other_target))
                for s, met in self._rows.items()
            ]
            self._target[asked] = csr_array(sum(parts[1:], parts[0]))

    def _own_weights(self, n_items: int) -> FloatMatrix:
        """Return (E_i' P E_i)^-1 E_i' P X'y_i in scaled columns, shape (scenes + 1, scenes, n_items)."""
        m = len(self.scenes)
        back = {scene: self._met[scene].T.tocsr() for scene in self.scenes}
        wanted = {asked: self._target[asked].T.tocsr() for asked in (*self.scenes, ANY)}
        own = np.zeros((m + 1, m, n_items), dtype=np.float32)
        for start in range(0, n_items, _BLOCK):
            part = slice(start, min(start + _BLOCK, n_items))
            middle = np.zeros((part.stop - start, m, m))
            right = np.zeros((part.stop - start, m, m + 1))
            for i, scene in enumerate(self.scenes):
                through = back[scene][part] @ self._inverse
                for j, other in enumerate(self.scenes):
                    middle[:, i, j] = float(i == j) - _row_products(back[other][part], through)
                for j, asked in enumerate((*self.scenes, ANY)):
                    right[:, i, j] = _row_products(wanted[asked][part], through)
            own[:, :, part] = np.linalg.solve(middle, right).transpose(2, 1, 0)
        return own


def scenes_of(users: Users, scenes: tuple[str, ...], n_items: int) -> dict[str, csr_array]:
    """Return what each person met in each of these scenes, (n, n_items) float32 a scene.

    Without `users.scenes` the history counts as met in the scene asked for, or in all when that is unknown; a
    scene that nobody met anything in is empty. Raises `WorkspaceError` for another catalogue.
    """
    nothing = ones_at((), (), (users.history.shape[0], n_items))
    if users.scenes:
        found = {scene: users.scenes.get(scene, nothing) for scene in scenes}
    else:
        met_in = (users.scene,) if users.scene in scenes else scenes
        found = {scene: users.history if scene in met_in else nothing for scene in scenes}
    for matrix in (users.history, *found.values()):
        if matrix.shape[1] != n_items:
            raise WorkspaceError(f"History has {matrix.shape[1]} items; the model was trained for {n_items}.")
        if matrix.shape[0] != users.history.shape[0]:
            raise WorkspaceError(
                f"{users.history.shape[0]} people have a scene of {matrix.shape[0]} rows; give one row each."
            )
    return {scene: matrix.tocsr().astype(np.float32) for scene, matrix in found.items()}


def met_in_any(scenes: Scenes) -> csr_array:
    """Return what was met in any of these scenes: for each item the weight that is furthest from 0."""
    first, *others = (csr_array(matrix) for matrix in scenes.values())
    total, size = first, abs(first)
    for other in others:
        total, size = total + other, size.maximum(abs(other))
    return csr_array(total.sign().multiply(size)).astype(np.float32)


def _times_columns(matrix: csr_array, weights: FloatMatrix) -> csr_array:
    return csr_array(
        (matrix.data * weights[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape
    )


def _row_products(sparse: csr_array, dense: FloatMatrix) -> FloatMatrix:
    """Return the inner products of the rows of two matrices of one shape, (rows,)."""
    return cast(FloatMatrix, np.asarray(sparse.multiply(dense).sum(axis=1)).ravel())
