"""One model under one configuration, tried and kept: what it scored, how long it took and how much memory."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.sparse import csr_array

from eval.metrics import hit_rate_at_k, ndcg_at_k, recall_at_k, target_ranks
from kg.files import write_text
from recsys.models.base import FloatMatrix

_EVERY = 0.02
"""Seconds between two looks at the memory."""


class Trial(BaseModel):
    """What was measured of one model under one configuration."""

    model_config = ConfigDict(frozen=True)

    key: str
    """What it depends on, as JSON."""
    scores: dict[str, float]
    fit_seconds: float = 0.0
    score_seconds: float = 0.0
    peak_mb: float = 0.0
    """Most resident memory above that before the model was made; 0 where the system does not say."""


class Trials:
    """Trials of one section, each kept in a file of its own, so that a run that was cut off goes on."""

    def __init__(self, folder: Path, data_hash: str, progress: Callable[[str], None]) -> None:
        self.folder, self.data_hash, self.progress = folder, data_hash, progress

    def of(self, name: str, settings: Mapping[str, object], run: Callable[[], Trial]) -> Trial:
        """Return the kept trial of this name, settings and data, or run it and keep it."""
        key = json.dumps(
            {"name": name, "settings": settings, "data": self.data_hash}, sort_keys=True, default=str
        )
        file = self.folder / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        if file.is_file():
            found = Trial.model_validate_json(file.read_text(encoding="utf-8"))
            if found.key == key:
                return found
        trial = run().model_copy(update={"key": key})
        shown = ", ".join(f"{metric} {value:.4f}" for metric, value in list(trial.scores.items())[:4])
        self.progress(
            f"{name} {_short(settings)}: {shown} ({trial.fit_seconds:.1f} + {trial.score_seconds:.1f} s)"
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(file, trial.model_dump_json(indent=2) + "\n")
        return trial


def timed(fit: Callable[[], object], score: Callable[[], Mapping[str, float]]) -> Trial:
    """Run both and return what `score` measured with the seconds and the memory that they took."""
    with peak_memory() as peak:
        started = time.perf_counter()
        fit()
        fitted = time.perf_counter()
        scores = dict(score())
        scored = time.perf_counter()
    return Trial(
        key="", scores=scores, fit_seconds=fitted - started, score_seconds=scored - fitted, peak_mb=peak()
    )


@contextmanager
def peak_memory() -> Iterator[Callable[[], float]]:
    """Watch the resident memory of this process; the callable tells the most above the start, in MB."""
    start = _resident()
    most = [start]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY):
            most[0] = max(most[0], _resident())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: (most[0] - start) / 2**20
    finally:
        most[0] = max(most[0], _resident())
        done.set()
        thread.join()


def ranked(scores: FloatMatrix, truth: csr_array, mask: csr_array | None, k: int) -> dict[str, float]:
    """Return the means of `hit rate`, `recall` and `NDCG` at k over the people with targets."""
    ranks = target_ranks(scores, truth, mask)
    return {
        f"HR@{k}": _mean(hit_rate_at_k(ranks, k)),
        f"Recall@{k}": _mean(recall_at_k(ranks, k)),
        f"NDCG@{k}": _mean(ndcg_at_k(ranks, k)),
    }


def mean_and_spread(values: Sequence[float]) -> str:
    """Write the mean and, where there are several different values, plus-minus half of what lies between them."""
    found = np.asarray(values, dtype=float)
    half = float(np.ptp(found)) / 2.0 if len(found) else 0.0
    return f"{found.mean():.4f}" + (f" ± {half:.4f}" if half >= 5e-5 else "")


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _short(settings: Mapping[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings.items() if name != "part")


def _resident() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))
