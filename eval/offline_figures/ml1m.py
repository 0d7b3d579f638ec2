"""MovieLens-1M on a fixed public split: every item ranked, only the items of train masked, Recall@20 and NDCG@20.

Everything that is a number here was chosen on the validation part. Members learn from train only, so that an item of
the validation part is a wrong answer at the test for them as for everybody; the weights learn from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import csr_array

from eval.figures import Figure, MeasureOptions, Section
from eval.offline_figures.ranking import Arena, Contestant, Measured, results_table, shown
from eval.offline_figures.stacking import WHOLE, Part, StackRun, draw, kept_run, run_stack, worth_table
from eval.split import read_split
from recsys.attributes import attribute_matrix
from recsys.ensemble import Ensemble, EnsembleConfig, Member
from recsys.models.base import TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.ials import Ials, IalsConfig
from recsys.models.item_knn import ItemKnn, ItemKnnConfig
from recsys.models.mult_vae import MultVae, MultVaeConfig
from recsys.models.popularity import Popularity
from recsys.models.spectral import SpectralConfig, SpectralFilter
from recsys.models.user_knn import UserKnn, UserKnnConfig
from recsys.schema import Granularity

RECALL, NDCG = 0.292, 0.280
AIM = "aim .300 / .290"
SEEDS = 3
_QUICK_PEOPLE = 1_000
PLAIN_EASE = EaseConfig(dropout=0.0, attribute_weight=0.0)
EASE = EaseConfig()
IALS = IalsConfig()
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
    contestants = [*field.beside, *(part.contestant for part in field.parts)]
    runs: list[list[Measured]] = []
    for contestant in contestants:
        own = seeds if contestant.random else seeds[:1]
        runs.append([field.arena.measured(contestant, seed, progress) for seed in own])
    stacks = [
        kept_run(
            field.arena.folder / f"ensemble-{seed}-{field.arena.key[:12]}.json",
            partial(_stack, field, seed, options.seed, progress),
        )
        for seed in seeds
    ]
    ours = [
        Measured(
            label="ensemble",
            seed=stack.seed,
            recall=stack.recall[WHOLE],
            ndcg=stack.ndcg[WHOLE],
            fit_seconds=stack.fit_seconds,
            score_seconds=stack.score_seconds,
            peak_mb=stack.peak_mb,
        )
        for stack in stacks
    ]
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
    "those of its weights; its members' stand above."
)


def _read(options: MeasureOptions) -> _Field:
    folder = options.data / "ml-1m"
    split = read_split(folder / "split", folder / "metadata.jsonl")
    train, valid, test = split.train, split.valid, split.test
    if options.quick:
        train, valid, test = (part[:_QUICK_PEOPLE] for part in (train, valid, test))
    attributes, _ = attribute_matrix(split.items)
    data = TrainingData(train, attributes)
    bare = TrainingData(train, csr_array((0, train.shape[1]), dtype=np.float32))
    key = f"{split.data_hash}-{options.quick}"
    arena = Arena(Users(train), test, options.out / "ml1m", key)
    vae = MULT_VAE.model_copy(update={"epochs": 2}) if options.quick else MULT_VAE
    beside = (
        Contestant("popularity", lambda _: Popularity(), bare),
        Contestant("EASE", lambda _: Ease(PLAIN_EASE), bare, config=PLAIN_EASE.model_dump()),
    )
    parts = (
        Part(
            Contestant("EASE + attributes", lambda _: Ease(EASE), data, config=EASE.model_dump()),
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
                "MultVAE",
                lambda seed: MultVae(vae.model_copy(update={"seed": seed})),
                bare,
                random=True,
                config=vae.model_dump(),
            )
        ),
    )
    return _Field(arena, data, valid, beside, parts)


def _stack(field: _Field, seed: int, first: int, progress: Callable[[str], None]) -> StackRun:
    members = []
    for part in field.parts:
        own = seed if part.contestant.random else first
        model, _ = field.arena.fitted(part.contestant, own, progress)
        members.append(Member(part.name, model, part.granularity))
    ensemble = Ensemble(members, ENSEMBLE)
    ensemble.adopt(field.data)
    cells = ensemble.cells(field.arena.users, field.valid)
    return run_stack(members, cells, field.data, ENSEMBLE, field.arena, seed, progress)


def _means(runs: list[Measured]) -> tuple[float, float]:
    return float(np.mean([run.recall for run in runs])), float(np.mean([run.ndcg for run in runs]))
