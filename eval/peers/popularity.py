"""Popularity, which needs no package: it shows what an adapter is, and tests the way there and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.peers.exchange import Columns, Task
from eval.peers.peer import Answer, Watch


class Popularity:
    """Score an item by how many people met it."""

    def prepare(self, task: Task) -> None:
        """Keep the task."""
        self.task = task

    def fit(self, watch: Watch) -> None:
        """Count."""
        self.counts = np.asarray(self.task.train.sum(axis=0), dtype=np.float32).ravel()

    def answer(self) -> Answer:
        """Give everybody the same scores, or the most popular items that they had not met."""
        if self.task.asks:
            return {name: self._lists(people) for name, people in self.task.asks.items()}
        return np.repeat(self.counts[None, :], self.task.train.shape[0], axis=0)

    def _lists(self, people: Sequence[Columns]) -> NDArray[np.int64]:
        order = np.argsort(-self.counts, kind="stable")
        lists = np.full((len(people), self.task.k), -1, dtype=np.int64)
        for row, met in enumerate(people):
            left = order[~np.isin(order, met)][: self.task.k]
            lists[row, : len(left)] = left
        return lists
