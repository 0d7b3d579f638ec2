"""Starts a peer as a process of its own and reads what it answered."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eval.metrics import target_ranks
from eval.peers.exchange import Outcome, Task, read_outcome, write_task
from eval.peers.peer import PEERS, Adapter
from recsys.errors import TastegraphError

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds `eval` and, where `make peers-env` was run, `.venv-peers`."""
_LATE = 300.0
"""Seconds that a peer may take beside its training: to import, prepare, validate and score."""
_NEVER = 2**62
"""The rank of what is not in a list."""


class PeerError(TastegraphError):
    """A peer could not be run."""


@dataclass(frozen=True)
class PeerRun:
    """A peer that was run."""

    folder: Path
    outcome: Outcome

    def ranks(
        self, truth: csr_array, mask: csr_array | None = None, question: str = ""
    ) -> list[NDArray[np.int64]]:
        """Return the ranks of each person's targets as `eval.metrics.target_ranks` does.

        `truth` and `mask` have shape (n_users, n_items). From a peer's list (`question` names it) a target that is
        not on it ranks past the last item, so use no metric that looks further than the list is long. Raises
        `PeerError` when a list holds what the mask excludes, or an item twice.
        """
        if question:
            top = np.load(self.folder / f"top-{question}.npy", allow_pickle=False)
            return list_ranks(top, truth, mask)
        return target_ranks(np.load(self.folder / "scores.npy", allow_pickle=False), truth, mask)

    def drop_scores(self) -> None:
        """Remove the scores, which are large, and keep what running took."""
        (self.folder / "scores.npy").unlink(missing_ok=True)


def peers_python() -> Path:
    """Return the interpreter that has the peers: TASTEGRAPH_PEERS_PYTHON, else that of `.venv-peers`.

    Raises `PeerError` when it is not there.
    """
    chosen = os.environ.get("TASTEGRAPH_PEERS_PYTHON")
    python = Path(chosen) if chosen else ROOT / ".venv-peers" / "bin" / "python"
    if not python.is_file():
        raise PeerError(
            f"The peers' environment is not here ({python} is missing). Make it with: make peers-env"
        )
    return python


def run_peer(
    name: str, task: Task, folder: Path, progress: Callable[[str], None] = lambda _: None, late: float = _LATE
) -> PeerRun:
    """Run a peer in a process of its own and return what it answered and what that took.

    The answer is kept in a subfolder of `folder`; the same peer with the same task, adapter and pinned packages is
    read from there instead of run again. Our own models are always run. Only what the peer is given is written: the
    test part of a split stays here. Raises `PeerError` when there is no such peer, its environment is missing, it
    failed (with the last line that it said) or it took `late` seconds longer than its training may.
    """
    adapter = PEERS.get(name)
    if adapter is None:
        raise PeerError(f"There is no peer {name!r}. There are: {', '.join(PEERS)}.")
    python = peers_python() if adapter.theirs else Path(sys.executable)
    out = folder / f"{name}-{_key(adapter, task)[:16]}"
    if adapter.theirs and (out / "outcome.json").is_file():
        return PeerRun(out, read_outcome(out))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    write_task(out / "given", task)
    progress(f"{name}: {json.dumps(dict(task.settings))}, seed {task.seed}")
    command = [str(python), "-m", "eval.peers.run", name, "--in", "given", "--out", "."]
    try:
        with (out / "said.txt").open("w", encoding="utf-8") as said:
            subprocess.run(
                command,
                check=True,
                cwd=out,
                env=_environment(task.threads),
                stdout=said,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=task.fit_limit + late,
            )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"{name} gave no result in {error.timeout:.0f} s.") from error
    except subprocess.CalledProcessError as error:
        raise PeerError(f"{name} failed: {_last_line(out / 'said.txt')}") from error
    shutil.rmtree(out / "given")
    return PeerRun(out, read_outcome(out))


def list_ranks(
    top: NDArray[np.int64], truth: csr_array, mask: csr_array | None = None
) -> list[NDArray[np.int64]]:
    """Return for each person the 1-based ranks of their targets in their list, ascending.

    `top` (n, k) holds columns, best first, -1 behind the last. A target that is not on the list ranks past the last
    item. Raises `PeerError` on a list that holds a masked item, or one twice.
    """
    n_items = truth.shape[1]
    rows, places = np.nonzero(top >= 0)
    columns = top[rows, places]
    cells = rows * n_items + columns
    if len(columns) and (columns.max() >= n_items or len(np.unique(cells)) < len(cells)):
        raise PeerError("A peer's list names an item twice, or one that there is not.")
    if mask is not None and np.isin(cells, _cells(mask)).any():
        raise PeerError("A peer's list names an item that was to be left out.")
    place_of = dict(zip(cells.tolist(), (places + 1).tolist(), strict=True))
    wanted = truth.tocsr()
    ranks = []
    for row in range(truth.shape[0]):
        targets = wanted.indices[wanted.indptr[row] : wanted.indptr[row + 1]].tolist()
        found = [place_of.get(row * n_items + target, _NEVER) for target in targets]
        ranks.append(np.sort(np.array(found, dtype=np.int64)))
    return ranks


def _key(adapter: Adapter, task: Task) -> str:
    digest = hashlib.sha256(task.key().encode())
    for file in (ROOT / "requirements" / "peers.txt", Path(__file__).with_name(f"{adapter.module}.py")):
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()


def _cells(matrix: csr_array) -> NDArray[np.int64]:
    rows, columns = matrix.nonzero()
    return np.asarray(rows, dtype=np.int64) * matrix.shape[1] + columns


def _environment(threads: int) -> dict[str, str]:
    """Return the variables of the process: our packages to import, and a number of threads for every library."""
    many = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "NUMEXPR_NUM", "LK_NUM", "LK_NUM_BACKEND")
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "",
        **{f"{library}_THREADS": str(threads) for library in many},
    }


def _last_line(file: Path) -> str:
    lines = [line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "it said nothing")
