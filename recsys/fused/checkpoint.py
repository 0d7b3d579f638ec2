"""The state of a training run, written whole, so that an interrupted run goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from pydantic import BaseModel, Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from kg.files import write_text, written_whole

FILE = "training.safetensors"


class Progress(BaseModel):
    """How far a run is."""

    key: str
    """Hash of data and configuration: another run's state is not read."""
    stage: str
    """`search` with meetings set aside, or `final`."""
    epoch: int = 0
    """Epochs that are done in this stage."""
    epochs: int
    """Epochs that this stage was planned for, by which the rate decays."""
    best_epoch: int = 0
    best_value: float = -1.0
    waited: int = 0
    losses: list[float] = Field(default_factory=list)
    """Mean loss of each epoch."""
    values: list[tuple[int, float]] = Field(default_factory=list)
    """Epoch and NDCG@20 on what was set aside."""
    stopped: bool = False


def save_checkpoint(
    folder: Path,
    progress: Progress,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    best: Mapping[str, Tensor],
) -> None:
    """Write parameters, the optimiser's moments and progress as one file in one step, and progress to be read."""
    tensors = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"best/{name}": tensor for name, tensor in best.items()}
    for k, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{k}/{name}": value for name, value in state.items()}
    whole = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    folder.mkdir(parents=True, exist_ok=True)
    with written_whole(folder / FILE) as beside:
        save_file(whole, beside, metadata={"progress": progress.model_dump_json()})
    write_text(folder / "training.json", progress.model_dump_json(indent=2) + "\n")


def load_checkpoint(
    folder: Path, key: str, stage: str, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[Progress, dict[str, Tensor]] | None:
    """Put back what `save_checkpoint` wrote for this key and stage; None when there is nothing of it."""
    found = read_progress(folder)
    if found is None or found.key != key or found.stage != stage:
        return None
    parts: dict[str, dict[str, Tensor]] = {"network": {}, "best": {}, "optimizer": {}}
    with safe_open(folder / FILE, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - not a dictionary
            part, rest = name.split("/", 1)
            parts[part][rest] = file.get_tensor(name)
    network.load_state_dict(parts["network"])
    state = optimizer.state_dict()
    state["state"] = {}
    for name, tensor in parts["optimizer"].items():
        k, field = name.split("/", 1)
        state["state"].setdefault(int(k), {})[field] = tensor
    optimizer.load_state_dict(state)
    return found, parts["best"]


def read_progress(folder: Path) -> Progress | None:
    """Return how far the run in a folder is, or None when there is none that can be read."""
    if not (folder / FILE).is_file():
        return None
    try:
        with safe_open(folder / FILE, framework="pt") as file:
            return Progress.model_validate(json.loads(file.metadata()["progress"]))
    except (SafetensorError, KeyError, TypeError, ValueError):
        return None


def remove_checkpoint(folder: Path) -> None:
    """Remove what a finished run has no more use for."""
    for name in (FILE, "training.json"):
        (folder / name).unlink(missing_ok=True)
