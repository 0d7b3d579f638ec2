"""Tunes low-rank adapters (Hu et al., 2022) of the small model on packed examples; a run that was cut off goes on."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils.save_and_load import get_peft_model_state_dict, set_peft_model_state_dict
from pydantic import BaseModel, ConfigDict, Field
from safetensors.torch import load_file, save_file
from torch import Tensor

from agent.training.packing import Packed
from kg.files import write_text, written_whole

_LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
STATE = "state.json"


class TuneConfig(BaseModel):
    """How the adapter is trained."""

    model_config = ConfigDict(frozen=True)

    rank: int = Field(default=16, ge=1)
    """Of the adapter's matrices."""
    first_layer: int = Field(default=10, ge=0)
    """The linear layers from this block on are adapted; those below need no backward pass."""
    alpha: int = Field(default=32, ge=1)
    """Scale of the adapter: `alpha / rank`."""
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    """On what enters the adapter."""
    learning_rate: float = Field(default=1e-3, gt=0.0)
    """Of AdamW, after the warm-up."""
    warm_up: float = Field(default=0.05, ge=0.0, lt=1.0)
    """Share of the steps over which the rate rises; then it falls along a cosine."""
    epochs: int = Field(default=1, ge=1)
    """Passes over the sequences."""
    most_steps: int = Field(default=0, ge=0)
    """Steps after which training ends, the rate with it; 0: after the passes."""
    accumulate: int = Field(default=1, ge=1)
    """Sequences a step."""
    validate_every: int = Field(default=40, ge=1)
    """Steps between two looks at the validation sequences."""
    patience: int = Field(default=3, ge=1)
    """Looks without a better loss after which training ends."""
    minutes: float = Field(default=0.0, ge=0.0)
    """Minutes of this run after which it stops to be gone on with; 0 does not stop."""
    seed: int = 0


class Progress(BaseModel):
    """Where a run is."""

    step: int = 0
    best: float = math.inf
    """Validation loss, a token."""
    worse: int = 0
    losses: list[tuple[int, float]] = []
    """Validation losses by step."""
    seconds: float = 0.0
    tokens: int = 0
    done: bool = False


def adapted(model: Any, config: TuneConfig) -> PeftModel:  # noqa: ANN401 - a transformers model
    """Return the model with fresh adapters on its upper linear layers; only they learn."""
    torch.manual_seed(config.seed)
    lora = LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=_LAYERS,
        layers_to_transform=list(range(config.first_layer, int(model.config.num_hidden_layers))),
        layers_pattern="layers",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, lora)


def loss_of(model: Any, packed: Packed) -> tuple[Tensor, float]:  # noqa: ANN401 - a peft or transformers model
    """Return the weighed sum of the cross-entropies of a sequence, and the sum of the weights."""
    device = next(model.parameters()).device
    causal: Any = model.get_base_model() if isinstance(model, PeftModel) else model
    visible = torch.from_numpy(packed.visible())[None, None].to(device)
    hidden = causal.model(
        input_ids=torch.from_numpy(packed.ids)[None].to(device),
        position_ids=torch.from_numpy(packed.positions)[None].to(device),
        attention_mask=visible,
        use_cache=False,
    ).last_hidden_state[0]
    # The head is a fifth of the work: only where something is learned.
    logits = causal.lm_head(hidden[torch.from_numpy(packed.predicts).to(device)])
    each = torch.nn.functional.cross_entropy(
        logits.float(), torch.from_numpy(packed.targets).to(device), reduction="none"
    )
    weights = torch.from_numpy(packed.weights).to(device)
    return (each * weights).sum(), float(packed.weights.sum())


def tune(
    model: PeftModel,
    train: Sequence[Packed],
    valid: Sequence[Packed],
    config: TuneConfig,
    folder: Path,
    progress: Callable[[Progress, int], None] = lambda *_: None,
) -> Progress:
    """Train until the steps are over, validation gets worse, or the minutes are; returns where it is.

    `folder` keeps the newest state and the best adapter; a run that was cut off goes on from it, with the sequences in
    the same order.
    """
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=config.learning_rate, weight_decay=0.0
    )
    a_pass = -(-len(train) // config.accumulate)
    steps = min(config.epochs * a_pass, config.most_steps or config.epochs * a_pass)
    warm = max(1, round(config.warm_up * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda k: min((k + 1) / warm, 0.5 * (1.0 + math.cos(math.pi * min(1.0, k / steps))))
    )
    folder.mkdir(parents=True, exist_ok=True)
    at = _go_on(model, optimizer, schedule, folder)
    began = time.monotonic()
    before = at.seconds
    model.train()
    while at.step < steps and not at.done:
        if config.minutes and time.monotonic() - began > 60.0 * config.minutes:
            break
        number, place = divmod(at.step, a_pass)
        order = np.random.default_rng([config.seed, number]).permutation(len(train))
        batch = order[place * config.accumulate : (place + 1) * config.accumulate]
        torch.manual_seed(config.seed * 100_003 + at.step)
        weight = sum(float(train[int(k)].weights.sum()) for k in batch)
        for k in batch:
            loss, _ = loss_of(model, train[int(k)])
            (loss / weight).backward()  # type: ignore[no-untyped-call]
            at.tokens += len(train[int(k)].ids)
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        at.step += 1
        at.seconds = before + time.monotonic() - began
        if at.step % config.validate_every == 0 or at.step == steps:
            _look(model, valid, at, config, folder)
            _keep(model, optimizer, schedule, at, folder)
        progress(at, steps)
    if at.step >= steps:
        at.done = True
    _keep(model, optimizer, schedule, at, folder)
    return at


def best_adapter(folder: Path) -> dict[str, Tensor]:
    """Return the tensors of the adapter with the lowest validation loss so far."""
    return dict(load_file(folder / "best.safetensors"))


def _look(model: PeftModel, valid: Sequence[Packed], at: Progress, config: TuneConfig, folder: Path) -> None:
    model.eval()
    with torch.no_grad():
        found = [loss_of(model, packed) for packed in valid]
    model.train()
    loss = sum(float(one) for one, _ in found) / sum(weight for _, weight in found)
    at.losses.append((at.step, loss))
    if loss < at.best:
        at.best, at.worse = loss, 0
        _write(get_peft_model_state_dict(model), folder / "best.safetensors")
    else:
        at.worse += 1
        at.done = at.worse >= config.patience


def _keep(model: PeftModel, optimizer: Any, schedule: Any, at: Progress, folder: Path) -> None:  # noqa: ANN401
    tensors = {f"adapter/{name}": t for name, t in get_peft_model_state_dict(model).items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{number}/{name}": t for name, t in state.items()}
    _write(tensors, folder / "state.safetensors")
    write_text(folder / STATE, json.dumps({"progress": at.model_dump(), "schedule": schedule.last_epoch}))


def _go_on(model: PeftModel, optimizer: Any, schedule: Any, folder: Path) -> Progress:  # noqa: ANN401
    if not (folder / STATE).is_file():
        return Progress()
    told = json.loads((folder / STATE).read_text(encoding="utf-8"))
    tensors = load_file(folder / "state.safetensors")
    adapter = {n.removeprefix("adapter/"): t for n, t in tensors.items() if n.startswith("adapter/")}
    set_peft_model_state_dict(model, adapter)
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer/"):
            _, number, what = name.split("/", 2)
            state.setdefault(int(number), {})[what] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    schedule.last_epoch = told["schedule"]
    for group, rate in zip(optimizer.param_groups, schedule.get_lr(), strict=True):
        group["lr"] = rate
    random.seed(0)
    return Progress.model_validate(told["progress"])


def _write(tensors: dict[str, Tensor], file: Path) -> None:
    with written_whole(file) as beside:
        save_file(
            {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, beside
        )
