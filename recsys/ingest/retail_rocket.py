"""Retail Rocket: one shop, three behaviours, and which products were met together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from recsys.catalogue import INTERACTION_SCHEMA, Catalogue, with_popularity
from recsys.ingest.options import no_options
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import Column, check_known, find_file, read_table
from recsys.schema import Item

SCENES = ("view", "cart", "buy")
LINKS = ("viewed_with", "carted_with", "bought_with")
"""Relation of the numbers 0, 1, 2 in kg.txt: the products that people met together in this behaviour."""


def load_retail_rocket(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read the three train tables and kg.txt; test.tsv gives items only, its purchases stay out.

    Raises `SourceError` that lists the bad rows.
    """
    no_options("retail-rocket", options)
    errors = RowErrors("retail-rocket")
    columns = [Column("user", "integer", low=0), Column("item", "integer", low=0)]
    tables = {
        scene: read_table(find_file(folder, f"train_{scene}.tsv"), columns, errors, separator="\t")
        for scene in SCENES
    }
    numbers = set().union(*(table["item"].to_list() for table in tables.values()))
    held_out = 0
    if (folder / "test.tsv").is_file():
        test = read_table(folder / "test.tsv", columns, errors, separator="\t")
        held_out = test.height
        numbers.update(test["item"])
    links = _links(find_file(folder, "kg.txt"), numbers, errors)
    errors.stop_if_any()
    interactions = pl.concat(
        table.select(
            user=pl.col("user").cast(pl.String),
            item=pl.format("product:{}", "item"),
            value=pl.lit(1.0),
            time=pl.lit(None, dtype=INTERACTION_SCHEMA["time"]),
            scene=pl.lit(scene),
        )
        for scene, table in tables.items()
    )
    items = [
        Item(id=f"product:{number}", title=f"Product {number}", kind="product") for number in sorted(numbers)
    ]
    notes = ["Retail Rocket: for research. Products have numbers for names."]
    if held_out:
        notes.append(f"{held_out:,} held-out purchases of test.tsv are not among the interactions.")
    return Catalogue(
        "Retail Rocket",
        "shop",
        "retail-rocket",
        with_popularity(items, interactions),
        interactions,
        links,
        notes=notes,
    )


def _links(file: Path, items: set[int], errors: RowErrors) -> pl.DataFrame:
    number = {"kind": "integer", "low": 0}
    table = read_table(
        file,
        [
            Column("head", **number),  # type: ignore[arg-type]
            Column("relation", "integer", low=0, high=len(LINKS) - 1),
            Column("tail", **number),  # type: ignore[arg-type]
        ],
        errors,
        separator=" ",
        header=False,
    )
    for column in ("head", "tail"):
        check_known(table, column, items, "the behaviour tables", file.name, errors)
    # The file has each pair in both directions and every product with itself; one edge says it.
    return (
        table.filter(pl.col("head") < pl.col("tail"))
        .select(
            subject=pl.format("product:{}", "head"),
            relation=pl.col("relation").replace_strict(dict(enumerate(LINKS)), return_dtype=pl.String),
            object=pl.format("product:{}", "tail"),
        )
        .unique(maintain_order=True)
    )
