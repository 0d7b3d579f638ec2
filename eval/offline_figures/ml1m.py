"""MovieLens-1M on a fixed public split: every item ranked, only the items of train masked, Recall@20 and NDCG@20.

Everything that is a number here was chosen on the validation part. Members learn from train only, so that an item of
the validation part is a wrong answer at the test for them as for everybody; the weights learn from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
from eval.split import read_split
from recsys.attributes import attribute_matrix
from recsys.ensemble import Ensemble, EnsembleConfig, Member
from recsys.models.balanced_ease import BalancedEase, BalancedEaseConfig
from recsys.models.base import TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.graph_filter import GraphFilter, GraphFilterConfig
from recsys.models.ials import Ials, IalsConfig
from recsys.models.item_knn import ItemKnn, ItemKnnConfig
from recsys.models.mult_vae import MultVae, MultVaeConfig
from recsys.models.popularity import Popularity
from recsys.models.spectral import SpectralConfig, SpectralFilter
from recsys.models.user_knn import UserKnn, UserKnnConfig
from recsys.schema import Granularity
from recsys.sparse import ones_at

RECALL, NDCG = 0.292, 0.280
AIM = "aim .300 / .290"
SEEDS = 3
_QUICK_PEOPLE = 1_000
PLAIN_EASE = EaseConfig(dropout=0.0, attribute_weight=0.0)
EASE = EaseConfig()
BALANCED_EASE = BalancedEaseConfig()
IALS = IalsConfig()
FILTER = GraphFilterConfig(rank=100, low_pass=0.3, sharpening=1.0)
SPECTRAL = SpectralConfig()
ITEM_KNN = ItemKnnConfig()
USER_KNN = UserKnnConfig(neighbours=200, sharpness=3.0, rarity=0.0)
MULT_VAE = MultVaeConfig()
ENSEMBLE = EnsembleConfig(select=False, people=10_000)


@dataclass(frozen=True)
class _Field:
    """The data, and everybody who runs on it."""

    arena: Arena
    data: TrainingData
    valid: csr_array
    beside: tuple[Contestant, ...]
    parts: tuple[Part, ...]


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Fit every model and the ensemble on train, rank for the test; three seeds where chance plays a part."""
    field = _read(options)
    seeds = [options.seed + k for k in range(1 if options.quick else SEEDS)]
    first = seeds[0]
    fits: dict[tuple[str, int], Fit] = {}
    stacks = []
    for seed in seeds:
        members, took = fitted_members(field.parts, field.arena, seed, first, progress)
        fits |= took
        file = field.arena.folder / f"ensemble-{seed}-{_label(field)}.json"
        stacks.append(kept_run(file, partial(_stack, field, members, seed, progress)))
    runs = [[field.arena.measured(contestant, first, progress)] for contestant in field.beside]
    runs += member_rows(field.parts, stacks, fits, first)
    ours = ensemble_row(stacks)
    table = results_table("Recall@20 and NDCG@20 on the test part", [*runs, ours], _NOTE)
    plot = "plots/ml1m.svg"
    accuracy = {row[0].label: _means(row) for row in [*runs, ours]}
    draw(options.out / plot, "MovieLens-1M, all items ranked", accuracy, stacks, (RECALL, NDCG))
    recall, ndcg = accuracy["ensemble"]
    best = max(runs, key=lambda row: _means(row)[1])
    people = int((np.diff(field.arena.targets.indptr) > 0).sum())
    on = f"{people:,} people, {field.arena.targets.nnz:,} targets, {field.valid.shape[1]:,} items; {AIM}"
    return Section(
        title="MovieLens-1M: members and their ensemble",
        question="How far do the models of behaviour come together on a public split, and what is each worth?",
        figures=(
            Figure(name="Recall@20, ensemble", value=recall, reach=f">= {RECALL}", note=on),
            Figure(name="NDCG@20, ensemble", value=ndcg, reach=f">= {NDCG}", note=on),
            Figure(name="NDCG@20, best member", value=_means(best)[1], note=best[0].label),
            Figure(
                name="NDCG@20 on validation, ensemble, cross-fitted",
                value=float(np.mean([stack.crossed[WHOLE] for stack in stacks])),
                note="weights of one half of the people, the other half ranked",
            ),
        ),
        tables=(
            table,
            worth_table(stacks, "Weights of the others are learned anew when a member is missing."),
        ),
        plots=(plot,),
        config={
            "seed": options.seed,
            "seeds": len(seeds),
            "among": ENSEMBLE.among,
            "decided": ENSEMBLE.decided,
            "ridge": ENSEMBLE.ridge,
            "spread": shown([stack.ndcg[WHOLE] for stack in stacks]),
        },
    )


_NOTE = (
    "All items are ranked and only those of train are masked; ties count against the model. Mean of three seeds "
    "(± half of the largest difference) where chance plays a part, else one run. The ensemble's training seconds are "
    "those of its weights; its members' stand above. MultVAE is of one seed and no member: on validation it added "
    "nothing."
)


def _read(options: MeasureOptions) -> _Field:
    folder = options.data / "ml-1m"
    split = read_split(folder / "split", folder / "metadata.jsonl")
    train, valid, test = split.train, split.valid, split.test
    if options.quick:
        train, valid, test = (part[:_QUICK_PEOPLE] for part in (train, valid, test))
    attributes, _ = attribute_matrix(split.items)
    data = TrainingData(train, attributes)
    bare = TrainingData(train, ones_at([], [], (0, train.shape[1])))
    key = f"{split.data_hash}-{options.quick}"
    arena = Arena(Users(train), test, options.out / "ml1m", key)
    vae = MULT_VAE.model_copy(update={"epochs": 2}) if options.quick else MULT_VAE
    beside = (
        Contestant("popularity", lambda _: Popularity(), bare),
        Contestant("EASE", lambda _: Ease(PLAIN_EASE), bare, config=PLAIN_EASE.model_dump()),
        Contestant(
            "MultVAE",
            lambda seed: MultVae(vae.model_copy(update={"seed": seed})),
            bare,
            random=True,
            config=vae.model_dump(),
        ),
    )
    parts = (
        Part(
            Contestant("EASE + attributes", lambda _: Ease(EASE), data, config=EASE.model_dump()),
            Granularity.ATTRIBUTES,
        ),
        Part(
            Contestant(
                "balanced EASE + attributes",
                lambda _: BalancedEase(BALANCED_EASE),
                data,
                config=BALANCED_EASE.model_dump(),
            ),
            Granularity.ATTRIBUTES,
        ),
        Part(
            Contestant(
                "iALS",
                lambda seed: Ials(IALS.model_copy(update={"seed": seed})),
                bare,
                random=True,
                config=IALS.model_dump(),
            )
        ),
        Part(
            Contestant(
                "spectral",
                lambda seed: SpectralFilter(SPECTRAL.model_copy(update={"seed": seed})),
                bare,
                random=True,
                config=SPECTRAL.model_dump(),
            )
        ),
        Part(Contestant("item-kNN", lambda _: ItemKnn(ITEM_KNN), bare, config=ITEM_KNN.model_dump())),
        Part(Contestant("user-kNN", lambda _: UserKnn(USER_KNN), bare, config=USER_KNN.model_dump())),
        Part(
            Contestant(
                "graph filter",
                lambda seed: GraphFilter(FILTER.model_copy(update={"seed": seed})),
                bare,
                random=True,
                config=FILTER.model_dump(),
            )
        ),
    )
    return _Field(arena, data, valid, beside, parts)


def _stack(field: _Field, members: list[Member], seed: int, progress: Callable[[str], None]) -> StackRun:
    ensemble = Ensemble(members, ENSEMBLE)
    ensemble.adopt(field.data)
    cells = ensemble.cells(field.arena.users, field.valid)
    return run_stack(members, cells, field.data, ENSEMBLE, field.arena, seed, progress, _label(field))


def _label(field: _Field) -> str:
    """Tell one configuration of members and weights from another."""
    told = [[part.name, part.contestant.config] for part in field.parts]
    text = json.dumps([field.arena.key, told, ENSEMBLE.model_dump()], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _means(runs: list[Measured]) -> tuple[float, float]:
    return float(np.mean([run.recall for run in runs])), float(np.mean([run.ndcg for run in runs]))
