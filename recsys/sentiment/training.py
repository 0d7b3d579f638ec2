"""Train the head: `python -m recsys.sentiment.training`. Half a minute on one core; the seed is in the card."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.optimize import minimize

from recsys.encoder import Encoder
from recsys.models.persist import ModelCard, library_versions
from recsys.sentiment.lexicon import Lexicon
from recsys.sentiment.model import INPUTS, NAME, PACKAGED, Matrix, inputs_of, save_head
from recsys.sentiment.phrases import LABELS, Phrase, read_phrases

COMMAND = "python -m recsys.sentiment.training"
_FOLDS = 5


class SentimentConfig(BaseModel):
    """How the head is trained."""

    model_config = ConfigDict(frozen=True)

    fills: int = Field(default=4, ge=1)
    """Texts made of a line with slots."""
    prices: tuple[float, ...] = (10.0, 30.0, 100.0)
    """Prices of a squared weight, in lines, among which one is chosen."""
    seed: int = 0


def train(
    folder: Path = PACKAGED,
    config: SentimentConfig | None = None,
    encoder: Encoder | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ModelCard:
    """Fit the head on our own phrases, write it into `folder` and return its card.

    The price of the weights is chosen by likelihood on lines that are left out, five divisions of the lines. Raises
    `EncoderError` when the sentence encoder cannot be loaded.
    """
    config, encoder = config or SentimentConfig(), encoder or Encoder()
    learned, judged = read_phrases(config.fills, config.seed)
    progress(f"{len(learned):,} texts of {len({p.line for p in learned})} lines")
    lexicon = Lexicon.read()
    inputs, other = (
        inputs_of([p.text for p in part], encoder.encode([p.text for p in part]), lexicon)
        for part in (learned, judged)
    )
    scale = np.maximum(inputs.std(axis=0), 1e-3).astype(np.float32)
    told = {price: _left_out(inputs / scale, learned, price, config.seed) for price in config.prices}
    for price, (loss, accuracy) in told.items():
        progress(f"price {price:g}: {loss:.4f} nats, accuracy {accuracy:.4f} on lines left out")
    price = min(told, key=lambda one: told[one][0])
    weights, bias = fit_head(inputs / scale, learned, price)
    labels = np.array([p.label for p in judged])
    right = float(((other / scale @ weights + bias).argmax(axis=1) == labels).mean())
    card = ModelCard(
        name=NAME,
        n_items=0,
        seed=config.seed,
        config=config.model_dump(mode="json") | {"price": price, "labels": LABELS, "encoder": encoder.name},
        versions=library_versions(),
        notes=[
            f"Made by `{COMMAND}` from our own phrases.toml; nobody's reviews or dialogues were used.",
            f"Accuracy over {len(LABELS)} labels: {told[price][1]:.3f} on lines left out ({_FOLDS} divisions), "
            f"{right:.3f} on {len(judged)} phrases written apart.",
            "English only. Irony is beyond it.",
        ],
    )
    save_head(folder, card, weights, bias, scale)
    return card


def fit_head(inputs: Matrix, phrases: Sequence[Phrase], price: float) -> tuple[Matrix, Matrix]:
    """Return weights (396, 3) and bias (3,) of a logistic regression in which every line counts once and every label
    alike."""
    labels = np.array([phrase.label for phrase in phrases])
    weight = _line_weights(phrases)
    wanted = np.eye(len(LABELS))[labels]
    wide = inputs.astype(np.float64)
    size = INPUTS * len(LABELS)

    def loss(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        matrix, bias = x[:size].reshape(INPUTS, -1), x[size:]
        logits = wide @ matrix + bias
        logits -= logits.max(axis=1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        slope = weight[:, None] * (np.exp(logs) - wanted)
        value = -float((weight * logs[np.arange(len(labels)), labels]).sum()) + price / 2 * float(
            (matrix**2).sum()
        )
        return value, np.concatenate([(wide.T @ slope + price * matrix).ravel(), slope.sum(axis=0)])

    found = minimize(
        loss, np.zeros(size + len(LABELS)), jac=True, method="L-BFGS-B", options={"maxiter": 500}
    ).x
    return found[:size].reshape(INPUTS, -1).astype(np.float32), found[size:].astype(np.float32)


def _line_weights(phrases: Sequence[Phrase]) -> NDArray[np.float64]:
    _, line, times = np.unique([phrase.line for phrase in phrases], return_inverse=True, return_counts=True)
    weight: NDArray[np.float64] = 1.0 / times[line]
    labels = np.array([phrase.label for phrase in phrases])
    total = np.bincount(labels, weights=weight, minlength=len(LABELS))
    return np.asarray(
        weight * (weight.sum() / len(LABELS) / np.maximum(total, 1e-9))[labels], dtype=np.float64
    )


def _left_out(inputs: Matrix, phrases: Sequence[Phrase], price: float, seed: int) -> tuple[float, float]:
    lines = np.array([phrase.line for phrase in phrases])
    labels = np.array([phrase.label for phrase in phrases])
    fold = np.random.default_rng(seed).integers(0, _FOLDS, lines.max() + 1)[lines]
    losses, rights = np.zeros(len(phrases)), np.zeros(len(phrases))
    for k in range(_FOLDS):
        kept = np.flatnonzero(fold != k)
        weights, bias = fit_head(inputs[kept], [phrases[int(j)] for j in kept], price)
        logits = (inputs[fold == k] @ weights + bias).astype(np.float64)
        logs = logits - np.log(np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))
        logs -= logits.max(axis=1, keepdims=True)
        losses[fold == k] = -logs[np.arange(len(logs)), labels[fold == k]]
        rights[fold == k] = logits.argmax(axis=1) == labels[fold == k]
    weight = _line_weights(phrases)
    return float(np.average(losses, weights=weight)), float(np.average(rights, weights=weight))


def _told(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    for note in train(progress=_told).notes:
        _told(note)
