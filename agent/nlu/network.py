"""The upper layers of MiniLM with low-rank updates, and the heads on them.

The sentence encoder's lower layers are shared with retrieval and stay as they are. The upper ones are copied, and their
weights get the updates of LoRA (Hu et al., ICLR 2022) added: W + (alpha / rank) B A.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from agent.nlu import labels
from kg.minilm import DIMENSIONS

if TYPE_CHECKING:
    from recsys.encoder import Encoder

MOST_SAID, MOST_BEFORE = 64, 32
"""Tokens that are read of what is said, and of the end of what was said before it."""
HEADS: dict[str, tuple[int, int]] = {
    "intent": (2 * DIMENSIONS, len(labels.INTENTS)),
    "polarity": (2 * DIMENSIONS, len(labels.POLARITIES)),
    "mention": (2 * DIMENSIONS, len(labels.MENTIONS)),
    "scope": (DIMENSIONS, len(labels.SCOPES)),
    "service": (DIMENSIONS, len(labels.SERVICE_INTENTS)),
    "topic": (DIMENSIONS, labels.N_TOPICS),
}
"""Numbers that go in and out. A head that judges the words alone reads the mean of their tokens; one that also needs
what was said before reads the mean of those tokens beside it."""
TARGETS = ("query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense")
"""Linear maps that are updated."""

Row = tuple[list[int], list[int]]
"""Token ids, and 0 for what is said or 1 for what was said before."""


class Lower:
    """The shared part: texts to hidden states below the copied layers. One thread at a time."""

    def __init__(self, encoder: Encoder, layers: int) -> None:
        """Take how many layers lie above."""
        bert, tokenizer = encoder.parts()
        self._embeddings = bert.embeddings
        self._layers = bert.encoder.layer[: len(bert.encoder.layer) - layers]
        self.upper: nn.ModuleList = copy.deepcopy(bert.encoder.layer[len(bert.encoder.layer) - layers :])
        self._tokenizer = copy.deepcopy(tokenizer)

    def rows(self, said: Sequence[str], before: Sequence[str]) -> list[Row]:
        """Return the tokens of texts: [CLS] said [SEP] before [SEP]; the second part only where there is one."""
        ours, theirs = (self._ids(texts) for texts in (said, before))
        first, last = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        rows: list[Row] = []
        for a, b in zip(ours, theirs, strict=True):
            head = [first, *a[:MOST_SAID], last]
            tail = [*b[-MOST_BEFORE:], last] if b else []
            rows.append((head + tail, [0] * len(head) + [1] * len(tail)))
        return rows

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        # A lone surrogate is no character that the tokenizer could read.
        readable = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        # A token has at least one character, and nobody's novel needs to be cut into all of its tokens.
        return list(
            self._tokenizer([text[:4000] for text in readable], add_special_tokens=False, verbose=False)[
                "input_ids"
            ]
        )

    @torch.inference_mode()
    def hidden(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """Return hidden states (n, longest, 384) and parts (n, longest): 0 said, 1 before, -1 padding."""
        longest = max(len(ids) for ids, _ in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        parts = torch.full((len(rows), longest), -1, dtype=torch.long)
        for k, (row, part) in enumerate(rows):
            ids[k, : len(row)] = torch.tensor(row)
            parts[k, : len(row)] = torch.tensor(part)
        states = self._embeddings(input_ids=ids)
        mask = attention_mask(parts)
        for layer in self._layers:
            states = layer(states, mask)
        return states, parts


class Upper(nn.Module):
    """The copied layers and what is read off them."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers
        self.heads = nn.ModuleDict({name: nn.Linear(*shape) for name, shape in HEADS.items()})

    def pooled(self, states: Tensor, parts: Tensor) -> Tensor:
        """Return the mean over the tokens said and over those before (zeros where there are none), (n, 768)."""
        mask = attention_mask(parts)
        for layer in self.layers:
            states = layer(states, mask)
        means = []
        for part in (0, 1):
            weight = (parts == part).to(states.dtype)[:, :, None]
            means.append((states * weight).sum(1) / weight.sum(1).clamp(min=1.0))
        return torch.cat(means, dim=1)

    def take_heads(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Take the heads' weights from tensors named `heads.intent.weight`."""
        for name, parameter in self.heads.named_parameters():
            parameter.data = torch.from_numpy(tensors[f"heads.{name}"].astype(np.float32))

    def logits(self, pooled: Tensor, head: str) -> Tensor:
        """Return the logits of a head, (n, its labels)."""
        made: Tensor = self.heads[head](pooled[:, : HEADS[head][0]])
        return made


def attention_mask(parts: Tensor) -> Tensor:
    """Return what is added to attention scores, (n, 1, 1, tokens): 0, or very little where there is padding."""
    return torch.where(parts < 0, torch.finfo(torch.float32).min, 0.0)[:, None, None, :]


def updated_layers(layers: nn.ModuleList, tensors: Mapping[str, NDArray[Any]], scale: float) -> nn.ModuleList:
    """Add low-rank updates to the weights of `layers`, in place, and return them.

    Tensors are named `0.attention.self.query.lora_A` (rank, in) and `….lora_B` (out, rank).
    """
    for name, module in layers.named_modules():
        if isinstance(module, nn.Linear) and f"{name}.lora_A" in tensors:
            down, up = (tensors[f"{name}.lora_{side}"].astype(np.float32) for side in "AB")
            with torch.no_grad():
                module.weight += torch.from_numpy(scale * (up @ down))
    return layers


@torch.inference_mode()
def chances_of(
    lower: Lower, upper: Upper, said: Sequence[str], before: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Return each head's chances, (n, its labels): of intents each by itself, of all others adding up to 1.

    `energy`, (n,), is the log of the summed powers of the topics' logits.
    """
    pooled = upper.pooled(*lower.hidden(lower.rows(said, before)))
    logits = {head: upper.logits(pooled, head) for head in HEADS}
    found = {
        head: (values.sigmoid() if head == "intent" else values.softmax(1)).numpy()
        for head, values in logits.items()
    }
    found["energy"] = logits["topic"].logsumexp(1).numpy()
    return found
