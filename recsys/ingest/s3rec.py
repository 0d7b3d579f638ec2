"""The S3-Rec files: Amazon reviews as item sequences in time order, items and attributes without names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from recsys.catalogue import INTERACTION_SCHEMA, Catalogue, with_popularity
from recsys.errors import SourceError
from recsys.ingest.options import only_options
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import find_file, read_text
from recsys.schema import Item

NAMES = ("Beauty", "Sports_and_Outdoors", "Toys_and_Games")


def load_s3rec(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read `NAME.txt` and `NAME_item2attributes.json`; the option `name` is one of `NAMES`.

    The place in a person's sequence stands as time. Raises `SourceError` that lists the bad rows.
    """
    only_options("s3rec", options, ("name",))
    name = options.get("name", "")
    if name not in NAMES:
        given = f"; {name!r} is none of them" if name else ""
        raise SourceError(
            f"s3rec holds three data sets{given}. Say which: --name {' or --name '.join(NAMES)}."
        )
    errors = RowErrors("s3rec")
    interactions = _sequences(find_file(folder, f"{name}.txt"), errors)
    attributes = _attributes(find_file(folder, f"{name}_item2attributes.json"), errors)
    errors.stop_if_any()
    met = {int(item.partition(":")[2]) for item in interactions["item"].unique()}
    said = name.replace("_", " ")
    items = [
        Item(
            id=f"product:{number}",
            title=f"{said} item {number}",
            kind="product",
            attributes={"attribute": tuple(f"attribute {a}" for a in attributes[number])}
            if attributes.get(number)
            else {},
        )
        for number in sorted(met | set(attributes))
    ]
    notes = [
        "S3-Rec preprocessing of Amazon reviews: for research.",
        "Items and attributes have numbers for names; the time of an interaction is its place in the "
        "sequence.",
    ]
    title = f"Amazon {said} (S3-Rec)"
    return Catalogue(
        title, "products", "s3rec", with_popularity(items, interactions), interactions, notes=notes
    )


def _sequences(file: Path, errors: RowErrors) -> pl.DataFrame:
    lines = read_text(file, errors).rstrip("\n").split("\n")
    table = pl.DataFrame(
        {"line": range(1, len(lines) + 1), "text": lines}, schema_overrides={"text": pl.String}
    )
    text = pl.col("text").str.strip_chars()
    right = text.str.contains(r"^\d+( \d+)+$")
    for number, found in table.filter(~right).head(20).iter_rows():
        errors.add(file.name, number, "", "a user number and item numbers between single spaces", found)
    split = table.filter(right).select("line", parts=text.str.split(" "))
    users = split.with_columns(user=pl.col("parts").list.first())
    first = users.group_by("user").agg(pl.col("line").min().alias("first"))
    again = users.join(first, on="user").filter(pl.col("line") > pl.col("first")).sort("line")
    for row in again.head(20).iter_rows(named=True):
        errors.add(file.name, row["line"], "user", f"a user met only once (line {row['first']})", row["user"])
    return (
        users.select("user", item=pl.col("parts").list.slice(1))
        .with_columns(time=pl.int_ranges(0, pl.col("item").list.len()))
        .explode("item", "time")
        .select(
            "user",
            item=pl.format("product:{}", pl.col("item").cast(pl.Int64)),
            value=pl.lit(1.0),
            time=pl.col("time").cast(INTERACTION_SCHEMA["time"]),
            scene=pl.lit("review"),
        )
    )


def _attributes(file: Path, errors: RowErrors) -> dict[int, list[int]]:
    try:
        raw = json.loads(read_text(file, errors))
    except ValueError as error:
        errors.add(file.name, getattr(error, "lineno", None), "", "a JSON object", str(error))
        return {}
    if not isinstance(raw, dict):
        errors.add(file.name, 1, "", "a JSON object of item numbers", type(raw).__name__)
        return {}
    found: dict[int, list[int]] = {}
    for key, values in raw.items():
        if not key.isdecimal():
            errors.add(file.name, None, "item", "an item number", key)
        elif not isinstance(values, list) or not all(type(v) is int for v in values):
            errors.add(file.name, None, f"attributes of item {key}", "a list of integers", json.dumps(values))
        else:
            found[int(key)] = list(dict.fromkeys(values))
    return found
