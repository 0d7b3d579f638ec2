"""Where simulated people live: real people's films, in a workspace that never saw what is held out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from eval.offline_figures.kept import key_of
from eval.simulated.tastes import Taste, Vocabulary, draw_tastes, held_out
from recsys.build import build_workspace
from recsys.catalogue import Catalogue, with_popularity
from recsys.ingest import load
from recsys.workspace import Workspace

SOURCE = "ml-1m"


@dataclass(frozen=True)
class World:
    """People and where they are measured."""

    workspace: Path
    """Built without what is held out. Copy it before people talk in it."""
    tastes: list[Taste]
    vocabulary: Vocabulary
    key: str
    """Changes with whatever decides who these people are."""


def open_world(
    data: Path, out: Path, count: int, seed: int, progress: Callable[[str], None], source: str = SOURCE
) -> World:
    """Return `count` people of a data set and the workspace without their targets, built in `out` (about a minute)
    unless it is there.

    Raises `SourceError` when the data set is missing or cannot be read.
    """
    catalogue = load(source, data / source)
    tastes = draw_tastes(catalogue.items, catalogue.interactions, count, seed)
    hidden = [[taste.person, *taste.targets] for taste in tastes]
    key = key_of(source, hidden, catalogue.interactions.height, len(catalogue.items))
    folder = out / f"{source}-{key}"
    if not (folder / "manifest.json").is_file():
        progress(
            f"Building {catalogue.name} without {sum(len(t.targets) for t in tastes):,} held-out meetings"
        )
        folder.mkdir(parents=True, exist_ok=True)
        build_workspace(folder, without(catalogue, tastes), 7, progress)
    return World(folder, tastes, Vocabulary(catalogue.items), key)


def without(catalogue: Catalogue, tastes: list[Taste]) -> Catalogue:
    """Return the catalogue as it is before these people met their targets: counts and mean ratings too."""
    left = held_out(catalogue.interactions, tastes)
    means = dict(left.group_by("item").agg(pl.col("value").mean()).iter_rows())
    items = [
        item.model_copy(update={"numbers": {**item.numbers, "rating": round(means[item.id], 3)}})
        if item.id in means and "rating" in item.numbers
        else item
        for item in with_popularity(catalogue.items, left)
    ]
    return replace(catalogue, items=items, interactions=left)


def copied(world: World, out: Path, name: str) -> Path:
    """Return a fresh copy of the workspace: what simulated people tell is kept nowhere else."""
    Workspace.open(world.workspace)
    folder = out / f"talked-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(world.workspace, folder, ignore=shutil.ignore_patterns("people", ".*"))
    return folder
