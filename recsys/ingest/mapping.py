"""The mapping file: which column of a person's own tables means what."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from recsys.errors import SourceError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Values(_Strict):
    """A column with one or more values in a cell."""

    column: str = Field(min_length=1)
    separator: str | None = None
    """What stands between values; None: a cell holds one value. Lists in JSONL and Parquet need none."""


class ItemColumns(_Strict):
    """Where an item's parts stand."""

    id: str
    title: str
    kind: str | None = None
    """Column of the kind; without it every item has the mapping's `kind`."""
    year: str | None = None
    description: str | None = None
    aliases: Values | None = None
    attributes: dict[str, Values] = Field(default_factory=dict)
    """Facet to its column: `genre = { column = "genres", separator = "|" }`, or `brand = "brand"`."""
    numbers: dict[str, str] = Field(default_factory=dict)
    """Measured facet to its column: `price = "price"`."""

    @field_validator("aliases", mode="before")
    @classmethod
    def _one(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value

    @field_validator("attributes", mode="before")
    @classmethod
    def _many(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {facet: {"column": v} if isinstance(v, str) else v for facet, v in value.items()}


class InteractionColumns(_Strict):
    """Where an interaction's parts stand."""

    user: str
    item: str
    value: str | None = None
    """Without it every interaction has the value 1."""
    time: str | None = None
    time_format: Literal["seconds", "milliseconds", "iso"] = "seconds"
    """`seconds` and `milliseconds` since 1970 UTC, or `iso` such as 2026-03-31 or 2026-03-31T18:00:00."""
    scene: str | None = None
    """Column of the behaviour; without it every interaction has the mapping's `scene`."""


class Mapping(_Strict):
    """A mapping file."""

    name: str = Field(min_length=1)
    """Of the catalogue, as a person reads it."""
    domain: str = "products"
    kind: str = "item"
    scene: str = "default"
    items: str | None = None
    """Path of the item table (CSV, TSV, JSONL or Parquet), relative to the mapping file."""
    interactions: str | None = None
    """Path of the interaction table, relative to the mapping file."""
    item: ItemColumns
    interaction: InteractionColumns | None = None


def read_mapping(file: Path) -> Mapping:
    """Read a mapping from TOML or JSON. Raises `SourceError` that says which field is wrong and why."""
    try:
        text = file.read_text(encoding="utf-8")
        raw = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise SourceError(f"The mapping file {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        kind = "TOML" if file.suffix == ".toml" else "JSON"
        raise SourceError(f"The mapping file {file} is not {kind}: {error}.") from error
    try:
        mapping = Mapping.model_validate(raw)
    except ValidationError as error:
        lines = "\n".join(
            f"  {'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg'].lower()}"
            for wrong in error.errors()
        )
        raise SourceError(
            f"The mapping file {file} is not right; see docs/datasets.md for its form.\n{lines}"
        ) from error
    if (mapping.interactions is None) != (mapping.interaction is None):
        raise SourceError(
            f"The mapping file {file} needs both `interactions` (the file) and [interaction] (its "
            "columns), or neither."
        )
    return mapping
