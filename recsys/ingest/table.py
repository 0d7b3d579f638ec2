"""A person's own CSV, TSV, JSONL or Parquet tables, read through a mapping file."""

from __future__ import annotations

import json
from collections.abc import Mapping as Options
from pathlib import Path
from typing import Any

import polars as pl

from recsys.catalogue import INTERACTION_SCHEMA, Catalogue, no_interactions, with_popularity
from recsys.errors import SourceError
from recsys.ingest.mapping import InteractionColumns, Mapping, Values, read_mapping
from recsys.ingest.options import only_options
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import (
    LINE,
    Column,
    check_columns,
    check_known,
    check_unique,
    read_cells,
    read_text,
)
from recsys.schema import Item

_BETWEEN = "\x1f"
"""Stands between the values of a list that came as a list (JSONL, Parquet) while it travels as text."""


def load_table(path: Path, options: Options[str, str]) -> Catalogue:
    """Read the tables that a mapping file names.

    `path` is the mapping file, or the item table itself with the option `mapping`. Raises `SourceError` that
    lists the bad rows; in a Parquet file the line of an error is the row, counted from 1.
    """
    only_options("table", options, ("mapping",))
    file = Path(options["mapping"]) if "mapping" in options else path
    if file.suffix not in (".toml", ".json"):
        raise SourceError(
            f"table needs a mapping file (.toml or .json): --from MAPPING.toml, or --from {path} "
            "--mapping FILE."
        )
    mapping = read_mapping(file)
    if "mapping" in options:
        items_file = path
    elif mapping.items:
        items_file = file.parent / mapping.items
    else:
        raise SourceError(f"The mapping file {file} does not name its item table: add items = FILE.")
    errors = RowErrors("table")
    items = _items(items_file, mapping, errors)
    interactions = no_interactions()
    if mapping.interactions and mapping.interaction:
        interactions = _interactions(
            file.parent / mapping.interactions,
            mapping.interaction,
            mapping.scene,
            {item.id for item in items},
            items_file.name,
            errors,
        )
    errors.stop_if_any()
    if not items:
        raise SourceError(f"There is no item in {items_file}; nothing was written.")
    return Catalogue(
        mapping.name, mapping.domain, "table", with_popularity(items, interactions), interactions
    )


def _items(file: Path, mapping: Mapping, errors: RowErrors) -> list[Item]:
    at = mapping.item
    values = {**at.attributes, **({"": at.aliases} if at.aliases else {})}
    columns = [Column(at.id), Column(at.title)]
    columns += [Column(name, optional=True) for name in (at.kind, at.description) if name]
    columns += [Column(at.year, "integer", low=-10000, high=10000, optional=True)] if at.year else []
    columns += [Column(value.column, optional=True) for value in values.values()]
    columns += [Column(name, "number", optional=True) for name in at.numbers.values()]
    table = _read(file, columns, errors)
    check_unique(table, at.id, file.name, errors)
    return [
        Item(
            id=row[at.id],
            title=row[at.title],
            kind=(row[at.kind] if at.kind else None) or mapping.kind,
            year=row[at.year] if at.year else None,
            description=(row[at.description] if at.description else None) or "",
            attributes={
                f: v for f, where in at.attributes.items() if (v := _split(row[where.column], where))
            },
            numbers={f: float(row[name]) for f, name in at.numbers.items() if row[name] is not None},
            aliases=_split(row[at.aliases.column], at.aliases) if at.aliases else (),
        )
        for row in table.iter_rows(named=True)
    ]


def _interactions(
    file: Path, at: InteractionColumns, scene: str, known: set[str], items_file: str, errors: RowErrors
) -> pl.DataFrame:
    columns = [Column(at.user), Column(at.item)]
    columns += [Column(at.value, "number")] if at.value else []
    columns += [Column(at.time, "text" if at.time_format == "iso" else "integer")] if at.time else []
    columns += [Column(at.scene)] if at.scene else []
    table = _read(file, columns, errors)
    check_known(table, at.item, known, items_file, file.name, errors)
    time: pl.Expr = pl.lit(None)
    if at.time and at.time_format == "iso":
        parsed = pl.coalesce(
            pl.col(at.time).str.to_datetime("%+", strict=False, time_zone="UTC"),
            *(
                pl.col(at.time).str.to_datetime(form, strict=False, time_zone="UTC")
                for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
            ),
        )
        table = table.with_columns(parsed.dt.epoch("s").alias("parsed:time"))
        for line, found in (
            table.filter(pl.col("parsed:time").is_null()).select(LINE, at.time).head(20).iter_rows()
        ):
            errors.add(file.name, line, at.time, "a time such as 2026-03-31T18:00:00", found)
        time = pl.col("parsed:time")
    elif at.time:
        time = pl.col(at.time) // (1000 if at.time_format == "milliseconds" else 1)
    return table.select(
        user=pl.col(at.user),
        item=pl.col(at.item),
        value=pl.col(at.value).cast(pl.Float64) if at.value else pl.lit(1.0),
        time=time.cast(INTERACTION_SCHEMA["time"]),
        scene=pl.col(at.scene) if at.scene else pl.lit(scene),
    )


def _split(cell: str | None, where: Values) -> tuple[str, ...]:
    if not cell:
        return ()
    between = _BETWEEN if _BETWEEN in cell else where.separator
    parts = cell.split(between) if between else [cell]
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _read(file: Path, columns: list[Column], errors: RowErrors) -> pl.DataFrame:
    """Read a table of any kind as text, then check `columns`; other columns of the file are left aside."""
    columns = list({column.name: column for column in reversed(columns)}.values())[::-1]
    wanted = [column.name for column in columns]
    match file.suffix.lower():
        case ".csv" | ".tsv":
            texts = _delimited(file, wanted, errors)
        case ".jsonl" | ".ndjson":
            texts = _jsonl(file, wanted, errors)
        case ".parquet":
            texts = _parquet(file, wanted, errors)
        case other:
            raise SourceError(
                f"{file} is {other or 'of no known kind'}; table reads .csv, .tsv, .jsonl and .parquet."
            )
    return check_columns(texts, columns, file.name, errors)


def _missing(file: Path, wanted: list[str], found: list[str], errors: RowErrors) -> None:
    missing = [name for name in wanted if name not in found]
    for name in missing:
        errors.add(file.name, 1, name, "a column of this name", ", ".join(found))
    if missing:
        errors.stop_if_any()


def _delimited(file: Path, wanted: list[str], errors: RowErrors) -> pl.DataFrame:
    separator = "\t" if file.suffix.lower() == ".tsv" else ","
    raw = read_cells(file, errors, separator)
    names = [name.strip() for name in raw["cells"][0]] if raw.height else []
    _missing(file, wanted, names, errors)
    rows = raw.slice(1)
    fields = pl.col("cells").list.len()
    for line, cells in rows.filter(fields != len(names)).select(LINE, "cells").head(20).iter_rows():
        errors.add(file.name, line, "", f"{len(names)} fields", f"{len(cells)}: {separator.join(cells)}")
    return rows.filter(fields == len(names)).select(
        LINE, *(pl.col("cells").list.get(names.index(name)).alias(name) for name in wanted)
    )


def _jsonl(file: Path, wanted: list[str], errors: RowErrors) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(read_text(file, errors).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            errors.add(file.name, number, "", "a JSON object", str(error))
            continue
        if not isinstance(record, dict):
            errors.add(file.name, number, "", "a JSON object", line)
            continue
        row: dict[str, Any] = {LINE: number}
        for name in wanted:
            value = record.get(name)
            if isinstance(value, dict):
                errors.add(file.name, number, name, "a text, a number or a list", json.dumps(value))
            else:
                row[name] = _text(value)
        rows.append(row)
    schema = {LINE: pl.Int64} | dict.fromkeys(wanted, pl.String)
    return pl.DataFrame(rows, schema=schema)


def _parquet(file: Path, wanted: list[str], errors: RowErrors) -> pl.DataFrame:
    try:
        table = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{file} cannot be read as Parquet: {error}") from error
    _missing(file, wanted, table.columns, errors)
    table = table.select(wanted)
    texts = [
        pl.col(name).list.eval(pl.element().cast(pl.String)).list.join(_BETWEEN)
        if isinstance(kind, pl.List)
        else pl.col(name).dt.to_string("iso:strict")
        if kind == pl.Datetime
        else pl.col(name).cast(pl.String)
        for name, kind in table.schema.items()
    ]
    return table.select(texts).with_row_index(LINE, offset=1).with_columns(pl.col(LINE).cast(pl.Int64))


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return _BETWEEN.join(str(part) for part in value if part is not None)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
