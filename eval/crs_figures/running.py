"""What the sections share: which systems are measured, where their answers are kept, and how the tables look."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from eval.crs_figures.judging import Judged, judge
from eval.crs_figures.measures import (
    KINDS,
    Kind,
    Mean,
    by_place,
    recalls,
    reciprocal_rank,
    samples,
    success,
)
from eval.crs_figures.turns import Turn
from eval.figures import MeasureOptions, Sample, Table
from eval.offline_figures.kept import key_of
from eval.systems.copying import CopyLatest
from eval.systems.ease_on_named import EaseOnNamed
from eval.systems.endpoint import EndpointConfig, ServedModel
from eval.systems.loading import load_system
from eval.systems.material import Material
from eval.systems.popularity import Popularity
from eval.systems.protocol import System
from eval.systems.text_retrieval import TextRetrieval
from recsys.errors import TastegraphError

Progress = Callable[[str], None]
SEEDS = 3


SETTINGS = {
    "folder": "a folder of dialogues in iEvaLM's form for the section folder, instead of ReDial's",
    "entities": "the map of its entities: entity2id.json, or the folder that holds it",
    "system": "systems of your own to measure as well: module:Class, with commas between",
    "endpoint": "the address of an OpenAI-compatible server to measure as well, with its /v1",
    "model": "the name of the model that it serves",
    "titles": "how many titles it is asked for (50)",
    "workspace": "a workspace of films for the section response, instead of a starter one that is built",
}
"""What `--set` may set for this suite."""
KEY_VARIABLE = "TASTEGRAPH_EVAL_API_KEY"
"""Environment variable with the key of the endpoint: a key does not belong on a command line."""


@dataclass(frozen=True)
class CrsSettings:
    """What the suite can be told beside the common options."""

    folder: Path | None
    entities: Path | None
    systems: tuple[str, ...]
    endpoint: EndpointConfig | None
    workspace: Path | None


class Entrant(NamedTuple):
    """A system before it is made: it is made when the first turn is asked."""

    make: Callable[[], System]
    key: str
    """Changes with whatever decides its answers beside the data: its source, its configuration."""

    @classmethod
    def of(cls, system: Callable[[Material], System], material: Material) -> Self:
        """A class that needs the material only; its key is the source file."""
        file = inspect.getsourcefile(system)
        source = Path(file).read_bytes() if file else b""
        return cls(partial(system, material), hashlib.sha256(source).hexdigest())


class Clock:
    """Says when a section's budget is spent."""

    def __init__(self, budget_s: float | None) -> None:
        self._end = None if budget_s is None else time.monotonic() + budget_s

    def spent(self) -> bool:
        """No new unit is begun after this is true."""
        return self._end is not None and time.monotonic() >= self._end


def crs_settings(options: MeasureOptions) -> CrsSettings:
    """Read the suite's settings. Raises `TastegraphError` where one is without another that it needs."""
    told = {name: value for name, value in options.settings.items() if value}
    if "entities" in told and "folder" not in told:
        raise TastegraphError("--set entities=... needs --set folder=..., the folder of the dialogues.")
    if ("endpoint" in told) != ("model" in told):
        raise TastegraphError("Give --set endpoint=URL and --set model=NAME together.")
    if not told.get("titles", "50").isdigit() or not int(told.get("titles", "50")):
        raise TastegraphError(f"--set titles={told['titles']}: a whole number from 1 is needed.")
    endpoint = None
    if "endpoint" in told:
        endpoint = EndpointConfig(
            base_url=told["endpoint"],
            model=told["model"],
            api_key=os.environ.get(KEY_VARIABLE, ""),
            titles=int(told.get("titles", "50")),
            seed=options.seed,
        )
    paths = {name: Path(told[name]) if name in told else None for name in ("folder", "entities", "workspace")}
    systems = tuple(name.strip() for name in told.get("system", "").split(",") if name.strip())
    return CrsSettings(**paths, systems=systems, endpoint=endpoint)


def baselines(material: Material) -> dict[str, Entrant]:
    """Return the plain systems that every section shows beside ours."""
    return {
        CopyLatest.name: Entrant.of(CopyLatest, material),
        Popularity.name: Entrant.of(Popularity, material),
        EaseOnNamed.name: Entrant.of(EaseOnNamed, material),
        TextRetrieval.name: Entrant.of(TextRetrieval, material),
    }


def extra_systems(told: CrsSettings, material: Material) -> dict[str, Entrant]:
    """Return what the caller wants measured beside ours. Raises `TastegraphError` for a name that is no system."""
    found = {name: Entrant.of(load_system(name), material) for name in told.systems}
    if told.endpoint is not None:
        config = told.endpoint
        key = config.model_dump_json(exclude={"api_key"})
        found[f"{config.model} (served)"] = Entrant(lambda: ServedModel(material, config), key)
    return found


def measured(
    options: MeasureOptions,
    key: str,
    entrants: Mapping[str, Entrant],
    turns: Sequence[Turn],
    progress: Progress,
    clock: Clock,
) -> dict[str, list[Judged]]:
    """Put the turns to each system, keeping the answers in `options.out/crs`; those of an earlier run are read.

    `key` must change with the data. A system for which no time is left is missing in what is returned.
    """
    found: dict[str, list[Judged]] = {}
    for name, entrant in entrants.items():
        progress(f"{name}: {len(turns):,} turns")
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        kept = options.out / "crs" / f"{key}-{key_of(name, entrant.key)}-{slug}.jsonl"
        found[name] = judge(entrant.make, turns, kept, clock.spent)
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
        "system", "Recall@1 / @10 / @50, dedup", "all", "MRR, dedup", "success@10", "ms a turn", "listed", "turns",
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


def with_without(turns: Sequence[Turn]) -> str:
    """Say what the two columns of a table are, and on how many turns."""
    new = sum(bool(set(turn.targets) - turn.named or turn.unknown) for turn in turns)
    return (
        f"dedup: items named before are neither targets nor ranked ({new:,} turns have a new target); all: everything "
        "is. success@10: share of dialogues in which some turn has a target among the first ten of all."
    )


def _mean_recalls(runs: Sequence[Sequence[Judged]], kind: Kind, mean: Mean) -> str:
    return " / ".join(f"{value:.3f}" for value in np.mean([recalls(run, kind, mean) for run in runs], axis=0))


def _answers(run: Sequence[Judged]) -> str:
    listed = f"{np.mean([one.listed for one in run]):,.0f}"
    invented, failed = sum(one.invented for one in run), sum(one.failed for one in run)
    told = [f"{invented:,} invented"] if invented else []
    told += [f"{failed:,} turns without an answer"] if failed else []
    return ", ".join([listed, *told])
