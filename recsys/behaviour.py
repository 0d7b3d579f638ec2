"""What is learned from who met what, as the recommender uses it: EASE, or the ensemble that `tastegraph train` made."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.models.base import AdditiveScorer, Columns, FloatMatrix, Scorer, Users
from recsys.models.ease import Ease
from recsys.models.persist import ModelCard
from recsys.schema import Granularity
from recsys.sparse import ones_at

_KEPT = 128
"""Items whose strengths towards all others are kept; each takes 4 bytes an item of the catalogue."""
_SAMPLE = 500
_NEIGHBOUR = 20


class Behaviour:
    """One model of a workspace. Threads may share it."""

    def __init__(self, model: Scorer, n_items: int) -> None:
        self.model, self.n_items = model, n_items
        self._alone: OrderedDict[int, FloatMatrix] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, models: Path, n_items: int) -> Behaviour:
        """Load the model that is in a build: the ensemble where one was trained, else EASE.

        Raises `WorkspaceError` when its files are missing or cannot be read.
        """
        if (models / "ensemble.json").is_file():
            from recsys.ensemble import Ensemble

            ensemble = Ensemble()
            ensemble.load(models)
            return cls(ensemble, n_items)
        ease = Ease()
        ease.load(models)
        return cls(ease, n_items)

    @property
    def card(self) -> ModelCard:
        """The card of the model."""
        return self.model.card

    def shares(self, history: csr_array, sequence: Sequence[int] = ()) -> dict[Granularity, FloatMatrix]:
        """Return what each granularity gives to each item for one history, shape (n_items,) each.

        `history` is (1, n_items), negative for a dislike; `sequence` has the columns that were met, oldest
        first. The shares add up to the model's score.
        """
        order: tuple[Columns, ...] = (np.asarray(sequence, dtype=np.int64),)
        users = Users(history, sequences=order)
        if not hasattr(self.model, "shares"):
            return {Granularity.BEHAVIOUR: self.model.score(users)[0]}
        found = cast(AdditiveScorer, self.model).shares(users)
        total: dict[Granularity, FloatMatrix] = {}
        for name, share in found.items():
            granularity = Granularity(name)
            total[granularity] = total[granularity] + share[0] if granularity in total else share[0]
        return total

    def alone(self, anchor: int) -> FloatMatrix:
        """Return the strength that one item, met alone, gives to every other, shape (n_items,); 0 to itself."""
        with self._lock:
            if anchor in self._alone:
                self._alone.move_to_end(anchor)
                return self._alone[anchor]
        found: FloatMatrix = self.towards_others(np.array([anchor]))[0]
        with self._lock:
            self._alone[anchor] = found
            while len(self._alone) > _KEPT:
                self._alone.popitem(last=False)
        return found

    def unit(self, seed: int) -> float:
        """Return the mean strength of an item's twentieth-nearest neighbour, over a sample; 1.0 if not above 0.

        Below a hundred items it is the largest fifth's last one instead.
        """
        sample = np.sort(np.random.default_rng(seed).permutation(self.n_items)[:_SAMPLE])
        if not len(sample) or self.n_items < 2:
            return 1.0
        place = min(_NEIGHBOUR, -(-self.n_items // 5), self.n_items - 1)
        levels = []
        for start in range(0, len(sample), 64):
            strengths = self.towards_others(sample[start : start + 64])
            levels.append(np.partition(strengths, self.n_items - place, axis=1)[:, self.n_items - place])
        level = float(np.concatenate(levels).mean())
        return level if level > 1e-6 else 1.0

    def towards_others(self, anchors: NDArray[np.int64]) -> FloatMatrix:
        """Return the strengths of `alone` for several items, shape (len(anchors), n_items)."""
        n = len(anchors)
        history = csr_array(
            (np.ones(n, dtype=np.float32), anchors, np.arange(n + 1)), shape=(n, self.n_items)
        )
        sequences = tuple(np.array([anchor], dtype=np.int64) for anchor in anchors)
        cold = self._cold()
        found = np.asarray(self.model.score(Users(history, sequences=sequences)) - cold, dtype=np.float32)
        found[np.arange(n), anchors] = 0.0
        return found

    def _cold(self) -> FloatMatrix:
        """What the model says to somebody of whom nothing is known: no item's doing."""
        nobody = Users(ones_at((), (), (1, self.n_items)), sequences=(np.zeros(0, dtype=np.int64),))
        return self.model.score(nobody)
