"""Greedy answers of a causal language model to many prompts at once that open with the same words."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache


def written(
    model: Any,  # noqa: ANN401 - a transformers model
    prompts: Sequence[Sequence[int]],
    ends: Collection[int],
    most: int,
    batch: int = 20,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[list[list[int]], float]:
    """Return what the model writes after each prompt, without its end, and the seconds of it all.

    The shared beginning of the prompts is read once. Prompts of like length go together, padded on the left, which
    changes no answer.

    Args:
        model: a causal language model on the processor or a card.
        prompts: tokens; none empty.
        ends: tokens that end an answer.
        most: tokens of an answer at most.
        batch: prompts at once.
        progress: takes the number of answers written so far.
    """
    started = time.perf_counter()
    prefix = _shared(prompts)
    device = next(model.parameters()).device
    answers: dict[int, list[int]] = {}
    order = sorted(range(len(prompts)), key=lambda k: len(prompts[k]))
    with torch.inference_mode():
        read = DynamicCache(config=model.config)
        if prefix:
            ids = torch.tensor([list(prompts[0][:prefix])], device=device)
            model(input_ids=ids, past_key_values=read, use_cache=True, logits_to_keep=1)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            cache = copy.deepcopy(read)
            if prefix:
                cache.batch_repeat_interleave(len(chosen))
            rests = [list(prompts[k][prefix:]) for k in chosen]
            answers |= dict(zip(chosen, _batch(model, cache, prefix, rests, ends, most), strict=True))
            progress(len(answers))
    return [answers[k] for k in range(len(prompts))], time.perf_counter() - started


def _batch(
    model: Any,  # noqa: ANN401
    cache: DynamicCache,
    prefix: int,
    rests: Sequence[Sequence[int]],
    ends: Collection[int],
    most: int,
) -> list[list[int]]:
    device = next(model.parameters()).device
    longest = max(len(rest) for rest in rests)
    ids = torch.tensor([[0] * (longest - len(rest)) + list(rest) for rest in rests], device=device)
    own = torch.tensor([[0] * (longest - len(rest)) + [1] * len(rest) for rest in rests], device=device)
    mask = torch.cat([torch.ones(len(rests), prefix, dtype=own.dtype, device=device), own], dim=1)
    places = (prefix + own.cumsum(dim=1) - 1).clamp(min=0)
    found: list[list[int]] = [[] for _ in rests]
    open_rows = set(range(len(rests)))
    for _ in range(most):
        out = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=places,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        tokens: Tensor = out.logits[:, -1].argmax(dim=-1)
        for row in sorted(open_rows):
            token = int(tokens[row])
            if token in ends:
                open_rows.discard(row)
            else:
                found[row].append(token)
        if not open_rows:
            break
        ids = tokens[:, None]
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
        places = places[:, -1:] + 1
    return found


def _shared(prompts: Sequence[Sequence[int]]) -> int:
    shortest = min(len(prompt) for prompt in prompts)
    first = prompts[0]
    same = next((k for k in range(shortest) if any(p[k] != first[k] for p in prompts)), shortest)
    return min(same, shortest - 1)
