"""The retail shop of the tau benchmark: products with variants, orders, and the shop's policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import polars as pl
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from recsys.catalogue import CURRENCY, INTERACTION_SCHEMA, Catalogue, with_popularity
from recsys.customers import (
    Address,
    Customer,
    Customers,
    Order,
    OrderLine,
    OrderStatus,
    PaymentMethod,
    Variant,
)
from recsys.ingest.options import no_options
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import find_file, read_text
from recsys.schema import Item

M = TypeVar("M", bound=BaseModel)
_STATUSES: tuple[str, ...] = get_args(OrderStatus)


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
    item_id: str = ""
    name: str = ""
    price: float = Field(default=0.0, ge=0)
    options: dict[str, str] = Field(default_factory=dict)


class _Fulfilment(BaseModel):
    tracking_id: list[str] = Field(default_factory=list)


class _Payment(BaseModel):
    transaction_type: str
    payment_method_id: str


class _Address(BaseModel):
    address1: str
    address2: str = ""
    city: str
    state: str = ""
    zip: str
    country: str


class _Order(BaseModel):
    user_id: str
    items: list[_Line] = Field(min_length=1)
    status: str = "pending"
    address: _Address | None = None
    fulfillments: list[_Fulfilment] = Field(default_factory=list)
    payment_history: list[_Payment] = Field(default_factory=list)


class _Name(BaseModel):
    first_name: str
    last_name: str


class _Method(BaseModel):
    source: str
    id: str
    brand: str = ""
    last_four: str = ""
    balance: float | None = None


class _User(BaseModel):
    name: _Name
    address: _Address
    email: str
    payment_methods: dict[str, _Method] = Field(default_factory=dict)


def load_tau_retail(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read products.json, orders.json, users.json and wiki.md; a product is an item, its variants' options its facets.

    The price is that of the cheapest available variant, or of the cheapest one when none is available. A
    person's orders are interactions of the scene `buy`; where users.json is there, customers, orders and variants
    are kept for the service mode. Raises `SourceError` that lists the bad rows.
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
    users = _read(data / "users.json", _User, errors) if (data / "users.json").is_file() else {}
    for key, order in orders.items():
        if users and order.user_id not in users:
            errors.add("orders.json", None, f"{key}.user_id", "an id that users.json has", order.user_id)
        if users and order.status not in _STATUSES:
            errors.add("orders.json", None, f"{key}.status", f"one of {', '.join(_STATUSES)}", order.status)
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
        config={CURRENCY: "$"},
        customers=_customers(products, orders, users) if users else Customers(),
    )


def _customers(
    products: Mapping[str, _Product], orders: Mapping[str, _Order], users: Mapping[str, _User]
) -> Customers:
    people = {
        key: Customer(
            id=key,
            first_name=user.name.first_name,
            last_name=user.name.last_name,
            email=user.email,
            address=_address(user.address),
            payment_methods=tuple(_method(one) for one in user.payment_methods.values()),
        )
        for key, user in users.items()
    }
    bought = [_order(key, order, people[order.user_id]) for key, order in orders.items()]
    variants = [
        Variant(
            id=one.item_id,
            item=f"product:{product.product_id}",
            options=_options(one.options),
            price=one.price,
            available=one.available,
        )
        for product in products.values()
        for one in product.variants.values()
    ]
    return Customers(list(people.values()), bought, variants)


def _order(key: str, order: _Order, customer: Customer) -> Order:
    labels = {one.id: one.label for one in customer.payment_methods}
    paid = [one.payment_method_id for one in order.payment_history if one.transaction_type == "payment"]
    return Order.model_validate(
        {
            "id": key,
            "customer": customer.id,
            "status": order.status,
            "lines": tuple(
                OrderLine(
                    item=f"product:{line.product_id}",
                    title=line.name or line.product_id,
                    variant=line.item_id,
                    options=_options(line.options),
                    price=line.price,
                )
                for line in order.items
            ),
            "address": _address(order.address) if order.address else customer.address,
            "paid_with": labels.get(paid[-1], "") if paid else "",
            "tracking": tuple(number for part in order.fulfillments for number in part.tracking_id),
        }
    )


def _address(given: _Address) -> Address:
    return Address(
        street=", ".join(part for part in (given.address1, given.address2) if part),
        city=given.city,
        postcode=given.zip,
        country=given.country,
        region=given.state,
    )


def _method(given: _Method) -> PaymentMethod:
    kind = given.source.replace("_", " ")
    label = f"{given.brand} credit card ending in {given.last_four}".strip() if given.last_four else kind
    return PaymentMethod.model_validate(
        {"id": given.id, "kind": kind, "label": label, "balance": given.balance}
    )


def _options(given: Mapping[str, str]) -> dict[str, str]:
    return {"colour" if name == "color" else name: value for name, value in given.items() if value.strip()}


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
