"""The mapping file of a table: which column means what in the graph."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kg.sources.dump import SourceError


class Cells(BaseModel):
    """A column with one or more values in a cell."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(min_length=1)
    separator: str | None = None
    """What stands between values; without it a cell holds one value. Lists in JSONL and Parquet need none."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value


class RelationCells(Cells):
    """A column whose values are entities that each row's entity points to."""

    kind: str = ""
    """Of the entities that are pointed to; the relation's name where it is left out."""


class TableMapping(BaseModel):
    """A mapping file (TOML or JSON)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    """Path of the CSV, TSV, JSONL or Parquet file, relative to the mapping file."""
    source: str = ""
    """Written on every edge; the mapping file's name without ending where it is left out."""
    kind: str = "item"
    """Of every row's entity, unless `kind_column` says it."""
    kind_column: str | None = None
    id: str | None = None
    """Column of the id; without it the kind and the name make the id."""
    name: str
    """Column of the name."""
    aliases: Cells | None = None
    popularity: str | None = None
    """Column of a number that is not negative."""
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    """Of every edge: how far this table is to be believed."""
    relations: dict[str, RelationCells] = Field(default_factory=dict)
    """Relation to its column: `brand = "brand"`, `cast = { column = "actors", separator = "|", kind = "person" }`."""

    def columns(self) -> list[str]:
        """Return the columns that the table must have."""
        named = [self.name, self.id, self.kind_column, self.popularity]
        cells = [self.aliases, *self.relations.values()]
        return [*(name for name in named if name), *(cell.column for cell in cells if cell)]


def read_mapping(file: Path) -> TableMapping:
    """Read a mapping file. Raises `SourceError` that names the field that is wrong."""
    try:
        text = file.read_text(encoding="utf-8")
        raw: Any = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise SourceError(f"The mapping file {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SourceError(f"The mapping file {file} is neither TOML nor JSON: {error}.") from error
    try:
        return TableMapping.model_validate(raw)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'file'}: {one['msg'].lower()}"
            for one in error.errors()
        )
        raise SourceError(f"The mapping file {file} is not right: {wrong}.") from error
