"""Build a workspace from a catalogue: tables, graph, trained models, in that order."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from recsys.catalogue import Catalogue
from recsys.workspace import Workspace, create_workspace

Progress = Callable[[str], None]
"""Takes one line for a person to read."""


def build_workspace(path: Path, catalogue: Catalogue, seed: int, progress: Progress) -> Workspace:
    """Write the catalogue, its graph and the models trained on it into the workspace at `path`, and open it.

    The build is made beside the old one and put in place at the end: when a step fails or is interrupted, the
    workspace is as it was. What people said is kept. `seed` decides every random choice of the training.
    """
    progress(
        f"{catalogue.name}: {len(catalogue.items):,} items, {catalogue.interactions.height:,} "
        f"{'simulated ' if catalogue.simulated else ''}interactions"
    )

    def graph(folder: Path) -> dict[str, int]:
        return _timed("Graph", progress, lambda: write_graph(folder, catalogue, datetime.now(UTC).date()))

    def train(folder: Path) -> dict[str, int]:
        from recsys.train import train_models

        items, interactions, simulated = catalogue.items, catalogue.interactions, catalogue.simulated
        return _timed(
            "Models", progress, lambda: train_models(folder, items, interactions, seed, simulated, progress)
        )

    return create_workspace(path, catalogue, [graph, train], seed, catalogue.config)


def write_graph(folder: Path, catalogue: Catalogue, seen: date) -> dict[str, int]:
    """Write entities.parquet, triples.parquet and the embedded graph into a build folder; return counts."""
    from kg.stores.ladybug import LadybugGraph
    from recsys.catalogue_graph import catalogue_graph

    entities, triples = catalogue_graph(catalogue.items, catalogue.source, catalogue.links, seen)
    pl.DataFrame(
        [entity.model_dump() | {"aliases": list(entity.aliases)} for entity in entities],
        schema={
            "id": pl.String,
            "kind": pl.String,
            "name": pl.String,
            "aliases": pl.List(pl.String),
            "popularity": pl.Float64,
        },
    ).write_parquet(folder / "entities.parquet")
    pl.DataFrame(
        [triple.model_dump() for triple in triples],
        schema={
            "subject": pl.String,
            "relation": pl.String,
            "object": pl.String,
            "source": pl.String,
            "confidence": pl.Float64,
            "first_seen": pl.Date,
            "last_seen": pl.Date,
        },
    ).write_parquet(folder / "triples.parquet")
    (folder / "graph").mkdir()
    store = LadybugGraph(folder / "graph" / "graph.lbug")
    try:
        store.upsert(entities, triples)
    finally:
        store.close()
    return {"entities": len(entities), "triples": len(triples)}


def _timed(what: str, progress: Progress, step: Callable[[], dict[str, int]]) -> dict[str, int]:
    started = time.perf_counter()
    counts = step()
    said = ", ".join(f"{n:,} {name}" for name, n in counts.items())
    progress(f"{what}: {said} ({time.perf_counter() - started:.1f} s)")
    return counts
