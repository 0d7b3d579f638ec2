"""Members and ensembles measured over full rankings, block by block, so that no score matrix is held whole."""

from __future__ import annotations

import hashlib
import json
import re
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.sparse import csr_array

from eval.figures import Table
from eval.metrics import ndcg_at_k, recall_at_k
from kg.files import write_text
from recsys.ensemble.holding_out import part_of
from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix, Scorer, TrainingData, Users

K = 20
Ranks = list[NDArray[np.int64]]
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Measured(BaseModel):
    """One fitted model on one part of the data; means over people with a target."""

    model_config = ConfigDict(frozen=True)

    label: str
    seed: int
    recall: float
    ndcg: float
    fit_seconds: float
    score_seconds: float
    peak_mb: float
    """Largest resident memory of the process while the model was fitted and scored, data included."""


class Fit(BaseModel):
    """What fitting a model took."""

    model_config = ConfigDict(frozen=True)

    seconds: float
    peak_mb: float
    """Largest resident memory of the process meanwhile, data included."""


@dataclass(frozen=True)
class Contestant:
    """A model to measure."""

    label: str
    make: Callable[[int], Scorer]
    """From a seed to a model that is not fitted."""
    data: TrainingData
    random: bool = False
    """Whether the seed matters: then three are run."""
    config: dict[str, object] = field(default_factory=dict)
    """What tells this contestant from another of the same label, for the cache."""


@dataclass(frozen=True)
class Arena:
    """People to rank for, and where finished work is kept."""

    users: Users
    targets: csr_array
    """Shape (n, n_items), 1.0 a target; what is in the history is never ranked."""
    folder: Path
    key: str
    """Hash of the data and of what else all contestants share."""
    block: int = 512

    def measured(self, contestant: Contestant, seed: int, progress: Callable[[str], None]) -> Measured:
        """Fit and measure, or read what was measured before with this data and configuration."""
        file = self._stem(contestant, seed).with_suffix(".json")
        if file.is_file():
            return Measured.model_validate_json(file.read_text(encoding="utf-8"))
        model, fit = self.fitted(contestant, seed, progress)
        reset_peak()
        started = time.perf_counter()
        recall, ndcg = self.accuracy(model.score)
        found = Measured(
            label=contestant.label,
            seed=seed,
            recall=recall,
            ndcg=ndcg,
            fit_seconds=fit.seconds,
            score_seconds=time.perf_counter() - started,
            peak_mb=max(fit.peak_mb, peak_mb()),
        )
        write_text(file, found.model_dump_json(indent=2) + "\n")
        progress(f"{contestant.label}, seed {seed}: Recall@{K} {recall:.4f}, NDCG@{K} {ndcg:.4f}")
        return found

    def fitted(
        self, contestant: Contestant, seed: int, progress: Callable[[str], None]
    ) -> tuple[Scorer, Fit]:
        """Return the fitted model and what that took, from the disk where it was fitted before."""
        folder = self._stem(contestant, seed)
        model, clock = contestant.make(seed), folder / "fit.json"
        if clock.is_file():
            try:
                model.load(folder)
                return model, Fit.model_validate_json(clock.read_text(encoding="utf-8"))
            except WorkspaceError:
                progress(f"{contestant.label}: what was kept cannot be read; fitting again")
                model = contestant.make(seed)
        progress(f"Fitting {contestant.label}, seed {seed}")
        reset_peak()
        started = time.perf_counter()
        model.fit(contestant.data)
        fit = Fit(seconds=time.perf_counter() - started, peak_mb=peak_mb())
        model.save(folder)
        write_text(clock, fit.model_dump_json())
        return model, fit

    def accuracy(self, score: Callable[[Users], FloatMatrix]) -> tuple[float, float]:
        """Return Recall@20 and NDCG@20 of a way to score."""
        ranks: Ranks = []
        for rows, some in self.blocks():
            ranks += top_ranks(score(some), self.targets[rows], some.history)
        return float(recall_at_k(ranks, K).mean()), float(ndcg_at_k(ranks, K).mean())

    def blocks(self) -> Iterator[tuple[slice, Users]]:
        """Return the people in blocks, with the rows of each."""
        for start in range(0, self.users.history.shape[0], self.block):
            rows = slice(start, start + self.block)
            yield rows, part_of(self.users, rows)

    def _stem(self, contestant: Contestant, seed: int) -> Path:
        config = json.dumps(contestant.config, sort_keys=True, default=str)
        key = hashlib.sha256(f"{self.key}/{contestant.label}/{seed}/{config}".encode()).hexdigest()[:12]
        name = re.sub(r"[^a-z0-9]+", "-", contestant.label.lower()).strip("-")
        return self.folder / f"{name}-{seed}-{key}"


def top_ranks(scores: FloatMatrix, truth: csr_array, mask: csr_array, k: int = K) -> Ranks:
    """Return what `eval.metrics.target_ranks` returns, but for ranks beyond k, which are all k + 1 or more.

    Nothing is sorted but each person's first k + 1 scores. Raises `ValueError` on a score that is not finite.
    """
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite; give what must not be ranked as the mask")
    masked = np.array(scores, dtype=np.float32)
    masked[mask.nonzero()] = -np.inf
    first = min(k + 1, masked.shape[1])
    top = np.sort(np.partition(masked, masked.shape[1] - first, axis=1)[:, -first:], axis=1)
    ranks: Ranks = []
    for row in range(len(masked)):
        wanted = truth.indices[truth.indptr[row] : truth.indptr[row + 1]]
        found = np.sort(masked[row, wanted])[::-1]
        within = found[(found >= top[row, 0]) & np.isfinite(found)]
        at_least = first - np.searchsorted(top[row], within, side="left")
        # What ties with the last of the first k + 1 may tie with others that are not among them.
        last = within == top[row, 0]
        at_least[last] = (masked[row] >= top[row, 0]).sum()
        behind = np.array([(within[place + 1 :] == score).sum() for place, score in enumerate(within)], int)
        beyond = np.full(len(found) - len(within), k + 1)
        ranks.append(np.concatenate([at_least - behind, beyond]).astype(np.int64))
    return ranks


def reset_peak() -> None:
    """Start the measuring of peak memory anew, where the system allows it."""
    try:
        _CLEAR.write_text("5", encoding="ascii")
    except OSError:
        return


def peak_mb() -> float:
    """Return the largest resident memory since `reset_peak`, in MB; since the start of the process where it could not
    be reset."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text(encoding="ascii"))
    except OSError:
        found = None
    if found:
        return int(found[1]) / 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def results_table(title: str, runs: Sequence[Sequence[Measured]], note: str) -> Table:
    """Return one row a model, of one run or several seeds: mean, and (largest - smallest) where there are several."""
    rows = tuple(
        (
            some[0].label,
            shown([run.recall for run in some]),
            shown([run.ndcg for run in some]),
            f"{np.mean([run.fit_seconds for run in some]):.1f}",
            f"{np.mean([run.score_seconds for run in some]):.1f}",
            f"{max(run.peak_mb for run in some):,.0f}",
        )
        for some in runs
    )
    columns = ("model", f"Recall@{K}", f"NDCG@{K}", "train, s", "score everybody, s", "peak memory, MB")
    return Table(title=title, columns=columns, rows=rows, note=note)


def shown(values: Sequence[float]) -> str:
    """Write a mean to four places, and the spread where there are several values."""
    mean = f"{np.mean(values):.4f}"
    return f"{mean} (± {np.ptp(values) / 2:.4f})" if len(values) > 1 else mean
