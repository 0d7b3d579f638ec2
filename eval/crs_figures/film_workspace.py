"""A workspace of ReDial's films, so that the whole product can be asked what ReDial's test asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from eval.systems.material import Material, MeasuredItem
from recsys.build import build_workspace
from recsys.catalogue import INTERACTION_SCHEMA, Catalogue, with_popularity
from recsys.schema import Item

_FACETS = {"genre": "genre", "star": "cast", "director": "director", "writer": "writer"}


def build_films(path: Path, material: Material, seed: int, progress: Callable[[str], None]) -> Path:
    """Build the workspace at `path`, where there is none; returns `path`. The name must change with the data.

    Behaviour is that of `material.behaviour`: people of MovieLens, none of whom is in a dialogue.
    """
    if not (path / "manifest.json").is_file():
        items = [_item(column, item) for column, item in enumerate(material.items)]
        cells = material.behaviour.tocoo()
        interactions = pl.DataFrame(
            {
                "user": [f"person-{row}" for row in cells.row.tolist()],
                "item": [items[column].id for column in cells.col.tolist()],
                "value": [1.0] * cells.nnz,
                "time": [None] * cells.nnz,
                "scene": ["default"] * cells.nnz,
            },
            schema=INTERACTION_SCHEMA,
        )
        catalogue = Catalogue(
            name="ReDial's films",
            domain="films",
            source="redial",
            items=with_popularity(items, interactions),
            interactions=interactions,
            notes=["For measuring only: the terms of MovieLens forbid passing it on."],
        )
        build_workspace(path, catalogue, seed, progress)
    return path


def _item(column: int, item: MeasuredItem) -> Item:
    attributes: dict[str, tuple[str, ...]] = {}
    for relation, value in item.attributes:
        facet = _FACETS.get(relation)
        if facet:
            attributes[facet] = (*attributes.get(facet, ()), value)
    # The text begins with title and genres, which an item has of its own.
    description = item.text.split(". ", 2)[2] if item.text.count(". ") >= 2 else ""
    return Item(
        id=f"film:{column}",
        title=item.title,
        kind="film",
        year=item.year,
        description=description,
        attributes=attributes,
    )
