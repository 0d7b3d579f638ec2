"""From ranks to what is reported: Recall, MRR and success, with and without items that were named before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from eval.crs_figures.judging import NEVER, Judged
from eval.figures import Sample

KS = (1, 10, 50)
Kind = Literal["dedup", "all"]
KINDS: tuple[Kind, ...] = ("dedup", "all")
"""`dedup`: items named before are neither targets nor ranked. `all`: everything is."""
Mean = Literal["turns", "targets"]
"""Over turns, of the share of a turn's targets that was found; or over targets."""
SUCCESS_WITHIN = 10


def recall(judged: Sequence[Judged], kind: Kind, k: int, mean: Mean = "turns") -> float:
    """Return Recall@k in [0, 1]; turns without a target of this kind are left out. NaN where none is left."""
    ranks = [found for one in judged if (found := _of(one, kind))]
    if not ranks:
        return float("nan")
    if mean == "targets":
        return float(np.mean([rank <= k for found in ranks for rank in found]))
    return float(np.mean([_share(found, k) for found in ranks]))


def reciprocal_rank(judged: Sequence[Judged], kind: Kind) -> float:
    """Return the mean over turns of 1 / rank of the best target; 0 for a turn in which none is ranked."""
    best = [min(found) for one in judged if (found := _of(one, kind))]
    return float(np.mean([0.0 if rank == NEVER else 1.0 / rank for rank in best])) if best else float("nan")


def success(judged: Sequence[Judged], kind: Kind) -> float:
    """Return the share of dialogues in which some turn has a target within the first ten."""
    best: dict[str, int] = {}
    for one in judged:
        if found := _of(one, kind):
            best[one.dialogue] = min(min(found), best.get(one.dialogue, NEVER))
    return float(np.mean([rank <= SUCCESS_WITHIN for rank in best.values()])) if best else float("nan")


def asked(judged: Sequence[Judged], kind: Kind) -> int:
    """Return how many turns have a target of this kind."""
    return sum(bool(_of(one, kind)) for one in judged)


def samples(system: str, judged: Sequence[Judged]) -> tuple[Sample, ...]:
    """Return each turn's share of targets found, for `Recall@k` of both kinds, by the turn's id."""
    return tuple(
        Sample(
            system=system,
            metric=f"Recall@{k}, {kind}",
            values={one.turn: round(_share(found, k), 4) for one in judged if (found := _of(one, kind))},
        )
        for kind in KINDS
        for k in KS
    )


def by_place(judged: Sequence[Judged], kind: Kind, k: int) -> dict[str, float]:
    """Return Recall@k by how much had been said before the turn."""
    ends = (2, 4, 6, 10)
    names = ("0-1", "2-3", "4-5", "6-9", "10 and more")
    groups: dict[str, list[Judged]] = {name: [] for name in names}
    for one in judged:
        groups[names[sum(one.place >= end for end in ends)]].append(one)
    return {name: recall(group, kind, k) for name, group in groups.items() if asked(group, kind)}


def recalls(judged: Sequence[Judged], kind: Kind, mean: Mean = "turns") -> tuple[float, ...]:
    """Return Recall at each of `KS`."""
    return tuple(recall(judged, kind, k, mean) for k in KS)


def _of(one: Judged, kind: Kind) -> tuple[int, ...]:
    return one.new if kind == "dedup" else one.every


def _share(ranks: Sequence[int], k: int) -> float:
    return sum(rank <= k for rank in ranks) / len(ranks)
