"""The folder through which a measurement and a peer speak; needs numpy and scipy only.

Given to the peer: `task.json` with the settings, `train.npz` and `valid.npz` (scipy's CSR), `attributes.npz` where
there are any, `sequences.npz` and one `ask-NAME.npz` a question where the data has an order. Given back:
`scores.npy` or one `top-NAME.npy` a question, and, last, `outcome.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, load_npz, save_npz

Setting = str | int | float | bool
Columns = NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """What a peer is given."""

    train: csr_array
    """Shape (n_users, n_items); 1.0 where a person met an item. All that a peer may learn from."""
    valid: csr_array
    """Shape (n_users, n_items); what a peer may look at to know when to stop."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """The peer's hyper-parameters, under the names that its package gives them."""
    seed: int = 0
    threads: int = 1
    """Threads of every numeric library."""
    fit_limit: float = 600.0
    """Seconds after which training that goes by epochs stops and keeps its best state."""
    k: int = 20
    """Length of the lists for each question of `asks`."""
    attributes: csr_array | None = None
    """Shape (n_attributes, n_items); 1.0 where an item has an attribute."""
    sequences: Sequence[Columns] = ()
    """What each person met in training, oldest first; empty where no order is known."""
    asks: Mapping[str, Sequence[Columns]] = field(default_factory=dict)
    """Question to what each person had met by then, oldest first, to recommend the next item for. With a question
    `valid`, `valid` holds its answers; without questions, items are scored for everybody in `train`."""

    def key(self) -> str:
        """Return a SHA-256 over everything that is given."""
        digest = hashlib.sha256(json.dumps(self._plain(), sort_keys=True).encode())
        for matrix in (self.train, self.valid, self.attributes):
            for part in () if matrix is None else (matrix.indptr, matrix.indices):
                digest.update(part.astype(np.int64).tobytes())
            digest.update(b"\0")
        for name, sequences in [("", self.sequences), *sorted(self.asks.items())]:
            digest.update(name.encode() + b"\0")
            for sequence in sequences:
                digest.update(np.asarray(sequence, dtype=np.int64).tobytes() + b"\0")
        return digest.hexdigest()

    def _plain(self) -> dict[str, Any]:
        return {
            "settings": dict(self.settings),
            "seed": self.seed,
            "threads": self.threads,
            "fit_limit": self.fit_limit,
            "k": self.k,
            "shape": list(self.train.shape),
            "asks": sorted(self.asks),
        }


@dataclass(frozen=True)
class Point:
    """How good a model in training was."""

    epoch: int
    seconds: float
    """Of training until here, without the time that validation took."""
    cpu: float
    """The same in seconds of all cores together."""
    value: float
    """On validation; of what, the outcome says."""


@dataclass(frozen=True)
class Outcome:
    """What running a peer took."""

    peer: str
    package: str
    version: str
    prepare_seconds: float
    """To bring the data into the package's form; no part of training."""
    fit_seconds: float
    """To train, without validation and without importing packages."""
    fit_cpu: float
    """The same in seconds of all cores together."""
    score_seconds: float
    """To score all items for everybody, or to list the best for each question."""
    score_cpu: float
    validate_seconds: float
    peak_mb: float
    """Largest resident memory of the process, in MB of 10^6 bytes."""
    threads: int
    curve: tuple[Point, ...] = ()
    measured: str = ""
    """What the values of `curve` are."""
    stopped: str = ""
    """Why training by epochs ended: `limit`, `early`, `epochs`, or empty."""


def write_task(folder: Path, task: Task) -> None:
    """Write a task into `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, matrix in (("train", task.train), ("valid", task.valid), ("attributes", task.attributes)):
        if matrix is not None:
            save_npz(folder / f"{name}.npz", matrix.astype(np.float32))
    if task.sequences:
        _write_sequences(folder / "sequences.npz", task.sequences)
    for name, sequences in task.asks.items():
        _write_sequences(folder / f"ask-{name}.npz", sequences)
    (folder / "task.json").write_text(json.dumps(task._plain()), encoding="utf-8")


def read_task(folder: Path) -> Task:
    """Read what `write_task` wrote."""
    plain = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    del plain["shape"]
    attributes, sequences = folder / "attributes.npz", folder / "sequences.npz"
    asks = {name: _read_sequences(folder / f"ask-{name}.npz") for name in plain.pop("asks")}
    return Task(
        train=csr_array(load_npz(folder / "train.npz")),
        valid=csr_array(load_npz(folder / "valid.npz")),
        attributes=csr_array(load_npz(attributes)) if attributes.is_file() else None,
        sequences=_read_sequences(sequences) if sequences.is_file() else (),
        asks=asks,
        **plain,
    )


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Write `outcome.json`; its presence says that everything else is there."""
    beside = folder / ".outcome.json"
    beside.write_text(json.dumps(asdict(outcome), indent=2), encoding="utf-8")
    beside.replace(folder / "outcome.json")


def read_outcome(folder: Path) -> Outcome:
    """Read what `write_outcome` wrote; raises `FileNotFoundError` where nothing was."""
    plain = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    plain["curve"] = tuple(Point(**point) for point in plain["curve"])
    return Outcome(**plain)


def _write_sequences(file: Path, sequences: Sequence[Columns]) -> None:
    ends = np.cumsum([len(sequence) for sequence in sequences], dtype=np.int64)
    items = np.concatenate([np.asarray(s, dtype=np.int64) for s in sequences])
    np.savez(file, items=items, ends=ends)


def _read_sequences(file: Path) -> list[Columns]:
    with np.load(file, allow_pickle=False) as found:
        return list(np.split(found["items"].astype(np.int64), found["ends"][:-1]))
