"""Train the reader: low-rank updates of MiniLM's upper layers and all heads at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft import LoraConfig, inject_adapter_in_model
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from agent.nlu import labels
from agent.nlu.examples import DRAWS, Example, examples, weak_polarities
from agent.nlu.network import HEADS, TARGETS, Lower, Upper
from agent.nlu.scores import best_threshold, validate
from agent.nlu.sources import BITEXT, CCPE, CLINC, IARD, REDIAL_TRAIN
from recsys.encoder import Encoder
from recsys.models.persist import ModelCard, library_versions, load_model, save_model

NAME = "nlu"
COMMAND = "tastegraph nlu train --data ../shared/data"
_WINDOW = 16
"""Batches among which examples are sorted by length, so that little is padding."""


class NluConfig(BaseModel):
    """How the reader is trained."""

    model_config = ConfigDict(frozen=True)

    layers: int = Field(default=3, ge=1, le=6)
    """Upper layers of the encoder that are updated; those below stay shared with retrieval."""
    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Of what goes into the low-rank updates and the heads."""
    epochs: int = Field(default=3, ge=1)
    batch: int = Field(default=32, ge=1)
    rate: float = Field(default=1e-3, gt=0)
    """Highest learning rate; it rises over the first twentieth and falls to 0."""
    head_rate: float = Field(default=3e-3, gt=0)
    """The same for the heads, which begin from nothing."""
    decay: float = Field(default=0.01, ge=0)
    intent_weight: float = Field(default=4.0, gt=0)
    """What the mean loss of an intent counts against the other heads' losses."""
    price: float = Field(default=0.1, gt=0)
    """What a squared weight costs, in examples, when the heads of many labels are fitted once more at the end."""
    weak: bool = True
    """Whether ReDial's ticked likes and dislikes teach polarity."""
    seed: int = 0


@dataclass(frozen=True)
class Held:
    """An example with its hidden states below the trained layers."""

    example: Example
    states: NDArray[np.float16]
    """(tokens, 384)."""
    parts: NDArray[np.int8]


def train(
    data: Path,
    out: Path,
    config: NluConfig | None = None,
    progress: Callable[[str], None] = lambda _: None,
    resume: bool = False,
    small: int | None = None,
) -> ModelCard:
    """Train the reader, write `nlu.safetensors` and `nlu.json` into `out`, and return the card.

    Args:
        data: folder of the public data sets.
        out: folder to write into; after each epoch it holds what was learned so far.
        config: how to train.
        progress: takes a line to show.
        resume: go on from the epoch that `out` holds.
        small: take only so many examples of each source, to try the command.

    Raises `SourceError` when a data set is missing, `EncoderError` when MiniLM is.
    """
    config = config or NluConfig()
    torch.manual_seed(config.seed)
    learned = examples(data, "train", config.seed)
    learned += weak_polarities(data, config.seed) if config.weak else []
    judged = examples(data, "valid", config.seed)
    if small is not None:
        learned, judged = _few(learned, small), _few(judged, small)
    topics = sorted({label for one in learned for label in one.labels.get("topic", ())})
    lower = Lower(Encoder(), config.layers)
    upper = _updatable(lower.upper, config)
    progress(f"{len(learned):,} examples to learn from, {len(judged):,} to judge by")
    held = hold(lower, learned, progress)
    held_out = hold(lower, judged, progress)
    done = _resumed(out, upper, config) if resume else 0
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for p in upper.layers.parameters() if p.requires_grad], "highest": config.rate},
            {"params": list(upper.heads.parameters()), "highest": config.head_rate},
        ],
        weight_decay=config.decay,
    )
    rng = random.Random(config.seed)
    card = _card(config, topics, done)
    for epoch in range(config.epochs):
        batches = batched(drawn(held, rng), config.batch, rng)
        if epoch < done:
            continue
        total = config.epochs * len(batches)
        upper.train()
        for k, batch in enumerate(batches):
            step = epoch * len(batches) + k
            for group in optimiser.param_groups:
                group["lr"] = group["highest"] * min(1.0, (step + 1) / (0.05 * total)) * (1 - step / total)
            optimiser.zero_grad()
            loss = _loss(upper, batch, topics, config)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
            optimiser.step()
            if k % 50 == 0:
                told = f"loss {float(loss.detach()):.3f}"
                progress(f"epoch {epoch + 1}/{config.epochs}, batch {k + 1}/{len(batches)}, {told}")
        upper.eval()
        if epoch + 1 == config.epochs:
            refit(upper, held, topics, config.price)
        judgement = logits_of(upper, held_out)
        figures = validate([one.example for one in held_out], judgement, topics)
        progress(", ".join(f"{name} {value:.4f}" for name, value in figures.items()))
        card = _card(config, topics, epoch + 1)
        card.config |= {
            "valid": {name: round(value, 4) for name, value in figures.items()},
            "thresholds": best_threshold([one.example for one in held_out], judgement, topics),
        }
        save_model(out, card, _tensors(upper))
    return card


def hold(
    lower: Lower, given: Sequence[Example], progress: Callable[[str], None] = lambda _: None
) -> list[Held]:
    """Return examples with the hidden states that the trained layers start from."""
    rows = lower.rows([one.said for one in given], [one.before for one in given])
    order = sorted(range(len(given)), key=lambda k: len(rows[k][0]))
    held: list[Held | None] = [None] * len(given)
    for start in range(0, len(order), 64):
        places = order[start : start + 64]
        states, parts = lower.hidden([rows[k] for k in places])
        for k, state, part in zip(places, states.numpy(), parts.numpy(), strict=True):
            length = len(rows[k][0])
            held[k] = Held(given[k], state[:length].astype(np.float16), part[:length].astype(np.int8))
        if start % 6400 == 0:
            progress(f"lower layers: {start:,} of {len(order):,}")
    return [one for one in held if one is not None]


def stacked(batch: Sequence[Held]) -> tuple[Tensor, Tensor]:
    """Return hidden states (n, longest, 384) and parts (n, longest) of a batch."""
    longest = max(len(one.parts) for one in batch)
    states = np.zeros((len(batch), longest, batch[0].states.shape[1]), dtype=np.float32)
    parts = np.full((len(batch), longest), -1, dtype=np.int64)
    for k, one in enumerate(batch):
        states[k, : len(one.parts)], parts[k, : len(one.parts)] = one.states, one.parts
    return torch.from_numpy(states), torch.from_numpy(parts)


@torch.no_grad()
def pooled_of(upper: Upper, held: Sequence[Held]) -> Tensor:
    """Return what the heads read, (n, 768)."""
    order = sorted(range(len(held)), key=lambda k: len(held[k].parts))
    found = torch.zeros(len(held), HEADS["intent"][0])
    for start in range(0, len(order), 64):
        places = order[start : start + 64]
        found[places] = upper.pooled(*stacked([held[k] for k in places]))
    return found


def logits_of(upper: Upper, held: Sequence[Held]) -> dict[str, NDArray[np.float32]]:
    """Return each head's logits for the examples that have its label, (n of them, labels)."""
    pooled = pooled_of(upper, held)
    found = {}
    for head in HEADS:
        places = [k for k, one in enumerate(held) if head in one.example.labels]
        with torch.no_grad():
            found[head] = upper.logits(pooled[places], head).numpy()
    return found


def drawn(held: Sequence[Held], rng: random.Random) -> list[Held]:
    """Return an epoch's examples: of each source at most as many as `DRAWS` says."""
    by_source: dict[str, list[Held]] = {}
    for one in held:
        by_source.setdefault(one.example.stratum, []).append(one)
    return [
        one for name, group in by_source.items() for one in rng.sample(group, min(len(group), DRAWS[name]))
    ]


def batched(held: list[Held], size: int, rng: random.Random) -> list[list[Held]]:
    """Return batches of similar length in a drawn order."""
    rng.shuffle(held)
    batches: list[list[Held]] = []
    for start in range(0, len(held), size * _WINDOW):
        window = sorted(held[start : start + size * _WINDOW], key=lambda one: len(one.parts))
        batches += [window[k : k + size] for k in range(0, len(window), size)]
    rng.shuffle(batches)
    return batches


def refit(upper: Upper, held: Sequence[Held], topics: Sequence[str], price: float) -> None:
    """Fit the heads of service intents and topics once more, on all examples: with so many labels, the passes of the
    joint training leave them unfinished. A logistic regression by L-BFGS."""
    from sklearn.linear_model import LogisticRegression

    wanted = [one for one in held if one.example.labels.get("topic") or "service" in one.example.labels]
    pooled = pooled_of(upper, wanted).numpy()
    for head in ("service", "topic"):
        names = list(names_of(head, topics))
        places = [k for k, one in enumerate(wanted) if one.example.labels.get(head)]
        told = [names.index(wanted[k].example.labels[head][0]) for k in places]
        if len(set(told)) < HEADS[head][1]:
            # A sample of the data lacks labels; the joint training's head stays.
            continue
        fitted = LogisticRegression(C=1 / price, max_iter=200).fit(pooled[places, : HEADS[head][0]], told)
        layer = upper.heads[head]
        layer.weight.data = torch.from_numpy(fitted.coef_.astype(np.float32))
        layer.bias.data = torch.from_numpy(fitted.intercept_.astype(np.float32))


def _updatable(layers: nn.ModuleList, config: NluConfig) -> Upper:
    for parameter in layers.parameters():
        parameter.requires_grad_(False)
    adapter = LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=list(TARGETS),
        bias="none",
    )
    inject_adapter_in_model(adapter, layers)
    return Upper(layers)


def _loss(upper: Upper, batch: Sequence[Held], topics: Sequence[str], config: NluConfig) -> Tensor:
    pooled = functional.dropout(upper.pooled(*stacked(batch)), config.dropout)
    loss = pooled.new_zeros(())
    for head in HEADS:
        places = [k for k, one in enumerate(batch) if head in one.example.labels]
        if not places:
            continue
        logits = upper.logits(pooled[places], head)
        wanted = targets([batch[k].example.labels[head] for k in places], head, topics)
        share = len(places) / len(batch)
        if head == "intent":
            loss = loss + share * config.intent_weight * functional.binary_cross_entropy_with_logits(
                logits, wanted
            )
        else:
            loss = loss + share * functional.cross_entropy(logits, wanted)
    return loss


def names_of(head: str, topics: Sequence[str]) -> Sequence[str]:
    """Return the names of a head's labels in the order of its logits."""
    return {
        "intent": labels.INTENTS,
        "polarity": labels.POLARITIES,
        "mention": labels.MENTIONS,
        "scope": labels.SCOPES,
        "service": labels.SERVICE_INTENTS,
        "topic": topics,
    }[head]


def targets(given: Sequence[tuple[str, ...]], head: str, topics: Sequence[str]) -> Tensor:
    """Return wanted values, (n, labels): 1 for each label; where a topic has none, the same for all."""
    names = names_of(head, topics)
    wanted = torch.zeros(len(given), HEADS[head][1])
    for k, some in enumerate(given):
        if head == "topic" and not some:
            wanted[k] = 1.0 / HEADS[head][1]
        for label in some:
            wanted[k, names.index(label)] = 1.0
    return wanted


def _tensors(upper: Upper) -> dict[str, NDArray[Any]]:
    tensors = {}
    for name, value in upper.layers.state_dict().items():
        if "lora_" in name:
            tensors[name.replace(".default.weight", "")] = value.numpy().astype(np.float16)
    for name, value in upper.heads.state_dict().items():
        tensors[f"heads.{name}"] = value.numpy().astype(np.float16)
    return tensors


def _resumed(out: Path, upper: Upper, config: NluConfig) -> int:
    if not (out / f"{NAME}.json").is_file():
        return 0
    card, tensors = load_model(out, NAME)
    if card.config.get("training") != config.model_dump(mode="json"):
        return 0
    state = {name: torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()}
    layers = {f"{name}.default.weight": value for name, value in state.items() if "lora_" in name}
    upper.layers.load_state_dict(layers, strict=False)
    upper.heads.load_state_dict(
        {n.removeprefix("heads."): v for n, v in state.items() if n.startswith("heads.")}
    )
    return int(card.config["epochs_done"])


def _card(config: NluConfig, topics: Sequence[str], done: int) -> ModelCard:
    return ModelCard(
        name=NAME,
        n_items=0,
        seed=config.seed,
        config={
            "training": config.model_dump(mode="json"),
            "scale": config.alpha / config.rank,
            "layers": config.layers,
            "encoder": Encoder().name,
            "topics": list(topics),
            "epochs_done": done,
        },
        versions=library_versions(),
        notes=[
            f"Made by `{COMMAND} --seed {config.seed}`.",
            f"Learned from the train parts of {IARD} (MIT), {CCPE} (CC BY 4.0), {CLINC} (CC BY 3.0), "
            f"{' and '.join(BITEXT)} (CDLA-Sharing 1.0), likes ticked in {REDIAL_TRAIN} (CC BY 4.0), and our own "
            "phrases.toml. IARD's dialogues that are in ReDial's test set, a fifth of CCPE and of Bitext's wordings, "
            "and clinc150's test part were left out.",
            "English only. Dialogues in training are about films; service messages about orders and accounts.",
        ],
    )


def _few(given: Sequence[Example], most: int) -> list[Example]:
    kept: dict[str, int] = {}
    found = []
    for one in given:
        kept[one.stratum] = kept.get(one.stratum, 0) + 1
        if kept[one.stratum] <= most:
            found.append(one)
    return found
