"""A person's own table (CSV, TSV, JSONL or Parquet), read through a mapping file."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from kg.sources.dump import Dump, DumpBuilder, SourceError
from kg.sources.files import check_file, file_day, lines, records
from kg.sources.table_mapping import Cells, TableMapping, read_mapping

_Row = Mapping[str, Any]


def read_table(path: Path, source: str | None = None, seen: date | None = None) -> Dump:
    """Read the table that the mapping file `path` names.

    A row without name or id is left out. Values of a relation are known by name within their kind.
    Raises `SourceError` when the mapping, the table or one of its columns is missing.
    """
    check_file(path, "a mapping file (.toml or .json) that names the table and its columns")
    mapping = read_mapping(path)
    table = check_file(path.parent / mapping.table, f"the table that {path.name} names")
    builder = DumpBuilder(source or mapping.source or path.stem, seen or file_day(table), mapping.confidence)
    for number, row in _rows(table, mapping, builder):
        _read_row(table, number, row, mapping, builder)
    return builder.finish(table)


def _read_row(file: Path, number: int, row: _Row, mapping: TableMapping, builder: DumpBuilder) -> None:
    name = _text(row.get(mapping.name))
    if not name:
        builder.skip(file, number, f"no value in {mapping.name}")
        return
    kind = (_text(row.get(mapping.kind_column)) if mapping.kind_column else "") or mapping.kind
    own = _text(row.get(mapping.id)) if mapping.id else ""
    if mapping.id and not own:
        builder.skip(file, number, f"no value in {mapping.id}")
        return
    popularity = 0.0
    if mapping.popularity:
        found = _number(row.get(mapping.popularity))
        if found is None:
            builder.skip(file, number, f"no number from 0 in {mapping.popularity}")
            return
        popularity = found
    subject = own if own.startswith(f"{kind}:") else f"{kind}:{own}" if own else builder.named(kind, name)
    if own and subject in builder:
        builder.skip(file, number, f"the {mapping.id} of an earlier row")
        return
    aliases = _values(row, mapping.aliases) if mapping.aliases else ()
    builder.add(subject, kind, name, aliases, popularity)
    for relation, cells in mapping.relations.items():
        for value in _values(row, cells):
            builder.value(subject, relation, cells.kind or relation, value)


def _rows(file: Path, mapping: TableMapping, builder: DumpBuilder) -> Iterator[tuple[int, _Row]]:
    match file.suffix.lower():
        case ".csv" | ".tsv":
            yield from _delimited(file, mapping, builder)
        case ".jsonl" | ".ndjson":
            known: set[str] = set()
            for number, record in records(file, builder):
                known |= record.keys()
                yield number, record
            _check_columns(file, mapping, known)
        case ".parquet":
            yield from _parquet(file, mapping)
        case other:
            raise SourceError(
                f"{file} ends in {other or 'nothing'}; a table is .csv, .tsv, .jsonl or .parquet."
            )


def _delimited(file: Path, mapping: TableMapping, builder: DumpBuilder) -> Iterator[tuple[int, _Row]]:
    texts = (f"{text}\n" for _, text in lines(file, builder))
    reader = csv.reader(texts, delimiter="\t" if file.suffix.lower() == ".tsv" else ",")
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_columns(file, mapping, set(header))
        for cells in reader:
            if len(cells) == len(header):
                yield reader.line_num, dict(zip(header, cells, strict=True))
            else:
                builder.skip(file, reader.line_num, f"not {len(header)} fields")
    except csv.Error as error:
        raise SourceError(f"{file} is not a table, near line {reader.line_num}: {error}.") from error


def _parquet(file: Path, mapping: TableMapping) -> Iterator[tuple[int, _Row]]:
    import polars as pl

    try:
        frame = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{file} is not a Parquet file: {error}.") from error
    _check_columns(file, mapping, set(frame.columns))
    yield from enumerate(frame.select(list(dict.fromkeys(mapping.columns()))).iter_rows(named=True), 1)


def _check_columns(file: Path, mapping: TableMapping, found: set[str]) -> None:
    missing = sorted(set(mapping.columns()) - found)
    if missing:
        raise SourceError(
            f"{file} has no column {missing[0]!r}. Its columns are: {', '.join(sorted(found)) or 'none'}."
        )


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _number(value: object) -> float | None:
    try:
        number = float(str(value)) if value not in (None, "") else 0.0
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _values(row: _Row, cells: Cells) -> tuple[str, ...]:
    cell = row.get(cells.column)
    if isinstance(cell, list):
        parts = [_text(part) for part in cell]
    elif cells.separator:
        parts = [part.strip() for part in _text(cell).split(cells.separator)]
    else:
        parts = [_text(cell)]
    return tuple(dict.fromkeys(part for part in parts if part))
