"""A tagger over MiniLM: for each word and each relation, whether it begins, continues or is outside an object.

One head reads all relations at once and each has its own three classes, so that the name in `written and directed by
X` has two relations. LoRA (Hu et al., 2022) keeps what is learned small.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from kg.extraction.documents import RELATIONS, ExtractionError, Span
from kg.extraction.labels import LabelledText
from kg.extraction.sentences import sentences, words
from kg.minilm import DIMENSIONS, HUB_NAME, PACKAGE, minilm_source

Method = Literal["lora", "full"]
WINDOW = 224
"""Most word pieces read at once; longer texts are cut between sentences."""
_OUTSIDE, _BEGIN, _INSIDE, _OPEN = 0, 1, 2, -100
_NAMES = tuple(RELATIONS)


@dataclass(frozen=True)
class Window:
    """A part of a text as the encoder reads it."""

    text: int
    """Which of the given texts."""
    pieces: tuple[int, ...]
    """Ids of word pieces with the marks at both ends."""
    first: tuple[int, ...]
    """Position of the first piece of each word."""
    places: tuple[tuple[int, int], ...]
    """(start, end) of each word in the text."""


class Tagger(nn.Module):
    """MiniLM with a head of shape (384, relations x 3)."""

    def __init__(self, method: Method = "lora", rank: int = 16, dropout: float = 0.1) -> None:
        super().__init__()
        self.tokenizer, encoder = _base()
        if method == "lora":
            from peft import LoraConfig, get_peft_model

            with warnings.catch_warnings():
                # peft 0.21 asks transformers for a property by its old name; nobody here can do anything about it.
                warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
                encoder = get_peft_model(
                    encoder,
                    LoraConfig(
                        r=rank,
                        lora_alpha=2 * rank,
                        lora_dropout=0.0,
                        target_modules=["query", "key", "value", "dense"],
                    ),
                )
        else:
            encoder.embeddings.requires_grad_(False)
        self.encoder = encoder
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(DIMENSIONS, len(_NAMES) * 3)
        with torch.no_grad():
            # Most words have no relation: starting from there saves the first hundreds of steps.
            self.head.weight.mul_(0.1)
            self.head.bias.copy_(torch.tensor([3.0, -1.5, -1.5]).repeat(len(_NAMES)))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return logits of shape (batch, pieces, relations, 3)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        logits: Tensor = self.head(self.drop(hidden))
        return logits.view(*ids.shape, len(_NAMES), 3)

    def learned(self) -> dict[str, Tensor]:
        """Return the parameters that training changes, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def windows(self, texts: Sequence[str]) -> list[Window]:
        """Cut texts into windows of whole sentences; a sentence longer than a window is cut between words."""
        found: list[Window] = []
        for number, text in enumerate(texts):
            found += self._windows(number, text)
        return found

    def batch(self, windows: Sequence[Window]) -> tuple[Tensor, Tensor]:
        """Return ids and mask of shape (batch, pieces), padded to the longest."""
        longest = max(len(w.pieces) for w in windows)
        ids = torch.zeros(len(windows), longest, dtype=torch.long)
        mask = torch.zeros(len(windows), longest, dtype=torch.long)
        for row, window in enumerate(windows):
            ids[row, : len(window.pieces)] = torch.tensor(window.pieces)
            mask[row, : len(window.pieces)] = 1
        return ids, mask

    def _windows(self, number: int, text: str) -> Iterator[Window]:
        pieces: list[int] = []
        first: list[int] = []
        places: list[tuple[int, int]] = []
        for sentence in self._sentences(text):
            size = sum(len(ids) for ids, _ in sentence)
            if pieces and len(pieces) + size > WINDOW - 2:
                yield self._window(number, pieces, first, places)
                pieces, first, places = [], [], []
            for ids, place in sentence:
                if len(pieces) + len(ids) > WINDOW - 2:
                    yield self._window(number, pieces, first, places)
                    pieces, first, places = [], [], []
                first.append(len(pieces) + 1)
                places.append(place)
                pieces += ids
        if pieces:
            yield self._window(number, pieces, first, places)

    def _sentences(self, text: str) -> Iterator[list[tuple[list[int], tuple[int, int]]]]:
        for start, end in sentences(text):
            found = [(a + start, b + start) for a, b in words(text[start:end])]
            if not found:
                continue
            coded = self.tokenizer(
                [text[a:b] for a, b in found], add_special_tokens=False, return_attention_mask=False
            )["input_ids"]
            yield [
                (ids[:16] or [self.tokenizer.unk_token_id], place)
                for ids, place in zip(coded, found, strict=True)
            ]

    def _window(
        self, number: int, pieces: list[int], first: list[int], places: list[tuple[int, int]]
    ) -> Window:
        marks = (self.tokenizer.cls_token_id, self.tokenizer.sep_token_id)
        return Window(number, (marks[0], *pieces, marks[1]), tuple(first), tuple(places))


def targets(window: Window, label: LabelledText, longest: int) -> Tensor:
    """Return the classes of a window, shape (longest, relations); -100 where nothing is to be learned."""
    wanted = torch.full((longest, len(_NAMES)), _OPEN, dtype=torch.long)
    wanted[list(window.first)] = _OUTSIDE
    for spans, opened in ((label.unknown, True), (label.spans, False)):
        for span in spans:
            column = _NAMES.index(span.relation)
            begun = False
            for piece, (start, end) in zip(window.first, window.places, strict=True):
                if start < span.end and span.start < end:
                    wanted[piece, column] = _OPEN if opened else _INSIDE if begun else _BEGIN
                    begun = True
    return wanted


def decode(window: Window, logits: Tensor, threshold: float = 0.5) -> list[Span]:
    """Return the spans that logits of shape (pieces, relations, 3) mark, by place.

    A word begins a span when its share of begin, or of begin and inside, passes the threshold.
    """
    shares = logits[list(window.first)].float().softmax(-1)
    held = shares[..., 1:].sum(-1)
    found = []
    for column, relation in enumerate(_NAMES):
        k = 0
        while k < len(window.places):
            if held[k, column] < threshold:
                k += 1
                continue
            last = k + 1
            while last < len(window.places) and held[last, column] >= threshold:
                if shares[last, column, _BEGIN] > shares[last, column, _INSIDE]:
                    break
                last += 1
            confidence = float(held[k:last, column].mean())
            found.append(Span(window.places[k][0], window.places[last - 1][1], relation, confidence))
            k = last
    return sorted(found)


def _base() -> tuple[Any, Any]:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    source = minilm_source()
    try:
        return AutoTokenizer.from_pretrained(source), AutoModel.from_pretrained(
            source, add_pooling_layer=False
        )
    except Exception as error:
        # The hub client and the loaders raise many unrelated types; each means that the base model is not here.
        raise ExtractionError(
            f"{HUB_NAME} cannot be loaded ({error.__class__.__name__}). Without a network, install it with "
            f"`pip install {PACKAGE}`."
        ) from error
    finally:
        logging.set_verbosity(level)
