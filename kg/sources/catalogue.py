"""A catalogue that was built before: a folder with `entities.parquet` and `triples.parquet`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from kg.sources.dump import Dump, DumpBuilder, SourceError
from kg.sources.files import check_file, file_day

_ENTITY = ("id", "kind", "name", "aliases", "popularity")
_TRIPLE = ("subject", "relation", "object")


def read_catalogue(path: Path, source: str = "catalogue", seen: date | None = None) -> Dump:
    """Read the entities and triples of a build, ids as they are.

    Every edge is this source's from now on; its confidence stays where the table has one, else it is 1.
    """
    files = [
        check_file(path / name, "written by a build") for name in ("entities.parquet", "triples.parquet")
    ]
    builder = DumpBuilder(source, seen or file_day(*files), 1.0)
    for row in _read(files[0], _ENTITY):
        if row["id"] and row["kind"]:
            builder.add(
                row["id"], row["kind"], row["name"] or "", row["aliases"] or (), row["popularity"] or 0.0
            )
        else:
            builder.skip(files[0], row["row"], "no id or kind")
    for row in _read(files[1], _TRIPLE):
        if row["subject"] in builder and row["object"] in builder and row["relation"]:
            builder.link(row["subject"], row["relation"], row["object"], row.get("confidence"))
        else:
            builder.skip(files[1], row["row"], "an edge to an entity that is not there")
    return builder.finish(path)


def _read(file: Path, wanted: tuple[str, ...]) -> list[dict[str, Any]]:
    import polars as pl

    try:
        frame = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{file} is not a Parquet file: {error}.") from error
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise SourceError(f"{file} has no column {missing[0]!r}. Build the catalogue anew.")
    return frame.with_row_index("row", offset=1).to_dicts()
