"""What the sections share: which systems are measured, where their answers are kept, and how the tables look."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from eval.crs_figures.judging import Judged, judge
from eval.crs_figures.measures import (
    KINDS,
    KS,
    Kind,
    Mean,
    asked,
    by_place,
    recalls,
    reciprocal_rank,
    samples,
    success,
)
from eval.crs_figures.turns import Turn
from eval.figures import MeasureOptions, Sample, Table
from eval.offline_figures.kept import key_of
from eval.systems.endpoint import EndpointConfig, ServedModel
from eval.systems.loading import load_system
from eval.systems.material import Material
from eval.systems.protocol import System

Make = Callable[[], System]
Progress = Callable[[str], None]
SEEDS = 3


class CrsOptions(MeasureOptions):
    """What the suite `crs` can be told beside the common options."""

    folder: Path | None = None
    """Dialogues in iEvaLM's form for the section `folder`; None: those of ReDial."""
    entities: Path | None = None
    """The map of the folder's entities: `entity2id.json`, or the folder that holds it. None: the folder itself."""
    systems: tuple[str, ...] = ()
    """Systems of one's own, `module:Class`, measured beside ours in every section of recommendations."""
    endpoint: EndpointConfig | None = None
    """A served model to measure as well."""
    workspace: Path | None = None
    """Workspace of films for the builtin agent; None: one is built of the starter films."""


class Clock:
    """Says when a section's budget is spent."""

    def __init__(self, budget_s: float | None) -> None:
        self._end = None if budget_s is None else time.monotonic() + budget_s

    def spent(self) -> bool:
        """No new unit is begun after this is true."""
        return self._end is not None and time.monotonic() >= self._end


def crs_options(options: MeasureOptions) -> CrsOptions:
    """Return the options with the suite's own at their defaults, where they were not given."""
    return options if isinstance(options, CrsOptions) else CrsOptions(**options.model_dump())


def extra_systems(options: CrsOptions, material: Material) -> dict[str, Make]:
    """Return what the caller wants measured beside ours. Raises `TastegraphError` for a name that is no system."""
    makers: dict[str, Make] = {}
    for name in options.systems:
        system = load_system(name)
        makers[name] = lambda system=system: system(material)  # type: ignore[misc]
    if options.endpoint is not None:
        config = options.endpoint
        makers[f"{config.model} (served)"] = lambda: ServedModel(material, config)
    return makers


def measured(
    options: MeasureOptions,
    key: str,
    makers: Mapping[str, Make],
    turns: Sequence[Turn],
    progress: Progress,
    clock: Clock,
) -> dict[str, list[Judged]]:
    """Put the turns to each system, keeping the answers in `options.out/crs`; those of an earlier run are read."""
    found: dict[str, list[Judged]] = {}
    for name, make in makers.items():
        progress(f"{name}: {len(turns):,} turns")
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        kept = options.out / "crs" / f"{key}-{key_of(name)[:4]}-{slug}.jsonl"
        found[name] = judge(make, turns, kept, clock.spent)
    return {name: one for name, one in found.items() if one}


def files_hash(files: Iterable[Path]) -> str:
    """Return the SHA-256 of the files' bytes."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def recall_table(
    title: str, found: Mapping[str, Sequence[Sequence[Judged]]], note: str, mean: Mean = "turns"
) -> Table:
    """Return one row a system; each may have been run with several seeds, whose mean is shown."""
    rows = []
    for name, runs in found.items():
        one = runs[0]
        rows.append(
            (
                name,
                *(_mean_recalls(runs, kind, mean) for kind in KINDS),
                f"{np.mean([reciprocal_rank(run, 'dedup') for run in runs]):.3f}",
                f"{np.mean([success(run, 'all') for run in runs]):.3f}",
                f"{1000.0 * np.median([judged.seconds for run in runs for judged in run]):.0f}",
                _answers(one),
                f"{len(one):,}",
            )
        )
    columns = (
        "system", "Recall@1 / @10 / @50, dedup", "all", "MRR, dedup", "success@10", "ms a turn", "items listed", "turns",
    )  # fmt: skip
    return Table(title=title, columns=columns, rows=tuple(rows), note=note)


def place_table(found: Mapping[str, Sequence[Judged]], k: int = 10) -> Table:
    """Return Recall@k by how many utterances came before the turn."""
    places = {name: by_place(run, "dedup", k) for name, run in found.items()}
    columns = list(dict.fromkeys(place for row in places.values() for place in row))
    return Table(
        title=f"Recall@{k}, dedup, by how many utterances came before",
        columns=("system", *columns),
        rows=tuple(
            (name, *(f"{row[column]:.3f}" if column in row else "–" for column in columns))
            for name, row in places.items()
        ),
    )


def mean_samples(name: str, runs: Sequence[Sequence[Judged]]) -> tuple[Sample, ...]:
    """Return each turn's values, the mean over the seeds."""
    of_runs = [samples(name, run) for run in runs]
    return tuple(
        same[0].model_copy(
            update={
                "values": {
                    unit: round(float(np.mean([one.values[unit] for one in same if unit in one.values])), 4)
                    for unit in same[0].values
                }
            }
        )
        for same in zip(*of_runs, strict=True)
    )


def counts(found: Mapping[str, Sequence[Judged]]) -> dict[str, str | int | float | bool]:
    """Return, for a section's config, how many turns each system was asked."""
    one = next(iter(found.values()), [])
    return {"turns": len(one), "turns with a new target": asked(one, "dedup"), "ks": "/".join(map(str, KS))}


def _mean_recalls(runs: Sequence[Sequence[Judged]], kind: Kind, mean: Mean) -> str:
    return " / ".join(f"{value:.3f}" for value in np.mean([recalls(run, kind, mean) for run in runs], axis=0))


def _answers(run: Sequence[Judged]) -> str:
    listed = f"{np.mean([one.listed for one in run]):,.0f}"
    invented, failed = sum(one.invented for one in run), sum(one.failed for one in run)
    told = [f"{invented:,} invented"] if invented else []
    told += [f"{failed:,} turns without an answer"] if failed else []
    return ", ".join([listed, *told])
