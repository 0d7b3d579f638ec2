"""The one way in: scores of a pool and what is known of its items, a knob for each criterion, a list."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from recsys.rerank.calibration import Calibration
from recsys.rerank.diversity import Dpp, Mmr
from recsys.rerank.exposure import ExposureFloor
from recsys.rerank.greedy import Limit, Term, Values, choose, worth_of

Matrix = NDArray[np.floating]


class RerankConfig(BaseModel):
    """The knobs, each in [0, 1]. All at 0 is the plain ranking; they may be turned together."""

    model_config = ConfigDict(frozen=True)

    diversity: float = Field(default=0.0, ge=0.0, le=1.0)
    """0: likeness does not count. 1: the items least like each other, whatever their score. Needs `likeness`."""
    method: Literal["mmr", "dpp"] = "mmr"
    """Against the nearest item chosen (`mmr`), or against all of them by volume (`dpp`)."""
    calibration: float = Field(default=0.0, ge=0.0, le=1.0)
    """0: proportions do not count. 1: the list nearest to the person's proportions. Needs `groups` and `taste`."""
    popularity: float = Field(default=0.0, ge=0.0, le=1.0)
    """0: the score alone. 1: the least met of the pool first. Between, the share of the worth that being seldom
    met makes up. Needs `counts`."""
    exposure: float = Field(default=0.0, ge=0.0, le=1.0)
    """0: no floor. 1: in every stretch from the top each group has its target share, rounded down. Needs
    `members` and `target`."""
    by_score: bool = True
    """Whether what is chosen is listed best score first. Off, and whenever `exposure` is turned, it stays in the order
    of choice, which is what makes every stretch from the top hold what the whole list holds."""


def rerank(
    scores: Matrix,
    limit: int,
    config: RerankConfig,
    *,
    likeness: Matrix | None = None,
    groups: Matrix | None = None,
    taste: Matrix | None = None,
    counts: Matrix | None = None,
    members: NDArray[np.bool_] | None = None,
    target: Matrix | None = None,
) -> NDArray[np.int64]:
    """Return at most `limit` places of the pool, first place of the list first.

    `scores` (n,) are of one person; `likeness` (n, n) in [0, 1] with ones on the diagonal; `groups` (n, n_groups)
    each item's shares (`group_shares`) and `taste` (n_groups,) the person's (`taste_shares`); `counts` (n,) how
    often each item was met; `members` (n, n_groups) and `target` (n_groups,) who is to be seen how much. Equal
    scores keep the order of the pool. Raises `ValueError` when a knob is turned whose input is missing or of
    another shape.
    """
    n = len(scores)
    worth = worth_of(scores)
    terms: list[Term] = []
    limits: list[Limit] = []
    if config.popularity:
        seldom = 1.0 - worth_of(np.log1p(_given(counts, "counts", (n,))))
        worth = (1.0 - config.popularity) * worth + config.popularity * seldom
    if config.diversity:
        alike = _given(likeness, "likeness", (n, n))
        kind = Mmr if config.method == "mmr" else Dpp
        terms.append(kind(alike, config.diversity))
    if config.calibration:
        wanted = _given(taste, "taste", (None,))
        shares = _given(groups, "groups", (n, len(wanted)))
        terms.append(Calibration(shares, wanted, config.calibration))
    if config.exposure:
        share = _given(target, "target", (None,))
        belonging = _given(members, "members", (n, len(share)))
        limits.append(ExposureFloor(belonging != 0, share, config.exposure))
    chosen = choose(worth, limit, terms, limits)
    if not config.by_score or config.exposure:
        return chosen
    chosen = np.sort(chosen)
    return chosen[np.argsort(-worth[chosen], kind="stable")]


def _given(value: Matrix | NDArray[np.bool_] | None, name: str, shape: tuple[int | None, ...]) -> Values:
    if value is None:
        raise ValueError(f"a knob is turned that needs {name}, and it was not given")
    if value.ndim != len(shape) or any(
        wanted is not None and size != wanted for size, wanted in zip(value.shape, shape, strict=True)
    ):
        raise ValueError(f"{name} is of shape {value.shape}; {shape} was expected")
    return np.asarray(value, dtype=np.float64)
