"""Where training stopped, in one file: parameters, the optimiser's sums and the best so far."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from kg.files import written_whole
from kg.graph import GraphError

_FORMAT = 1


@dataclass
class Progress:
    """How far training is."""

    epoch: int = 0
    """Epochs done."""
    best_epoch: int = 0
    best_mrr: float = -1.0
    worse: int = 0
    """Looks at validation since the best one."""
    tensors: dict[str, Tensor] = field(default_factory=dict)
    """`now.*`, `sum.*` and `best.*` for each parameter."""


def write_checkpoint(file: Path, key: str, progress: Progress) -> None:
    """Write `file` in one step; a crash leaves the one before.

    `key` says of what graph and configuration it is.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    words = {
        "format": _FORMAT,
        "key": key,
        "epoch": progress.epoch,
        "best_epoch": progress.best_epoch,
        "best_mrr": progress.best_mrr,
        "worse": progress.worse,
    }
    with written_whole(file) as beside:
        save_file(
            {name: tensor.detach().contiguous() for name, tensor in progress.tensors.items()},
            beside,
            metadata={"progress": json.dumps(words)},
        )


def read_checkpoint(file: Path, key: str) -> Progress | None:
    """Return what was written for this key, or None when there is no file.

    Raises `GraphError` when the file cannot be read or is of another graph or configuration: it may be hours
    of somebody's work, so it is not written over.
    """
    if not file.is_file():
        return None
    try:
        with safe_open(file, framework="pt") as opened:
            words = json.loads((opened.metadata() or {})["progress"])
            names = list(opened.keys())
            tensors: dict[str, Tensor] = {name: opened.get_tensor(name) for name in names}
        if words["format"] != _FORMAT or words["key"] != key:
            raise GraphError(
                f"The checkpoint {file} is of another graph, configuration or version. Remove it."
            )
        return Progress(
            epoch=int(words["epoch"]),
            best_epoch=int(words["best_epoch"]),
            best_mrr=float(words["best_mrr"]),
            worse=int(words["worse"]),
            tensors={name: torch.clone(tensor) for name, tensor in tensors.items()},
        )
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise GraphError(
            f"The checkpoint {file} cannot be read ({error.__class__.__name__}). Remove it to start anew."
        ) from error
