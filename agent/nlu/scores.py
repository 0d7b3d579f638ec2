"""How well the heads tell what they are to tell: figures on examples with labels, and the thresholds they suggest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from agent.nlu import labels
from agent.nlu.examples import Example

Matrix = NDArray[Any]
_GRID = np.arange(0.2, 0.81, 0.05)


def f1(right: int, told: int, wanted: int) -> float:
    """Return F1 from counts; 0 where nothing was right."""
    return 2 * right / (told + wanted) if right else 0.0


def multi_f1(told: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> tuple[float, float]:
    """Return micro and macro F1 of several labels a row; a label that is never wanted is left out of macro."""
    both = told & wanted
    micro = f1(int(both.sum()), int(told.sum()), int(wanted.sum()))
    each = [
        f1(int(both[:, k].sum()), int(told[:, k].sum()), int(wanted[:, k].sum()))
        for k in range(wanted.shape[1])
        if wanted[:, k].any()
    ]
    return micro, float(np.mean(each))


def auroc(scores: Sequence[float] | Matrix, positive: Sequence[bool] | Matrix) -> float:
    """Return the chance that a positive scores above a negative; ties count half. NaN without both kinds."""
    yes = np.asarray(positive, dtype=bool)
    n, m = int(yes.sum()), int((~yes).sum())
    if not n or not m:
        return float("nan")
    ranks = rankdata(np.asarray(scores, dtype=float))
    return float((ranks[yes].sum() - n * (n + 1) / 2) / (n * m))


def softmax(logits: Matrix) -> Matrix:
    """Return chances, rows adding up to 1."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def energy(logits: Matrix) -> Matrix:
    """Return the log of the summed powers of a row's logits, low where no label fits (Liu et al., NeurIPS 2020)."""
    highest = logits.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(logits - highest).sum(axis=-1)) + highest[..., 0])


def sigmoid(logits: Matrix) -> Matrix:
    """Return chances, each by itself."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(logits, dtype=float))))


def intents_told(chances: Matrix, threshold: float) -> NDArray[np.bool_]:
    """Return which intents a row has: those from `threshold` on, and at least the likeliest."""
    told = chances >= threshold
    told[np.arange(len(chances)), chances.argmax(axis=1)] = True
    return np.asarray(told)


def wanted_intents(given: Sequence[Example]) -> NDArray[np.bool_]:
    """Return (n, intents): which intents the examples that have any are labelled with."""
    rows = [one.labels["intent"] for one in given if "intent" in one.labels]
    return np.array([[name in row for name in labels.INTENTS] for row in rows])


def validate(given: Sequence[Example], told: Mapping[str, Matrix], topics: Sequence[str]) -> dict[str, float]:
    """Return figures by name: micro and macro F1 of intents, accuracy of polarity, mention, service and topic,
    AUROC of being inside, and of being one of the topics."""
    wanted = wanted_intents(given)
    chances = sigmoid(told["intent"])
    threshold = _best_intent(chances, wanted)
    micro, macro = multi_f1(intents_told(chances, threshold), wanted)
    figures = {"intent micro F1": micro, "intent macro F1": macro}
    for head, names in (
        ("polarity", labels.POLARITIES),
        ("mention", labels.MENTIONS),
        ("service", labels.SERVICE_INTENTS),
    ):
        true = np.array([names.index(one.labels[head][0]) for one in given if head in one.labels])
        figures[head] = float((told[head].argmax(axis=1) == true).mean())
    inside = [one.labels["scope"] == ("inside",) for one in given if "scope" in one.labels]
    figures["scope AUROC"] = auroc(softmax(told["scope"])[:, 1], inside)
    rows = [one.labels["topic"] for one in given if "topic" in one.labels]
    known = np.array([bool(row) for row in rows])
    places = np.array([topics.index(row[0]) if row and row[0] in topics else -1 for row in rows])
    figures["topic"] = float((told["topic"].argmax(axis=1) == places)[known].mean())
    figures["topic AUROC"] = auroc(energy(told["topic"]), known)
    return figures


def best_threshold(
    given: Sequence[Example], told: Mapping[str, Matrix], topics: Sequence[str]
) -> dict[str, float]:
    """Return thresholds chosen on these examples: `intent` by micro F1, `outside` so that at most one in fifty of
    what is inside counts as outside, `topic` by the mean of both recalls."""
    inside = np.array([one.labels["scope"] == ("inside",) for one in given if "scope" in one.labels])
    outside_chance = softmax(told["scope"])[:, 0]
    known = np.array([bool(one.labels["topic"]) for one in given if "topic" in one.labels])
    return {
        "intent": round(_best_intent(sigmoid(told["intent"]), wanted_intents(given)), 2),
        "outside": round(max(float(np.quantile(outside_chance[inside], 0.98)), 0.5), 4),
        "topic": round(best_split(energy(told["topic"]), known), 4),
    }


def best_split(scores: Matrix, positive: NDArray[np.bool_]) -> float:
    """Return the score from which on to say yes so that the mean of both recalls is highest."""
    cuts = np.unique(scores)
    yes, no = np.sort(scores[positive]), np.sort(scores[~positive])
    kept = 1 - np.searchsorted(yes, cuts) / max(len(yes), 1)
    refused = np.searchsorted(no, cuts) / max(len(no), 1)
    return float(cuts[int((kept + refused).argmax())])


def _best_intent(chances: Matrix, wanted: NDArray[np.bool_]) -> float:
    return float(max(_GRID, key=lambda cut: multi_f1(intents_told(chances, cut), wanted)[0]))
