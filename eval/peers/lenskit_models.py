"""EASE of LensKit."""

from __future__ import annotations

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import torch
from lenskit.data import ItemList, RecQuery, from_interactions_df  # type: ignore[import-not-found]
from lenskit.knn.ease import EASEScorer  # type: ignore[import-not-found]

from eval.peers.exchange import Task
from eval.peers.peer import Answer, Watch


class LenskitEase:
    """EASE, asked for one person at a time as LensKit's scorers are."""

    def prepare(self, task: Task) -> None:
        """Build LensKit's dataset; ids are our rows and columns."""
        torch.set_num_threads(task.threads)
        self.task = task
        users, items = task.train.nonzero()
        self.data = from_interactions_df(pd.DataFrame({"user_id": users, "item_id": items}))
        self.model = EASEScorer(**task.settings)

    def fit(self, watch: Watch) -> None:
        """Invert the Gram matrix."""
        self.model.train(self.data)

    def answer(self) -> Answer:
        """Score every item for each history; what LensKit gives no score comes last."""
        train = self.task.train
        everything = ItemList(item_ids=np.arange(train.shape[1]))
        scores = np.empty(train.shape, dtype=np.float32)
        for user in range(train.shape[0]):
            met = train.indices[train.indptr[user] : train.indptr[user + 1]]
            query = RecQuery(user_id=user, history_items=ItemList(item_ids=met))
            scores[user] = self.model(query, everything).scores()
        missing = np.isnan(scores)
        scores[missing] = (0.0 if missing.all() else float(np.nanmin(scores))) - 1.0
        return scores
