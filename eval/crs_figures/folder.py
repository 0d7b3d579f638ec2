"""Any dialogues in iEvaLM's form, zero-shot: what was trained on ReDial is asked about them as it is.

Give the folder with `--folder` and its map of entities with `--entities`. Without them the section runs on ReDial's own
test in iEvaLM's form and in the form made for zero-shot language models, which shows that a folder is read as it should
be: the first has our titles, the second DBpedia's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.crs_figures.folder_data import FolderData, read_folder
from eval.crs_figures.judging import Judged
from eval.crs_figures.measures import KS, recall, reciprocal_rank, samples, success
from eval.crs_figures.redial import artifact, artifact_folder, learned_from
from eval.crs_figures.redial_dialogues import RedialDialogues, read_redial_dialogues
from eval.crs_figures.running import (
    Clock,
    CrsSettings,
    Entrant,
    Progress,
    baselines,
    crs_settings,
    extra_systems,
    files_hash,
    measured,
    recall_table,
    with_without,
)
from eval.crs_figures.turns import sampled
from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from eval.offline_figures.kept import key_of
from eval.systems.material import Material
from eval.systems.zero_shot import ZeroShot, translated

_OWN = (
    ("ReDial (iEvaLM)", "ievalm_redial_eval", "ievalm_redial"),
    ("ReDial (zero-shot form)", "zeroshot_redial", "zeroshot_redial"),
)
_QUICK_TEST = 150


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Score the folder's test turns; raises `SourceError` when a file is missing or not in the form."""
    told = crs_settings(options)
    clock = Clock(options.budget_s)
    redial = read_redial_dialogues(options.data)
    figures: list[Figure] = []
    tables: list[Table] = []
    found_samples: list[Sample] = []
    config: dict[str, str | int | float | bool] = {}
    for name, folder, entities in _folders(options, told):
        progress(f"Reading {folder}")
        data = read_folder(folder, entities)
        found, zero_shot = _measured(options, told, redial, data, name, progress, clock)
        tables.append(_table(name, data, found))
        ours = found.get(ZeroShot.name)
        if ours:
            figures += _figures(name, ours)
            found_samples += list(samples(f"{ZeroShot.name} on {name}", ours))
        config |= {
            f"{name}: items": len(data.items),
            f"{name}: items that ReDial knows": len(zero_shot.same),
            f"{name}: ranked by those most alike": zero_shot.placed,
            f"{name}: items from": data.items_from,
        }
    return Section(
        title="A folder of dialogues, zero-shot",
        question="What does the recommender trained on ReDial do on dialogues in this form, as it is?",
        figures=tuple(figures),
        tables=tuple(tables),
        samples=tuple(found_samples),
        config={"seed": options.seed, **config},
    )


def _folders(options: MeasureOptions, told: CrsSettings) -> list[tuple[str, Path, Path]]:
    if told.folder is not None:
        return [(told.folder.resolve().name, told.folder, told.entities or told.folder)]
    crs = options.data / "crs"
    return [(name, crs / folder, crs / entities) for name, folder, entities in _OWN]


def _measured(
    options: MeasureOptions,
    told: CrsSettings,
    redial: RedialDialogues,
    data: FolderData,
    name: str,
    progress: Progress,
    clock: Clock,
) -> tuple[dict[str, list[Judged]], ZeroShot]:
    test = data.turns["test"] if "test" in data.turns else next(reversed(data.turns.values()))
    if options.quick:
        test = sampled(test, _QUICK_TEST)
    learned = learned_from(redial, options.quick)
    recommender = artifact(options, redial, options.seed, progress)
    ours = ZeroShot(recommender, data.items, learned.recommended)
    material = Material(data.items, translated(learned.dialogues, ours.same))
    trained_as = artifact_folder(options, redial, options.seed).name
    key = f"folder-{key_of(files_hash(data.files), options.quick, trained_as)}"
    entrants: dict[str, Entrant] = {
        ZeroShot.name: Entrant(lambda: ours, ""),
        **baselines(material),
        **extra_systems(told, material),
    }
    progress(f"{name}: {len(ours.same):,} of {len(data.items):,} items are films of ReDial")
    return measured(options, key, entrants, test, progress, clock), ours


def _table(name: str, data: FolderData, found: dict[str, list[Judged]]) -> Table:
    test = data.turns.get("test") or next(reversed(data.turns.values()))
    return recall_table(
        f"{name}, zero-shot",
        {system: [run] for system, run in found.items()},
        f"{len(data.items):,} items ranked whole, ties against the system; a mean over targets, as iEvaLM counts. What "
        f"learns, learned from ReDial's train dialogues. {with_without(test)}",
        mean="targets",
    )


def _figures(name: str, ours: Sequence[Judged]) -> list[Figure]:
    figures = [
        Figure(
            name=f"{name} Recall@{k}, {kind}",
            value=recall(ours, kind, k, "targets"),
            note=f"{len(ours):,} turns, a mean over targets, zero-shot",
        )
        for kind in ("dedup", "all")
        for k in KS
    ]
    figures.append(Figure(name=f"{name} MRR, dedup", value=reciprocal_rank(ours, "dedup")))
    figures.append(Figure(name=f"{name} success@10", value=success(ours, "all"), note="share of dialogues"))
    return figures
