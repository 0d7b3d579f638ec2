"""A second look at what a `DialogueRecommender` puts first: a small network that weighs its parts against each other.

The recommender adds its parts up with one weight each. Which part is right depends on the turn and on the candidate:
what the latest named item alone says, whether many things were named, how far ahead the first candidates are. The
network adds a correction to the score of each of the first few hundred items, and learns by cross-entropy among them,
from recommenders that were trained without the dialogue, and without the person who recommends in it where persons are
known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from recsys.dialogue.inputs import exclusion
from recsys.dialogue.recommender import GRANULARITY, DialogueConfig, DialogueRecommender
from recsys.dialogue.state import DialogueData, DialogueState, DialogueTurn, Speaker
from recsys.errors import TastegraphError, WorkspaceError
from recsys.models.base import FloatMatrix
from recsys.models.persist import ModelCard, check_shape, library_versions, load_model, save_model

_OF_LATEST = ("behaviour", "graph", "text", "together", "liked", "alike")
"""Parts that are looked at for the last two utterances alone as well."""
_LATEST = 2
_BLOCK = 256
_FEATURES = 2 * (2 + len(GRANULARITY) + len(_OF_LATEST) + 4)


class SecondLookConfig(BaseModel):
    """Settings of `SecondLook`; the defaults were chosen on ReDial, on people not met in training."""

    model_config = ConfigDict(frozen=True)

    among: int = Field(default=300, ge=2)
    """Items, the first of the recommender's, that are looked at."""
    hidden: int = Field(default=32, ge=1)
    epochs: int = Field(default=6, ge=1)
    batch_size: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=3e-3, gt=0.0)
    """Of AdamW, at the start; it falls to 0."""
    weight_decay: float = Field(default=1e-2, ge=0.0)
    dropout: float = Field(default=0.1, ge=0.0, lt=1.0)
    folds: int = Field(default=3, ge=2)
    """Recommenders that are trained without a part of the dialogues each."""
    looks: int = Field(default=2, ge=1)
    """Networks whose corrections are averaged."""
    seed: int = 0


class SecondLook:
    """Corrects the scores of a recommender."""

    name = "dialogue_second_look"

    def __init__(self, config: SecondLookConfig | None = None) -> None:
        self.config = config or SecondLookConfig()
        self.card = ModelCard(name=self.name, n_items=0)
        self._tensors: dict[str, NDArray[np.float32]] = {}

    def fit(
        self,
        data: DialogueData,
        first: DialogueConfig,
        groups: Sequence[int] = (),
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Train `folds` recommenders of one network each, and the second look on what they have not seen.

        `groups` has a number for each dialogue number: dialogues of one group are left out together. Empty: each is
        its own. Raises `TastegraphError` where there are fewer groups than folds, or nothing to learn.
        """
        config = self.config
        numbers = sorted({turn.dialogue for turn in data.turns})
        group_of = {number: groups[number] if groups else number for number in numbers}
        known = sorted(set(group_of.values()))
        if len(known) < config.folds:
            raise TastegraphError(
                f"{config.folds} groups of dialogues are needed at least, not {len(known)}."
            )
        rng = np.random.default_rng(config.seed)
        fold_of = dict(zip(known, rng.permutation(len(known)) % config.folds, strict=True))
        features, wanted = [], []
        for fold in range(config.folds):
            progress(f"Second look: recommender {fold + 1} of {config.folds}")
            others = [turn for turn in data.turns if fold_of[group_of[turn.dialogue]] != fold]
            own = [turn for turn in data.turns if fold_of[group_of[turn.dialogue]] == fold]
            model = DialogueRecommender(first.model_copy(update={"networks": 1, "seed": config.seed + fold}))
            model.fit(replace(data, turns=others))
            found, targets = self._lessons(model, own)
            features.append(found)
            wanted.append(targets)
        lessons, labels = np.concatenate(features), np.concatenate(wanted)
        if not len(lessons):
            raise TastegraphError(
                "No turn recommends something new that the recommender ranks among the first."
            )
        progress(f"Second look: {len(lessons):,} turns")
        self._tensors = self._train(lessons, labels)
        self.card = ModelCard(
            name=self.name,
            n_items=data.n_items,
            seed=config.seed,
            config=config.model_dump(),
            versions=library_versions(),
        )

    def score(self, model: DialogueRecommender, states: Sequence[DialogueState]) -> FloatMatrix:
        """Return the recommender's scores, corrected for its first items; shape (n, n_items), nothing is masked."""
        made = [np.zeros((0, model.card.n_items), np.float32)]
        for start in range(0, len(states), _BLOCK):
            block = states[start : start + _BLOCK]
            scores, first, features = self._read(model, block)
            np.put_along_axis(
                scores, first, np.take_along_axis(scores, first, axis=1) + self._correction(features), axis=1
            )
            made.append(scores)
        return np.concatenate(made)

    def save(self, folder: Path) -> None:
        """Write `dialogue_second_look.safetensors` and `dialogue_second_look.json`."""
        tensors: dict[str, NDArray[np.generic]] = {**self._tensors}
        save_model(folder, self.card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        try:
            config = SecondLookConfig.model_validate(card.config)
            shapes = {
                "mean": (_FEATURES,),
                "scale": (_FEATURES,),
                "inner": (config.looks, config.hidden, _FEATURES),
                "inner_bias": (config.looks, config.hidden),
                "outer": (config.looks, config.hidden),
            }
            found = {name: tensors[name] for name in shapes}
        except (KeyError, ValueError) as error:
            raise WorkspaceError(
                f"The model {self.name} in {folder} lacks a part ({error}). Train it anew."
            ) from error
        for name, shape in shapes.items():
            check_shape(self.name, found[name], shape)
        self.config, self.card, self._tensors = config, card, found

    def _lessons(
        self, model: DialogueRecommender, turns: Sequence[DialogueTurn]
    ) -> tuple[FloatMatrix, NDArray[np.bool_]]:
        asked = [
            turn
            for turn in turns
            if turn.speaker is Speaker.RECOMMENDER and set(turn.items) - set(turn.state.named)
        ]
        among = min(self.config.among, model.card.n_items)
        features = [np.zeros((0, among, _FEATURES), np.float32)]
        wanted = [np.zeros((0, among), np.bool_)]
        for start in range(0, len(asked), _BLOCK):
            block = asked[start : start + _BLOCK]
            _, first, found = self._read(model, [turn.state for turn in block])
            new = [sorted(set(turn.items) - set(turn.state.named)) for turn in block]
            hit = np.stack([np.isin(items, targets) for items, targets in zip(first, new, strict=True)])
            features.append(found[hit.any(axis=1)])
            wanted.append(hit[hit.any(axis=1)])
        return np.concatenate(features), np.concatenate(wanted)

    def _read(
        self, model: DialogueRecommender, states: Sequence[DialogueState]
    ) -> tuple[FloatMatrix, NDArray[np.int64], FloatMatrix]:
        """Return scores (n, n_items), the first items (n, among), and what is known of them (n, among, features)."""
        parts = model.parts(states)
        latest = model.parts([_latest(state) for state in states])
        scores = np.zeros_like(next(iter(parts.values())))
        for part, found in parts.items():
            scores += np.float32(model.weights.get(part, model.weights["networks"])) * found
        masked = scores.copy()
        masked[exclusion(states, scores.shape[1]).nonzero()] = -np.inf
        among = min(self.config.among, scores.shape[1])
        first = np.argsort(-masked, axis=1, kind="stable")[:, :among]
        best = np.take_along_axis(masked, first, axis=1)
        # Named items fill the end where nearly all were named.
        best = np.where(np.isfinite(best), best, best[np.isfinite(best)].min(initial=0.0))
        top = best[:, :1]
        columns = [best, np.tile(np.arange(among, dtype=np.float32), (len(states), 1))]
        columns += [np.take_along_axis(parts[part], first, axis=1) for part in GRANULARITY]
        columns += [np.take_along_axis(latest[part], first, axis=1) for part in _OF_LATEST]
        of_turn = (
            np.array([[len(state.mentions)] for state in states]),
            np.array([[len(state.utterances)] for state in states]),
            top,
            np.log(np.exp(best - top).sum(axis=1, keepdims=True)),
        )
        columns += [np.tile(value, (1, among)) for value in of_turn]
        raw = np.stack(columns, axis=2).astype(np.float32)
        apart = (raw - raw.mean(axis=1, keepdims=True)) / (raw.std(axis=1, keepdims=True) + np.float32(1e-6))
        return scores, first, np.concatenate([raw, apart], axis=2)

    def _correction(self, features: FloatMatrix) -> FloatMatrix:
        tensors = self._tensors
        rows = (features - tensors["mean"]) / tensors["scale"]
        made = np.zeros(rows.shape[:2], np.float32)
        for look in range(self.config.looks):
            hidden = np.maximum(rows @ tensors["inner"][look].T + tensors["inner_bias"][look], 0.0)
            made += (hidden @ tensors["outer"][look]) / np.float32(self.config.looks)
        return made

    def _train(self, features: FloatMatrix, wanted: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
        base = torch.tensor(features[:, :, 0])
        mean = features.mean(axis=(0, 1))
        scale = features.std(axis=(0, 1)) + np.float32(1e-6)
        features -= mean
        features /= scale
        rows, labels = torch.tensor(features), torch.tensor(wanted.astype(np.float32))
        found = [self._one(rows, labels, base, self.config.seed + look) for look in range(self.config.looks)]
        return {
            "mean": mean,
            "scale": scale,
            **{name: np.stack([one[name] for one in found]) for name in ("inner", "inner_bias", "outer")},
        }

    def _one(
        self, rows: torch.Tensor, labels: torch.Tensor, base: torch.Tensor, seed: int
    ) -> dict[str, NDArray[np.float32]]:
        config = self.config
        torch.manual_seed(seed)
        inner = torch.nn.Linear(rows.shape[2], config.hidden)
        outer = torch.nn.Parameter(torch.zeros(config.hidden))
        optimizer = torch.optim.AdamW(
            [*inner.parameters(), outer], lr=config.learning_rate, weight_decay=config.weight_decay
        )
        steps = config.epochs * -(-len(rows) // config.batch_size)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
        for _ in range(config.epochs):
            for batch in torch.split(torch.randperm(len(rows)), config.batch_size):
                hidden = torch.nn.functional.dropout(torch.relu(inner(rows[batch])), config.dropout)
                share = torch.log_softmax(base[batch] + hidden @ outer, dim=1)
                loss = -((share * labels[batch]).sum(1) / labels[batch].sum(1)).mean()
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
        tensors = {"inner": inner.weight, "inner_bias": inner.bias, "outer": outer}
        return {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}


def _latest(state: DialogueState) -> DialogueState:
    """Return the last two utterances alone."""
    skipped = max(0, len(state.utterances) - _LATEST)
    return DialogueState(
        state.utterances[skipped:],
        tuple(
            replace(mention, utterance=mention.utterance - skipped)
            for mention in state.mentions
            if mention.utterance >= skipped
        ),
    )
