"""Models of RecBole, trained by its own trainers."""

from __future__ import annotations

import copy
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from recbole.config import Config  # type: ignore[import-not-found]
from recbole.data import create_dataset, data_preparation  # type: ignore[import-not-found]
from recbole.data.interaction import Interaction  # type: ignore[import-not-found]
from recbole.utils import get_model, get_trainer, init_seed  # type: ignore[import-not-found]
from scipy.sparse import csr_array, dok_matrix

from eval.peers.exchange import Task
from eval.peers.peer import FloatMatrix, Watch, top_ndcg

_BLOCK = 512
_K = 20
_NAME = "split"


class _TimeUp(Exception):  # noqa: N818 - no error: training ends
    """Training has had its time."""


class _RecBole:
    """A model that is trained by epochs and keeps the state that was best on validation, by NDCG@20."""

    name = ""
    extra: ClassVar[dict[str, Any]] = {}
    """Settings without which RecBole refuses the model."""

    def prepare(self, task: Task) -> None:
        """Write the split as RecBole's atomic files and read them back as its datasets."""
        logging.disable(logging.WARNING)
        torch.set_num_threads(task.threads)
        _keep_old_dictionaries()
        self.task = task
        with tempfile.TemporaryDirectory() as folder:
            _write(Path(folder) / _NAME, task)
            with _without_arguments():
                self.config = Config(
                    model=self.name, dataset=_NAME, config_dict=_settings(task, folder, self.extra)
                )
            init_seed(task.seed, reproducibility=True)
            self.dataset = create_dataset(self.config)
            self.train, self.valid, _ = data_preparation(self.config, self.dataset)
        # The first optimiser of a process imports a large part of torch; that is no training either.
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def fit(self, watch: Watch) -> None:
        """Train until it gets no better, or the epochs or the time are over."""
        init_seed(self.task.seed, reproducibility=True)
        self.model = get_model(self.name)(self.config, self.train.dataset)
        watch.measured = f"NDCG@{_K}"
        best: dict[str, Any] = {}
        plain: Any = get_trainer(self.config["MODEL_TYPE"], self.name)
        every = int(self.config["eval_step"])

        class Timed(plain):  # type: ignore[misc]
            def _valid_epoch(trainer: Any, *_: Any, **__: Any) -> Any:  # noqa: N805, ANN401
                # Theirs takes longer than an epoch of training.
                with watch.paused():
                    found = top_ndcg(self.answer(), self.task, _K)
                if watch.note(every * (1 + len(watch.points)), found):
                    best["state"] = copy.deepcopy(self.model.state_dict())
                if watch.over():
                    raise _TimeUp
                return found, {f"ndcg@{_K}": found}

        trainer = Timed(self.config, self.model)
        try:
            trainer.fit(self.train, self.valid, verbose=False, saved=False)
            watch.stopped = "early" if trainer.cur_step > trainer.stopping_step else "epochs"
        except _TimeUp:
            pass
        if best:
            self.model.load_state_dict(best["state"])

    def answer(self) -> FloatMatrix:
        """Score everybody, a block of people at a time."""
        n_users, n_items = self.task.train.shape
        user_field, item_field = self.dataset.uid_field, self.dataset.iid_field
        rows = self.dataset.token2id(user_field, [str(user) for user in range(n_users)])
        columns = self.dataset.token2id(item_field, [str(item) for item in range(n_items)])
        scores = np.empty((n_users, n_items), dtype=np.float32)
        self.model.eval()
        # LightGCN keeps what it propagated until it is trained again.
        for kept in ("restore_user_e", "restore_item_e"):
            if hasattr(self.model, kept):
                setattr(self.model, kept, None)
        with torch.no_grad():
            for start in range(0, n_users, _BLOCK):
                people = torch.as_tensor(rows[start : start + _BLOCK])
                found = self.model.full_sort_predict(Interaction({user_field: people}))
                block: FloatMatrix = np.asarray(found, dtype=np.float32).reshape(len(people), -1)
                scores[start : start + _BLOCK] = block[:, columns]
        return scores


class RecBoleEase(_RecBole):
    """EASE; its constructor does the work."""

    name = "EASE"

    def fit(self, watch: Watch) -> None:
        """Invert the Gram matrix."""
        self.model = get_model(self.name)(self.config, self.train.dataset)


class RecBoleLightGcn(_RecBole):
    """LightGCN with the BPR loss (He et al., 2020)."""

    name = "LightGCN"


class RecBoleMultiVae(_RecBole):
    """Mult-VAE (Liang et al., 2018)."""

    name = "MultiVAE"
    extra: ClassVar[dict[str, Any]] = {"train_neg_sample_args": None}


class RecBoleRecVae(_RecBole):
    """RecVAE (Shenbin et al., 2020)."""

    name = "RecVAE"
    extra: ClassVar[dict[str, Any]] = {"train_neg_sample_args": None}


class RecBoleSimpleX(_RecBole):
    """SimpleX (Mao et al., 2021)."""

    name = "SimpleX"


def _settings(task: Task, folder: str, extra: dict[str, Any]) -> dict[str, Any]:
    return {
        "data_path": folder,
        "benchmark_filename": ["train", "valid", "again"],
        "load_col": {"inter": ["user_id", "item_id"], "user": ["user_id"], "item": ["item_id"]},
        "use_gpu": False,
        "show_progress": False,
        "seed": task.seed,
        "metrics": ["NDCG"],
        "topk": [_K],
        "valid_metric": f"NDCG@{_K}",
        "metric_decimal_place": 6,
        "eval_args": {"split": {"RS": [8, 1, 1]}, "group_by": "user", "order": "RO", "mode": "full"},
        **extra,
        **task.settings,
    }


def _write(folder: Path, task: Task) -> None:
    """Write atomic files; the lists of people and items give those an id that nobody met."""
    folder.mkdir()
    # RecBole wants a third part; it is validation again, never looked at.
    for part, matrix in (("train", task.train), ("valid", task.valid), ("again", task.valid)):
        _write_pairs(folder / f"{_NAME}.{part}.inter", matrix)
    for kind, many in (("user", task.train.shape[0]), ("item", task.train.shape[1])):
        lines = [f"{kind}_id:token", *(str(row) for row in range(many))]
        (folder / f"{_NAME}.{kind}").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_pairs(file: Path, matrix: csr_array) -> None:
    lines = [f"{user}\t{item}" for user, item in zip(*matrix.nonzero(), strict=True)]
    file.write_text("user_id:token\titem_id:token\n" + "\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def _without_arguments() -> Iterator[None]:
    """Hide the command line, which RecBole reads for settings of its own."""
    kept, sys.argv = sys.argv, sys.argv[:1]
    try:
        yield
    finally:
        sys.argv = kept


def _keep_old_dictionaries() -> None:
    """Give scipy's `dok_matrix` the method by which RecBole fills it, gone since scipy 1.13."""
    old: Any = dok_matrix
    if not hasattr(old, "_update"):
        old._update = lambda matrix, cells: matrix._dict.update(cells)
