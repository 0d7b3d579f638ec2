"""What an adapter of a peer is, and the watch that times it; needs numpy and scipy only."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eval.peers.exchange import Point, Task

FloatMatrix = NDArray[np.float32]
_BLOCK = 512
Answer = FloatMatrix | dict[str, NDArray[np.int64]]
"""Scores of shape (n_users, n_items), finite, nothing masked; or, where the task has questions, for each a list of
shape (n_users, k): the best items first, nothing that the person had met, -1 behind the last."""


@dataclass
class Watch:
    """Times training; what happens inside `paused` is validation."""

    limit: float
    """Seconds of training after which `over` is true."""
    points: list[Point] = field(default_factory=list)
    measured: str = ""
    stopped: str = ""
    validated: float = 0.0
    _since: float = field(default_factory=time.perf_counter)
    _cpu_since: float = field(default_factory=time.process_time)
    _cpu_validated: float = 0.0

    def seconds(self) -> float:
        """Return the seconds of training until now."""
        return time.perf_counter() - self._since - self.validated

    def cpu(self) -> float:
        """Return the seconds of training until now, of all cores together."""
        return time.process_time() - self._cpu_since - self._cpu_validated

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what happens inside."""
        since, cpu_since = time.perf_counter(), time.process_time()
        yield
        self.validated += time.perf_counter() - since
        self._cpu_validated += time.process_time() - cpu_since

    def note(self, epoch: int, value: float) -> bool:
        """Keep how good the model is after this epoch; return whether it was never better."""
        best = all(value > point.value for point in self.points)
        self.points.append(Point(epoch, round(self.seconds(), 3), round(self.cpu(), 3), value))
        return best

    def over(self) -> bool:
        """Say whether the time for training is up, and remember that it was."""
        if self.seconds() >= self.limit:
            self.stopped = "limit"
        return self.stopped == "limit"

    def stale(self, patience: int) -> bool:
        """Say whether the last `patience` notes brought nothing better, and remember that it was so."""
        values = [point.value for point in self.points]
        if len(values) - 1 - int(np.argmax(values)) >= patience:
            self.stopped = "early"
        return self.stopped == "early"


def top_ndcg(scores: FloatMatrix, task: Task, k: int) -> float:
    """Return the mean NDCG at k of scores (n_users, n_items) on the task's validation part, train masked.

    For a peer to stop by: quick, and of two equal scores either may come first.
    """
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[np.inf], np.cumsum(discount)])
    total, people = 0.0, 0
    for start in range(0, scores.shape[0], _BLOCK):
        block = scores[start : start + _BLOCK].copy()
        block[task.train[start : start + _BLOCK].nonzero()] = -np.inf
        wanted = task.valid[start : start + _BLOCK].toarray() > 0
        top = np.argpartition(-block, k, axis=1)[:, :k] if k < block.shape[1] else np.argsort(-block)[:, :k]
        top = np.take_along_axis(top, np.argsort(-np.take_along_axis(block, top, axis=1), axis=1), axis=1)
        hits = np.take_along_axis(wanted, top, axis=1)
        targets = wanted.sum(axis=1)
        total += float((hits @ discount[: hits.shape[1]] / ideal[np.minimum(targets, k)]).sum())
        people += int((targets > 0).sum())
    return total / max(1, people)


class Peer(Protocol):
    """A recommender of another package, made with no argument."""

    def prepare(self, task: Task) -> None:
        """Import the package and bring the data into its form; this is not timed as training."""

    def fit(self, watch: Watch) -> None:
        """Train."""

    def answer(self) -> Answer:
        """Score everybody of the task, or answer its questions."""


@dataclass(frozen=True)
class Adapter:
    """Where a peer is found."""

    module: str
    """Of this package."""
    attribute: str
    """The class in it."""
    package: str
    """The distribution whose version is reported."""
    theirs: bool = True
    """True when it runs in the peers' environment, false when in ours."""

    def make(self) -> Peer:
        """Import the adapter and return a new peer."""
        peer: Peer = getattr(importlib.import_module(f"eval.peers.{self.module}"), self.attribute)()
        return peer


PEERS: dict[str, Adapter] = {
    "popularity": Adapter("popularity", "Popularity", "scipy", theirs=False),
    "our-ease": Adapter("ours", "OurEase", "tastegraph", theirs=False),
    "our-ials": Adapter("ours", "OurIals", "tastegraph", theirs=False),
    "our-item-knn": Adapter("ours", "OurItemKnn", "tastegraph", theirs=False),
    "implicit-als": Adapter("implicit_models", "ImplicitAls", "implicit"),
    "implicit-bpr": Adapter("implicit_models", "ImplicitBpr", "implicit"),
    "lenskit-ease": Adapter("lenskit_models", "LenskitEase", "lenskit"),
    "recbole-ease": Adapter("recbole_models", "RecBoleEase", "recbole"),
    "recbole-lightgcn": Adapter("recbole_models", "RecBoleLightGcn", "recbole"),
    "recbole-multvae": Adapter("recbole_models", "RecBoleMultiVae", "recbole"),
    "recbole-recvae": Adapter("recbole_models", "RecBoleRecVae", "recbole"),
    "recbole-simplex": Adapter("recbole_models", "RecBoleSimpleX", "recbole"),
    "rectools-sasrec": Adapter("rectools_models", "RecToolsSasRec", "rectools"),
}
"""Name to adapter."""
