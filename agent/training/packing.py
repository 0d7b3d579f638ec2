"""Several examples behind one prefix in one sequence, with the same loss as one by one.

The rules and tools that open every prompt are the same for all, and longer than most examples. An example sees the
prefix and itself: a mask hides the others, and its positions go on from the prefix's end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

END = "<|im_end|>\n"
"""Closes what the assistant writes."""


@dataclass(frozen=True)
class Tokens:
    """One example as tokens."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    """What is to be learned; never empty."""


@dataclass(frozen=True)
class Packed:
    """A sequence of n tokens."""

    ids: NDArray[np.int64]
    """Shape (n,)."""
    positions: NDArray[np.int64]
    """Shape (n,)."""
    group: NDArray[np.int64]
    """Shape (n,); 0 for the prefix, k for the k-th example."""
    predicts: NDArray[np.int64]
    """Shape (m,); places whose next token is learned."""
    targets: NDArray[np.int64]
    """Shape (m,); those tokens."""
    weights: NDArray[np.float32]
    """Shape (m,); 1, or less so that long answers do not outweigh calls."""
    examples: int

    def visible(self) -> NDArray[np.bool_]:
        """Return which token sees which, shape (n, n): itself and what is before it in its example or the prefix."""
        order = np.arange(len(self.ids))
        earlier = order[None, :] <= order[:, None]
        same = (self.group[None, :] == self.group[:, None]) | (self.group[None, :] == 0)
        return np.asarray(earlier & same)


def tokens_of(
    encode: Callable[[str], Sequence[int]],
    render: Callable[[Sequence[dict[str, Any]]], str],
    one: Any,  # noqa: ANN401
) -> Tokens:
    """Return an example as tokens; `render` writes a prompt that ends where the assistant begins."""
    return Tokens(tuple(encode(render(one.messages))), tuple(encode(one.answer + END)))


def common_prefix(examples: Sequence[Tokens]) -> int:
    """Return how many tokens all prompts begin with, one less where that is the whole of the shortest."""
    shortest = min(len(example.prompt) for example in examples)
    first = examples[0].prompt
    same = next(
        (k for k in range(shortest) if any(example.prompt[k] != first[k] for example in examples)), shortest
    )
    return min(same, shortest - 1)


def pack(examples: Sequence[Tokens], most_tokens: int, most_weight: float = 60.0) -> list[Packed]:
    """Pack examples in their order, each sequence at most `most_tokens` long where an example allows it.

    `most_weight` bounds what the tokens of one answer weigh together.
    """
    prefix = common_prefix(examples)
    packs: list[Packed] = []
    waiting: list[Tokens] = []
    size = prefix
    for example in examples:
        own = len(example.prompt) - prefix + len(example.answer)
        if waiting and size + own > most_tokens:
            packs.append(_packed(waiting, prefix, most_weight))
            waiting, size = [], prefix
        waiting.append(example)
        size += own
    return [*packs, _packed(waiting, prefix, most_weight)] if waiting else packs


def _packed(examples: Sequence[Tokens], prefix: int, most_weight: float) -> Packed:
    ids = list(examples[0].prompt[:prefix])
    positions, group = list(range(prefix)), [0] * prefix
    predicts: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    for number, example in enumerate(examples, 1):
        own = [*example.prompt[prefix:], *example.answer]
        start = len(ids) + len(example.prompt) - prefix
        ids += own
        positions += range(prefix, prefix + len(own))
        group += [number] * len(own)
        # The last token closes the message: nothing is learned after it.
        predicts += range(start - 1, start - 1 + len(example.answer))
        targets += example.answer
        weights += [min(1.0, most_weight / len(example.answer))] * len(example.answer)
    return Packed(
        np.array(ids),
        np.array(positions),
        np.array(group),
        np.array(predicts),
        np.array(targets),
        np.array(weights, dtype=np.float32),
        len(examples),
    )
