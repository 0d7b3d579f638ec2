"""ReDial: the recommender alone, beside plain baselines and whatever else is to be measured, on the official test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from eval.crs_figures.judging import Judged
from eval.crs_figures.measures import KS, recall
from eval.crs_figures.redial_dialogues import RedialDialogues, read_redial_dialogues
from eval.crs_figures.running import (
    SEEDS,
    Clock,
    Entrant,
    Progress,
    baselines,
    crs_settings,
    extra_systems,
    mean_samples,
    measured,
    place_table,
    recall_table,
    with_without,
)
from eval.crs_figures.trained import trained
from eval.crs_figures.turns import sampled
from eval.figures import Figure, MeasureOptions, Section
from eval.offline_figures.kept import key_of
from eval.systems.dialogue_recommender import TastegraphDialogue
from eval.systems.material import Material
from recsys.dialogue.recommender import DialogueConfig
from recsys.dialogue.second_look import SecondLookConfig

OURS = "Tastegraph, recommender alone"
_REACH = {
    1: ">= .035, aim .045 (UniCRS .024)",
    10: ">= .200, aim .230 (UniCRS .180)",
    50: ">= .380, aim .480 (UniCRS .335)",
}
_OFFICIAL = 10_006
"""Dialogues of the official train set."""
_QUICK_TRAIN, _QUICK_TEST = 400, 150


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Fit on the train dialogues that there are and ask the test; raises `SourceError` when a file is missing."""
    told = crs_settings(options)
    clock = Clock(options.budget_s)
    data = read_redial_dialogues(options.data)
    material, test = learned_from(data, options.quick), data.test
    if options.quick:
        test = sampled(test, _QUICK_TEST)
    key = f"redial-{key_of(data.films.data_hash, options.quick)}"
    plain: dict[str, Entrant] = {
        **baselines(material),
        **extra_systems(told, material),
    }
    found = {name: [run] for name, run in measured(options, key, plain, test, progress, clock).items()}
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + SEEDS))
    runs: list[list[Judged]] = []
    for seed in seeds:
        folder = artifact_folder(options, data, seed)
        make = partial(artifact, options, data, seed, progress)
        ours = {f"{OURS}, seed {seed}": Entrant(make, folder.name)}
        runs += measured(options, key, ours, test, progress, clock).values()
    runs = [run for run in runs if len(run) == len(runs[0])]
    if runs:
        found[OURS] = runs
    learned = f"{len(material.dialogues):,} of {_OFFICIAL:,} train dialogues"
    return Section(
        title="ReDial",
        question="Does the recommender, given a dialogue, rank first what the other person went on to recommend?",
        figures=_figures(runs, f"learned from {learned}, the published models from all"),
        tables=(
            recall_table(
                "ReDial test",
                found,
                f"{len(test):,} turns, {len(material.items):,} films ranked whole, ties against the system; mean of "
                f"{len(seeds)} seeds, learned from {learned}. {with_without(test)} Published with all train dialogues "
                "(arXiv 2605.13053), dedup and all: KBRD .017/.148/.300 and .033/.177/.332, UniCRS .024/.180/.335 and "
                ".049/.213/.421, MESE .025/.159/.361 and .032/.178/.381, ReFICR (7B) .018/.213/.465 and "
                ".049/.270/.507.",
            ),
            place_table({name: each[0] for name, each in found.items()}),
        ),
        samples=tuple(sample for name, each in found.items() for sample in mean_samples(name, each)),
        config={
            "seeds": len(seeds),
            "first seed": options.seed,
            "train dialogues": len(material.dialogues),
            **{name: value for name, value in DialogueConfig().model_dump().items() if name != "seed"},
            **{
                f"second look: {name}": value
                for name, value in SecondLookConfig().model_dump().items()
                if name != "seed"
            },
        },
    )


def learned_from(data: RedialDialogues, quick: bool) -> Material:
    """Return all train dialogues, or the latest few hundred."""
    if not quick:
        return data.material
    return Material(data.material.items, data.material.dialogues[-_QUICK_TRAIN:], data.material.behaviour)


def artifact(
    options: MeasureOptions, data: RedialDialogues, seed: int, progress: Progress
) -> TastegraphDialogue:
    """Return the recommender trained on this data with this seed; it is trained once and then read."""
    config, look = _configs(options, seed)
    material = learned_from(data, options.quick)
    # Nobody of the test recommends in training, so the second look must not learn among acquaintances.
    groups = [data.films.people[int(dialogue.id)][0] for dialogue in material.dialogues]
    return trained(artifact_folder(options, data, seed), material, config, progress, look, groups)


def artifact_folder(options: MeasureOptions, data: RedialDialogues, seed: int) -> Path:
    """Return where that recommender is kept."""
    key = key_of(data.films.data_hash, *(one.model_dump() for one in _configs(options, seed)), options.quick)
    return options.out / "crs" / f"recommender-{key}"


def _configs(options: MeasureOptions, seed: int) -> tuple[DialogueConfig, SecondLookConfig]:
    # The networks of one seed are seeds of their own: none is shared between two runs.
    config, look = DialogueConfig(seed=100 * seed), SecondLookConfig(seed=100 * seed + 50)
    if options.quick:
        config = config.model_copy(update={"networks": 1, "epochs": 2})
        look = look.model_copy(update={"looks": 1, "epochs": 1, "folds": 2})
    return config, look


def _figures(runs: Sequence[Sequence[Judged]], learned: str) -> tuple[Figure, ...]:
    figures = []
    for k in KS if runs else ():
        each = [recall(run, "dedup", k) for run in runs]
        shown = ", ".join(f"{one:.4f}" for one in each)
        figures.append(
            Figure(
                name=f"ReDial Recall@{k}, dedup",
                value=float(np.mean(each)),
                reach=_REACH[k],
                note=f"{learned}; seeds {shown}",
            )
        )
    return tuple(figures)
