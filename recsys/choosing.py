"""Which of the best become the list: varied, in proportion to a taste, not only what everybody knows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.constraints import ItemIndex
from recsys.models.base import FloatMatrix
from recsys.rerank import RerankConfig, group_shares, rerank, taste_shares
from recsys.scoring import Anchors, Part, Scoring
from recsys.sparse import ones_at

GROUPED_BY = ("genre", "category")
"""Facets whose proportions a list can follow; the first that the catalogue has."""


class Chooser:
    """Chooses from a pool. Holds nothing of a request; threads may share it."""

    def __init__(self, index: ItemIndex, scoring: Scoring, counts: NDArray[np.floating]) -> None:
        """Take `counts` (n_items,): how often each item was met."""
        self._scoring, self._counts = scoring, counts
        facet = next((name for name in GROUPED_BY if index.columns.get(name)), None)
        having = list(index.columns[facet].values()) if facet else []
        rows = np.concatenate(having) if having else np.zeros(0, dtype=np.int64)
        columns = np.repeat(np.arange(len(having)), [len(found) for found in having])
        self._shares = group_shares(ones_at(rows, columns, (len(index.items), len(having))))

    @property
    def config(self) -> RerankConfig:
        """The knobs."""
        return self._scoring.config.rerank

    def choose(self, pool: NDArray[np.int64], total: Part, anchors: Anchors, limit: int) -> list[int]:
        """Return at most `limit` columns of the pool (best first by `total`, (n_items,)), first of the list first.

        A person who likes nothing yet has no proportions to follow; the knob for them then does nothing.
        """
        config = self.config
        taste = self._taste(anchors) if config.calibration else None
        if taste is not None and not taste.any():
            config, taste = config.model_copy(update={"calibration": 0.0}), None
        likeness = None
        if config.diversity:
            # A pool that is listed whole has nothing to choose from.
            likeness = self._scoring.likeness(pool) if len(pool) > limit else np.eye(len(pool))
        places = rerank(
            total[pool],
            limit,
            config,
            likeness=likeness,
            groups=None if taste is None else self._shares[pool].toarray(),
            taste=taste,
            counts=self._counts[pool] if config.popularity else None,
        )
        return [int(pool[place]) for place in places]

    def _taste(self, anchors: Anchors) -> FloatMatrix:
        liked = sorted({*anchors.liked, *anchors.seeds})
        history = csr_array(
            (
                np.ones(len(liked), dtype=np.float32),
                np.array(liked, dtype=np.int64),
                np.array([0, len(liked)]),
            ),
            shape=(1, self._shares.shape[0]),
        )
        return np.asarray(taste_shares(history, self._shares)[0])
