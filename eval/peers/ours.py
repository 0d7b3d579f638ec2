"""Our own models behind the interface of a peer: same process, same watch, same counting of memory."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from eval.peers.exchange import Task
from eval.peers.peer import Answer, Watch
from recsys.models.base import Scorer, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.ials import Ials, IalsConfig
from recsys.models.item_knn import ItemKnn, ItemKnnConfig


class _Ours:
    """Fit a scorer on the task's train matrix and score everybody folded in from it."""

    def scorer(self, task: Task) -> Scorer:
        """Return the scorer under the task's settings."""
        raise NotImplementedError

    def prepare(self, task: Task) -> None:
        """Bring the data into our form."""
        attributes = task.attributes
        self.users = Users(history=task.train)
        self.data = TrainingData(
            interactions=task.train,
            attributes=attributes if attributes is not None else csr_array((0, task.train.shape[1])),
        )
        self.model = self.scorer(task)

    def fit(self, watch: Watch) -> None:
        """Train."""
        self.model.fit(self.data)

    def answer(self) -> Answer:
        """Score everybody."""
        return np.asarray(self.model.score(self.users), dtype=np.float32)


class OurEase(_Ours):
    """`recsys.models.ease`; attributes join where the task has them."""

    def scorer(self, task: Task) -> Scorer:
        """Return EASE."""
        return Ease(EaseConfig.model_validate(task.settings))


class OurIals(_Ours):
    """`recsys.models.ials`."""

    def scorer(self, task: Task) -> Scorer:
        """Return iALS with the task's seed."""
        return Ials(IalsConfig.model_validate({**task.settings, "seed": task.seed}))


class OurItemKnn(_Ours):
    """`recsys.models.item_knn`."""

    def scorer(self, task: Task) -> Scorer:
        """Return item-kNN."""
        return ItemKnn(ItemKnnConfig.model_validate(task.settings))
