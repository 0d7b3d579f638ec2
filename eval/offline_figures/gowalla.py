"""Gowalla on the LightGCN split: 40,981 places ranked, only those of train masked, Recall@20 and NDCG@20.

The split has no validation part. A fifth of each history of train was set aside to choose everything that is a number
here and to learn the weights of the ensemble; for the test all members are fitted again on the whole of train.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from eval.figures import Figure, MeasureOptions, Section
from eval.offline_figures.ranking import Arena, Contestant, Fit, Measured, results_table, shown
from eval.offline_figures.stacking import (
    WHOLE,
    Part,
    StackRun,
    draw,
    ensemble_row,
    fitted_members,
    kept_run,
    member_rows,
    run_stack,
    worth_table,
)
from recsys.ensemble import Ensemble, EnsembleConfig, Member
from recsys.errors import SourceError
from recsys.models.base import Scorer, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.graph_filter import GraphFilter, GraphFilterConfig
from recsys.models.held_out import hold_out, people_with_targets
from recsys.models.item_knn import ItemKnn, ItemKnnConfig
from recsys.models.popularity import Popularity
from recsys.models.user_knn import UserKnn, UserKnnConfig
from recsys.sparse import ones_at

RECALL, NDCG = 0.190, 0.160
SEEDS = 1
_CARVED = 0.2
"""Share of each history of train that choices were made on."""
_JUDGES = 4_000
"""People of the carved part that weights are learned on."""
_QUICK_PEOPLE = 1_500
_BLOCK = 512
FILTER = GraphFilterConfig(rank=448, low_pass=0.2, sharpening=1.5)
PUBLISHED_FILTER = GraphFilterConfig(rank=448, low_pass=0.2, sharpening=2.5)
"""The settings of Choi et al. (2023) for this data. They may have been chosen on its test part: a row to compare
with, no member."""
ITEM_KNN = ItemKnnConfig(neighbours=100, popularity=0.3)
USER_KNN = UserKnnConfig(neighbours=300, sharpness=1.5, rarity=0.0)
EASE = EaseConfig(regularization=100.0, dropout=0.0, attribute_weight=0.0, max_items=10_000)
ENSEMBLE = EnsembleConfig(select=False, people=_JUDGES)


@dataclass(frozen=True)
class Places:
    """The split: two 0/1 matrices of people by places that share no cell."""

    train: csr_array
    test: csr_array
    data_hash: str


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Learn weights on the carved part, fit everything on train, rank for the test."""
    places = read_places(options.data / "gowalla")
    if options.quick:
        places = Places(places.train[:_QUICK_PEOPLE], places.test[:_QUICK_PEOPLE], places.data_hash)
    seeds = [options.seed + k for k in range(1 if options.quick else SEEDS)]
    key = f"{places.data_hash}-{options.quick}"
    arena = Arena(Users(places.train), places.test, options.out / "gowalla", key, _BLOCK)
    first = seeds[0]
    beside, parts = _beside(places.train), _parts(places.train)
    label = _label(key, parts)
    fits: dict[tuple[str, int], Fit] = {}
    stacks = []
    for seed in seeds:
        members, took = fitted_members(parts, arena, seed, first, progress)
        fits |= took
        file = arena.folder / f"ensemble-{seed}-{label}.json"
        stacks.append(kept_run(file, partial(_stack, places, arena, members, seed, first, label, progress)))
    runs = [[arena.measured(contestant, first, progress)] for contestant in beside]
    runs += member_rows(parts, stacks, fits, first)
    ours = ensemble_row(stacks)
    accuracy = {row[0].label: _means(row) for row in [*runs, ours]}
    plot = "plots/gowalla.svg"
    draw(options.out / plot, "Gowalla, all places ranked", accuracy, stacks, (RECALL, NDCG))
    recall, ndcg = accuracy["ensemble"]
    best = max(runs, key=lambda row: _means(row)[1])
    people = int((np.diff(places.test.indptr) > 0).sum())
    on = f"{people:,} people, {places.test.nnz:,} targets, {places.test.shape[1]:,} places"
    return Section(
        title="Gowalla: members and their ensemble",
        question="How far do the models of behaviour come where data is sparse, and what is each worth?",
        figures=(
            Figure(name="Recall@20, ensemble", value=recall, reach=f">= {RECALL}", note=on),
            Figure(name="NDCG@20, ensemble", value=ndcg, reach=f">= {NDCG}", note=on),
            Figure(name="NDCG@20, best member", value=_means(best)[1], note=best[0].label),
        ),
        tables=(
            results_table("Recall@20 and NDCG@20 on the test part", [*runs, ours], _NOTE),
            worth_table(stacks, "Weights of the others are learned anew when a member is missing."),
        ),
        plots=(plot,),
        config={
            "seed": options.seed,
            "seeds": len(seeds),
            "carved": _CARVED,
            "judges": _JUDGES,
            "spread": shown([stack.ndcg[WHOLE] for stack in stacks]),
        },
    )


_NOTE = (
    "All places are ranked and only those of train are masked; ties count against the model. EASE knows the "
    f"{EASE.max_items:,} most-met places only (the inverse of all is 6.7 GB) and is no member, nor is the filter with "
    "the published settings. One run: chance plays a part only in where a filter's decomposition starts. The "
    "ensemble's training seconds are those of its weights."
)


def read_places(folder: Path) -> Places:
    """Read `train.txt` and `test.txt`, lines of `user place place ...` from 0.

    Raises `SourceError` when one is missing or a line is not whole numbers.
    """
    pairs, digest = [], hashlib.sha256()
    for part in ("train", "test"):
        file = folder / f"{part}.txt"
        if not file.is_file():
            raise SourceError(f"{file} is missing; the split has train.txt and test.txt.")
        digest.update(file.read_bytes())
        rows: list[int] = []
        columns: list[int] = []
        for number, line in enumerate(file.read_text(encoding="ascii").splitlines(), 1):
            try:
                user, *met = (int(word) for word in line.split())
            except ValueError as error:
                raise SourceError(f"{file}, line {number}: whole numbers were expected.") from error
            found = sorted(set(met))
            rows += [user] * len(found)
            columns += found
        pairs.append((np.array(rows), np.array(columns)))
    shape = (
        1 + max(int(rows.max()) for rows, _ in pairs),
        1 + max(int(columns.max()) for _, columns in pairs),
    )
    train, test = (ones_at(rows, columns, shape) for rows, columns in pairs)
    return Places(train, test, digest.hexdigest())


def _beside(train: csr_array) -> tuple[Contestant, ...]:
    """Models that are measured and are no members."""
    data = _known(train)
    return (
        Contestant("popularity", lambda _: Popularity(), data),
        Contestant(
            "graph filter, published settings",
            lambda seed: GraphFilter(PUBLISHED_FILTER.model_copy(update={"seed": seed})),
            data,
            random=True,
            config=PUBLISHED_FILTER.model_dump(),
        ),
        Contestant("EASE", lambda _: Ease(EASE), data, config=EASE.model_dump()),
    )


def _parts(train: csr_array) -> list[Part]:
    data = _known(train)

    def filtered(seed: int) -> Scorer:
        return GraphFilter(FILTER.model_copy(update={"seed": seed}))

    members = (
        Contestant("graph filter", filtered, data, random=True, config=FILTER.model_dump()),
        Contestant("item-kNN", lambda _: ItemKnn(ITEM_KNN), data, config=ITEM_KNN.model_dump()),
        Contestant("user-kNN", lambda _: UserKnn(USER_KNN), data, config=USER_KNN.model_dump()),
    )
    return [Part(contestant) for contestant in members]


def _known(train: csr_array) -> TrainingData:
    return TrainingData(train, ones_at([], [], (0, train.shape[1])))


def _stack(
    places: Places,
    arena: Arena,
    members: list[Member],
    seed: int,
    first: int,
    label: str,
    progress: Callable[[str], None],
) -> StackRun:
    kept, targets = hold_out(places.train, _CARVED, 0)
    judges = people_with_targets(targets, _JUDGES, 0)
    carved = Arena(
        Users(kept[judges]), targets[judges], arena.folder / "carved", arena.key + "-carved", arena.block
    )
    ensemble = Ensemble(fitted_members(_parts(kept), carved, seed, first, progress)[0], ENSEMBLE)
    ensemble.adopt(_known(kept))
    progress(f"Scoring {carved.targets.shape[0]:,} people of the carved part")
    cells = ensemble.cells(carved.users, carved.targets)
    return run_stack(members, cells, _known(places.train), ENSEMBLE, arena, seed, progress, label)


def _label(key: str, parts: list[Part]) -> str:
    """Tell one configuration of members and weights from another."""
    told = [[part.name, part.contestant.config] for part in parts]
    text = json.dumps([key, told, ENSEMBLE.model_dump(), _CARVED, _JUDGES], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _means(runs: list[Measured]) -> tuple[float, float]:
    return float(np.mean([run.recall for run in runs])), float(np.mean([run.ndcg for run in runs]))
