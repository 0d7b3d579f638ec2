"""Scene-aware matrix factorisation: r(u, i | s) = u.(s * i), one vector a person, an item and a scene.

People and items are shared by all scenes; a scene is a diagonal that says how much each factor counts in it. The
loss is that of implicit ALS (Hu, Koren and Volinsky, 2008) summed over the scenes,

    sum_s w_s sum_ui c (y - u.(s * i))^2 + lambda (|u|^2 + |i|^2) + mu |s - 1|^2,

with y = 1 and c = 1 + alpha_s where u met i in s, else y = 0 and c = 1. It is quadratic in each of the three kinds
of vectors alone, so each is solved exactly in turn; the part over all cells is (U'U) * (I'I) for a scene.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array, hstack

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
from recsys.models.scenes import ANY, scenes_of

_BLOCK = 1_024
"""Rows solved at once; each takes dim squared floats."""


class SceneFactorsConfig(BaseModel):
    """What scene-aware factors can be told."""

    model_config = ConfigDict(frozen=True)

    dim: int = Field(default=64, ge=1)
    """Factors of a person, an item and a scene."""
    alpha: float = Field(default=20.0, ge=0.0)
    """How much more a meeting weighs than its absence, in a scene that `alphas` does not name."""
    alphas: dict[str, float] = Field(default_factory=dict)
    """Scene to its own alpha."""
    weights: dict[str, float] = Field(default_factory=dict)
    """Scene to its weight in the loss; 1.0 for a scene that is not named."""
    regularization: float = Field(default=10.0, gt=0.0)
    """Lambda of the squared factors of people and items."""
    scene_regularization: float = Field(default=1_000.0, gt=0.0)
    """Mu: how strongly a scene is held to the identity; a very large one makes all scenes alike."""
    sweeps: int = Field(default=10, ge=1)
    """Times that people, items and scenes are solved in turn."""
    seed: int = 0
    """Of the first item factors."""


class SceneFactors:
    """Score items for one scene by factors; a person without any meeting gets zeros.

    Scenes are read from `Users` as `recsys.models.scenes.SceneEase` reads them; a scene that the data does not
    have is answered by the mean of all scenes.
    """

    name = "scene-factors"
    recommends_for_cold = False

    def __init__(self, config: SceneFactorsConfig | None = None) -> None:
        self.config = config or SceneFactorsConfig()
        self.scenes: tuple[str, ...] = ()
        """The scenes of the data, ascending."""
        self.items: FloatMatrix = np.zeros((0, self.config.dim), dtype=np.float32)
        """Shape (n_items, dim)."""
        self.diagonals: FloatMatrix = np.zeros((0, self.config.dim), dtype=np.float32)
        """Shape (scenes, dim)."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Alternate `sweeps` times; (people + items) dim^3 + meetings dim^2 operations a sweep."""
        config = self.config
        n_items = data.interactions.shape[1]
        found = dict(data.scenes) or {ANY: data.interactions}
        self.scenes = tuple(sorted(found))
        met = [found[scene].tocsr().astype(np.float32) for scene in self.scenes]
        back = [matrix.T.tocsr() for matrix in met]
        rng = np.random.default_rng(config.seed)
        items = rng.normal(0.0, 0.1 / np.sqrt(config.dim), (n_items, config.dim)).astype(np.float32)
        self.diagonals = np.ones((len(met), config.dim), dtype=np.float32)
        for _ in range(config.sweeps):
            people = self._solve(met, items)
            items = self._solve(back, people)
            self.diagonals = self._solve_scenes(met, people, items)
        self.items = items
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            seed=config.seed,
            config={**config.model_dump(), "scenes": list(self.scenes)},
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def score(self, users: Users) -> FloatMatrix:
        """Fold what was met in all scenes in and return u.(s * i) for `users.scene`, shape (n, n_items).

        A disliked item counts as a meeting whose target is -1; the weight of a meeting scales alpha.
        """
        met = scenes_of(users, self.scenes, self.card.n_items)
        people = self._solve([met[scene] for scene in self.scenes], self.items)
        asked = self.scenes.index(users.scene) if users.scene in self.scenes else None
        diagonal = self.diagonals.mean(axis=0) if asked is None else self.diagonals[asked]
        scores: FloatMatrix = (people * diagonal) @ self.items.T
        return scores

    def save(self, folder: Path) -> None:
        """Write `scene-factors.safetensors` and `scene-factors.json`."""
        save_model(folder, self.card, {"items": self.items, "diagonals": self.diagonals})

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        said = dict(card.config)
        scenes = tuple(said.pop("scenes", ()))
        config = SceneFactorsConfig.model_validate(said)
        items, diagonals = (tensors.get(name, np.zeros(0)) for name in ("items", "diagonals"))
        check_shape(self.name, items, (card.n_items, config.dim))
        check_shape(self.name, diagonals, (len(scenes), config.dim))
        if not scenes:
            raise WorkspaceError(f"The model {self.name} names no scene. Build the workspace anew.")
        self.config, self.card, self.scenes = config, card, scenes
        self.items, self.diagonals = items.astype(np.float32), diagonals.astype(np.float32)

    def _weight(self, scene: str) -> float:
        return self.config.weights.get(scene, 1.0)

    def _alpha(self, scene: str) -> float:
        return self.config.alphas.get(scene, self.config.alpha)

    def _solve(self, met: list[csr_array], factors: FloatMatrix) -> FloatMatrix:
        """Return the best factors of each row given those of the columns, shape (rows, dim)."""
        dim, n_rows = self.config.dim, met[0].shape[0]
        beside = [factors * diagonal for diagonal in self.diagonals]
        shared = self.config.regularization * np.eye(dim, dtype=np.float32)
        for scene, seen in zip(self.scenes, beside, strict=True):
            shared += np.float32(self._weight(scene)) * (seen.T @ seen)
        stacked = np.concatenate(beside)
        # One row of all scenes: what was met, what it adds to the squares, and what it pulls towards.
        cells = hstack(met, format="csr")
        weight = np.array([self._weight(scene) for scene in self.scenes], dtype=np.float32)
        alpha = np.array([self._alpha(scene) for scene in self.scenes], dtype=np.float32)
        of_scene = cells.indices // met[0].shape[1]
        more = weight[of_scene] * alpha[of_scene] * np.abs(cells.data)
        pull = np.sign(cells.data) * (weight[of_scene] + more)
        solved = np.zeros((n_rows, dim), dtype=np.float32)
        rows = np.flatnonzero(np.diff(cells.indptr))
        for start in range(0, len(rows), _BLOCK):
            part = rows[start : start + _BLOCK]
            left = np.repeat(shared[None], len(part), axis=0)
            right = np.zeros((len(part), dim), dtype=np.float32)
            for place, row in enumerate(part):
                at = slice(cells.indptr[row], cells.indptr[row + 1])
                seen = stacked[cells.indices[at]]
                left[place] += (seen * more[at, None]).T @ seen
                right[place] = pull[at] @ seen
            solved[part] = np.linalg.solve(left, right[..., None])[..., 0]
        return solved

    def _solve_scenes(self, met: list[csr_array], people: FloatMatrix, items: FloatMatrix) -> FloatMatrix:
        """Return the best diagonal of each scene, shape (scenes, dim)."""
        solved = np.ones((len(met), self.config.dim), dtype=np.float32)
        squares = (people.T @ people).astype(np.float64) * (items.T @ items)
        for k, (scene, matrix) in enumerate(zip(self.scenes, met, strict=True)):
            cells = matrix.tocoo()
            left = self._weight(scene) * squares
            right = np.zeros(self.config.dim)
            for start in range(0, cells.nnz, 8 * _BLOCK):
                part = slice(start, start + 8 * _BLOCK)
                both: NDArray[np.float32] = people[cells.row[part]] * items[cells.col[part]]
                value = cells.data[part]
                more = self._weight(scene) * self._alpha(scene) * np.abs(value)
                left += (both * more[:, None]).T @ both
                right += (np.sign(value) * (self._weight(scene) + more)) @ both
            held = self.config.scene_regularization
            left[np.diag_indices_from(left)] += held
            solved[k] = np.linalg.solve(left, right + held)
        return solved
