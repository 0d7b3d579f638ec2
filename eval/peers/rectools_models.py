"""SASRec of RecTools."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytorch_lightning  # type: ignore[import-not-found]
import torch
from numpy.typing import NDArray
from rectools import Columns  # type: ignore[import-not-found]
from rectools.dataset import Dataset  # type: ignore[import-not-found]
from rectools.models import SASRecModel  # type: ignore[import-not-found]

from eval.peers import exchange
from eval.peers.exchange import Task
from eval.peers.peer import Answer, Watch

_CHECK = "valid"
"""The question whose answers are known."""


class RecToolsSasRec:
    """SASRec (Kang and McAuley, 2018), trained a few epochs at a time; the state that was best by HR@10 is kept.

    Of the settings, `epochs` is the most it trains, `every` the epochs between validations and `patience` how many
    validations may bring nothing better; the others go to RecTools.
    """

    def prepare(self, task: Task) -> None:
        """Build RecTools' datasets; ids are our rows and columns."""
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore")
        torch.set_num_threads(task.threads)
        self.task = task
        settings = dict(task.settings)
        self.epochs, self.every, self.patience = (
            int(settings.pop(name, default))
            for name, default in (("epochs", 100), ("every", 5), ("patience", 3))
        )
        self.train = _dataset(task.sequences)
        self.asked = {name: _dataset(people) for name, people in task.asks.items()}
        pytorch_lightning.seed_everything(task.seed, verbose=False)
        self.model = SASRecModel(
            **settings, epochs=self.every, deterministic=True, recommend_torch_device="cpu"
        )

    def fit(self, watch: Watch) -> None:
        """Train until it gets no better, or the epochs or the time are over."""
        watch.measured = "HR@10"
        best = None
        for epoch in range(self.every, self.epochs + 1, self.every):
            self.model.fit_partial(self.train, min_epochs=self.every, max_epochs=self.every)
            with watch.paused():
                hits = self._hits(self._lists(_CHECK))
                if watch.note(epoch, hits):
                    best = copy.deepcopy(self.model.torch_model.state_dict())
            if watch.over() or watch.stale(self.patience):
                break
        else:
            watch.stopped = "epochs"
        if best is not None:
            self.model.torch_model.load_state_dict(best)

    def answer(self) -> Answer:
        """List the best for each question; nothing that the person had met."""
        return {name: self._lists(name) for name in self.task.asks}

    def _lists(self, name: str) -> NDArray[np.int64]:
        people = self.task.asks[name]
        found = self.model.recommend(
            users=np.arange(len(people)),
            dataset=self.asked[name],
            k=self.task.k,
            filter_viewed=True,
            on_unsupported_targets="ignore",
        )
        lists = np.full((len(people), self.task.k), -1, dtype=np.int64)
        lists[found[Columns.User].to_numpy(), found[Columns.Rank].to_numpy() - 1] = found[Columns.Item]
        return lists

    def _hits(self, lists: NDArray[np.int64]) -> float:
        rows, columns = self.task.valid.nonzero()
        return float((lists[rows, :10] == columns[:, None]).any(axis=1).mean())


def _dataset(sequences: Sequence[exchange.Columns]) -> Dataset:
    """Give RecTools each sequence in order; the place in it stands for the time."""
    lengths = [len(sequence) for sequence in sequences]
    table = pd.DataFrame(
        {
            Columns.User: np.repeat(np.arange(len(sequences)), lengths),
            Columns.Item: np.concatenate(list(sequences)),
            Columns.Weight: 1.0,
            Columns.Datetime: pd.to_datetime(np.concatenate([np.arange(n) for n in lengths]), unit="D"),
        }
    )
    return Dataset.construct(table)
