"""`python -m eval.peers.run NAME --in FOLDER --out FOLDER`: fit one peer and write what it answers."""

from __future__ import annotations

import argparse
import importlib.metadata
import resource
import sys
import time
import traceback
from pathlib import Path

import numpy as np

from eval.peers.exchange import Outcome, Task, read_task, write_outcome
from eval.peers.peer import PEERS, Answer, Watch


def run(name: str, given: Path, out: Path) -> Outcome:
    """Prepare, fit, time and write; raises whatever the peer raises."""
    task = read_task(given)
    adapter = PEERS[name]
    start = time.perf_counter()
    peer = adapter.make()
    peer.prepare(task)
    prepared = time.perf_counter() - start

    watch = Watch(limit=task.fit_limit)
    peer.fit(watch)
    fit_seconds, fit_cpu = watch.seconds(), watch.cpu()

    start, cpu = time.perf_counter(), time.process_time()
    answer = peer.answer()
    score_seconds, score_cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = peak_mb()

    _check(name, answer, task)
    out.mkdir(parents=True, exist_ok=True)
    if isinstance(answer, dict):
        for question, top in answer.items():
            np.save(out / f"top-{question}.npy", top)
    else:
        np.save(out / "scores.npy", answer)
    outcome = Outcome(
        peer=name,
        package=adapter.package,
        version=importlib.metadata.version(adapter.package),
        prepare_seconds=prepared,
        fit_seconds=fit_seconds,
        fit_cpu=fit_cpu,
        score_seconds=score_seconds,
        score_cpu=score_cpu,
        validate_seconds=watch.validated,
        peak_mb=peak,
        threads=task.threads,
        curve=tuple(watch.points),
        measured=watch.measured,
        stopped=watch.stopped,
    )
    write_outcome(out, outcome)
    return outcome


def peak_mb() -> float:
    """Return the largest resident memory that this process had, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage also counts the process that started this one, which may be far larger.
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _check(name: str, answer: Answer, task: Task) -> None:
    if isinstance(answer, dict):
        found = {question: top.shape for question, top in answer.items()}
        wanted = {question: (len(people), task.k) for question, people in task.asks.items()}
        if found != wanted:
            raise ValueError(f"{name} gave lists {found}; {wanted} were asked for")
    elif answer.shape != task.train.shape or not np.isfinite(answer).all():
        raise ValueError(f"{name} gave scores {answer.shape}; finite ones {task.train.shape} were asked for")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(PEERS))
    parser.add_argument("--in", dest="given", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    found = parser.parse_args()
    try:
        run(found.name, found.given, found.out)
    except Exception as error:
        traceback.print_exc()
        # The last line is what the caller shows, so it has to hold the whole message.
        print(f"{type(error).__name__}: {' '.join(str(error).split())}"[:500], file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
