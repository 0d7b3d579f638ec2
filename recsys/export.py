"""Take what a workspace has learned elsewhere: models, ranked lists for everybody, neighbours of every item."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from kg.files import write_text
from recsys.behaviour import Behaviour
from recsys.errors import TastegraphError, WorkspaceError
from recsys.models.base import Columns, FloatMatrix, Users
from recsys.models.persist import library_versions
from recsys.training_data import training_data
from recsys.workspace import Workspace, hash_files

PARTS = ("models", "recommendations", "similar")
_BLOCK = 256


def export_workspace(
    workspace: Workspace,
    folder: Path,
    parts: tuple[str, ...] = PARTS,
    limit: int = 50,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the parts into a new `folder` and return its files; the folder is there whole or not at all.

    `models` are safetensors with their cards; `recommendations.parquet` (user, rank, item, score) ranks what
    each person has not met, `similar.parquet` (item, rank, similar, score) what goes with each item by
    behaviour; `export.json` says what made it, with the SHA-256 of every file. Raises `TastegraphError` when
    the folder is not empty or a part is unknown, `WorkspaceError` when there is no behaviour to rank by.
    """
    unknown = [part for part in parts if part not in PARTS]
    if unknown or not parts:
        raise TastegraphError(
            f"There is no part {unknown[0] if unknown else ''!r}. Choose: {', '.join(PARTS)}."
        )
    if limit < 1:
        raise TastegraphError("A list has 1 item or more; give --limit 1 or more.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TastegraphError(f"{folder} is not an empty folder. Name a new one.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:6]}")
    beside.mkdir()
    try:
        if "models" in parts:
            shutil.copytree(workspace.models_dir, beside / "models")
        if "recommendations" in parts or "similar" in parts:
            behaviour = _behaviour(workspace)
            if "recommendations" in parts:
                _lists(workspace, behaviour, limit, progress).write_parquet(
                    beside / "recommendations.parquet"
                )
            if "similar" in parts:
                _similar(workspace, behaviour, limit, progress).write_parquet(beside / "similar.parquet")
        files = sorted(file for file in beside.rglob("*") if file.is_file())
        write_text(beside / "export.json", json.dumps(_card(workspace, beside, files), indent=2) + "\n")
        if folder.is_dir():
            folder.rmdir()
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _behaviour(workspace: Workspace) -> Behaviour:
    if not workspace.manifest.counts.get("meetings", 0):
        raise WorkspaceError(
            f"The workspace in {workspace.path} has no behaviour to rank by. Export its models only: "
            "--part models."
        )
    return Behaviour.open(workspace.models_dir, len(workspace.items))


def _lists(
    workspace: Workspace, behaviour: Behaviour, limit: int, progress: Callable[[str], None]
) -> pl.DataFrame:
    data, people = training_data(workspace.items, workspace.interactions)
    rows = np.arange(len(people))

    def blocks() -> Iterator[tuple[Columns, FloatMatrix]]:
        for start in range(0, len(people), _BLOCK):
            block = rows[start : start + _BLOCK]
            history = data.interactions[block]
            sequences = tuple(data.sequences[row] for row in block) if data.sequences else ()
            scenes = {name: matrix[block] for name, matrix in data.scenes.items()}
            scores = behaviour.model.score(Users(history, sequences=sequences, scenes=scenes)).copy()
            scores[history.nonzero()] = -np.inf
            progress(f"Ranked for {min(start + _BLOCK, len(people)):,} of {len(people):,} people")
            yield block, scores

    return _ranked(blocks(), limit, workspace).select(
        pl.lit(pl.Series("users", people, dtype=pl.String)).gather(pl.col("row")).alias("user"),
        "rank",
        "item",
        "score",
    )


def _similar(
    workspace: Workspace, behaviour: Behaviour, limit: int, progress: Callable[[str], None]
) -> pl.DataFrame:
    n_items = len(workspace.items)

    def blocks() -> Iterator[tuple[Columns, FloatMatrix]]:
        for start in range(0, n_items, _BLOCK):
            block = np.arange(start, min(start + _BLOCK, n_items))
            strengths = behaviour.towards_others(block).copy()
            strengths[np.arange(len(block)), block] = -np.inf
            progress(f"Compared {block[-1] + 1:,} of {n_items:,} items")
            yield block, strengths

    ids = pl.Series("items", [item.id for item in workspace.items], dtype=pl.String)
    return _ranked(blocks(), limit, workspace).select(
        pl.lit(ids).gather(pl.col("row")).alias("item"), "rank", pl.col("item").alias("similar"), "score"
    )


def _ranked(blocks: Iterator[tuple[Columns, FloatMatrix]], limit: int, workspace: Workspace) -> pl.DataFrame:
    ids = np.array([item.id for item in workspace.items], dtype=object)
    frames = [
        pl.DataFrame(schema={"row": pl.Int64, "rank": pl.Int64, "item": pl.String, "score": pl.Float32})
    ]
    for rows, scores in blocks:
        most = min(limit, scores.shape[1])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :most]
        found = np.take_along_axis(scores, order, axis=1)
        frame = pl.DataFrame(
            {
                "row": np.repeat(rows, most),
                "rank": np.tile(np.arange(1, most + 1), len(rows)),
                "item": ids[order.ravel()].tolist(),
                "score": found.ravel().astype(np.float32),
            },
            schema=frames[0].schema,
        )
        frames.append(frame.filter(pl.col("score").is_finite()))
    return pl.concat(frames)


def _card(workspace: Workspace, folder: Path, files: list[Path]) -> dict[str, object]:
    manifest = workspace.manifest
    return {
        "workspace": manifest.name,
        "build": manifest.build,
        "source": manifest.source,
        "simulated": manifest.simulated,
        "notes": manifest.notes,
        "seed": manifest.seed,
        "data_hash": manifest.data_hash,
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": library_versions(),
        "files": {file.relative_to(folder).as_posix(): hash_files(file) for file in files},
    }
