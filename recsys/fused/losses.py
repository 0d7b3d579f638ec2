"""What is minimised: the full softmax, a sampled one, or BPR, each over several targets a person."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from recsys.fused.batches import Batch

_HIDDEN = -1e9
_POWER = 0.75
"""Of the popularity by which negatives are drawn."""


def softmax_loss(logits: Tensor, batch: Batch, hide: bool) -> Tensor:
    """Return nats a target in a softmax over all items, (n, n_items) logits."""
    if hide and len(batch.shown_row):
        row, column = _on(logits, batch.shown_row), _on(logits, batch.shown_column)
        logits = logits.index_put(
            (row, column), torch.tensor(_HIDDEN, dtype=logits.dtype, device=logits.device)
        )
    return _nats(logits, batch, batch.column)


def sampled_loss(
    logits: Tensor, batch: Batch, candidates: NDArray[np.int64], log_q: NDArray[np.float32]
) -> Tensor:
    """Return nats a target in a softmax over the candidates alone.

    `candidates` are ascending columns that hold every target, `log_q` the logarithm of how likely each is
    among the candidates; taking it off makes the sampled softmax agree with the full one on average (Bengio and
    Senecal, 2008).
    """
    corrected = logits - torch.from_numpy(log_q).to(logits.device)
    return _nats(corrected, batch, np.searchsorted(candidates, batch.column))


def _nats(logits: Tensor, batch: Batch, places: NDArray[np.int64]) -> Tensor:
    row, column = _on(logits, batch.row), _on(logits, places)
    weight = torch.from_numpy(batch.weight).to(logits.device)
    chosen = logits[row, column] - torch.logsumexp(logits.float(), dim=1)[row]
    return -(weight * chosen).sum() / weight.sum().clamp(min=1e-9)


def bpr_loss(
    people: Tensor, items: Tensor, bias: Tensor, prior: Tensor, batch: Batch, wrong: NDArray[np.int64]
) -> Tensor:
    """Return the Bayesian personalised ranking loss (Rendle et al., 2009), one drawn item against each target.

    `people` (n, dim) and `items` (m, dim) with `bias` (m,); `prior` (n,) is each person's factor of the bias.
    """
    row = _on(people, batch.row)
    weight = torch.from_numpy(batch.weight).to(people.device)

    def score(columns: NDArray[np.int64]) -> Tensor:
        place = _on(people, columns)
        return (people[row] * items[place]).sum(dim=1) + prior[row] * bias[place]

    return -(weight * logsigmoid(score(batch.column) - score(wrong))).sum() / weight.sum().clamp(min=1e-9)


def draw_wrong(batch: Batch, n_items: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw an item for each target that its person did not meet, as far as ten draws find one."""
    met = np.unique(
        np.concatenate([batch.row * n_items + batch.column, batch.shown_row * n_items + batch.shown_column])
    )
    wrong = rng.integers(0, n_items, len(batch.row))
    for _ in range(10):
        cells = batch.row * n_items + wrong
        place = np.minimum(np.searchsorted(met, cells), max(0, len(met) - 1))
        again = np.flatnonzero(met[place] == cells) if len(met) else np.zeros(0, dtype=np.int64)
        if not len(again):
            break
        wrong[again] = rng.integers(0, n_items, len(again))
    return wrong


def draw_candidates(
    batch: Batch, met: NDArray[np.float32], negatives: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the targets of a batch with drawn negatives, ascending, and the logarithm of how likely each is there.

    Negatives are drawn by popularity to the power .75; an item that nobody met is never one.
    """
    power = np.power(met.astype(np.float64), _POWER)
    q = power / max(power.sum(), 1e-12)
    negative = (
        rng.choice(len(met), size=min(negatives, len(met)), p=q) if power.sum() > 0 else np.zeros(0, np.int64)
    )
    candidates = np.unique(np.concatenate([batch.column, negative.astype(np.int64)]))
    # A candidate comes from the negatives or as somebody's target; both follow what is met.
    share = met[candidates] / max(float(met.sum()), 1e-12)
    expected = negatives * q[candidates] + len(batch.column) * share
    among = -np.expm1(-np.maximum(expected, 1e-9))
    return candidates, np.log(among).astype(np.float32)


def _on(like: Tensor, places: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(places).to(like.device)
