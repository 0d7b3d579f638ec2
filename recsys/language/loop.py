"""One training run: AdamW, warm-up and cosine, early stopping, checkpoints that an interrupted run goes on from."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from kg.files import written_whole
from recsys.language.config import TowerError

_FORMAT = 1
_ADAM = ("step", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class TowerProgress:
    """Where training is, for a progress bar."""

    stage: str
    """`reading`, `head`, `base` or `student`."""
    done: int
    of: int
    """Texts while reading, steps otherwise."""
    figures: Mapping[str, float]
    """The last look at validation, and the loss; may be empty."""


Tell = Callable[[TowerProgress], None]


class Curves(Protocol):
    """Where numbers over steps are written."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        """Note one number."""

    def close(self) -> None:
        """Write what is left."""


@dataclass(frozen=True)
class Plan:
    """How long and how fast a run learns."""

    stage: str
    steps: int
    evaluate_every: int
    patience: int
    warm_up: float
    clip: float
    weight_decay: float
    seed: int


class Run:
    """The state of one run: what is needed to take a step, look at validation and go on later."""

    def __init__(
        self,
        plan: Plan,
        groups: list[tuple[dict[str, nn.Parameter], float]],
        tell: Tell,
        curves: Curves | None = None,
    ) -> None:
        """Take the parameters to learn, by name, in groups of one highest step size each."""
        self.plan, self.tell, self.curves = plan, tell, curves
        self.parameters = {name: p for group, _ in groups for name, p in group.items()}
        self.rates = [rate for _, rate in groups]
        self.optimiser = torch.optim.AdamW(
            [{"params": list(group.values())} for group, _ in groups], lr=1.0, weight_decay=plan.weight_decay
        )
        self.step = self.best_step = self.worse = 0
        self.best_figure = -1.0
        self.best_figures: dict[str, float] = {}
        self.best: dict[str, Tensor] = {}

    def go(
        self,
        backward: Callable[[int], float],
        look: Callable[[], tuple[float, dict[str, float]]],
        checkpoint: Path | None,
        key: str,
    ) -> None:
        """Train to the end and put the best parameters back.

        `backward(step)` leaves gradients in the parameters and returns the loss; `look()` returns the figure to be
        raised and all that was measured. The untrained state is looked at first, so that training never ends
        below it. Raises `TowerError` when the loss is no number or the checkpoint is of something else.
        """
        if checkpoint is not None:
            self._resume(checkpoint, key)
        if not self.best:
            self._look(look)
        plan = self.plan
        while self.step < plan.steps and self.worse < plan.patience:
            loss = self._one_step(backward)
            self.tell(TowerProgress(plan.stage, self.step, plan.steps, {"loss": loss, **self.best_figures}))
            if self.curves is not None:
                self.curves.add_scalar(f"{plan.stage}/loss", loss, self.step)
            if self.step % plan.evaluate_every == 0 or self.step == plan.steps:
                self._look(look)
                if checkpoint is not None:
                    self._keep(checkpoint, key)
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(self.best[name])

    def _one_step(self, backward: Callable[[int], float]) -> float:
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * rate_at(self.step, self.plan.steps, self.plan.warm_up)
        self.optimiser.zero_grad()
        torch.manual_seed(self.plan.seed * 1_000_003 + self.step)  # dropout is the same after a resumption
        loss = backward(self.step)
        if not math.isfinite(loss):
            raise TowerError(
                f"Training diverged at step {self.step + 1} of {self.plan.stage}. Choose a smaller step size."
            )
        torch.nn.utils.clip_grad_norm_(list(self.parameters.values()), self.plan.clip)
        self.optimiser.step()
        self.step += 1
        return loss

    def _look(self, look: Callable[[], tuple[float, dict[str, float]]]) -> None:
        figure, figures = look()
        self.worse += 1
        # Too little data to set anything aside: then all that can be done is to train to the end.
        if figure > self.best_figure or not figures:
            self.best_figure, self.best_step, self.worse = figure, self.step, 0
            self.best_figures = figures
            self.best = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.tell(TowerProgress(self.plan.stage, self.step, self.plan.steps, figures))
        if self.curves is not None:
            for name, value in figures.items():
                self.curves.add_scalar(f"{self.plan.stage}/{name}", value, self.step)

    def _keep(self, file: Path, key: str) -> None:
        tensors: dict[str, Tensor] = {f"best.{name}": tensor for name, tensor in self.best.items()}
        for name, parameter in self.parameters.items():
            tensors[f"now.{name}"] = parameter.detach()
            for what in _ADAM:
                if what in self.optimiser.state[parameter]:
                    tensors[f"{what}.{name}"] = self.optimiser.state[parameter][what]
        words = {
            "format": _FORMAT, "key": key, "step": self.step, "best_step": self.best_step, "worse": self.worse,
            "best_figure": self.best_figure, "best_figures": self.best_figures,
        }  # fmt: skip
        file.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(file) as beside:
            save_file(
                {name: tensor.contiguous() for name, tensor in tensors.items()},
                beside,
                metadata={"card": json.dumps(words)},
            )

    def _resume(self, file: Path, key: str) -> None:
        if not file.is_file():
            return
        try:
            with safe_open(file, framework="pt") as opened:
                words: dict[str, Any] = json.loads((opened.metadata() or {})["card"])
                tensors = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118
            if words["format"] != _FORMAT or words["key"] != key:
                raise TowerError(
                    f"The checkpoint {file} is of other data or settings. Remove it, or train into another folder."
                )
            with torch.no_grad():
                for name, parameter in self.parameters.items():
                    parameter.copy_(tensors[f"now.{name}"])
                    self.best[name] = tensors[f"best.{name}"].to(parameter.device)
                    # A parameter that had no gradient yet has no sums.
                    state = {w: tensors[f"{w}.{name}"] for w in _ADAM if f"{w}.{name}" in tensors}
                    if state:
                        self.optimiser.state[parameter] = {
                            what: value if what == "step" else value.to(parameter.device)
                            for what, value in state.items()
                        }
            self.step, self.best_step = int(words["step"]), int(words["best_step"])
            self.worse, self.best_figure = int(words["worse"]), float(words["best_figure"])
            self.best_figures = dict(words["best_figures"])
        except (SafetensorError, ValueError, KeyError, RuntimeError, OSError) as error:
            raise TowerError(
                f"The checkpoint {file} cannot be read ({error.__class__.__name__}). Remove it to start anew."
            ) from error


def rate_at(step: int, steps: int, warm_up: float) -> float:
    """Return the share of the highest step size at `step`: rising to 1, then falling as a cosine to 0."""
    rising = max(1, int(steps * warm_up))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def open_curves(folder: Path) -> Curves:
    """Return a TensorBoard writer. Raises `TowerError` when TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TowerError(
            "Curves need TensorBoard. Install it with `pip install 'tastegraph[research]'`, "
            "or train with tensorboard=False."
        ) from error
    writer: Curves = SummaryWriter(str(folder))
    return writer
