"""How often a recommendation names again what was named before, by how recently it was named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.dialogue.state import DialogueState, DialogueTurn, Speaker
from recsys.models.base import FloatMatrix

_PLACES = 10
_HITS, _COUNTS = 0.5, 50.0
"""Added to the counts, so that what was seen seldom is no certainty."""
_LEAST = 1e-3


def repetition(turns: Sequence[DialogueTurn]) -> tuple[float, ...]:
    """Return how often a recommendation names again the latest named item, the one before it, and so on (10)."""
    asked = [turn for turn in turns if turn.speaker is Speaker.RECOMMENDER]
    hits, counts = np.zeros(_PLACES), np.zeros(_PLACES)
    for turn in asked:
        for place, item in enumerate(latest_first(turn.state)[:_PLACES]):
            counts[place] += 1.0
            hits[place] += item in turn.items
    return tuple((hits + _HITS) / (counts + _COUNTS))


def with_repeats(
    scores: FloatMatrix, states: Sequence[DialogueState], repeats: Sequence[float]
) -> FloatMatrix:
    """Return log-chances, (n, n_items): a named item's is how often one so recent is named again, and the others
    share the rest as the softmax of `scores` has it. The order of the others stays."""
    chances = scores.astype(np.float64)
    for row, state in enumerate(states):
        latest = [item for item in latest_first(state) if 0 <= item < chances.shape[1]]
        chances[row, latest] = -np.inf
        top = chances[row].max()
        chances[row] -= top + np.log(np.exp(chances[row] - top).sum())
        again = [*repeats, *[repeats[-1]] * len(latest)][: len(latest)]
        chances[row] += np.log(max(_LEAST, 1.0 - sum(again)))
        chances[row, latest] = np.log(again)
    return chances.astype(np.float32)


def latest_first(state: DialogueState) -> list[int]:
    """Return the items that were named, each once, the latest first."""
    return list(dict.fromkeys(mention.item for mention in reversed(state.mentions)))
