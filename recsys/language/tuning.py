"""Training the language model itself, by LoRA or in full, from a trained head on.

In each step a pool of items is read once, and everybody who met two of them asks for some of these; the rest of a
person's history is taken from the vectors of all items as they were at the last look. So a few hundred texts serve
hundreds of people. Starting from a trained head keeps the first steps from spoiling the base (Kumar et al., 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from recsys.language.backbone import Backbone
from recsys.language.batches import Batch, Sampler, history_sums
from recsys.language.config import LanguageTowerConfig
from recsys.language.encoding import apply_head
from recsys.language.head import Head
from recsys.language.head_stage import dense, objective, to_raise
from recsys.language.looks import SetAside
from recsys.language.loop import Curves, Plan, Run, Tell, TowerProgress
from recsys.language.mining import near_by_behaviour, near_by_vectors
from recsys.language.texts import with_attributes_left_out
from recsys.models.base import Columns, FloatMatrix, TrainingData
from recsys.schema import Item

_HEAD_SHARE = 0.2
"""The head is trained already: its step size is this share of its own."""
_STEPS_A_LOOK = 6


def tune_base(
    backbone: Backbone,
    head: Head,
    data: TrainingData,
    items: Sequence[Item],
    met: csr_array,
    sampler: Sampler,
    aside: SetAside,
    config: LanguageTowerConfig,
    tell: Tell,
    curves: Curves | None,
    checkpoint: Path | None,
    key: str,
) -> Run:
    """Train to the end; base and head then have their best parameters."""
    head.to(backbone.device)
    learned = backbone.prepare(config.mode, config.rank, config.lora_dropout)
    bank = _Bank(backbone, head, data, met, config, tell)

    def backward(step: int) -> float:
        batch = sampler.over_pool(step, bank.near())
        rng = np.random.default_rng([config.seed, 6, step])
        texts = [_text(items, data.texts, int(c), config, rng) for c in batch.columns]
        texts += [sampler.wishes[int(k)].text for k in batch.wishes]
        backbone.model.train()
        loss = cached_backward(
            texts, lambda vectors: _loss(head, vectors, batch, bank.vectors(), config), backbone, config, step
        )
        backbone.model.eval()
        return loss

    def look() -> tuple[float, dict[str, float]]:
        bank.refresh()
        read = apply_head(head, backbone.encode([wish.text for wish in aside.wishes]))
        figures = aside.figures(bank.vectors(), head.history.weight.detach().cpu().numpy(), read)
        return to_raise(figures), figures

    plan = Plan(
        "base", config.base_steps, _STEPS_A_LOOK * config.evaluate_every, config.patience, config.warm_up,
        config.clip, config.weight_decay, config.seed,
    )  # fmt: skip
    groups = [
        ({f"head.{n}": p for n, p in head.named_parameters()}, config.head_lr * _HEAD_SHARE),
        ({f"base.{n}": p for n, p in learned.items()}, config.step_size),
    ]
    run = Run(plan, groups, tell, curves)
    run.go(backward, look, checkpoint, key)
    return run


class _Bank:
    """The vectors of all items at the last look, and the items near to each."""

    def __init__(
        self,
        backbone: Backbone,
        head: Head,
        data: TrainingData,
        met: csr_array,
        config: LanguageTowerConfig,
        tell: Tell,
    ) -> None:
        self.backbone, self.head, self.config, self.tell = backbone, head, config, tell
        self.data = replace(data, interactions=met)
        self._vectors: FloatMatrix | None = None
        self._near: Columns | None = None

    def vectors(self) -> FloatMatrix:
        """Shape (n_items, dim)."""
        if self._vectors is None:
            self.refresh()
        assert self._vectors is not None
        return self._vectors

    def near(self) -> Columns:
        """Hard negatives of each item, (n_items, k)."""
        config = self.config
        if self._near is None:
            vectors = self.vectors()
            if config.mined_by == "behaviour":
                self._near = near_by_behaviour(self.data, vectors, config.hard_negatives, config.guard)
            else:
                self._near = near_by_vectors(vectors, config.hard_negatives, config.guard)
        return self._near

    def refresh(self) -> None:
        """Read all items again."""
        texts = self.data.texts
        parts = []
        for begin in range(0, len(texts), 512):
            parts.append(apply_head(self.head, self.backbone.encode(texts[begin : begin + 512])))
            self.tell(TowerProgress("reading", min(begin + 512, len(texts)), len(texts), {}))
        self._vectors = np.concatenate(parts)
        self._near = None


def cached_backward(
    texts: Sequence[str],
    loss_of: Callable[[Tensor], Tensor],
    backbone: Backbone,
    config: LanguageTowerConfig,
    step: int,
) -> float:
    """Leave the gradient of `loss_of(vectors of all texts)` in the parameters and return the loss.

    With more texts than `config.micro_batch` the vectors are made without activations first, the loss is
    differentiated by the vectors, and each part is read again to carry its share on (GradCache, Gao et al., 2021).
    Dropout is the same both times.
    """
    order = sorted(range(len(texts)), key=lambda k: (len(texts[k]), k))
    parts = [order[i : i + config.micro_batch] for i in range(0, len(order), config.micro_batch)]

    def read(part: int) -> Tensor:
        torch.manual_seed((config.seed * 1_000_003 + step) * 4_099 + part)
        with torch.autocast(backbone.device.type, torch.bfloat16, enabled=uses_bfloat16(config, backbone)):
            return backbone.embed([texts[k] for k in parts[part]])

    back = torch.from_numpy(np.argsort(np.concatenate([np.array(p, dtype=np.int64) for p in parts])))
    back = back.to(backbone.device)
    if len(parts) == 1:
        loss = loss_of(read(0)[back])
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())
    with torch.no_grad():
        vectors = torch.cat([read(part) for part in range(len(parts))])
    vectors.requires_grad_(True)
    loss = loss_of(vectors[back])
    loss.backward()  # type: ignore[no-untyped-call]
    assert vectors.grad is not None
    for part, wanted in enumerate(torch.split(vectors.grad, [len(p) for p in parts])):
        (read(part) * wanted).sum().backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def uses_bfloat16(config: LanguageTowerConfig, backbone: Backbone) -> bool:
    """Say whether the base is trained in bfloat16: where it was asked for, or on a GPU that has it."""
    if config.precision == "auto":
        return backbone.device.type == "cuda" and torch.cuda.is_bf16_supported()
    return config.precision == "bfloat16"


def _loss(head: Head, read: Tensor, batch: Batch, bank: FloatMatrix, config: LanguageTowerConfig) -> Tensor:
    vectors = head(read)
    items, wishes = vectors[: len(batch.columns)], vectors[len(batch.columns) :]
    outside = batch.history.copy()
    outside.data[np.isin(outside.indices, batch.columns)] = 0.0
    sums = torch.from_numpy(history_sums(outside, bank)).to(items.device)
    sums = sums + dense(batch.history, batch.columns).to(items.device) @ items
    return objective(head, items, sums, wishes, batch, config)


def _text(
    items: Sequence[Item],
    texts: Sequence[str],
    column: int,
    config: LanguageTowerConfig,
    rng: np.random.Generator,
) -> str:
    if not items:
        return texts[column]
    return with_attributes_left_out(items[column], texts[column], config.attribute_dropout, rng)
