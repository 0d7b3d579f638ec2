"""Read delimited files strictly and fast: every column is checked, every error names its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from recsys.errors import SourceError
from recsys.ingest.rows import RowErrors

LINE = "line"
"""Name of the column that holds the 1-based line of each row."""


@dataclass(frozen=True)
class Column:
    """What a column must hold."""

    name: str
    kind: Literal["text", "integer", "number"] = "text"
    low: float | None = None
    """Least value allowed."""
    high: float | None = None
    """Greatest value allowed."""
    optional: bool = False
    """Whether a cell may be empty; it is then null."""

    @property
    def expected(self) -> str:
        """What a cell must be, in words."""
        if self.kind == "text":
            return "some text"
        what = "an integer" if self.kind == "integer" else "a number"
        if self.low is not None and self.high is not None:
            return f"{what} from {self.low:g} to {self.high:g}"
        return what if self.low is None else f"{what} of at least {self.low:g}"


def find_file(folder: Path, *names: str) -> Path:
    """Return the first of `names` that is a file in `folder`; raises `SourceError` when none is."""
    for name in names:
        if (folder / name).is_file():
            return folder / name
    if not folder.is_dir():
        raise SourceError(f"There is no folder {folder}. Point --from at the folder that holds {names[0]}.")
    raise SourceError(
        f"There is no {' or '.join(names)} in {folder}. Point --from at the folder that holds it."
    )


def read_text(file: Path, errors: RowErrors, encodings: Sequence[str] = ("utf-8",)) -> str:
    """Return the text of a file in the first encoding that fits, without a byte order mark.

    Where none fits, every line that is not valid is reported, with the encoding's name and the bad byte, and
    `SourceError` is raised.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.") from error
    for encoding in encodings:
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            line.decode(encodings[-1])
        except UnicodeDecodeError as error:
            found = f"byte 0x{line[error.start]:02x} at position {error.start + 1}"
            errors.add(file.name, number, "", f"text in {encodings[-1].upper()}", found)
    errors.stop_if_any()
    raise SourceError(f"{file} is not text in {encodings[-1].upper()}.")


def read_table(
    file: Path,
    columns: Sequence[Column],
    errors: RowErrors,
    separator: str = ",",
    header: bool = True,
    encodings: Sequence[str] = ("utf-8",),
    quoted: bool | None = None,
) -> pl.DataFrame:
    """Return the file's good rows: `line`, and `columns` in their types. Bad rows go to `errors`.

    With a header, its names must be those of `columns`, in their order. `quoted` says whether the file quotes
    cells as CSV does; None finds out. Blank lines at the end are not rows.
    """
    raw = read_cells(file, errors, separator, encodings, quoted)
    if header:
        names = raw.head(1)["cells"].to_list()
        found = names[0] if names else []
        wanted = [column.name for column in columns]
        if [name.strip() for name in found] != wanted:
            errors.add(file.name, 1, "", f"the columns {separator.join(wanted)}", separator.join(found))
            errors.stop_if_any()
        raw = raw.slice(1)
    fields = pl.col("cells").list.len()
    for line, cells in raw.filter(fields != len(columns)).select(LINE, "cells").head(20).iter_rows():
        errors.add(
            file.name,
            line,
            "",
            f"{len(columns)} fields between {separator!r}",
            f"{len(cells)}: {separator.join(cells)}",
        )
    good = raw.filter(fields == len(columns)).select(
        pl.col(LINE), *(pl.col("cells").list.get(k).alias(c.name) for k, c in enumerate(columns))
    )
    return check_columns(good, columns, file.name, errors)


def read_cells(
    file: Path,
    errors: RowErrors,
    separator: str = ",",
    encodings: Sequence[str] = ("utf-8",),
    quoted: bool | None = None,
) -> pl.DataFrame:
    """Return every row of a delimited file, header too, as `line` and a list of texts `cells`, unchecked."""
    text = read_text(file, errors, encodings)
    if quoted is None:
        quoted = len(separator) == 1 and '"' in text
    return _quoted(text, separator, file, errors) if quoted else _plain(text, separator)


def check_columns(
    table: pl.DataFrame, columns: Sequence[Column], file: str, errors: RowErrors
) -> pl.DataFrame:
    """Cast text columns to their types and check them; a row with a bad cell is reported and left out."""
    checks = []
    for column in columns:
        text = pl.col(column.name).str.strip_chars()
        empty = text.is_null() | (text == "")
        value, right = _value(text, column)
        ok = (empty & column.optional) | (~empty & right.fill_null(False))
        checks += [
            pl.when(empty).then(None).otherwise(value).alias(column.name),
            ok.alias(f"ok:{column.name}"),
        ]
    checked = table.select(pl.col(LINE), *checks)
    bad = ~pl.all_horizontal(f"ok:{column.name}" for column in columns)
    wrong = checked.with_row_index("k").filter(bad).head(20)
    for row in wrong.iter_rows(named=True):
        for column in columns:
            if not row[f"ok:{column.name}"]:
                found = table[column.name][row["k"]]
                errors.add(file, row[LINE], column.name, column.expected, found or "")
    return checked.filter(~bad).select(LINE, *(column.name for column in columns))


def check_unique(table: pl.DataFrame, column: str, file: str, errors: RowErrors) -> None:
    """Report every row whose value in `column` was met before."""
    first = table.group_by(column).agg(pl.col(LINE).min().alias("first"))
    again = table.join(first, on=column).filter(pl.col(LINE) > pl.col("first")).sort(LINE)
    for row in again.head(20).iter_rows(named=True):
        errors.add(
            file, row[LINE], column, f"an id met only once (line {row['first']} has it)", str(row[column])
        )


def check_known(
    table: pl.DataFrame, column: str, known: Iterable[object], where: str, file: str, errors: RowErrors
) -> None:
    """Report rows whose value in `column` is none of `known`; `where` says what holds the known ones.

    When `where` is a file with bad rows, its ids are not all known, and nothing is reported.
    """
    if any(row.file == where for row in errors.rows):
        return
    ids = pl.Series("known", list(known), dtype=table.schema[column])
    unknown = table.filter(~pl.col(column).is_in(ids.implode())).sort(LINE)
    for row in unknown.head(20).iter_rows(named=True):
        errors.add(file, row[LINE], column, f"an id that {where} has", str(row[column]))


def _value(text: pl.Expr, column: Column) -> tuple[pl.Expr, pl.Expr]:
    if column.kind == "text":
        return text, pl.lit(True)
    if column.kind == "integer":
        value = pl.when(text.str.contains(r"^[+-]?\d+$")).then(text.cast(pl.Int64, strict=False))
    else:
        value = pl.when(text.str.contains(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")).then(
            text.cast(pl.Float64, strict=False)
        )
    expr = value.otherwise(None)
    right = expr.is_not_null()
    if column.kind == "number":
        right &= expr.is_finite()
    if column.low is not None:
        right &= expr >= column.low
    if column.high is not None:
        right &= expr <= column.high
    return expr, right


def _plain(text: str, separator: str) -> pl.DataFrame:
    lines = pl.Series("text", text.split("\n"), dtype=pl.String).str.strip_chars_end("\r")
    table = pl.DataFrame({LINE: pl.int_range(1, lines.len() + 1, eager=True), "text": lines})
    filled = table.filter(pl.col("text").str.strip_chars() != "")
    last = filled[LINE].max() if filled.height else 0
    return table.filter(pl.col(LINE) <= last).select(LINE, pl.col("text").str.split(separator).alias("cells"))


def _quoted(text: str, separator: str, file: Path, errors: RowErrors) -> pl.DataFrame:
    lines: list[int] = []
    cells: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            errors.add(file.name, start, "", "a CSV row with balanced quotes", str(error))
            start = reader.line_num + 1
            continue
        lines.append(start)
        cells.append(row)
        start = reader.line_num + 1
    while cells and not any(cell.strip() for cell in cells[-1]):
        cells.pop()
        lines.pop()
    return pl.DataFrame({LINE: lines, "cells": cells}, schema={LINE: pl.Int64, "cells": pl.List(pl.String)})
