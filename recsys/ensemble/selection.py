"""Which members pay: measured on people whose choices taught nothing of the weights they are measured with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from recsys.ensemble.cells import Cells
from recsys.ensemble.gate import Learning, learn_where_decided
from recsys.models.base import FloatMatrix

Batches = Sequence[tuple[str, Cells]]
"""Scene and its cells."""
K = 20


class Worth(BaseModel):
    """What a member is worth on held-out choices."""

    model_config = ConfigDict(frozen=True)

    alone: float
    """NDCG@20 among the candidates by this member's scores only."""
    gain: float
    """What it adds to the NDCG@20 of the members that stay (for one that was left out: of those there then)."""
    kept: bool


def crossed(batches: Batches, item_traits: FloatMatrix, how: Learning, seed: int) -> float:
    """Return the mean NDCG@20 when each half of the people is scored with weights learned on the other half."""
    total, people = 0.0, 0
    for values, targets in crossed_ndcg(batches, item_traits, how, seed):
        total += float(values[targets].sum())
        people += int(targets.sum())
    return total / max(1, people)


def crossed_ndcg(
    batches: Batches, item_traits: FloatMatrix, how: Learning, seed: int
) -> list[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Return for each batch everybody's cross-fitted NDCG@20, and who has a target."""
    rng = np.random.default_rng(seed)
    halves = [rng.random(cells.count) < 0.5 for _, cells in batches]
    found = [np.zeros(cells.count) for _, cells in batches]
    for side in (True, False):
        learned = [
            (scene, cells.rows(half == side)) for (scene, cells), half in zip(batches, halves, strict=True)
        ]
        gate = learn_where_decided(learned, item_traits, how)
        for k, ((scene, cells), half) in enumerate(zip(batches, halves, strict=True)):
            others = cells.rows(half != side)
            found[k][half != side] = others.ndcg(gate.scores(others, item_traits, scene), K)
    return [(values, cells.targets > 0) for values, (_, cells) in zip(found, batches, strict=True)]


def select(
    batches: Batches,
    item_traits: FloatMatrix,
    how: Learning,
    least_gain: float,
    seed: int,
    names: Sequence[str],
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[list[int], dict[int, Worth]]:
    """Leave members out one by one, the one that is missed the least first, while it adds less than `least_gain`.

    Weights here do not depend on traits, so that a member is judged by what it knows. Returns the members that
    stay, ascending, and what each was worth.
    """

    plain = replace(how, traits=False)

    def measured(members: Sequence[int]) -> float:
        some = [(scene, cells.of_members(members)) for scene, cells in batches]
        return crossed(some, item_traits, plain, seed)

    kept = list(range(batches[0][1].values.shape[0]))
    alone = {k: measured([k]) for k in kept}
    worth: dict[int, Worth] = {}
    whole = measured(kept)
    while True:
        gains = {k: whole - measured([m for m in kept if m != k]) for k in kept} if len(kept) > 1 else {}
        weakest = min(gains, key=lambda k: (gains[k], alone[k]), default=None)
        if weakest is None or gains[weakest] >= least_gain:
            break
        progress(f"{names[weakest]} adds {gains[weakest]:+.4f} and is left out")
        worth[weakest] = Worth(alone=alone[weakest], gain=gains[weakest], kept=False)
        kept.remove(weakest)
        whole -= gains[weakest]
    for k in kept:
        worth[k] = Worth(alone=alone[k], gain=gains.get(k, whole), kept=True)
    return kept, worth
