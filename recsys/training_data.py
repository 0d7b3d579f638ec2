"""What the models of a workspace learn from: its tables as matrices whose columns are the catalogue's items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from recsys.attributes import attribute_matrix, item_text
from recsys.interactions import meetings
from recsys.models.base import Columns, TrainingData
from recsys.models.relations import relation_blocks
from recsys.schema import Item
from recsys.sparse import ones_at


def training_data(
    items: Sequence[Item], interactions: pl.DataFrame, triples: Path | None = None
) -> tuple[TrainingData, list[str]]:
    """Return the training data, and the person of each row, ascending.

    `interactions` has the columns of `INTERACTION_SCHEMA`; rows of unknown items are left out, and so is a
    person who met nothing gladly. There are sequences where every meeting has a time, scenes where there are
    several, ratings where people rated. `triples` is the Parquet file of a build; without it there are no
    relations.
    """
    attributes, _ = attribute_matrix(items)
    position = pl.DataFrame(
        {"item": [item.id for item in items], "column": np.arange(len(items), dtype=np.int64)},
        schema={"item": pl.String, "column": pl.Int64},
    )
    placed = interactions.join(position, on="item", maintain_order="left")
    met = meetings(interactions).join(position, on="item", maintain_order="left")
    people = met["user"].unique().sort().to_list()
    rows = pl.DataFrame(
        {"user": people, "row": np.arange(len(people), dtype=np.int64)},
        schema={"user": pl.String, "row": pl.Int64},
    )
    shape = (len(people), len(items))
    met, placed = (
        frame.join(rows, on="user", maintain_order="left").select("row", "column", "value", "time", "scene")
        for frame in (met, placed)
    )
    scenes = met["scene"].unique().sort().to_list()
    data = TrainingData(
        interactions=_cells(met, shape),
        attributes=attributes,
        texts=tuple(item_text(item) for item in items),
        sequences=_sequences(met, len(people)),
        ratings=_ratings(placed, shape),
        scenes={name: _cells(met.filter(pl.col("scene") == name), shape) for name in scenes}
        if len(scenes) > 1
        else {},
        relations={} if triples is None else _relations(items, triples),
    )
    return data, people


def _cells(met: pl.DataFrame, shape: tuple[int, int]) -> csr_array:
    cells = met.select("row", "column").unique()
    return ones_at(cells["row"].to_numpy(), cells["column"].to_numpy(), shape)


def _sequences(met: pl.DataFrame, people: int) -> tuple[Columns, ...]:
    if met.is_empty() or met["time"].null_count():
        return ()
    ordered = met.sort("row", "time", maintain_order=True)
    rows, columns = ordered["row"].to_numpy(), ordered["column"].to_numpy().astype(np.int64)
    return tuple(np.split(columns, np.searchsorted(rows, np.arange(1, people))))


def _ratings(placed: pl.DataFrame, shape: tuple[int, int]) -> csr_array | None:
    rated = placed.filter((pl.col("scene") == "rating") & (pl.col("value") > 0))
    if rated.is_empty():
        return None
    last = rated.unique(["row", "column"], keep="last", maintain_order=True)
    matrix = csr_array(
        (last["value"].to_numpy().astype(np.float32), (last["row"].to_numpy(), last["column"].to_numpy())),
        shape=shape,
    )
    matrix.sort_indices()
    return matrix


def _relations(items: Sequence[Item], triples: Path) -> dict[str, csr_array]:
    if not triples.is_file():
        return {}
    edges = pl.read_parquet(triples, columns=["subject", "relation", "object"]).unique(maintain_order=True)
    return relation_blocks([item.id for item in items], edges.iter_rows())
