"""How the sequence network is trained: batches, the learning rate, early stopping, going on after an interruption.

Imports torch: import this module late.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from kg.files import written_whole
from recsys.models.base import Columns
from recsys.models.sequence_network import SequenceNetwork, cross_entropy

CHECKPOINT = "sequence-training.safetensors"
_POSITIONS = 768
"""Positions a step, at most on average: long histories make smaller batches, not fewer steps."""
_SMALLEST_BATCH = 16
_SCORED = 512
"""People whose scores exist at once in validation."""
_LOOKED_AT = 10
"""K of the NDCG that decides when to stop."""


@dataclass(frozen=True)
class NextItems:
    """People of a validation: what each met, and what they met next."""

    histories: Sequence[Columns]
    """Oldest first, none empty."""
    targets: Columns
    """One item a person."""


@dataclass(frozen=True)
class Plan:
    """What the training is told."""

    epochs: int
    batch: int
    """Sequences a step, at most; long ones make smaller batches."""
    learning_rate: float
    warmup: float
    """Share of all steps in which the learning rate rises."""
    weight_decay: float
    patience: int
    seed: int
    ordered: bool
    """False where no order is known: each epoch then reads every history in another order."""


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    epoch: int
    """Whose weights were kept, from 1."""
    ndcg: float
    """NDCG@10 of that epoch on the validation, in [0, 1]; nan without one."""
    epochs: int
    """Epochs that were run."""
    seconds: float
    """Over all of them, interruptions not counted."""


def windows(sequences: Sequence[Columns], most: int) -> list[Columns]:
    """Cut sequences, from their end, into pieces of at most `most` + 1 items that overlap by one item.

    Each item but a sequence's first is thus to be predicted once. Sequences of one item teach nothing and are
    left out.
    """
    pieces = []
    for sequence in sequences:
        stop = len(sequence)
        while stop > 1:
            start = max(0, stop - most - 1)
            pieces.append(np.asarray(sequence[start:stop], dtype=np.int64))
            stop = start + 1
    return pieces


def train(
    network: SequenceNetwork,
    sequences: Sequence[Columns],
    plan: Plan,
    validation: NextItems | None,
    checkpoints: Path | None,
    key: str,
    progress: Callable[[str], None],
) -> Outcome:
    """Train `network` in place by Adam and leave the weights of the best epoch in it.

    With a folder of checkpoints, each finished epoch is kept there, and a run of the same `key` that was
    interrupted goes on after it and ends as it would have ended.
    """
    device = next(network.parameters()).device
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay, fused=True
    )
    pieces = windows(sequences, network.max_length)
    fitting = _POSITIONS * len(pieces) // sum(len(piece) - 1 for piece in pieces)
    batch = min(plan.batch, max(_SMALLEST_BATCH, fitting))
    steps = math.ceil(len(pieces) / batch)
    state = _State(network, optimizer, key, checkpoints)
    state.read()
    while state.epoch < plan.epochs and state.since_best < plan.patience:
        started = time.perf_counter()
        rng = np.random.default_rng((plan.seed, state.epoch))
        network.train()
        losses = []
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**31)))
            for step, chosen in enumerate(_batches(pieces, batch, rng, plan.ordered)):
                rate = _rate((state.epoch * steps + step + 1) / (plan.epochs * steps), plan.warmup)
                for group in optimizer.param_groups:
                    group["lr"] = plan.learning_rate * rate
                losses.append(_step(network, optimizer, chosen, device))
        state.epoch += 1
        network.eval()
        found = ndcg(network, validation) if validation is not None else math.nan
        state.seconds += time.perf_counter() - started
        state.note(found)
        state.write()
        progress(
            f"epoch {state.epoch} of {plan.epochs}: loss {np.mean(losses):.4f}, NDCG@10 {found:.4f}, "
            f"{state.seconds:.0f} s"
        )
    network.load_state_dict(state.best)
    network.eval()
    return Outcome(state.best_epoch, state.best_ndcg, state.epoch, state.seconds)


def ndcg(network: SequenceNetwork, validation: NextItems) -> float:
    """Return the mean NDCG@10 over every item that is not in the history; ties count against the model."""
    gains = []
    with torch.inference_mode(), autocast(network.places.device):
        table = network.table()
        for start in range(0, len(validation.targets), _SCORED):
            histories = validation.histories[start : start + _SCORED]
            cut = [history[-network.max_length :] for history in histories]
            scores = (network(table, cut, last_only=True) @ table.T).float()
            wanted = torch.from_numpy(validation.targets[start : start + _SCORED]).to(scores.device)
            rows = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
            own = scores.gather(1, wanted[:, None])
            scores[rows, np.concatenate(histories)] = -torch.inf
            scores.scatter_(1, wanted[:, None], own)
            ranks = (scores >= own).sum(dim=1).cpu().numpy()
            gains.append(np.where(ranks <= _LOOKED_AT, 1.0 / np.log2(ranks + 1.0), 0.0))
    return float(np.concatenate(gains).mean())


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return what makes a GPU compute in bfloat16; on a CPU nothing changes."""
    return torch.autocast("cuda", dtype=torch.bfloat16) if device.type == "cuda" else nullcontext()


class _State:
    """Where a training stands, and its file."""

    def __init__(
        self,
        network: SequenceNetwork,
        optimizer: torch.optim.Optimizer,
        key: str,
        checkpoints: Path | None,
    ) -> None:
        self.network, self.optimizer, self.key = network, optimizer, key
        self.file = checkpoints / CHECKPOINT if checkpoints is not None else None
        self.epoch = self.best_epoch = self.since_best = 0
        self.best_ndcg, self.seconds = math.nan, 0.0
        self.best = {name: value.clone() for name, value in network.state_dict().items()}

    def note(self, found: float) -> None:
        """Keep the weights when none before were better: among equals the longest trained.

        Without a validation the last are kept.
        """
        self.since_best += 1
        if math.isnan(found) or not self.best_ndcg > found:
            if self.best_ndcg != found:
                self.since_best = 0
            self.best_epoch, self.best_ndcg = self.epoch, found
            self.best = {name: value.clone() for name, value in self.network.state_dict().items()}

    def write(self) -> None:
        if self.file is None:
            return
        tensors = {f"best/{name}": value for name, value in self.best.items()}
        for name, parameter in self.network.named_parameters():
            tensors[f"now/{name}"] = parameter.detach()
            for part, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"adam/{part}/{name}"] = value
        words = {
            "key": self.key,
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_ndcg": self.best_ndcg,
            "since_best": self.since_best,
            "seconds": self.seconds,
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(self.file) as beside:
            kept = {name: value.cpu().contiguous() for name, value in tensors.items()}
            save_file(kept, beside, metadata={"state": json.dumps(words)})

    def read(self) -> None:
        """Go back to where the file stands; one that is damaged or of another run is not used."""
        if self.file is None or not self.file.is_file():
            return
        try:
            with safe_open(self.file, framework="pt") as kept:
                words = json.loads((kept.metadata() or {}).get("state", "{}"))
                if words.get("key") != self.key:
                    return
                tensors: dict[str, Tensor] = {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError):
            return
        self.epoch, self.best_epoch = int(words["epoch"]), int(words["best_epoch"])
        self.since_best, self.best_ndcg = int(words["since_best"]), float(words["best_ndcg"])
        self.seconds = float(words["seconds"])
        for name in self.best:
            self.best[name] = tensors[f"best/{name}"].to(self.best[name].device)
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.copy_(tensors[f"now/{name}"])
                self.optimizer.state[parameter] = {
                    part: tensors[f"adam/{part}/{name}"].to(parameter.device)
                    for part in ("step", "exp_avg", "exp_avg_sq")
                }


def _step(
    network: SequenceNetwork, optimizer: torch.optim.Optimizer, chosen: list[Columns], device: torch.device
) -> float:
    targets = torch.from_numpy(np.concatenate([piece[1:] for piece in chosen])).to(device)
    with autocast(device):
        table = network.table()
        states = network(table, [piece[:-1] for piece in chosen])
    loss = cross_entropy(states, table, targets)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.item()


def _batches(
    pieces: list[Columns], batch: int, rng: np.random.Generator, ordered: bool
) -> Iterator[list[Columns]]:
    order = rng.permutation(len(pieces))
    for start in range(0, len(order), batch):
        chosen = [pieces[row] for row in order[start : start + batch]]
        yield chosen if ordered else [rng.permutation(piece) for piece in chosen]


def _rate(done: float, warmup: float) -> float:
    """Return the share of the full learning rate: a line up, then half a cosine down to a twentieth."""
    if done < warmup:
        return done / warmup
    return 0.05 + 0.475 * (1.0 + math.cos(math.pi * (done - warmup) / max(1e-9, 1.0 - warmup)))
