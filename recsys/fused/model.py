"""The fused model: r(u, i | s) = z_b . (s * a_i) + sum_k lambda_k z_k . (s * a_i), trained end to end.

Item vectors a_i start from language vectors and free ones and are propagated over the graph (`graph`, `network`). A
person is what is known of them: each grain k makes a vector z_k of it, most of them sums over the items of the history
(behaviour, attributes, graph, text), the others over the last places of the sequence, what neighbours met, the
circumstances, and the popularity prior. Lambda depends on the scene and on how much is known; behaviour is the unit.
The sum is the score, so the shares explain it exactly, and so do the items of the history that carry a share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.fused.config import LINEAR, ORDER, FusedConfig
from recsys.fused.explain import HistoryShares, history_shares
from recsys.fused.known import NOTHING, Known, know
from recsys.fused.state import FusedState, read_state, write_state
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.persist import ModelCard, hash_training_data, library_versions, load_model, save_model
from recsys.schema import Granularity as Grain

if TYPE_CHECKING:
    from recsys.fused.fitting import Watcher

Encode = Callable[[Sequence[str]], FloatMatrix]
DEFAULT_SCENE = "default"
_BLOCK = 2_048
"""People scored at once."""


class FusedModel:
    """Score items by everything that is known of a person. A person of whom nothing is known gets the popularity
    prior."""

    name = "fused"

    def __init__(
        self,
        config: FusedConfig | None = None,
        language: FloatMatrix | None = None,
        encode: Encode | None = None,
        contexts: Mapping[str, csr_array] | None = None,
        checkpoints: Path | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take what the training data does not hold.

        `language` has a vector an item, (n_items, d), such as `TextTower.vectors`; without it the grain of texts is
        left out. `encode` brings people's words into the same space, (n, d) for n texts. `contexts` says which meetings
        were made in which circumstances: a value such as `daypart:evening` (see `known.context_names`) to a 0/1 matrix
        of the shape of the interactions. `checkpoints` is a folder from which an interrupted `fit` goes on.
        """
        self.config = config or FusedConfig()
        self.language, self.encode, self.contexts = language, encode, dict(contexts or {})
        self.checkpoints, self.tell = checkpoints, tell
        self.watch: Watcher | None = None
        """Called after each epoch of the last stage of `fit` with its number and the state; `show` it in another
        model to score with it."""
        self.recommends_for_cold = True
        """False once it is trained without the popularity prior and cannot read words."""
        self._use(FusedState.empty(self.config))
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Train, or go on with the training that stands in `checkpoints`.

        Raises `WorkspaceError` when `language` or `contexts` are of another catalogue.
        """
        from recsys.fused.fitting import fit_state

        n_items = data.interactions.shape[1]
        if self.language is not None and self.language.shape[0] != n_items:
            raise WorkspaceError(
                f"There are language vectors of {self.language.shape[0]} items; the data has {n_items}."
            )
        for value, cells in self.contexts.items():
            if cells.shape != data.interactions.shape:
                raise WorkspaceError(
                    f"The meetings in {value} are {cells.shape}; the interactions are {data.interactions.shape}."
                )
        data_hash = hash_training_data(data)
        state, notes = fit_state(self, data, data_hash)
        self._use(state)
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            seed=self.config.seed,
            config=self.config.model_dump(mode="json"),
            data_hash=data_hash,
            versions=library_versions(),
            notes=notes,
        )

    @property
    def gates(self) -> dict[str, float]:
        """Relation to its gate, above 0: how much of a neighbour's vector comes through it."""
        return dict(zip(self.state.relations, map(float, self.state.gates), strict=True))

    @property
    def lambdas(self) -> dict[tuple[str, int, str], float]:
        """(scene, least number of things known, grain) to lambda; grains that take part alone."""
        least = (0, *self.config.buckets)
        return {
            (scene, known, grain.value): float(self.state.lambdas[s, b, ORDER.index(grain)])
            for s, scene in enumerate(self.state.scenes)
            for b, known in enumerate(least)
            for grain in self.state.grains
        }

    def score(self, users: Users) -> FloatMatrix:
        """Return the sum of all shares, shape (n, n_items), with one product for all grains."""
        known = self._know(users)
        found: FloatMatrix = np.zeros(users.history.shape, dtype=np.float32)
        for start in range(0, known.n, _BLOCK):
            rows = slice(start, start + _BLOCK)
            people: FloatMatrix = np.zeros((len(known.bucket[rows]), self.config.dim), dtype=np.float32)
            for _, part in self._parts(known, rows):
                people += part
            found[rows] = (people * self.state.scene_vectors[known.scene[rows]]) @ self.state.items.T
        if Grain.POPULARITY in self.state.grains:
            found += self._lambda(known, Grain.POPULARITY)[:, None] * self.state.bias
        return found

    def shares(self, users: Users) -> dict[str, FloatMatrix]:
        """Return what each grain gives to each score, (n, n_items) a grain; they add up to `score` to 1e-5 of its
        size."""
        known = self._know(users)
        found: dict[str, FloatMatrix] = {}
        scene = self.state.scene_vectors[known.scene]
        for grain, part in self._parts(known, slice(None)):
            found[grain.value] = np.asarray((part * scene) @ self.state.items.T, dtype=np.float32)
        if Grain.POPULARITY in self.state.grains:
            found[Grain.POPULARITY.value] = self._lambda(known, Grain.POPULARITY)[:, None] * self.state.bias
        return found

    def explain_history(self, users: Users, item: int, row: int = 0) -> HistoryShares:
        """Return what each item of a person's history gives to the shares of `item`, exactly.

        `row` is the person, `item` a column. Raises `WorkspaceError` when there is no such item or person.
        """
        if not 0 <= item < self.card.n_items or not 0 <= row < users.history.shape[0]:
            raise WorkspaceError(
                f"There is no item {item} of {self.card.n_items} or person {row} of {users.history.shape[0]}."
            )
        return history_shares(self.state, self._know(users), item, row)

    def save(self, folder: Path) -> None:
        """Write `fused.safetensors` and `fused.json`: vectors, gates and lambdas, nothing that only training needs."""
        tensors, told = write_state(self.state)
        card = self.card.model_copy(update={"config": {**self.card.config, "state": told}})
        save_model(folder, card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        told: dict[str, Any] = dict(card.config)
        about = told.pop("state", {})
        try:
            config = FusedConfig.model_validate(told)
        except ValueError as error:
            raise WorkspaceError(
                f"The model {self.name} in {folder} has a configuration that cannot be read. Build the workspace anew."
            ) from error
        self._use(read_state(config, card.n_items, about, tensors))
        self.config, self.card = config, card.model_copy(update={"config": told})

    def show(self, state: FusedState, n_items: int) -> None:
        """Score with a state of a training that goes on; see `watch`."""
        self._use(state)
        self.card = ModelCard(name=self.name, n_items=n_items, notes=["A training that goes on."])

    def _use(self, state: FusedState) -> None:
        self.state = state
        reads = self.encode is not None and state.whitening is not None
        self.recommends_for_cold = reads or Grain.POPULARITY in state.grains

    def _know(self, users: Users) -> Known:
        if users.history.shape[1] != self.card.n_items:
            raise WorkspaceError(
                f"History has {users.history.shape[1]} items; the model was trained for {self.card.n_items}."
            )
        return know(users, self.config, self.state.scenes, self._words(users.texts), self.state.contexts)

    def _words(self, texts: Sequence[str]) -> FloatMatrix | None:
        whitening = self.state.whitening
        if not texts or self.encode is None or whitening is None or Grain.TEXT not in self.state.grains:
            return None
        said = np.array([bool(text.strip()) for text in texts])
        words = np.zeros((len(texts), self.config.language_dim), dtype=np.float32)
        if said.any():
            words[said] = whitening(self.encode([text for text in texts if text.strip()]))
        return words

    def _parts(self, known: Known, rows: slice) -> list[tuple[Grain, FloatMatrix]]:
        """Return lambda_k z_k of each grain that these people have, (n, dim)."""
        state, found = self.state, []
        history = known.history[rows]
        for grain in state.grains:
            part: FloatMatrix | None = None
            if grain in LINEAR:
                part = np.asarray(history @ state.roles[grain])
                if grain is Grain.TEXT and known.words is not None:
                    part = part + known.words[rows] @ state.text_map
            elif grain is Grain.SOCIAL and known.social is not None:
                part = np.asarray(known.social[rows] @ state.roles[grain])
            elif grain is Grain.SEQUENCE and known.recent is not None:
                part = _recent(known.recent[rows], state.recency, state.roles[grain])
            elif grain is Grain.CONTEXT and known.context is not None:
                part = known.context[rows] @ state.context_vectors
            if part is not None:
                weighted = self._lambda(known, grain)[rows, None] * part
                found.append((grain, weighted.astype(np.float32, copy=False)))
        return found

    def _lambda(self, known: Known, grain: Grain) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self.state.lambdas[known.scene, known.bucket, ORDER.index(grain)]
        return found


def _recent(places: NDArray[np.int64], recency: NDArray[np.float32], role: FloatMatrix) -> FloatMatrix:
    found = np.zeros((len(places), role.shape[1]), dtype=np.float32)
    for place, weight in enumerate(recency):
        rows = np.flatnonzero(places[:, place] != NOTHING)
        found[rows] += weight * role[places[rows, place]]
    return found
