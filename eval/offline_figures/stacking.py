"""An ensemble over measured members: what it reaches, what each member is worth, and a picture of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from eval.figures import Table
from eval.metrics import ndcg_at_k, recall_at_k
from eval.offline_figures.ranking import Arena, Contestant, K, Ranks, peak_mb, reset_peak, shown, top_ranks
from kg.files import write_text
from recsys.ensemble import Ensemble, EnsembleConfig, Member
from recsys.ensemble.cells import Cells
from recsys.ensemble.selection import crossed_ndcg
from recsys.models.base import TrainingData
from recsys.schema import Granularity

WHOLE = "all members"


@dataclass(frozen=True)
class Part:
    """A member of the ensemble that is measured."""

    contestant: Contestant
    granularity: Granularity = Granularity.BEHAVIOUR

    @property
    def name(self) -> str:
        """The contestant's label as a name of a folder."""
        return self.contestant.label.lower().replace(" ", "-").replace("+", "and").replace(",", "")


class StackRun(BaseModel):
    """An ensemble with members of one seed."""

    model_config = ConfigDict(frozen=True)

    seed: int
    recall: dict[str, float]
    """Recall@20 with all members, and without the one that is named (weights learned anew)."""
    ndcg: dict[str, float]
    crossed: dict[str, float]
    """NDCG@20 on the validation part, each half of the people scored with weights learned on the other half."""
    weights: dict[str, float]
    """Member to its weight for an average person and item."""
    fit_seconds: float
    """Learning the weights once, members not counted."""
    score_seconds: float
    peak_mb: float


def variants(
    members: Sequence[Member], cells: Cells, data: TrainingData, config: EnsembleConfig
) -> dict[str, Ensemble]:
    """Return the ensemble of all members, and one without each; all learn their weights from the same cells."""
    found = {}
    for left_out in (None, *range(len(members))):
        kept = [k for k in range(len(members)) if k != left_out]
        ensemble = Ensemble([members[k] for k in kept], config)
        ensemble.adopt(data)
        ensemble.learn_from([("default", cells.of_members(kept))])
        found[WHOLE if left_out is None else members[left_out].name] = ensemble
    return found


def run_stack(
    members: Sequence[Member],
    cells: Cells,
    data: TrainingData,
    config: EnsembleConfig,
    arena: Arena,
    seed: int,
    progress: Callable[[str], None],
) -> StackRun:
    """Learn weights from `cells` and rank for the people of the arena, with all members and without each.

    Members are scored once a block, however many variants there are.
    """
    started = time.perf_counter()
    whole = Ensemble(members, config)
    whole.adopt(data)
    whole.learn_from([("default", cells)])
    fit_seconds = time.perf_counter() - started
    progress(f"Weights in {fit_seconds:.0f} s; now without each member")
    others = variants(members, cells, data, config)
    item_traits, how = whole.item_traits, whole.learning
    crossed = {}
    for name in others:
        kept = [k for k, member in enumerate(members) if member.name != name]
        ((values, targeted),) = crossed_ndcg(
            [("default", cells.of_members(kept))], item_traits, how, config.seed
        )
        crossed[name] = float(values[targeted].mean())
    reset_peak()
    started, spent = time.perf_counter(), 0.0
    ranks: dict[str, Ranks] = {name: [] for name in others}
    for rows, some in arena.blocks():
        begun = time.perf_counter()
        scores = whole.standard_scores(some)
        truth = arena.targets[rows]
        for name, ensemble in others.items():
            kept = [k for k, member in enumerate(members) if member.name != name]
            added = ensemble.added_up([scores[k] for k in kept], some)
            if name == WHOLE:
                spent += time.perf_counter() - begun
            ranks[name] += top_ranks(added, truth, some.history)
        progress(f"Ranked {min(rows.stop, arena.targets.shape[0]):,} people")
    return StackRun(
        seed=seed,
        recall={name: float(recall_at_k(found, K).mean()) for name, found in ranks.items()},
        ndcg={name: float(ndcg_at_k(found, K).mean()) for name, found in ranks.items()},
        crossed=crossed,
        weights={member.name: float(weight) for member, weight in zip(members, whole.gate.base, strict=True)},
        fit_seconds=fit_seconds,
        score_seconds=spent,
        peak_mb=peak_mb(),
    )


def kept_run(file: Path, run: Callable[[], StackRun]) -> StackRun:
    """Return what was measured before, or measure and keep it."""
    if file.is_file():
        return StackRun.model_validate_json(file.read_text(encoding="utf-8"))
    found = run()
    write_text(file, found.model_dump_json(indent=2) + "\n")
    return found


def worth_table(runs: Sequence[StackRun], note: str) -> Table:
    """Return what is missing without each member, on test and cross-fitted on validation."""
    names = [name for name in runs[0].ndcg if name != WHOLE]
    rows = tuple(
        (
            name,
            f"{np.mean([run.weights[name] for run in runs]):.2f}",
            *(
                shown([_loss(what(run), name) for run in runs])
                for what in (lambda run: run.recall, lambda run: run.ndcg, lambda run: run.crossed)
            ),
        )
        for name in names
    )
    columns = (
        "member",
        "weight",
        f"Recall@{K} lost without it",
        f"NDCG@{K} lost without it",
        f"NDCG@{K} lost on validation, cross-fitted",
    )
    return Table(title="What each member is worth", columns=columns, rows=rows, note=note)


def draw(
    file: Path,
    title: str,
    accuracy: Mapping[str, tuple[float, float]],
    runs: Sequence[StackRun],
    reach: tuple[float, float],
) -> None:
    """Draw Recall and NDCG of every model, and what is lost without each member, as SVG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(accuracy)
    lost = {
        name: float(np.mean([_loss(run.ndcg, name) for run in runs]))
        for name in runs[0].ndcg
        if name != WHOLE
    }
    height = 1.4 + 0.32 * max(len(names), len(lost))
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(11.0, height), gridspec_kw={"width_ratios": (3, 2)}, layout="constrained"
    )
    places: NDArray[np.float64] = np.arange(len(names), dtype=np.float64)[::-1]
    for offset, which, colour, label in ((0.2, 0, "#4c78a8", "Recall"), (-0.2, 1, "#f2a541", "NDCG")):
        values = [accuracy[name][which] for name in names]
        left.barh(places + offset, values, 0.38, color=colour, label=f"{label}@{K}")
        left.axvline(reach[which], color=colour, linewidth=1.0, linestyle=":")
        for place, value in zip(places, values, strict=True):
            left.text(value, place + offset, f" {value:.4f}", va="center", fontsize=7)
    left.set_yticks(places, names, fontsize=8)
    told = [value for pair in accuracy.values() for value in pair]
    left.set_xlim(0.0, max(*told, *reach) * 1.15)
    left.set_title("Accuracy; dotted: what was to be reached", fontsize=9)
    left.legend(loc="lower right", fontsize=8, frameon=False)
    order = sorted(lost, key=lambda name: lost[name])
    right.barh(order, [1e4 * lost[name] for name in order], 0.6, color="#59a14f")
    right.axvline(0.0, color="#444444", linewidth=0.8)
    right.set_title(f"NDCG@{K} lost without a member, in 1/10,000", fontsize=9)
    right.tick_params(labelsize=8)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=11)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, format="svg")
    pyplot.close(figure)


def _loss(values: Mapping[str, float], name: str) -> float:
    return values[WHOLE] - values[name]
