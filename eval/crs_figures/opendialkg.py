"""OpenDialKG: dialogues about films and books in which the next title is often a neighbour in the graph.

The published split is by turn: half of the test dialogues have other turns in the training part, and the context of a
later turn holds the answer to an earlier one. So the figures that we report first learn only from dialogues that are in
neither validation nor test; the published protocol, which leaves them in, stands beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from eval.crs_figures.folder_data import FolderData, read_folder
from eval.crs_figures.judging import Judged
from eval.crs_figures.measures import KS, recall, recalls
from eval.crs_figures.running import (
    SEEDS,
    Clock,
    Entrant,
    Progress,
    baselines,
    crs_settings,
    extra_systems,
    files_hash,
    mean_samples,
    measured,
    place_table,
    recall_table,
    with_without,
)
from eval.crs_figures.turns import Turn, sampled
from eval.figures import Figure, MeasureOptions, Section
from eval.offline_figures.kept import key_of
from eval.systems.dialogue_trees import TastegraphTrees
from eval.systems.material import Material
from recsys.dialogue.trees import TreesConfig

_REACH = {
    1: ">= .320, aim .350 (UniCRS .308)",
    10: ">= .550, aim .580 (UniCRS .513)",
    50: ">= .620, aim .650 (UniCRS .574)",
}
_QUICK_TRAIN, _QUICK_TEST, _QUICK_TREES = 300, 150, 50
OURS = "Tastegraph, trees over the graph"
PUBLISHED = f"{OURS}, published protocol"


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Learn from the training part and ask the test; raises `SourceError` when a file is missing."""
    told = crs_settings(options)
    clock = Clock(options.budget_s)
    crs = options.data / "crs"
    data = read_folder(crs / "ievalm_opendialkg_eval", crs / "ievalm_opendialkg")
    apart = elsewhere(data)
    train, test = data.turns["train"], data.turns["test"]
    if options.quick:
        train, test = sampled(train, _QUICK_TRAIN), sampled(test, _QUICK_TEST)
    alone = tuple(turn for turn in train if turn.dialogue_id not in apart)
    material = Material(data.items, data.dialogues("train", apart))
    key = f"opendialkg-{key_of(files_hash(data.files), options.quick)}"
    plain: dict[str, Entrant] = {
        **baselines(material),
        **extra_systems(told, material),
    }
    found = {name: [run] for name, run in measured(options, key, plain, test, progress, clock).items()}
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + SEEDS))
    # One seed of the published protocol is enough to see what its overlap is worth.
    for name, turns, drawn in ((OURS, alone, seeds), (PUBLISHED, train, seeds[:1])):
        runs = [_ours(options, key, name, seed, material, turns, test, progress, clock) for seed in drawn]
        found[name] = [run for run in runs if len(run) == len(runs[0]) and run]
    found = {name: runs for name, runs in found.items() if runs}
    figures = _figures(found, OURS, alone, "dialogues that are in no other part")
    figures += _figures(found, PUBLISHED, train, "the whole training part")
    return Section(
        title="OpenDialKG",
        question="Does the recommender find the title that the other person went on to name?",
        figures=tuple(figures),
        tables=(
            recall_table(
                "OpenDialKG test",
                found,
                f"{len(test):,} turns, {len(data.items):,} films and books ranked whole, ties against the system; mean "
                f"of {len(seeds)} seeds. {with_without(test)} Published (iEvaLM, everything ranked): KBRD "
                ".231/.423/.492, BARCOR .312/.453/.510, UniCRS .308/.513/.574, ChatGPT .310/.539 at 1/10/50.",
            ),
            place_table({name: runs[0] for name, runs in found.items()}),
        ),
        samples=tuple(sample for name, runs in found.items() for sample in mean_samples(name, runs)),
        config={
            "seeds": len(seeds),
            "first seed": options.seed,
            "train turns": len(alone),
            "train turns, published protocol": len(train),
            "test dialogues that have turns in the training part": len(_shared(data)),
            **{name: value for name, value in TreesConfig().model_dump().items() if name != "seed"},
        },
    )


def elsewhere(data: FolderData) -> frozenset[str]:
    """Return the dialogues that have a turn in validation or test."""
    return frozenset(turn.dialogue_id for part in ("valid", "test") for turn in data.turns[part])


def _shared(data: FolderData) -> set[str]:
    tested = {turn.dialogue_id for turn in data.turns["test"]}
    return tested & {turn.dialogue_id for turn in data.turns["train"]}


def _ours(
    options: MeasureOptions,
    key: str,
    name: str,
    seed: int,
    material: Material,
    turns: Sequence[Turn],
    test: Sequence[Turn],
    progress: Progress,
    clock: Clock,
) -> list[Judged]:
    config = TreesConfig(seed=seed, trees=_QUICK_TREES) if options.quick else TreesConfig(seed=seed)
    entrant = Entrant(partial(TastegraphTrees, material, turns, config), config.model_dump_json())
    name = f"{name}, seed {seed}"
    return measured(options, key, {name: entrant}, test, progress, clock).get(name, [])


def _figures(
    found: dict[str, list[list[Judged]]], name: str, turns: Sequence[Turn], learned: str
) -> list[Figure]:
    runs = found.get(name, [])
    figures = []
    for k in KS if runs else ():
        each = [recall(run, "all", k) for run in runs]
        shown = ", ".join(f"{one:.4f}" for one in each)
        new = float(np.mean([recalls(run, "dedup")[KS.index(k)] for run in runs]))
        figures.append(
            Figure(
                name=f"OpenDialKG Recall@{k}" + (", published protocol" if name == PUBLISHED else ""),
                value=float(np.mean(each)),
                reach=_REACH[k],
                note=f"learned from {len(turns):,} turns of {learned}; seeds {shown}; without titles named before "
                f"{new:.3f}",
            )
        )
    return figures
