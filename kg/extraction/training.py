"""Training an extractor: AdamW, warm-up and cosine, early stopping on validation F1, from a checkpoint on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import cross_entropy

from kg.extraction.adapter_files import TaggerCard, write_adapter
from kg.extraction.documents import ExtractionError
from kg.extraction.labels import LabelledText
from kg.extraction.tagger import Method, Tagger, Window, decode, targets
from kg.files import written_whole

_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


class TrainingConfig(BaseModel):
    """How an extractor is trained."""

    model_config = ConfigDict(frozen=True)

    method: Method = "lora"
    """`lora` keeps the encoder and learns a small addition; `full` changes all but its word vectors."""
    rank: int = Field(default=16, ge=1)
    epochs: int = Field(default=3, ge=1)
    batch: int = Field(default=16, ge=1)
    """Windows in one step."""
    lr: float = Field(default=1e-3, gt=0.0)
    """Highest step size; for `full` the encoder takes a twentieth of it."""
    warm_up: float = Field(default=0.1, ge=0.0, le=1.0)
    """Share of the steps in which the step size rises."""
    clip: float = Field(default=1.0, gt=0.0)
    """Longest gradient."""
    patience: int = Field(default=2, ge=1)
    """Looks at validation without a better F1 after which training stops."""
    evaluate_every: int = Field(default=100, ge=1)
    """Steps between two looks at validation."""
    seed: int = 0


def train_extractor(
    train: Sequence[LabelledText],
    valid: Sequence[LabelledText],
    out: Path,
    config: TrainingConfig | None = None,
    learned_from: str = "texts of the user",
    progress: Callable[[str], None] = lambda _: None,
    checkpoint: Path | None = None,
) -> TaggerCard:
    """Learn from `train`, keep the step with the best span F1 on `valid`, write it into the folder `out`.

    With `checkpoint`, a file, each look at validation is kept there and an interrupted run goes on from it.
    Deterministic for the same texts, configuration and number of threads. Raises `ExtractionError` when there
    is nothing to learn from, training diverges or the checkpoint is of other texts.
    """
    config = config or TrainingConfig()
    if not any(t.spans for t in train) or not any(t.spans for t in valid):
        raise ExtractionError("There are no labelled names to learn from, or none to validate on.")
    torch.manual_seed(config.seed)
    tagger = Tagger(config.method, config.rank)
    run = _Run(tagger, train, valid, config)
    key = _key(train, valid, config)
    if checkpoint is not None:
        run.resume(checkpoint, key)
    while run.step < run.steps and run.worse < config.patience:
        loss = run.one_step()
        if not math.isfinite(loss):
            raise ExtractionError(
                f"Training diverged at step {run.step}. Choose a step size below {config.lr}."
            )
        if run.step % 10 == 0:
            progress(f"step {run.step}/{run.steps}: loss {loss:.4f}")
        if run.step % config.evaluate_every == 0 or run.step == run.steps:
            f1 = run.look()
            if checkpoint is not None:
                run.keep(checkpoint, key)
            progress(f"step {run.step}/{run.steps}: validation F1 {f1:.4f}, best {run.best_f1:.4f}")
    run.restore_best()
    card = TaggerCard(
        method=config.method,
        rank=config.rank,
        threshold=run.threshold,
        learned_from=learned_from,
        texts={"train": len(train), "valid": len(valid)},
        best_f1=round(run.best_f1, 4),
        epochs=math.ceil(run.best_step / max(1, run.steps_an_epoch)),
        seed=config.seed,
        versions={name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft")},
    )
    write_adapter(out, tagger, card)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return card


class _Run:
    """The state of one training: what is needed to take a step, look at validation and go on later."""

    def __init__(
        self,
        tagger: Tagger,
        train: Sequence[LabelledText],
        valid: Sequence[LabelledText],
        config: TrainingConfig,
    ) -> None:
        self.tagger, self.train, self.valid, self.config = tagger, train, valid, config
        self.windows = tagger.windows([t.document.text for t in train])
        self.valid_windows = sorted(
            tagger.windows([t.document.text for t in valid]), key=lambda w: len(w.pieces)
        )
        self.learned = tagger.learned()
        head = [p for n, p in self.learned.items() if n.startswith("head.")]
        rest = [p for n, p in self.learned.items() if not n.startswith("head.")]
        factor = 1.0 if config.method == "lora" else 0.05
        self.factors = (1.0, factor)
        self.optimiser = torch.optim.AdamW(
            [{"params": head}, {"params": rest}], lr=config.lr, weight_decay=0.01
        )
        self.steps_an_epoch = math.ceil(len(self.windows) / config.batch)
        self.steps = self.steps_an_epoch * config.epochs
        self.step = self.best_step = self.worse = 0
        self.best_f1, self.threshold = -1.0, 0.5
        self.best: dict[str, Tensor] = {}
        self._order: tuple[int, list[list[int]]] = (-1, [])

    def one_step(self) -> float:
        """Learn from one batch; return the loss."""
        chosen = [self.windows[i] for i in self._batch()]
        ids, mask = self.tagger.batch(chosen)
        wanted = torch.stack([targets(w, self.train[w.text], ids.shape[1]) for w in chosen])
        for group, factor in zip(self.optimiser.param_groups, self.factors, strict=True):
            group["lr"] = self.config.lr * factor * self._rate()
        torch.manual_seed(self.config.seed * 1_000_003 + self.step)  # dropout is the same after a resumption
        self.tagger.train()
        loss = _loss(self.tagger(ids, mask), wanted)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(list(self.learned.values()), self.config.clip)
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())

    def look(self) -> float:
        """Measure on validation, keep the parameters when they are the best so far; return F1."""
        self.tagger.eval()
        counts = dict.fromkeys(_THRESHOLDS, (0, 0, 0))
        with torch.inference_mode():
            for begin in range(0, len(self.valid_windows), 32):
                chosen = self.valid_windows[begin : begin + 32]
                logits = self.tagger(*self.tagger.batch(chosen))
                for window, row in zip(chosen, logits, strict=True):
                    for threshold in _THRESHOLDS:
                        counts[threshold] = _added(
                            counts[threshold], _compared(window, row, self.valid[window.text], threshold)
                        )
        f1, threshold = max((_f1(*c), -abs(t - 0.5), t) for t, c in counts.items())[::2]
        self.worse += 1
        if f1 > self.best_f1:
            self.best_f1, self.threshold, self.best_step, self.worse = f1, threshold, self.step, 0
            self.best = {name: p.detach().clone() for name, p in self.learned.items()}
        return f1

    def restore_best(self) -> None:
        """Put the best parameters back."""
        with torch.no_grad():
            for name, parameter in self.learned.items():
                parameter.copy_(self.best[name])

    def keep(self, file: Path, key: str) -> None:
        """Write what is needed to go on, in one step."""
        tensors = {f"best.{n}": t for n, t in self.best.items()} | {
            f"now.{n}": p.detach() for n, p in self.learned.items()
        }
        for name, parameter in self.learned.items():
            for what, value in self.optimiser.state[parameter].items():
                tensors[f"{what}.{name}"] = value
        words = {
            "key": key, "step": self.step, "best_step": self.best_step, "worse": self.worse,
            "best_f1": self.best_f1, "threshold": self.threshold,
        }  # fmt: skip
        file.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(file) as beside:
            save_file(
                {n: t.contiguous() for n, t in tensors.items()}, beside, metadata={"run": json.dumps(words)}
            )

    def resume(self, file: Path, key: str) -> None:
        """Go on from a checkpoint, where there is one."""
        if not file.is_file():
            return
        try:
            with safe_open(file, framework="pt") as opened:
                words = json.loads((opened.metadata() or {})["run"])
                tensors = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118
            if words["key"] != key:
                raise ExtractionError(f"The checkpoint {file} is of other texts or settings. Remove it.")
            with torch.no_grad():
                for name, parameter in self.learned.items():
                    parameter.copy_(tensors[f"now.{name}"])
                    self.best[name] = tensors[f"best.{name}"]
                    self.optimiser.state[parameter] = {
                        w: tensors[f"{w}.{name}"] for w in ("step", "exp_avg", "exp_avg_sq")
                    }
            self.step, self.best_step, self.worse = (
                int(words["step"]),
                int(words["best_step"]),
                int(words["worse"]),
            )
            self.best_f1, self.threshold = float(words["best_f1"]), float(words["threshold"])
        except (SafetensorError, ValueError, KeyError, OSError) as error:
            raise ExtractionError(
                f"The checkpoint {file} cannot be read. Remove it to start anew."
            ) from error

    def _rate(self) -> float:
        rising = max(1, int(self.steps * self.config.warm_up))
        if self.step < rising:
            return (self.step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * (self.step - rising) / max(1, self.steps - rising)))

    def _batch(self) -> list[int]:
        epoch, place = divmod(self.step, self.steps_an_epoch)
        if self._order[0] != epoch:
            self._order = (epoch, self._batches(epoch))
        return self._order[1][place]

    def _batches(self, epoch: int) -> list[list[int]]:
        """Return batches of windows of like length, in an order that the seed and the epoch give."""
        rng = random.Random(f"{self.config.seed}/{epoch}")
        order = sorted(
            range(len(self.windows)), key=lambda i: (len(self.windows[i].pieces) + rng.random() * 12, i)
        )
        batches = [order[i : i + self.config.batch] for i in range(0, len(order), self.config.batch)]
        rng.shuffle(batches)
        return batches


def _loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Return the cross-entropy summed over relations, a mean over words; open places count for nothing."""
    total = cross_entropy(logits.reshape(-1, 3), wanted.reshape(-1), ignore_index=-100, reduction="sum")
    return total / (wanted != -100).any(-1).sum().clamp(min=1)


def _compared(window: Window, logits: Tensor, label: LabelledText, threshold: float) -> tuple[int, int, int]:
    """Return how many spans are right, found and wanted; open ones are left out of account."""
    begin, end = window.places[0][0], window.places[-1][1]
    wanted = {s[:3] for s in label.spans if begin <= s.start and s.end <= end}
    opened = [s for s in label.unknown if begin <= s.start and s.end <= end]
    found = {
        s[:3]
        for s in decode(window, logits, threshold)
        if not any(o.relation == s.relation and o.start < s.end and s.start < o.end for o in opened)
    }
    return len(found & wanted), len(found), len(wanted)


def _added(left: tuple[int, int, int], right: tuple[int, int, int]) -> tuple[int, int, int]:
    return left[0] + right[0], left[1] + right[1], left[2] + right[2]


def _f1(right: int, found: int, wanted: int) -> float:
    return 2 * right / (found + wanted) if found + wanted else 0.0


def _key(train: Sequence[LabelledText], valid: Sequence[LabelledText], config: TrainingConfig) -> str:
    digest = hashlib.sha256(config.model_dump_json().encode())
    for text in (*train, *valid):
        digest.update(repr((text.document.text, text.spans, text.unknown)).encode())
    return digest.hexdigest()
