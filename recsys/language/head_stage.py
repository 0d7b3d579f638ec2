"""Training the head on vectors that a frozen base gave once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from recsys.language.batches import Batch, Sampler
from recsys.language.config import LanguageTowerConfig
from recsys.language.encoding import apply_head
from recsys.language.head import Head
from recsys.language.looks import SetAside
from recsys.language.loop import Curves, Plan, Run, Tell
from recsys.language.losses import info_nce
from recsys.models.base import Columns, FloatMatrix


@dataclass(frozen=True)
class Read:
    """What the frozen base read."""

    views: list[FloatMatrix]
    """Each (n_items, dim_in); the first is of the whole texts, the others with attributes left out."""
    wishes: FloatMatrix
    """Shape (n_wishes, dim_in)."""
    aside_wishes: FloatMatrix
    """Shape (n, dim_in); of the wishes that were set aside."""


def train_head(
    head: Head,
    read: Read,
    sampler: Sampler,
    aside: SetAside,
    config: LanguageTowerConfig,
    tell: Tell,
    curves: Curves | None,
    checkpoint: Path | None,
    key: str,
) -> Run:
    """Train to the end; the head then has its best parameters. The softmax is over all items, or a sample of
    `config.candidates`."""
    views = [torch.from_numpy(view) for view in read.views]
    wishes = torch.from_numpy(read.wishes)
    an_epoch = sampler.steps_an_epoch

    def backward(step: int) -> float:
        batch = sampler.over_catalogue(step)
        rng = np.random.default_rng([config.seed, 5, step])
        view = views[int(rng.integers(len(views)))]
        used: Columns = np.union1d(batch.columns, batch.history.indices).astype(np.int64)
        items = head(view[torch.from_numpy(used)])
        sums = dense(batch.history, used) @ items if len(batch.people) else items[:0]
        asked_for = items[torch.from_numpy(np.searchsorted(used, batch.columns))]
        loss = objective(head, asked_for, sums, head(wishes[torch.from_numpy(batch.wishes)]), batch, config)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def look() -> tuple[float, dict[str, float]]:
        figures = aside.figures(
            apply_head(head, read.views[0]),
            head.history.weight.detach().numpy(),
            apply_head(head, read.aside_wishes),
        )
        return to_raise(figures), figures

    steps = config.epochs * an_epoch
    plan = Plan(
        "head", steps, config.evaluate_every * an_epoch, config.patience, config.warm_up, config.clip,
        config.weight_decay, config.seed,
    )  # fmt: skip
    run = Run(plan, [({f"head.{n}": p for n, p in head.named_parameters()}, config.head_lr)], tell, curves)
    run.go(backward, look, checkpoint, key)
    return run


def objective(
    head: Head, items: Tensor, sums: Tensor, wishes: Tensor, batch: Batch, config: LanguageTowerConfig
) -> Tensor:
    """Return the weighted loss of both tasks; `items` (c, d) compete, `sums` (u, d), `wishes` (w, d)."""
    device = items.device
    loss = 0.0 * head.log_scale
    if len(batch.people):
        loss = loss + config.history_weight * info_nce(
            head.of_histories(sums),
            items,
            torch.from_numpy(batch.asked).to(device),
            torch.from_numpy(batch.blocked).to(device),
            head.scale,
        )
    if len(batch.wishes):
        fulfilled = torch.from_numpy(batch.fulfilled).to(device)
        loss = loss + config.wish_weight * info_nce(
            wishes, items, fulfilled, torch.zeros_like(fulfilled), head.scale
        )
    return loss


def to_raise(figures: dict[str, float]) -> float:
    """Return the figure that training is to raise: the mean of NDCG@20 for histories and for wishes."""
    found = [value for name, value in figures.items() if name.endswith("ndcg@20")]
    return float(np.mean(found)) if found else 0.0


def dense(history: csr_array, columns: Columns) -> Tensor:
    """Return a history over these columns only, shape (u, c)."""
    return torch.from_numpy(history[:, columns].toarray().astype(np.float32))
