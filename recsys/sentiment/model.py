"""The head on frozen sentence vectors and word features: against, neither, or in favour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys.encoder import DIMENSIONS, Encoder
from recsys.models.persist import ModelCard, check_shape, load_model, save_model
from recsys.sentiment.lexicon import FEATURES, Lexicon, sentences_of
from recsys.sentiment.opinions import Opinion
from recsys.sentiment.phrases import LABELS

NAME = "sentiment"
PACKAGED = Path(__file__).parent
INPUTS = DIMENSIONS + len(FEATURES)
_MOST_SENTENCES = 40
_NEITHER = LABELS.index("neutral")

Matrix = NDArray[np.float32]


class Sentiment:
    """Opinions of texts. Threads may share it."""

    def __init__(self, encoder: Encoder | None = None, folder: Path = PACKAGED) -> None:
        """Load the head; the encoder itself is loaded at first use.

        Raises `WorkspaceError` when the head in `folder` is missing or of another shape.
        """
        self.encoder = encoder or Encoder()
        self.card, tensors = load_model(folder, NAME)
        for name, shape in (
            ("weights", (INPUTS, len(LABELS))),
            ("bias", (len(LABELS),)),
            ("scale", (INPUTS,)),
        ):
            check_shape(NAME, tensors.get(name, np.zeros(0)), shape)
        self._weights = (tensors["weights"] / tensors["scale"][:, None]).astype(np.float32)
        self._bias = tensors["bias"].astype(np.float32)
        self._lexicon = Lexicon.read()

    def of(self, texts: Sequence[str]) -> list[Opinion]:
        """Return one opinion a text; an empty text has none (polarity 0).

        A text is read sentence by sentence (at most 40), and a sentence counts the more the less neutral it is.
        Raises `EncoderError` when the sentence encoder cannot be loaded.
        """
        # A lone surrogate is no character that the tokenizer could read.
        readable = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        divided = [sentences_of(text)[:_MOST_SENTENCES] for text in readable]
        flat = [sentence for sentences in divided for sentence in sentences]
        if not flat:
            return []
        inputs = inputs_of(flat, self.encoder.encode(flat), self._lexicon)
        chances = _softmax(inputs @ self._weights + self._bias)
        found, start = [], 0
        for text, sentences in zip(texts, divided, strict=True):
            part = chances[start : start + len(sentences)]
            start += len(sentences)
            found.append(_pooled(part) if text.strip() else Opinion(0.0, 1.0))
        return found


def inputs_of(texts: Sequence[str], vectors: Matrix, lexicon: Lexicon) -> Matrix:
    """Return what the head reads of sentences, shape (n, 396): their vectors (n, 384), then the word features."""
    words = np.stack([lexicon.features(text) for text in texts])
    return np.hstack([vectors, words]).astype(np.float32)


def save_head(folder: Path, card: ModelCard, weights: Matrix, bias: Matrix, scale: Matrix) -> None:
    """Write `sentiment.safetensors` and `sentiment.json`; `weights` (396, 3) go with inputs divided by `scale`."""
    save_model(folder, card, {"weights": weights, "bias": bias, "scale": scale})


def _pooled(chances: Matrix) -> Opinion:
    weight = 1.0 - chances[:, _NEITHER] + 1e-3
    pooled = (weight[:, None] * chances).sum(axis=0) / weight.sum()
    return Opinion(float(pooled[-1] - pooled[0]), float(pooled.max()))


def _softmax(logits: Matrix) -> Matrix:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
