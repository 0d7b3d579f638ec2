"""The training of the fused model: steps, early stopping, checkpoints, and going on after an interruption."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor

from recsys.fused.batches import Batch, Behaviour, batches, steps_of
from recsys.fused.checkpoint import Progress, load_checkpoint, read_progress, save_checkpoint
from recsys.fused.config import FusedConfig
from recsys.fused.graph import edges
from recsys.fused.known import NOTHING, Known
from recsys.fused.losses import bpr_loss, draw_candidates, draw_wrong, sampled_loss, softmax_loss
from recsys.fused.network import Network, Parts, Vectors
from recsys.fused.sampling import sample_around
from recsys.schema import Granularity as Grain

FULL_SOFTMAX_UP_TO = 30_000
"""Items from which `auto` samples the softmax."""
_K = 20
_POWERS = 14
"""Powers of 2 that are tried as the scale of a start."""


@dataclass(frozen=True)
class Watched:
    """People on whom a training is measured."""

    known: Known
    met: csr_array
    """Shape (n, n_items); what was shown, which is not ranked."""
    targets: csr_array
    """Shape (n, n_items)."""


@dataclass(frozen=True)
class Run:
    """Where a training writes and whom it tells."""

    key: str
    folder: Path | None = None
    """For checkpoints, or None."""
    tell: Callable[[str], None] = lambda _: None
    measured: Callable[[int, Vectors, Network], None] | None = None
    """Called after each epoch with the epoch, all vectors and the network; for curves."""


def train(
    parts: Parts,
    behaviour: Behaviour,
    config: FusedConfig,
    run: Run,
    stage: str,
    epochs: int,
    watched: Watched | None,
) -> tuple[Network, Progress]:
    """Train a new network, or go on with the checkpoint of this key and stage.

    With `watched`, NDCG@20 is measured every `measure_every` epochs; training stops after `patience` measurements
    without a better one, and the best parameters are put back.
    """
    device = device_of(config)
    network = Network(parts, config, device)
    kept = {id(parameter) for parameter in network.decayed()}
    others = [p for p in network.parameters() if p.requires_grad and id(p) not in kept]
    optimizer = torch.optim.AdamW(
        [
            {"params": network.decayed(), "weight_decay": config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
    )
    progress = Progress(key=run.key, stage=stage, epochs=epochs)
    best: dict[str, Tensor] = {}
    if run.folder is not None:
        found = load_checkpoint(run.folder, run.key, stage, network, optimizer)
        if found is not None:
            progress, best = found
            run.tell(f"Going on after epoch {progress.epoch} of {epochs}")
    steps = steps_of(behaviour, config)
    if not progress.epoch and steps and parts.directions is not None:
        _scale(network, parts, behaviour, config)
    while progress.epoch < epochs and not progress.stopped and steps:
        epoch = progress.epoch
        # Each epoch draws from a generator of its own, so that a run that goes on draws what it would have drawn.
        rng, around = (
            np.random.default_rng([config.seed, epoch, int(stage == "final"), part]) for part in (0, 1)
        )
        total = 0.0
        for k, batch in enumerate(batches(behaviour, config, parts.grains, rng)):
            rate = _rate(epoch * steps + k, epochs * steps, config)
            for group in optimizer.param_groups:
                group["lr"] = rate
            total += _step(network, optimizer, parts, config, batch, around)
        progress.epoch = epoch + 1
        progress.losses.append(total / steps)
        run.tell(f"Epoch {epoch + 1} of {epochs}: loss {total / steps:.4f}")
        if run.measured is not None:
            with torch.no_grad():
                run.measured(epoch + 1, network.all_vectors(), network)
        if watched is not None and ((epoch + 1) % config.measure_every == 0 or epoch + 1 == epochs):
            best = _measure(network, watched, config, progress, best, run)
        last = progress.epoch == epochs or progress.stopped
        if run.folder is not None and (last or progress.epoch % config.checkpoint_every == 0):
            save_checkpoint(run.folder, progress, network, optimizer, best)
    if best:
        network.load_state_dict(best)
    return network, progress


def finished(run: Run, stage: str) -> Progress | None:
    """Return the progress of a stage that is behind the checkpoint in the run's folder, or None."""
    found = read_progress(run.folder) if run.folder is not None else None
    return found if found is not None and found.key == run.key and found.stage == stage else None


def device_of(config: FusedConfig) -> torch.device:
    """Return the device that a configuration asks for."""
    if config.device != "auto":
        return torch.device(config.device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def loss_of(config: FusedConfig, n_items: int) -> str:
    """Return which loss `auto` is for so many items."""
    if config.loss != "auto":
        return config.loss
    return "softmax" if n_items <= FULL_SOFTMAX_UP_TO else "sampled"


def scores(network: Network, vectors: Vectors, known: Known) -> Tensor:
    """Return logits (n, m) of people for the items of `vectors`."""
    found = network.people(known, vectors) @ vectors.candidates.T
    if Grain.POPULARITY in network.grains:
        found = found + network.prior(known)[:, None] * vectors.bias
    return found


def _scale(network: Network, parts: Parts, behaviour: Behaviour, config: FusedConfig) -> None:
    """Give the start the scale, a power of 2, under which one batch is likeliest; gains would take long to."""
    rng = np.random.default_rng([config.seed, 2])
    batch = next(batches(behaviour, config, parts.grains, rng))
    found: dict[int, float] = {}
    with torch.no_grad():
        for power in range(_POWERS):
            network.gain.fill_(0.5 * power * math.log(2.0))
            found[power] = float(_loss(network, parts, config, batch, rng))
            if power and found[power] > found[power - 1]:
                break
        network.gain.fill_(0.5 * min(found, key=lambda power: found[power]) * math.log(2.0))


def _step(
    network: Network,
    optimizer: torch.optim.Optimizer,
    parts: Parts,
    config: FusedConfig,
    batch: Batch,
    rng: np.random.Generator,
) -> float:
    optimizer.zero_grad(set_to_none=True)
    device = network.free.device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        loss = _loss(network, parts, config, batch, rng)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return float(loss.detach())


def _loss(
    network: Network, parts: Parts, config: FusedConfig, batch: Batch, rng: np.random.Generator
) -> Tensor:
    kind = loss_of(config, parts.n_items)
    if kind == "softmax":
        candidates = np.arange(parts.n_items)
        log_q = np.zeros(0, dtype=np.float32)
    elif kind == "sampled":
        candidates, log_q = draw_candidates(batch, parts.met, config.negatives, rng)
    else:
        wrong = draw_wrong(batch, parts.n_items, rng)
        candidates = np.unique(np.concatenate([batch.column, wrong]))
    vectors, items = _vectors(network, parts, config, batch.known, candidates, rng)
    known = batch.known if items is None else among(batch.known, items)
    place = candidates if items is None else np.searchsorted(items, candidates)
    if kind == "bpr":
        where = np.arange(parts.n_items) if items is None else items
        placed = replace(batch, column=np.searchsorted(where, batch.column))
        prior = (
            network.prior(known)
            if Grain.POPULARITY in network.grains
            else torch.zeros(known.n, device=network.free.device)
        )
        people = network.people(known, vectors)
        return bpr_loss(
            people, vectors.candidates, vectors.bias, prior, placed, np.searchsorted(where, wrong)
        )
    if len(place) < len(vectors.bias):
        chosen = torch.from_numpy(place).to(network.free.device)
        ranked = Vectors(vectors.candidates[chosen], vectors.roles, vectors.bias[chosen])
    else:
        ranked = vectors
    logits = network.people(known, vectors) @ ranked.candidates.T
    if Grain.POPULARITY in network.grains:
        logits = logits + network.prior(known)[:, None] * ranked.bias
    if kind == "softmax":
        return softmax_loss(logits, batch, config.hide_input)
    return sampled_loss(logits, batch, candidates, log_q)


def _vectors(
    network: Network,
    parts: Parts,
    config: FusedConfig,
    known: Known,
    candidates: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[Vectors, NDArray[np.int64] | None]:
    """Return vectors of everything, or of the items that the step needs where the graph is past its budget."""
    if edges(parts.ties) * config.layers <= config.max_edges:
        return network.all_vectors(), None
    needed: list[NDArray[np.int64]] = [candidates, known.history.indices.astype(np.int64)]
    if known.social is not None:
        needed.append(known.social.indices.astype(np.int64))
    if known.recent is not None:
        needed.append(known.recent[known.recent != NOTHING])
    items = np.unique(np.concatenate(needed)).astype(np.int64)
    sample = sample_around(parts.ties, items, config.layers, config.fanout, rng)
    return network.sampled_vectors(sample), items


def among(known: Known, items: NDArray[np.int64]) -> Known:
    """Return what is known with columns that are places in `items`, which are ascending and hold all of them."""

    def placed(matrix: csr_array) -> csr_array:
        columns = np.searchsorted(items, matrix.indices)
        return csr_array((matrix.data, columns, matrix.indptr), shape=(matrix.shape[0], len(items)))

    recent = None
    if known.recent is not None:
        recent = np.where(known.recent == NOTHING, NOTHING, np.searchsorted(items, known.recent))
    return replace(
        known,
        history=placed(known.history),
        social=None if known.social is None else placed(known.social),
        recent=recent,
    )


def _rate(step: int, steps: int, config: FusedConfig) -> float:
    warm = config.warm_up * steps
    if step < warm:
        return config.learning_rate * (step + 1) / (warm + 1)
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1.0, steps - warm)))


def _measure(
    network: Network,
    watched: Watched,
    config: FusedConfig,
    progress: Progress,
    best: dict[str, Tensor],
    run: Run,
) -> dict[str, Tensor]:
    with torch.no_grad():
        found = scores(network, network.all_vectors(), watched.known).float().cpu().numpy()
    value = ndcg(found, watched.met, watched.targets)
    progress.values.append((progress.epoch, value))
    run.tell(f"Epoch {progress.epoch}: NDCG@{_K} {value:.4f} on what was set aside")
    if value > progress.best_value:
        progress.best_value, progress.best_epoch, progress.waited = value, progress.epoch, 0
        return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    progress.waited += 1
    progress.stopped = progress.waited >= config.patience
    return best


def ndcg(found: NDArray[np.float32], met: csr_array, targets: csr_array, k: int = _K) -> float:
    """Return the mean binary NDCG at k over people with targets; what was met is not ranked. `found` is changed."""
    found[met.nonzero()] = -np.inf
    k = min(k, found.shape[1])
    first = np.argpartition(-found, k - 1, axis=1)[:, :k]
    order = np.take_along_axis(
        first, np.argsort(-np.take_along_axis(found, first, 1), axis=1, kind="stable"), 1
    )
    hits = np.take_along_axis(targets.toarray() != 0, order, axis=1)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    wanted = np.diff(targets.indptr)
    rows = wanted > 0
    ideal = np.cumsum(discount)[np.minimum(wanted[rows], k) - 1]
    return float(((hits[rows] * discount).sum(axis=1) / ideal).mean()) if rows.any() else 0.0


def grains_in_words(grains: Sequence[Grain]) -> str:
    """Return grains as a list for a card."""
    return ", ".join(grain.value for grain in grains)
