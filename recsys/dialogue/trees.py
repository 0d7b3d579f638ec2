"""Rank a catalogue for a dialogue by boosted trees over what speaks for each item (`recsys.dialogue.candidates`).

For catalogues whose graph is what people talk about, few of whose items are named in any dialogue that could be learned
from: a tree learns when a named item is meant again, and when one that shares a person with it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array

from recsys.dialogue.candidates import NAMES, Candidates, Facts, Memory
from recsys.dialogue.inputs import tokens
from recsys.dialogue.state import DialogueState, DialogueTurn, Speaker
from recsys.dialogue.tree_arrays import TreeArrays
from recsys.errors import TastegraphError, WorkspaceError
from recsys.models.base import FloatMatrix
from recsys.models.persist import ModelCard, check_shape, library_versions, load_model, save_model
from recsys.models.sparse_tensors import read_sparse, sparse_tensors

_EVIDENCE = tuple(
    NAMES.index(name) for name in ("mentions", "people said ever", "people shared all", "after all")
)
"""An item with one of these is worth learning from more than one drawn at random."""
_BLOCK = 32


class TreesConfig(BaseModel):
    """Settings of `DialogueTrees`; the defaults were chosen on the validation part of OpenDialKG."""

    model_config = ConfigDict(frozen=True)

    trees: int = Field(default=250, ge=1)
    learning_rate: float = Field(default=0.06, gt=0.0)
    leaves: int = Field(default=31, ge=2)
    """Of a tree, at most."""
    min_leaf: int = Field(default=40, ge=1)
    """Candidates in a leaf, at least."""
    l2: float = Field(default=5.0, ge=0.0)
    """Regularisation of the leaves' values."""
    speaking: int = Field(default=120, ge=1)
    """Wrong candidates a turn for which something speaks, at most."""
    drawn: int = Field(default=60, ge=1)
    """Wrong candidates a turn that are drawn from all."""
    folds: int = Field(default=5, ge=2)
    """Parts of the dialogues; what the trees are shown of a turn is counted and learned in the other parts."""
    min_turns: int = Field(default=5, ge=1)
    """A word or pair of words must have been said in so many turns."""
    seed: int = 0


class DialogueTrees:
    """Score items for dialogues."""

    name = "dialogue_trees"

    def __init__(self, facts: Facts, config: TreesConfig | None = None) -> None:
        self.config = config or TreesConfig()
        self.card = ModelCard(name=self.name, n_items=len(facts.titles))
        self._candidates = Candidates(facts)
        self._memory = Memory.of((), len(facts.titles))
        self._words: tuple[str, ...] = ()
        self._weights: NDArray[np.float64] = np.zeros(1)
        self._trees = TreeArrays.none()

    def fit(self, turns: Sequence[DialogueTurn]) -> None:
        """Learn from the recommender's turns; what a turn is shown comes from other dialogues.

        Raises `TastegraphError` when fewer dialogues recommend something than there are folds.
        """
        from sklearn.ensemble import HistGradientBoostingClassifier

        config, n_items = self.config, self.card.n_items
        asked = [turn for turn in turns if turn.speaker is Speaker.RECOMMENDER and turn.items]
        dialogues = sorted({turn.dialogue for turn in asked})
        if len(dialogues) < config.folds:
            raise TastegraphError(f"{config.folds} dialogues that recommend something are needed at least.")
        rng = np.random.default_rng(config.seed)
        # Whole parts are left out, not a dialogue: an item whose count lacks just its own would give itself away.
        places = dict(zip(dialogues, rng.permutation(len(dialogues)) % config.folds, strict=True))
        folds = np.array([places[turn.dialogue] for turn in asked])
        repeats = self._learn_repeats(asked, folds)
        self._memory = Memory.of(asked, n_items)
        rows, labels = [], []
        for fold in range(config.folds):
            others = [turn for turn, own in zip(asked, folds, strict=True) if own != fold]
            memory = Memory.of(others, n_items)
            for place in np.flatnonzero(folds == fold):
                turn = asked[place]
                found = self._candidates.read(turn.state, memory, float(repeats[place]))
                chosen = self._to_learn(found, turn.items, rng)
                rows.append(found[chosen])
                labels.append(np.isin(chosen, turn.items))
        fitted = HistGradientBoostingClassifier(
            max_iter=config.trees,
            learning_rate=config.learning_rate,
            max_leaf_nodes=config.leaves,
            min_samples_leaf=config.min_leaf,
            l2_regularization=config.l2,
            early_stopping=False,
            random_state=config.seed,
        ).fit(np.concatenate(rows), np.concatenate(labels))
        self._trees = TreeArrays.of(fitted)
        self.card = ModelCard(
            name=self.name, n_items=n_items, seed=config.seed, config=config.model_dump(), versions=library_versions()
        )  # fmt: skip

    def score(self, states: Sequence[DialogueState]) -> FloatMatrix:
        """Return scores of shape (n, n_items), higher is better; nothing is masked."""
        made = np.zeros((len(states), self.card.n_items), dtype=np.float32)
        for start in range(0, len(states), _BLOCK):
            block = [_distinct(self._read(state)) for state in states[start : start + _BLOCK]]
            sums = self._trees.sums(np.concatenate([rows for rows, _ in block]))
            ends = np.cumsum([len(rows) for rows, _ in block])
            for row, (own, (_, same)) in enumerate(zip(np.split(sums, ends[:-1]), block, strict=True), start):
                made[row] = own[same]
        return made

    def save(self, folder: Path) -> None:
        """Write `dialogue_trees.safetensors` and `dialogue_trees.json`; the facts are the catalogue's to keep."""
        words = "".join(f"{word}\n" for word in self._words).encode()
        tensors: dict[str, NDArray[np.generic]] = {
            "words": np.frombuffer(words, dtype=np.uint8),
            "weights": self._weights,
            "recommended": self._memory.recommended,
            "named": self._memory.named,
            **sparse_tensors(self._memory.after, "after"),
            **self._trees.tensors(),
        }
        save_model(folder, self.card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote for a catalogue of as many items; raises `WorkspaceError` where it is of another."""
        card, tensors = load_model(folder, self.name)
        n_items = self.card.n_items
        if card.n_items != n_items:
            raise WorkspaceError(f"The trees in {folder} are for {card.n_items:,} items, not {n_items:,}.")
        try:
            words = tuple(tensors["words"].tobytes().decode().split("\n")[:-1])
            after = read_sparse(self.name, tensors, (n_items, n_items), "after")
            memory = Memory(after, tensors["recommended"], tensors["named"])
            trees = TreeArrays.of_tensors(tensors)
            weights = tensors["weights"]
            config = TreesConfig.model_validate(card.config)
        except (KeyError, ValueError) as error:
            raise WorkspaceError(
                f"The model {self.name} in {folder} lacks a part ({error}). Train it anew."
            ) from error
        check_shape(self.name, weights, (len(words) + 1,))
        check_shape(self.name, memory.recommended, (n_items,))
        check_shape(self.name, memory.named, (n_items,))
        self.config, self.card, self._words, self._weights = config, card, words, weights
        self._memory, self._trees = memory, trees

    def _read(self, state: DialogueState) -> FloatMatrix:
        return self._candidates.read(state, self._memory, self._sounds_like_repeating(state))

    def _to_learn(
        self, found: FloatMatrix, items: Sequence[int], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        speaking = np.flatnonzero((found[:, _EVIDENCE] > 0.0).any(axis=1))
        if len(speaking) > self.config.speaking:
            speaking = rng.choice(speaking, self.config.speaking, replace=False)
        drawn = rng.integers(0, len(found), self.config.drawn)
        return np.unique(np.concatenate([np.array(items, dtype=np.int64), speaking, drawn]))

    def _learn_repeats(self, asked: Sequence[DialogueTurn], folds: NDArray[np.int64]) -> NDArray[np.float64]:
        """Learn from the last words whether a named item is meant; return it a turn, learned on other dialogues."""
        said = [_last_words(turn.state) for turn in asked]
        counts: dict[str, int] = {}
        for words in said:
            for word in words:
                counts[word] = counts.get(word, 0) + 1
        self._words = tuple(sorted(word for word, count in counts.items() if count >= self.config.min_turns))
        rows = self._rows(said)
        again = np.array([bool(set(turn.items) & set(turn.state.named)) for turn in asked])
        made = np.zeros(len(asked))
        for fold in range(self.config.folds):
            weights = _logistic(rows[folds != fold], again[folds != fold])
            made[folds == fold] = rows[folds == fold] @ weights[:-1] + weights[-1]
        self._weights = _logistic(rows, again)
        return made

    def _sounds_like_repeating(self, state: DialogueState) -> float:
        row = self._rows([_last_words(state)])
        return float((row @ self._weights[:-1])[0] + self._weights[-1])

    def _rows(self, said: Sequence[Sequence[str]]) -> csr_array:
        columns = {word: column for column, word in enumerate(self._words)}
        cells = [(row, columns[word]) for row, words in enumerate(said) for word in words if word in columns]
        pairs = np.array(cells, dtype=np.int64).reshape(-1, 2)
        lengths = np.maximum(1.0, np.bincount(pairs[:, 0], minlength=len(said)))
        values = 1.0 / np.sqrt(lengths[pairs[:, 0]])
        return csr_array((values, (pairs[:, 0], pairs[:, 1])), shape=(len(said), len(columns)))


def _distinct(rows: FloatMatrix) -> tuple[FloatMatrix, NDArray[np.int64]]:
    """Return the different rows, and for each row which of them it is.

    For most items nothing speaks, and they are told apart by a few small counts.
    """
    rows = np.ascontiguousarray(rows)
    as_bytes = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, same = np.unique(as_bytes, return_index=True, return_inverse=True)
    return rows[first], same


def _last_words(state: DialogueState) -> list[str]:
    words = tokens(state.utterances[-1].text) if state.utterances else []
    return list(dict.fromkeys([*words, *(" ".join(pair) for pair in pairwise(words))]))


def _logistic(rows: csr_array, labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights and, last, the bias; where all labels are one, that bias alone."""
    from sklearn.linear_model import LogisticRegression

    if labels.all() or not labels.any() or not rows.shape[1]:
        share = (labels.sum() + 0.5) / (len(labels) + 1.0)
        return np.append(np.zeros(rows.shape[1]), np.log(share / (1.0 - share)))
    fitted = LogisticRegression(C=2.0, max_iter=300).fit(rows, labels)
    return np.append(fitted.coef_[0], fitted.intercept_[0])
