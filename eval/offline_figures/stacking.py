"""An ensemble over measured members: what it reaches, what each member is worth, and a picture of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.sparse import csr_array

from eval.figures import Table
from eval.metrics import ndcg_at_k, recall_at_k
from eval.offline_figures.ranking import (
    Arena,
    Contestant,
    Fit,
    K,
    Measured,
    Ranks,
    peak_mb,
    reset_peak,
    shown,
    top_ranks,
)
from kg.files import write_text, written_whole
from recsys.ensemble import Ensemble, EnsembleConfig, Member
from recsys.ensemble.cells import Cells
from recsys.ensemble.selection import crossed_ndcg
from recsys.ensemble.standard import standardised
from recsys.models.base import TrainingData, Users
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
    alone: dict[str, tuple[float, float]]
    """Member to its own Recall@20 and NDCG@20."""
    member_seconds: dict[str, float]
    """Member to the seconds that scoring everybody took."""
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
    label: str,
) -> StackRun:
    """Learn weights from `cells` and rank for the people of the arena, with all members and without each.

    Members are scored once a block, however many variants there are. Finished blocks are kept under `label`, which must
    tell one configuration from another.
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
    seconds = dict.fromkeys(whole.names, 0.0)
    adding = 0.0
    found: list[dict[str, NDArray[np.float64]]] = []
    for rows, some in arena.blocks():
        file = arena.folder / f"blocks-{label}-{seed}" / f"{rows.start}.npz"
        if file.is_file():
            with np.load(file) as kept_block:
                found.append(dict(kept_block))
        else:
            found.append(_ranked(whole, others, arena.targets[rows], some))
            file.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(file) as beside, beside.open("wb") as stream:
                np.savez(stream, **found[-1])  # type: ignore[arg-type]
            progress(f"Ranked {min(rows.stop, arena.targets.shape[0]):,} people")
        for name in seconds:
            seconds[name] += float(found[-1][f"seconds/{name}"].sum())
        adding += float(found[-1]["seconds"].sum())

    def mean(name: str) -> float:
        return float(np.concatenate([block[name] for block in found]).mean())

    return StackRun(
        seed=seed,
        recall={name: mean(f"recall/{name}") for name in others},
        ndcg={name: mean(f"ndcg/{name}") for name in others},
        alone={name: (mean(f"recall/alone/{name}"), mean(f"ndcg/alone/{name}")) for name in whole.names},
        member_seconds=seconds,
        crossed=crossed,
        weights={member.name: float(weight) for member, weight in zip(members, whole.gate.base, strict=True)},
        fit_seconds=fit_seconds,
        score_seconds=sum(seconds.values()) + adding,
        peak_mb=peak_mb(),
    )


def _ranked(
    whole: Ensemble, others: Mapping[str, Ensemble], targets: csr_array, people: Users
) -> dict[str, NDArray[np.float64]]:
    """Return each person's figures for every variant and every member alone, and the seconds that it took."""
    found: dict[str, NDArray[np.float64]] = {}
    scores = {}
    for member in whole.members:
        started = time.perf_counter()
        scores[member.name] = standardised(member.scorer.score(people))
        found[f"seconds/{member.name}"] = np.array([time.perf_counter() - started])
    ranked: dict[str, Ranks] = {}
    for name, one in scores.items():
        ranked[f"alone/{name}"] = top_ranks(one, targets, people.history)
    for name, ensemble in others.items():
        started = time.perf_counter()
        added = ensemble.added_up([scores[kept] for kept in ensemble.names], people)
        if name == WHOLE:
            found["seconds"] = np.array([time.perf_counter() - started])
        ranked[name] = top_ranks(added, targets, people.history)
    for name, ranks in ranked.items():
        found[f"recall/{name}"], found[f"ndcg/{name}"] = recall_at_k(ranks, K), ndcg_at_k(ranks, K)
    return found


def member_rows(
    parts: Sequence[Part], runs: Sequence[StackRun], fits: Mapping[tuple[str, int], Fit], first: int
) -> list[list[Measured]]:
    """Return what the members of `runs` did alone, a row each; one that chance does not touch has one run."""
    rows = []
    for part in parts:
        own = [run for run in runs if part.contestant.random or run.seed == first]
        rows.append(
            [
                Measured(
                    label=part.contestant.label,
                    seed=run.seed,
                    recall=run.alone[part.name][0],
                    ndcg=run.alone[part.name][1],
                    fit_seconds=fits[part.name, run.seed].seconds,
                    score_seconds=run.member_seconds[part.name],
                    peak_mb=fits[part.name, run.seed].peak_mb,
                )
                for run in own
            ]
        )
    return rows


def ensemble_row(runs: Sequence[StackRun]) -> list[Measured]:
    """Return the ensemble's row."""
    return [
        Measured(
            label="ensemble",
            seed=run.seed,
            recall=run.recall[WHOLE],
            ndcg=run.ndcg[WHOLE],
            fit_seconds=run.fit_seconds,
            score_seconds=run.score_seconds,
            peak_mb=run.peak_mb,
        )
        for run in runs
    ]


def fitted_members(
    parts: Sequence[Part], arena: Arena, seed: int, first: int, progress: Callable[[str], None]
) -> tuple[list[Member], dict[tuple[str, int], Fit]]:
    """Fit the members of one seed, or read them; return what each fit took by name and seed too.

    A member that chance does not touch is that of the seed `first`.
    """
    members, fits = [], {}
    for part in parts:
        own = seed if part.contestant.random else first
        model, fits[part.name, seed] = arena.fitted(part.contestant, own, progress)
        members.append(Member(part.name, model, part.granularity))
    return members, fits


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
            shown([_loss(run.recall, name) for run in runs]),
            shown([_loss(run.ndcg, name) for run in runs]),
            shown([_loss(run.crossed, name) for run in runs]),
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
