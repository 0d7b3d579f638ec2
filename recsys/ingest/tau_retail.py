"""The retail shop of the tau benchmark: products with variants, orders, and the shop's policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from recsys.catalogue import INTERACTION_SCHEMA, Catalogue, with_popularity
from recsys.ingest.options import no_options
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import find_file, read_text
from recsys.schema import Item

M = TypeVar("M", bound=BaseModel)


class _Variant(BaseModel):
    item_id: str
    options: dict[str, str]
    available: bool
    price: float = Field(ge=0)


class _Product(BaseModel):
    name: str = Field(min_length=1)
    product_id: str = Field(min_length=1)
    variants: dict[str, _Variant] = Field(min_length=1)


class _Line(BaseModel):
    product_id: str


class _Order(BaseModel):
    user_id: str
    items: list[_Line]


def load_tau_retail(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read products.json, orders.json and wiki.md; a product is an item, its variants' options its facets.

    The price is that of the cheapest available variant, or of the cheapest one when none is available. A
    person's orders are interactions of the scene `buy`. Raises `SourceError` that lists the bad rows.
    """
    no_options("tau-retail", options)
    errors = RowErrors("tau-retail")
    data = folder / "data" if (folder / "data").is_dir() else folder
    products = _read(find_file(data, "products.json"), _Product, errors)
    orders = _read(data / "orders.json", _Order, errors) if (data / "orders.json").is_file() else {}
    known = {product.product_id for product in products.values()}
    for key, order in orders.items():
        for line in order.items:
            if line.product_id not in known:
                errors.add(
                    "orders.json",
                    None,
                    f"{key}.items.product_id",
                    "an id that products.json has",
                    line.product_id,
                )
    wiki = next((f for f in (folder / "wiki.md", data.parent / "wiki.md") if f.is_file()), None)
    policy = read_text(wiki, errors) if wiki else ""
    errors.stop_if_any()
    bought = {(o.user_id, f"product:{line.product_id}"): None for o in orders.values() for line in o.items}
    interactions = pl.DataFrame(
        [(user, item, 1.0, None, "buy") for user, item in bought], schema=INTERACTION_SCHEMA, orient="row"
    )
    items = [_item(product) for product in products.values()]
    notes = ["tau-bench retail, MIT licence. Customers and orders are invented."]
    if not policy:
        notes.append("No wiki.md in the folder: the shop has no written policy.")
    return Catalogue(
        "Retail shop (tau-bench)",
        "shop",
        "tau-retail",
        with_popularity(items, interactions),
        interactions,
        policy=policy,
        notes=notes,
    )


def _item(product: _Product) -> Item:
    variants = list(product.variants.values())
    available = [variant for variant in variants if variant.available] or variants
    facets: dict[str, dict[str, None]] = {}
    for variant in variants:
        for option, value in variant.options.items():
            if value.strip():
                facets.setdefault("colour" if option == "color" else option, {})[value.strip()] = None
    return Item(
        id=f"product:{product.product_id}",
        title=product.name,
        kind="product",
        attributes={"category": (product.name,)} | {name: tuple(sorted(v)) for name, v in facets.items()},
        numbers={"price": min(variant.price for variant in available)},
    )


def _read(file: Path, model: type[M], errors: RowErrors) -> dict[str, M]:
    try:
        raw: Any = json.loads(read_text(file, errors))
    except ValueError as error:
        errors.add(file.name, getattr(error, "lineno", None), "", "a JSON object", str(error))
        return {}
    try:
        records = TypeAdapter(dict[str, Any]).validate_python(raw)
    except ValidationError:
        errors.add(file.name, 1, "", "a JSON object", type(raw).__name__)
        return {}
    good: dict[str, M] = {}
    for key, record in records.items():
        try:
            good[key] = model.model_validate(record, strict=True)
        except ValidationError as error:
            for wrong in error.errors():
                column = ".".join((key, *(str(part) for part in wrong["loc"])))
                errors.add(file.name, None, column, wrong["msg"].lower(), str(wrong["input"]))
    return good
