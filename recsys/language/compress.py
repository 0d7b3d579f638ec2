"""Smaller towers: in 8 bits, and a student of fewer layers that learns to give the same vectors.

A student reads words only: the items keep the vectors of the tower it learned from (Hinton et al., 2015, on vectors).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from recsys.language.backbone import Backbone, chosen_device
from recsys.language.config import LanguageTowerConfig
from recsys.language.encoding import BASE, HEAD, TunedEncoder
from recsys.language.head_stage import to_raise
from recsys.language.int8 import Int8, rows_to_int8, weights_megabytes
from recsys.language.looks import SetAside
from recsys.language.loop import Plan, Run, Tell
from recsys.language.scorer import LanguageTower
from recsys.language.tuning import cached_backward
from recsys.models.base import FloatMatrix
from recsys.models.cards import ModelCard

_TIMED_TEXTS = 256


class StudentConfig(BaseModel):
    """How a smaller reader learns from a tower."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: tuple[int, ...] = (0, 2, 5)
    """Layers of the tower's language model that the student starts from, in their order."""
    steps: int = Field(default=300, ge=1)
    batch: int = Field(default=64, ge=1)
    """Texts in one step."""
    lr: float = Field(default=1e-3, gt=0.0)
    warm_up: float = Field(default=0.1, ge=0.0, le=1.0)
    evaluate_every: int = Field(default=50, ge=1)
    patience: int = Field(default=3, ge=1)
    seed: int = 0


@dataclass(frozen=True)
class Variant:
    """One form of a tower, measured."""

    name: str
    megabytes: float
    """Of the language model's weights and the item vectors."""
    texts_per_second: float
    """Item texts on this machine."""
    figures: dict[str, float]
    """On what was set aside; see `SetAside.figures`."""
    tower: LanguageTower

    @property
    def quality(self) -> float:
        """The figure that training raised."""
        return to_raise(self.figures)


def distil(
    tower: LanguageTower,
    texts: Sequence[str],
    held_out: Sequence[str],
    config: StudentConfig | None = None,
    progress: Tell = lambda _: None,
    checkpoint: Path | None = None,
) -> LanguageTower:
    """Return a tower with fewer layers that gives `texts` vectors near to those of `tower` (1 - cosine).

    The step with the best mean cosine on `held_out` is kept. With `checkpoint`, a file, an interrupted run goes on.
    Raises `TowerError` when the base cannot be loaded or has not these layers.
    """
    config = config or StudentConfig()
    tower.encode([])
    assert tower.encoder is not None
    teacher = tower.encoder
    wanted = torch.from_numpy(tower.encode(texts))
    held = tower.encode(held_out)
    student = _student(teacher, tower.config, config)
    learned = student.backbone.prepare("full", 1)
    tower_config = tower.config.model_copy(update={"mode": "full", "micro_batch": config.batch})

    def backward(step: int) -> float:
        rng = np.random.default_rng([config.seed, step])
        rows = rng.choice(len(texts), min(config.batch, len(texts)), replace=False)
        near_to = wanted[torch.from_numpy(rows)].to(student.backbone.device)

        def loss_of(read: Tensor) -> Tensor:
            cosines: Tensor = (student.head(read) * near_to).sum(dim=1)
            return (1.0 - cosines).mean()

        student.backbone.model.train()
        loss = cached_backward([texts[k] for k in rows], loss_of, student.backbone, tower_config, step)
        student.backbone.model.eval()
        return loss

    def look() -> tuple[float, dict[str, float]]:
        cosine = float((student.encode(held_out) * held).sum(axis=1).mean())
        return cosine, {"cosine": cosine}

    plan = Plan(
        "student",
        config.steps,
        config.evaluate_every,
        config.patience,
        config.warm_up,
        1.0,
        0.01,
        config.seed,
    )
    groups = [
        ({f"{HEAD}{n}": p for n, p in student.head.named_parameters()}, config.lr),
        ({f"{BASE}{n}": p for n, p in learned.items()}, config.lr),
    ]
    run = Run(plan, groups, progress)
    key = f"{tower.card.data_hash}/{tower.card.config['base']['hash']}/{config.model_dump_json()}"
    run.go(backward, look, checkpoint, key)
    return _as_tower(tower, student, tower_config, config, run.best_figures["cosine"])


def in_int8(tower: LanguageTower, kind: Int8) -> LanguageTower:
    """Return a tower whose language model computes in 8 bits as `kind` says; it is loaded anew when words are read."""
    card = tower.card.model_copy(deep=True)
    card.config["int8"] = kind
    return _made(tower, card, dict(tower.tensors))


def with_int8_vectors(tower: LanguageTower) -> LanguageTower:
    """Return a tower whose item vectors are kept as int8, a quarter of the size."""
    tensors = dict(tower.tensors)
    tensors["vectors"], tensors["vectors.scale"] = rows_to_int8(tower.vectors)
    return _made(tower, tower.card.model_copy(deep=True), tensors)


def measured(name: str, tower: LanguageTower, aside: SetAside, texts: Sequence[str]) -> Variant:
    """Return how large, how fast and how good a tower is. `texts` are read to take the time."""
    words: FloatMatrix = tower.encode([wish.text for wish in aside.wishes])
    assert tower.encoder is not None
    timed = list(texts[:_TIMED_TEXTS])
    started = time.perf_counter()
    tower.encode(timed)
    took = time.perf_counter() - started
    vectors = tower.tensors["vectors"]
    return Variant(
        name,
        weights_megabytes(tower.encoder.backbone) + vectors.nbytes / 1e6,
        len(timed) / took,
        aside.figures(tower.vectors, tower.history_map, words),
        tower,
    )


def smallest(variants: Sequence[Variant], most_lost: float = 0.01) -> Variant:
    """Return the smallest variant that loses less than this share of the first one's quality."""
    enough = [v for v in variants if v.quality > variants[0].quality * (1.0 - most_lost)]
    return min(enough or variants[:1], key=lambda v: v.megabytes)


def _student(teacher: TunedEncoder, config: LanguageTowerConfig, how: StudentConfig) -> TunedEncoder:
    teacher.backbone.merge()
    backbone = Backbone(
        teacher.backbone.source, config.pooling, config.max_tokens, chosen_device(config.device)
    )
    backbone.model.load_state_dict(teacher.backbone.model.state_dict())
    backbone.keep_layers(how.layers)
    return TunedEncoder(backbone, copy.deepcopy(teacher.head))


def _as_tower(
    tower: LanguageTower,
    student: TunedEncoder,
    config: LanguageTowerConfig,
    how: StudentConfig,
    cosine: float,
) -> LanguageTower:
    card = tower.card.model_copy(deep=True)
    card.config |= {"tower": config.model_dump(), "layers": list(how.layers), "student": how.model_dump()}
    card.notes = [*card.notes, f"A student of {len(how.layers)} layers, cosine to its teacher {cosine:.3f}."]
    tensors = {n: t for n, t in tower.tensors.items() if n.startswith("vectors")}
    tensors |= {f"{BASE}{n}": p.detach().cpu().numpy().copy() for n, p in student.backbone.trained().items()}
    tensors |= {f"{HEAD}{n}": t.detach().cpu().numpy().copy() for n, t in student.head.state_dict().items()}
    return _made(tower, card, tensors)


def _made(tower: LanguageTower, card: ModelCard, tensors: dict[str, NDArray[Any]]) -> LanguageTower:
    made = LanguageTower(tower.config, tower.items)
    made.set_up(card, tensors)
    return made
