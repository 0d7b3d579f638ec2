"""Rank the catalogue for a dialogue: networks and counts, each part with a weight learned on later dialogues."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from recsys.dialogue import counts, network
from recsys.dialogue.config import DialogueConfig
from recsys.dialogue.inputs import InputReader, Rows, exclusion
from recsys.dialogue.state import DialogueData, DialogueState, DialogueTurn, Speaker
from recsys.errors import TastegraphError, WorkspaceError
from recsys.models.base import FloatMatrix
from recsys.models.choices import Choices, first_items
from recsys.models.persist import ModelCard, check_shape, library_versions, load_model, save_model
from recsys.models.sparse_tensors import read_sparse, sparse_tensors

__all__ = ["GRANULARITY", "DialogueConfig", "DialogueRecommender"]

GRANULARITY = {
    "behaviour": "behaviour",
    "graph": "graph",
    "text": "text",
    "attributes": "attributes",
    "popularity": "popularity",
    "together": "behaviour",
    "liked": "behaviour",
    "alike": "graph",
    "fashion": "popularity",
}
"""Each part of the model to the granularity in which its share is told."""
_BLOCK = 256
_PRIOR = 3.0
"""Standard deviation of the weights around the networks alone: a few dialogues must not decide them."""
_SPARSE = ("together", "liked", "having")
_TENSORS = ("items", "named", "graph", "words", "attributes", "popularity", "said_by")


class DialogueRecommender:
    """Score items for dialogues; a dialogue without a word or a named item is scored by popularity."""

    name = "dialogue"
    recommends_for_cold = True

    def __init__(self, config: DialogueConfig | None = None) -> None:
        self.config = config or DialogueConfig()
        self.card = ModelCard(name=self.name, n_items=0)
        self.weights: dict[str, float] = {"networks": 1.0, **dict.fromkeys(counts.PARTS, 0.0)}
        """How much the networks, and each part that is counted, are worth."""
        self._reader = InputReader(0, (), self.config.fading)
        self._networks: list[network.DialogueNetwork] = []
        self._counts = counts.Counts.empty()

    def fit(self, data: DialogueData) -> None:
        """Learn the weights on the latest dialogues from parts made of the earlier ones, then make the parts of
        all. Raises `TastegraphError` when no turn recommends anything."""
        config = self.config
        turns = [
            turn for turn in data.turns if turn.speaker is Speaker.RECOMMENDER or config.seeker_turns > 0.0
        ]
        if not any(turn.speaker is Speaker.RECOMMENDER and turn.items for turn in turns):
            raise TastegraphError("No dialogue has a turn in which something was recommended; give some.")
        names = data.attribute_names or [""] * data.attributes.shape[0]
        self._reader = InputReader(data.n_items, names, config.fading)
        self._reader.learn(turns, config.min_dialogues)
        self.card = ModelCard(
            name=self.name,
            n_items=data.n_items,
            seed=config.seed,
            data_hash=_hash(data),
            versions=library_versions(),
        )
        earlier, later = _by_time(turns, config.held_out)
        if earlier and later:
            self._make_parts(data, earlier, networks=1)
            self._learn_weights(later)
        self._make_parts(data, turns, networks=config.networks)
        self.card.config = {**config.model_dump(), "weights": self.weights}

    def score(self, states: Sequence[DialogueState]) -> FloatMatrix:
        """Return scores of shape (n, n_items), finite, higher is better; nothing is masked."""
        blocks = [states[start : start + _BLOCK] for start in range(0, len(states), _BLOCK)]
        parts = [sum(self.shares(block).values(), np.float32(0.0)) for block in blocks]
        return np.concatenate([np.zeros((0, self.card.n_items), np.float32), *parts])

    def shares(self, states: Sequence[DialogueState]) -> dict[str, FloatMatrix]:
        """Return what each granularity gives, (n, n_items) a granularity; they add up to `score`."""
        added: dict[str, FloatMatrix] = {}
        for part, scores in self.parts(states).items():
            weight = np.float32(self.weights.get(part, self.weights["networks"]))
            granularity = GRANULARITY[part]
            added[granularity] = added.get(granularity, np.float32(0.0)) + weight * scores
        return added

    def parts(self, states: Sequence[DialogueState]) -> dict[str, FloatMatrix]:
        """Return every part before it is weighed, (n, n_items) a part; names as in `GRANULARITY`."""
        return self._parts(self._reader.read(states))

    def rank(self, state: DialogueState, k: int, without: Collection[int] = ()) -> list[tuple[int, float]]:
        """Return the k best items and their scores, best first; none that was named or is in `without`."""
        scores = self.score([state])[0].astype(np.float64)
        left_out = [item for item in {*state.named, *without} if 0 <= item < len(scores)]
        scores[left_out] = -np.inf
        order = np.argsort(-scores, kind="stable")[: max(0, k)]
        return [(int(item), float(scores[item])) for item in order if np.isfinite(scores[item])]

    def save(self, folder: Path) -> None:
        """Write `dialogue.safetensors` and `dialogue.json`."""
        tensors: dict[str, NDArray[np.generic]] = {
            "idf": self._reader.idf,
            "vocabulary": _bytes(self._reader.vocabulary),
            "attribute_names": _bytes(self._reader.attribute_names),
            "fashion": self._counts.fashion,
        }
        for name in _SPARSE:
            tensors |= sparse_tensors(getattr(self._counts, name), name)
        for place, made in enumerate(self._networks):
            tensors |= {f"network{place}.{name}": tensor for name, tensor in made.tensors.items()}
        save_model(folder, self.card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        settings = dict(card.config)
        weights = settings.pop("weights", None)
        try:
            config = DialogueConfig.model_validate(settings)
            if not isinstance(weights, dict) or set(weights) != {"networks", *counts.PARTS}:
                raise KeyError("weights")
            vocabulary, names = _texts(tensors["vocabulary"]), _texts(tensors["attribute_names"])
            sizes = dict(zip(_SPARSE, (card.n_items, card.n_items, len(names)), strict=True))
            sparse = {
                name: read_sparse(self.name, tensors, (card.n_items, columns), name)
                for name, columns in sizes.items()
            }
            made = [
                network.DialogueNetwork({name: tensors[f"network{place}.{name}"] for name in _TENSORS})
                for place in range(config.networks)
            ]
            idf, fashion = tensors["idf"], tensors["fashion"]
        except (KeyError, ValueError) as error:
            raise WorkspaceError(
                f"The model {self.name} in {folder} lacks a part ({error}). Train it anew."
            ) from error
        check_shape(self.name, idf, (len(vocabulary),))
        check_shape(self.name, fashion, (card.n_items,))
        for one in made:
            check_shape(self.name, one.tensors["items"], (card.n_items, config.dim))
            check_shape(self.name, one.tensors["words"], (len(vocabulary), config.dim))
            check_shape(self.name, one.tensors["attributes"], (len(names), config.dim))
        self.config, self.card, self.weights = config, card, {k: float(v) for k, v in weights.items()}
        self._reader = InputReader(card.n_items, names, config.fading, vocabulary, idf)
        self._networks = made
        self._counts = counts.Counts(**sparse, fashion=fashion)

    def _parts(self, rows: Rows) -> dict[str, FloatMatrix]:
        parts: dict[str, FloatMatrix] = {}
        for made in self._networks:
            for part, scores in made.shares(rows).items():
                parts[part] = parts.get(part, np.float32(0.0)) + scores / np.float32(len(self._networks))
        return parts | self._counts.shares(rows)

    def _make_parts(self, data: DialogueData, turns: Sequence[DialogueTurn], networks: int) -> None:
        states = [turn.state for turn in turns]
        named = exclusion(states, data.n_items)
        lessons = network.Lessons(
            rows=self._reader.read(states),
            targets=_targets(turns, data.n_items),
            named=named,
            by_seeker=np.array([turn.speaker is Speaker.SEEKER for turn in turns], dtype=np.bool_),
            attributes=data.attributes,
            behaviour=data.behaviour,
        )
        self._counts = counts.count(data, turns, self.config)
        seeds = range(self.config.seed, self.config.seed + networks)
        self._networks = [network.train_network(lessons, self.config, seed) for seed in seeds]

    def _learn_weights(self, turns: Sequence[DialogueTurn]) -> None:
        asked = [turn for turn in turns if turn.speaker is Speaker.RECOMMENDER]
        targets = _targets(asked, self.card.n_items)
        rows_of: list[NDArray[np.bool_]] = []
        cells: list[NDArray[np.float64]] = []
        wanted: list[NDArray[np.bool_]] = []
        for start in range(0, len(asked), _BLOCK):
            block = slice(start, start + _BLOCK)
            states = [turn.state for turn in asked[block]]
            parts = self.parts(states)
            base = np.asarray(sum(parts[part] for part in network.PARTS))
            compared = first_items(base, exclusion(states, self.card.n_items), self.config.among)
            rows_of.append(compared)
            wanted.append(targets[block].toarray() != 0)
            inside = np.nonzero(compared)
            cells.append(
                np.stack([base[inside], *(parts[part][inside] for part in counts.PARTS)]).astype(np.float64)
            )
        choices = Choices(np.concatenate(rows_of), np.concatenate(wanted))
        features = np.concatenate(cells, axis=1)

        first = np.array([1.0] + [0.0] * len(counts.PARTS))

        def objective(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            loss, by_logit = choices.loss(weights @ features)
            away = (weights - first) / (_PRIOR**2 * choices.count)
            return loss + 0.5 * float(away @ (weights - first)), features @ by_logit + away

        found = minimize(objective, first, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(first))
        self.weights = dict(zip(("networks", *counts.PARTS), map(float, found.x), strict=True))


def _by_time(turns: Sequence[DialogueTurn], share: float) -> tuple[list[DialogueTurn], list[DialogueTurn]]:
    dialogues = sorted({turn.dialogue for turn in turns})
    first_later = len(dialogues) - max(1, round(share * len(dialogues)))
    earlier = set(dialogues[:first_later])
    return [t for t in turns if t.dialogue in earlier], [t for t in turns if t.dialogue not in earlier]


def _targets(turns: Sequence[DialogueTurn], n_items: int) -> csr_array:
    cells = [
        (row, item)
        for row, turn in enumerate(turns)
        for item in sorted(set(turn.items) - set(turn.state.named))
        if 0 <= item < n_items
    ]
    pairs = np.array(cells, dtype=np.int64).reshape(-1, 2)
    return csr_array(
        (np.ones(len(pairs), np.float32), (pairs[:, 0], pairs[:, 1])), shape=(len(turns), n_items)
    )


def _bytes(texts: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("".join(text.replace("\n", " ") + "\n" for text in texts).encode(), dtype=np.uint8)


def _texts(raw: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(raw.tobytes().decode().split("\n")[:-1])


def _hash(data: DialogueData) -> str:
    digest = hashlib.sha256(repr(data.n_items).encode())
    for turn in data.turns:
        digest.update(repr(turn).encode())
    for name in data.attribute_names:
        digest.update(name.encode() + b"\0")
    for matrix in (data.attributes, data.behaviour):
        if matrix is not None:
            for part in (matrix.indptr, matrix.indices, matrix.data):
                digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
