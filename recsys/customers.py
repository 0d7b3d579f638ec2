"""Who bought what, and where does each order stand? Customers, orders and variants of a shop, and their files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from recsys.errors import WorkspaceError

OrderStatus = Literal[
    "pending",
    "packed",
    "processed",
    "shipped",
    "delivered",
    "cancelled",
    "return requested",
    "returned",
    "exchange requested",
]
"""`pending`: nothing was done yet. `packed` and `processed`: on its way out, too late to change."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Address(_Record):
    """Where somebody lives or an order goes."""

    street: str
    city: str
    postcode: str
    country: str
    region: str = ""


class PaymentMethod(_Record):
    """How a customer can pay; never a whole card number."""

    id: str
    kind: Literal["credit card", "paypal", "gift card", "bank transfer", "pay later"]
    label: str
    """As a person reads it: `mastercard ending in 9212`."""
    balance: float | None = None
    """What is left on a gift card, in the shop's currency."""


class Customer(_Record):
    """Somebody who ordered."""

    id: str = Field(min_length=1)
    """Also the user of their interactions."""
    first_name: str
    last_name: str
    email: str
    address: Address
    payment_methods: tuple[PaymentMethod, ...] = ()

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


class OrderLine(_Record):
    """One thing in an order."""

    item: str
    """Id of the item in the catalogue."""
    title: str
    variant: str = ""
    """Id of the variant, where the shop has variants."""
    options: dict[str, str] = Field(default_factory=dict)
    """Options of the variant: size, colour, ..."""
    price: float = Field(ge=0)
    """Of one piece, in the shop's currency."""
    quantity: int = Field(default=1, ge=1)


class Order(_Record):
    """One order of one customer."""

    id: str = Field(min_length=1)
    customer: str
    status: OrderStatus
    lines: tuple[OrderLine, ...] = Field(min_length=1)
    address: Address
    paid_with: str = ""
    """Label of the payment method."""
    placed: date | None = None
    delivered: date | None = None
    tracking: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """Price of all lines, in the shop's currency."""
        return round(sum(line.price * line.quantity for line in self.lines), 2)


class Variant(_Record):
    """One form in which an item is sold."""

    id: str = Field(min_length=1)
    item: str
    options: dict[str, str] = Field(default_factory=dict)
    price: float = Field(ge=0)
    available: bool = True


@dataclass(frozen=True)
class Customers:
    """The customers of one shop with their orders, and the ways to find them. Nothing here checks who asks."""

    customers: Sequence[Customer] = ()
    orders: Sequence[Order] = ()
    variants: Sequence[Variant] = ()

    def __bool__(self) -> bool:
        return bool(self.customers)

    def get(self, customer_id: str) -> Customer | None:
        """Return the customer of this id, or None."""
        return self._by_id.get(customer_id)

    def by_email(self, email: str) -> Customer | None:
        """Return the customer with this email address, without regard to case, or None."""
        return self._by_email.get(email.strip().casefold())

    def by_name(self, name: str, postcode: str) -> list[Customer]:
        """Return the customers of this whole name at this postcode; spaces and case do not count."""
        return self._by_name.get((_squeezed(name), _squeezed(postcode)), [])

    def order(self, order_id: str) -> Order | None:
        """Return an order; `#` and case do not count."""
        return self._orders.get(order_key(order_id))

    def orders_of(self, customer_id: str) -> list[Order]:
        """Return the orders of a customer, newest first; in the source's order where it has no dates."""
        return self._of_customer.get(customer_id, [])

    def variants_of(self, item_id: str) -> list[Variant]:
        """Return the variants of an item; empty where the shop has none."""
        return self._variants.get(item_id, [])

    @cached_property
    def _by_id(self) -> dict[str, Customer]:
        return {one.id: one for one in self.customers}

    @cached_property
    def _by_email(self) -> dict[str, Customer]:
        return {one.email.casefold(): one for one in self.customers}

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], list[Customer]]:
        found: dict[tuple[str, str], list[Customer]] = {}
        for one in self.customers:
            found.setdefault((_squeezed(one.name), _squeezed(one.address.postcode)), []).append(one)
        return found

    @cached_property
    def _orders(self) -> dict[str, Order]:
        return {order_key(one.id): one for one in self.orders}

    @cached_property
    def _of_customer(self) -> dict[str, list[Order]]:
        found: dict[str, list[Order]] = {}
        for one in self.orders:
            found.setdefault(one.customer, []).append(one)
        return {
            who: sorted(some, key=lambda one: one.placed or date.min, reverse=True)
            for who, some in found.items()
        }

    @cached_property
    def _variants(self) -> dict[str, list[Variant]]:
        found: dict[str, list[Variant]] = {}
        for one in self.variants:
            found.setdefault(one.item, []).append(one)
        return found


def order_key(order_id: str) -> str:
    """Return an order's number as it is compared: without `#` and spaces, in capitals."""
    return order_id.strip().lstrip("#").replace(" ", "").upper()


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


_R = TypeVar("_R", bound=_Record)


def write_customers(folder: Path, found: Customers) -> dict[str, int]:
    """Write `customers.parquet`, `orders.parquet` and `variants.parquet`, each only where there is something.

    They are readable by the owner only, and what is nested is a JSON column. Returns counts for the manifest.
    """
    counts: dict[str, int] = {}
    for name, rows in (
        ("customers", found.customers),
        ("orders", found.orders),
        ("variants", found.variants),
    ):
        if rows:
            file = folder / f"{name}.parquet"
            _write(file, rows)
            file.chmod(0o600)
            counts[name] = len(rows)
    return counts


def read_customers(folder: Path) -> Customers:
    """Read what `write_customers` wrote; a build without these files has no customers.

    Raises `WorkspaceError` when a file is damaged or an order belongs to nobody.
    """
    found = Customers(
        _read(folder / "customers.parquet", Customer),
        _read(folder / "orders.parquet", Order),
        _read(folder / "variants.parquet", Variant),
    )
    known = {one.id for one in found.customers}
    if any(order.customer not in known for order in found.orders):
        raise WorkspaceError(f"An order in {folder} belongs to no customer. Build the workspace anew.")
    return found


def _write(file: Path, rows: Iterable[_Record]) -> None:
    table = []
    for row in rows:
        values = row.model_dump(mode="json")
        table.append(
            {
                k: json.dumps(v, ensure_ascii=False) if isinstance(v, dict | list) else v
                for k, v in values.items()
            }
        )
    pl.DataFrame(table, infer_schema_length=None).write_parquet(file)


def _read(file: Path, model: type[_R]) -> list[_R]:
    if not file.is_file():
        return []
    nested = {
        name
        for name, info in model.model_fields.items()
        if any(word in str(info.annotation) for word in ("tuple", "dict", "Address"))
    }
    try:
        return [
            model.model_validate({k: json.loads(v) if k in nested else v for k, v in row.items()})
            for row in pl.read_parquet(file).iter_rows(named=True)
        ]
    except (ValueError, pl.exceptions.PolarsError, OSError) as error:
        raise WorkspaceError(
            f"{file} cannot be read ({type(error).__name__}). Build the workspace anew."
        ) from error
