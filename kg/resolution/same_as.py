"""Which record of which source became which entity, so that every merge can be looked up and undone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from kg.files import written_whole
from kg.graph import GraphError

_COLUMNS = ("source", "source_id", "entity", "name", "score", "reason", "with_source", "with_id")


class SameAs(BaseModel):
    """One record, the entity that it is part of, and what its merge rests on.

    A wrong one is undone by putting (source, source_id) and (with_source, with_id) into
    `ResolutionConfig.apart` and building again.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    source_id: str
    entity: str
    name: str
    """As this source writes it."""
    score: float = 1.0
    """Of the surest pair that this record was merged by; 1 where it stands alone."""
    reason: str = "alone"
    """`alone`, `told`, `identifier`, `name` or `scored`."""
    with_source: str = ""
    with_id: str = ""
    """The other record of that pair."""


def write_same_as(rows: Iterable[SameAs], file: Path) -> None:
    """Write the map as Parquet, in one step."""
    import polars as pl

    ordered = sorted(rows, key=lambda row: (row.source, row.source_id))
    frame = pl.DataFrame(
        {name: [getattr(row, name) for row in ordered] for name in _COLUMNS},
        schema={name: pl.Float64 if name == "score" else pl.String for name in _COLUMNS},
    )
    with written_whole(file) as beside:
        frame.write_parquet(beside)


def read_same_as(file: Path) -> tuple[SameAs, ...]:
    """Read the map. Raises `GraphError` when there is none or it cannot be read."""
    import polars as pl

    try:
        frame = pl.read_parquet(file, columns=list(_COLUMNS))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise GraphError(
            f"The map of merged records {file} cannot be read ({error}). Build the graph anew."
        ) from error
    return tuple(SameAs(**row) for row in frame.iter_rows(named=True))
