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
_CALL = "<tool_call>"
_TO_THE_NAME = 12
"""Tokens from the tag to the end of the longest name of a tool."""
_DECIDES = 3.0


@dataclass(frozen=True)
class Tokens:
    """One example as tokens."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    """What is to be learned; never empty."""
    weights: tuple[float, ...]
    """What each of those counts in the loss, as many."""


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
    """Shape (m,); what each counts."""
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
    most_weight: float = 60.0,
) -> Tokens:
    """Return an example as tokens; `render` writes a prompt that ends where the assistant begins.

    What decides, the first token of any answer and a call's name, counts three times. `most_weight` bounds what the
    tokens of a text count together, so that small talk, of which much can be said, does not outweigh calls.
    """
    answer = tuple(encode(one.answer + END))
    deciding = _TO_THE_NAME if one.answer.startswith(_CALL) else 1
    rest = 1.0 if one.answer.startswith(_CALL) else min(1.0, most_weight / len(answer))
    weights = tuple(_DECIDES if place < deciding else rest for place in range(len(answer)))
    return Tokens(tuple(encode(render(one.messages))), answer, weights)


def common_prefix(examples: Sequence[Tokens]) -> int:
    """Return how many tokens all prompts begin with, one less where that is the whole of the shortest."""
    shortest = min(len(example.prompt) for example in examples)
    first = examples[0].prompt
    same = next(
        (k for k in range(shortest) if any(example.prompt[k] != first[k] for example in examples)), shortest
    )
    return min(same, shortest - 1)


def pack(examples: Sequence[Tokens], most_tokens: int) -> list[Packed]:
    """Pack examples in their order, each sequence at most `most_tokens` long where an example allows it."""
    prefix = common_prefix(examples)
    packs: list[Packed] = []
    waiting: list[Tokens] = []
    size = prefix
    for example in examples:
        own = len(example.prompt) - prefix + len(example.answer)
        if waiting and size + own > most_tokens:
            packs.append(_packed(waiting, prefix))
            waiting, size = [], prefix
        waiting.append(example)
        size += own
    return [*packs, _packed(waiting, prefix)] if waiting else packs


def _packed(examples: Sequence[Tokens], prefix: int) -> Packed:
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
        weights += example.weights
    return Packed(
        np.array(ids),
        np.array(positions),
        np.array(group),
        np.array(predicts),
        np.array(targets),
        np.array(weights, dtype=np.float32),
        len(examples),
    )
