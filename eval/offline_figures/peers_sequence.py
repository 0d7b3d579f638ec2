"""Another project's sequence model on Amazon Beauty, for ours to be read beside: leave-one-out, full ranking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.metrics import hit_rate_at_k, ndcg_at_k
from eval.offline_figures.peers import shown
from eval.offline_figures.s3_data import met, read_s3
from eval.peers.entries import Settings
from eval.peers.exchange import Task
from eval.peers.runner import PeerError, run_peer
from recsys.sparse import ones_at

_K = 20
_QUICK_PEOPLE = 1_000
SASREC: Settings = {
    "n_factors": 64,
    "n_blocks": 2,
    "n_heads": 2,
    "dropout_rate": 0.5,
    "session_max_len": 20,
    "loss": "gBCE",
    "n_negatives": 256,
    "gbce_t": 0.75,
    "batch_size": 128,
    "lr": 0.001,
    "epochs": 50,
    "every": 5,
    "patience": 3,
}
"""Of RecTools' SASRec on Beauty."""
_LIMIT = 3600.0


def measure(options: MeasureOptions, progress: Callable[[str], None] = lambda _: None) -> Section:
    """Run RecTools' SASRec, and popularity. Needs `make peers-env`; about an hour on one core, 80 s an epoch."""
    folder = options.out / "peers"
    data = read_s3(options.data / "s3rec", "Beauty", _QUICK_PEOPLE if options.quick else 0)
    known = [sequence[:-2] for sequence in data.sequences]
    checked = [sequence[:-1] for sequence in data.sequences]
    everybody = np.arange(len(data.sequences))
    truths = {
        name: ones_at(everybody, [int(s[place]) for s in data.sequences], (len(known), data.n_items))
        for name, place in (("valid", -2), ("test", -1))
    }
    rows: list[tuple[str, ...]] = []
    figures: list[Figure] = []
    for label, peer, settings in (
        ("popularity", "popularity", {}),
        ("SASRec (RecTools)", "rectools-sasrec", {**SASREC, "epochs": 10} if options.quick else SASREC),
    ):
        task = Task(
            train=met(known, data.n_items),
            valid=truths["valid"],
            settings=settings,
            seed=options.seed,
            fit_limit=_LIMIT,
            k=_K,
            sequences=known,
            asks={"valid": known, "test": checked},
        )
        try:
            run = run_peer(peer, task, folder, progress)
        except PeerError as error:
            progress(str(error))
            rows.append((label, "", f"failed: {error}", *[""] * 10))
            continue
        outcome = run.outcome
        found: list[float] = []
        for name, history in (("valid", known), ("test", checked)):
            ranks = run.ranks(truths[name], met(history, data.n_items), question=name)
            found += [float(hit_rate_at_k(ranks, 10).mean()), float(ndcg_at_k(ranks, 10).mean())]
        best = max(outcome.curve, key=lambda point: point.value, default=None)
        rows.append(
            (
                label,
                f"{outcome.package} {outcome.version}",
                *(f"{value:.4f}" for value in found),
                f"{outcome.fit_seconds:.0f}",
                f"{outcome.fit_cpu:.0f}",
                f"{outcome.score_seconds:.1f}",
                f"{outcome.peak_mb:,.0f}",
                str(best.epoch) if best else "",
                {"limit": "time limit", "early": "no better", "epochs": "all epochs", "": ""}[
                    outcome.stopped
                ],
                shown(settings),
            )
        )
        if settings:
            figures += [
                Figure(name=f"{label}, Beauty: {name}", value=value, note="test, one thread, one seed")
                for name, value in zip(("HR@10", "NDCG@10"), found[2:], strict=True)
            ]
    table = Table(
        title="Beauty: the next item",
        columns=(
            *(
                "model",
                "package",
                "HR@10 valid",
                "NDCG@10 valid",
                "HR@10",
                "NDCG@10",
                "train s",
                "train CPU s",
            ),
            *("list all s", "peak MB", "best epoch", "ended by", "settings"),
        ),
        rows=tuple(rows),
        note="Leave-one-out: the last item of a person is the test, the one before it validation. All items are "
        "ranked and the history masked. Trained on what comes before both, asked with the history until the "
        f"target; one thread, one seed, at most {_LIMIT:.0f} s of training.",
    )
    return Section(
        title="The next item, beside other projects",
        question="How well does another project's sequence model do on Amazon Beauty, and in what time?",
        figures=tuple(figures),
        tables=(table,),
        config={"seed": options.seed, "quick": options.quick, "people": len(known), "items": data.n_items},
    )
