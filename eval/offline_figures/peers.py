"""Our plain models beside other projects' packages: accuracy, time and memory in one run on one machine.

ml-1m: each model, theirs and ours, runs alone in a process of its own on the same number of threads, sees the train
part (and validation to stop by), and gives a score for every person and item; ranks and metrics are computed here.
Settings are chosen on validation from the grid that is written down below; only the chosen ones meet the test part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.metrics import ndcg_at_k, recall_at_k
from eval.peers.entries import ENTRIES, LIGHTGCN, OURS_ON_TWO, SEEDS, Entry, Settings
from eval.peers.exchange import Outcome, Task
from eval.peers.runner import PeerError, PeerRun, run_peer
from eval.split import default_metadata, read_split
from kg.files import write_text
from recsys.attributes import attribute_matrix

Progress = Callable[[str], None]

_K = 20
_QUICK_PEOPLE = 1_000
ENDED = {"limit": "time limit", "early": "no better", "epochs": "all epochs", "": ""}
"""How training by epochs ended, in words."""


@dataclass(frozen=True)
class _Measured:
    """One entry under its chosen settings."""

    entry: Entry
    settings: Settings
    outcomes: tuple[Outcome, ...]
    valid: tuple[float, float]
    """Recall and NDCG at 20 of the first seed."""
    recall: tuple[float, ...]
    """On test, one a seed."""
    ndcg: tuple[float, ...]

    @property
    def fit(self) -> float:
        return float(np.mean([outcome.fit_seconds for outcome in self.outcomes]))

    @property
    def fit_cpu(self) -> float:
        return float(np.mean([outcome.fit_cpu for outcome in self.outcomes]))

    @property
    def score(self) -> float:
        return float(np.mean([outcome.score_seconds for outcome in self.outcomes]))

    @property
    def score_cpu(self) -> float:
        return float(np.mean([outcome.score_cpu for outcome in self.outcomes]))


def measure(options: MeasureOptions, progress: Progress = lambda _: None) -> Section:
    """Run every peer and ours. Needs `make peers-env`; about an hour on two cores, which should be otherwise idle."""
    split = _Split.read(options)
    folder = options.out / "peers"
    measured: list[_Measured] = []
    tried: list[tuple[str, ...]] = []
    failed: list[tuple[str, str]] = []
    for entry in ENTRIES:
        try:
            measured.append(_run(entry, split, options, folder, progress, tried))
        except PeerError as error:
            progress(str(error))
            failed.append((entry.label, str(error)))
    tables = [_accuracy(measured, failed), _choices(tried), *_curves(measured)]
    return Section(
        title="Beside other projects",
        question="How do our plain models compare with other projects' packages in accuracy, time and memory?",
        figures=tuple(_figures(measured)),
        tables=tuple(tables),
        config={
            "seeds": ", ".join(str(options.seed + more) for more in range(SEEDS)),
            "quick": options.quick,
            "people": split.train.shape[0],
            "items": split.train.shape[1],
        },
    )


@dataclass(frozen=True)
class _Split:
    train: csr_array
    valid: csr_array
    test: csr_array
    attributes: csr_array

    @classmethod
    def read(cls, options: MeasureOptions) -> _Split:
        folder = options.data / "ml-1m" / "split"
        found = read_split(folder, default_metadata(folder))
        attributes, _ = attribute_matrix(found.items)
        rows = np.random.default_rng(options.seed).permutation(found.train.shape[0])
        rows = np.sort(rows[: _QUICK_PEOPLE if options.quick else None])
        return cls(found.train[rows], found.valid[rows], found.test[rows], attributes)


def _run(
    entry: Entry,
    split: _Split,
    options: MeasureOptions,
    folder: Path,
    progress: Progress,
    tried: list[tuple[str, ...]],
) -> _Measured:
    """Choose on validation, then test; `tried` gets a row for each setting."""

    def run(settings: Settings, seed: int) -> PeerRun:
        task = Task(
            train=split.train,
            valid=split.valid,
            settings=settings,
            seed=seed,
            threads=entry.threads,
            fit_limit=entry.quick_limit if options.quick else entry.fit_limit,
            k=_K,
            attributes=split.attributes if entry.attributes else None,
        )
        return run_peer(entry.peer, task, folder, progress)

    best: tuple[float, Settings, PeerRun, tuple[float, float]] | None = None
    for settings in entry.grid[: 1 if options.quick else None]:
        found = run(settings, options.seed)
        valid = _valid(found, split)
        progress(f"{entry.label}: validation {valid[0]:.4f} / {valid[1]:.4f}")
        if len(entry.grid) > 1:
            tried.append((entry.label, shown(settings), f"{valid[0]:.4f}", f"{valid[1]:.4f}"))
        if best is None or valid[1] > best[0]:
            if best:
                best[2].drop_scores()
            best = (valid[1], settings, found, valid)
        else:
            found.drop_scores()
    assert best is not None
    _, settings, first, valid = best
    more = range(1, 1 if options.quick else entry.seeds)
    runs = [first, *(run(settings, options.seed + ahead) for ahead in more)]
    ranks = [found.ranks(split.test, split.train) for found in runs]
    return _Measured(
        entry=entry,
        settings=settings,
        outcomes=tuple(found.outcome for found in runs),
        valid=valid,
        recall=tuple(float(recall_at_k(one, _K).mean()) for one in ranks),
        ndcg=tuple(float(ndcg_at_k(one, _K).mean()) for one in ranks),
    )


def _valid(run: PeerRun, split: _Split) -> tuple[float, float]:
    """Return recall and NDCG on validation; they are kept, as scores that were not chosen are dropped."""
    file = run.folder / "valid.json"
    if not file.is_file():
        ranks = run.ranks(split.valid, split.train)
        write_text(
            file, json.dumps([float(recall_at_k(ranks, _K).mean()), float(ndcg_at_k(ranks, _K).mean())])
        )
    recall, ndcg = json.loads(file.read_text(encoding="utf-8"))
    return recall, ndcg


def _accuracy(measured: Sequence[_Measured], failed: Sequence[tuple[str, str]]) -> Table:
    rows: list[tuple[str, ...]] = [
        (
            one.entry.label,
            f"{one.outcomes[0].package} {one.outcomes[0].version}",
            _spread(one.recall),
            _spread(one.ndcg),
            f"{one.fit:.1f}",
            f"{one.fit_cpu:.1f}",
            f"{one.score:.2f}",
            f"{one.score_cpu:.2f}",
            f"{max(outcome.peak_mb for outcome in one.outcomes):,.0f}",
            str(one.entry.threads),
            shown(one.settings),
        )
        for one in measured
    ]
    rows += [(label, "", f"failed: {error}", *[""] * 8) for label, error in failed]
    return Table(
        title="ml-1m: theirs and ours",
        columns=(
            *("model", "package", "Recall@20", "NDCG@20", "train s", "train CPU s"),
            *("score all s", "score CPU s", "peak MB", "threads", "settings"),
        ),
        rows=tuple(rows),
        note="All items are ranked, only train is masked, ties count against the model. Mean over seeds, with the "
        "standard deviation where there are several. Train seconds leave out imports, the conversion of the data "
        "and validation; CPU seconds add up all threads and suffer less when the machine is shared. Peak MB is the "
        "resident memory of the model's whole process, its packages and the matrix of all scores included.",
    )


def _choices(tried: Sequence[tuple[str, ...]]) -> Table:
    return Table(
        title="ml-1m: settings that were tried, on validation",
        columns=("model", "settings", "Recall@20", "NDCG@20"),
        rows=tuple(tried),
        note="First seed; the setting with the best NDCG@20 is the one that meets the test part.",
    )


def _curves(measured: Sequence[_Measured]) -> list[Table]:
    rows = []
    for one in measured:
        outcome = one.outcomes[0]
        if not outcome.curve:
            continue
        best = max(outcome.curve, key=lambda point: point.value)
        rows.append(
            (
                one.entry.label,
                str(len(one.outcomes[0].curve)),
                str(best.epoch),
                f"{best.seconds:.0f}",
                f"{best.cpu:.0f}",
                f"{best.value:.4f}",
                f"{outcome.curve[-1].seconds:.0f}",
                ENDED[outcome.stopped],
            )
        )
    return [
        Table(
            title="ml-1m: models that are trained by epochs",
            columns=(
                *("model", "validations", "best epoch", "seconds to it", "CPU seconds to it"),
                *("NDCG@20 on validation", "seconds in all", "ended by"),
            ),
            rows=tuple(rows),
            note="Seconds of training, validation left out. Where the time limit ended it, the model might have "
            "become better with more.",
        )
    ]


def _figures(measured: Sequence[_Measured]) -> list[Figure]:
    by = {one.entry.label: one for one in measured}
    figures = []
    for ours, theirs in (
        ("EASE (ours, plain)", "EASE (LensKit)"),
        ("EASE (ours, plain)", "EASE (RecBole)"),
        ("iALS (ours)", "ALS (implicit)"),
    ):
        if ours in by and theirs in by:
            for what, mine, other, walls in (
                ("train", by[ours].fit_cpu, by[theirs].fit_cpu, (by[theirs].fit, by[ours].fit)),
                ("score all", by[ours].score_cpu, by[theirs].score_cpu, (by[theirs].score, by[ours].score)),
            ):
                figures.append(
                    Figure(
                        name=f"Time to {what}: {theirs} over {ours}",
                        value=other / mine,
                        note=f"{other:.2f} over {mine:.2f} CPU seconds, one thread; above 1, ours is faster "
                        f"(by the clock {walls[0]:.2f} s and {walls[1]:.2f} s)",
                    )
                )
    figures += _reached(by.get(LIGHTGCN), by.get(OURS_ON_TWO))
    peers = [one for one in measured if one.outcomes[0].package not in ("tastegraph", "scipy")]
    mine_too = by.get("EASE + attributes (ours)")
    if peers and mine_too:
        for name, of in (("Recall@20", _recall), ("NDCG@20", _ndcg)):
            best = max(peers, key=of)
            figures.append(
                Figure(
                    name=f"{name}: {mine_too.entry.label} minus the best peer",
                    value=of(mine_too) - of(best),
                    note=f"test; the best peer is {best.entry.label}",
                )
            )
    return figures


def _recall(one: _Measured) -> float:
    return float(np.mean(one.recall))


def _ndcg(one: _Measured) -> float:
    return float(np.mean(one.ndcg))


def _reached(lightgcn: _Measured | None, ours: _Measured | None) -> list[Figure]:
    """Say how much sooner we are as good on validation as LightGCN ever was, where we are."""
    if lightgcn is None or ours is None or not lightgcn.outcomes[0].curve:
        return []
    outcome = lightgcn.outcomes[0]
    best = max(outcome.curve, key=lambda point: point.value)
    reached = ours.valid[1] >= best.value
    note = (
        f"NDCG@20 on validation: LightGCN {best.value:.4f} after {best.seconds:.0f} s of training (epoch "
        f"{best.epoch}), ours {ours.valid[1]:.4f} after {ours.fit:.1f} s, both on two threads; in CPU seconds "
        f"{best.cpu:.0f} and {ours.fit_cpu:.1f}"
    )
    if outcome.stopped == "limit":
        note += (
            "; the time limit stopped LightGCN while it still got better (.2427 on test is published): "
            "it takes longer than this to its best"
        )
    return [
        Figure(
            name="Time to LightGCN's best: LightGCN's over that of EASE + attributes",
            value=best.seconds / ours.fit if reached else 0.0,
            reach=">= 5",
            note=note if reached else f"{note}; ours did not reach it",
        )
    ]


def _spread(values: Sequence[float]) -> str:
    mean = f"{np.mean(values):.4f}"
    return f"{mean} ± {np.std(values):.4f}" if len(values) > 1 else mean


def shown(settings: Settings) -> str:
    """Write settings in one line."""
    return ", ".join(f"{name} {value}" for name, value in settings.items()) or "defaults"
