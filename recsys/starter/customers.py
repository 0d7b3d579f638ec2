"""Invented customers of the invented shop: each is one of the simulated people, with orders of what they bought."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from recsys.customers import Address, Customer, Customers, Order, OrderLine, OrderStatus, PaymentMethod
from recsys.schema import Item
from recsys.starter.simulate import LAST_DAY

FILE = "customers.toml"
AS_OF = datetime.fromtimestamp(LAST_DAY, UTC).date()
"""Today in the invented shop: its time stands still where the simulated behaviour ends."""
_CUSTOMERS = 400
_PIECES = ((1, 0.55), (2, 0.3), (3, 0.15))
"""How many things are in one order, and how often."""
_PAYMENTS = (
    ("credit card", 0.5),
    ("paypal", 0.2),
    ("bank transfer", 0.15),
    ("pay later", 0.1),
    ("gift card", 0.05),
)
_CANCELLED, _SENT_BACK = 0.03, 0.07


class _Country(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    share: float = Field(gt=0)
    days: tuple[int, int]
    cities: tuple[str, ...]
    postcode: str


class _Names(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    streets: tuple[str, ...]
    countries: tuple[_Country, ...]


def invent_customers(items: Sequence[Item], interactions: pl.DataFrame, seed: int) -> Customers:
    """Return customers for the simulated people who bought last, and orders that hold exactly what they bought.

    Deterministic in its arguments. A person's purchases, in the order of their times, are cut into orders of one
    to three things; an order's date is that of its first. Its status follows from its age at `AS_OF` and the days
    of delivery to the country.
    """
    rng = np.random.default_rng([seed, 1])
    names = _Names.model_validate(tomllib.loads((files("recsys.starter") / "data" / FILE).read_text("utf-8")))
    by_id = {item.id: item for item in items}
    last = (
        interactions.group_by("user")
        .agg(pl.col("time").max())
        .sort(["time", "user"], descending=[True, False])
    )
    chosen = sorted(last["user"].head(_CUSTOMERS))
    bought = interactions.filter(pl.col("user").is_in(chosen)).sort(["user", "time", "item"])
    customers: list[Customer] = []
    orders: list[Order] = []
    for (user,), rows in bought.group_by("user", maintain_order=True):
        country = names.countries[_draw(rng, [one.share for one in names.countries])]
        customer = _customer(str(user), len(customers), names, country, rng)
        customers.append(customer)
        meetings = list(zip(rows["item"], rows["time"], strict=True))
        while meetings:
            size = _PIECES[_draw(rng, [share for _, share in _PIECES])][0]
            part, meetings = meetings[:size], meetings[size:]
            placed = datetime.fromtimestamp(part[0][1], UTC).date()
            lines = [_line(by_id[item], rng) for item, _ in part]
            orders.append(_order(f"FW-{100001 + len(orders)}", customer, country, placed, lines, rng))
    return Customers(customers, orders)


def _customer(user: str, number: int, names: _Names, country: _Country, rng: np.random.Generator) -> Customer:
    first, last = str(rng.choice(names.first_names)), str(rng.choice(names.last_names))
    kind = _PAYMENTS[_draw(rng, [share for _, share in _PAYMENTS])][0]
    label, balance = kind, None
    if kind == "credit card":
        label = f"credit card ending in {rng.integers(1000, 10000)}"
    elif kind == "gift card":
        balance = float(rng.integers(5, 250))
    return Customer(
        id=user,
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{number + 1}@customers.invalid".lower(),
        address=Address(
            street=f"{rng.choice(names.streets)} {rng.integers(1, 180)}",
            city=str(rng.choice(country.cities)),
            postcode="".join(_filled(sign, rng) for sign in country.postcode),
            country=country.name,
        ),
        payment_methods=(
            PaymentMethod.model_validate(
                {"id": f"pay-{user}", "kind": kind, "label": label, "balance": balance}
            ),
        ),
    )


def _line(item: Item, rng: np.random.Generator) -> OrderLine:
    colours = item.attributes.get("colour", ())
    options: Mapping[str, str] = {"colour": str(rng.choice(colours))} if len(colours) > 1 else {}
    return OrderLine(
        item=item.id, title=item.title, options=dict(options), price=item.numbers.get("price", 0.0)
    )


def _order(
    order_id: str,
    customer: Customer,
    country: _Country,
    placed: date,
    lines: list[OrderLine],
    rng: np.random.Generator,
) -> Order:
    days = int(rng.integers(country.days[0], country.days[1] + 1))
    # Two of seven days are no working days.
    arrives = placed + timedelta(days=1 + round(days * 7 / 5))
    age = (AS_OF - placed).days
    chance = rng.random()
    status: OrderStatus
    if age <= 0:
        status = "pending"
    elif chance < _CANCELLED:
        status = "cancelled"
    elif age == 1:
        status = "pending" if chance < 0.4 else "packed"
    elif arrives > AS_OF:
        status = "shipped"
    elif chance > 1 - _SENT_BACK:
        status = (
            "returned"
            if age > 45
            else "return requested"
            if chance > 1 - 0.7 * _SENT_BACK
            else "exchange requested"
        )
    else:
        status = "delivered"
    sent = status not in ("pending", "packed", "cancelled")
    return Order(
        id=order_id,
        customer=customer.id,
        status=status,
        lines=tuple(lines),
        address=customer.address,
        paid_with=customer.payment_methods[0].label,
        placed=placed,
        delivered=arrives if sent and status != "shipped" else None,
        tracking=(f"TRK{rng.integers(10**8, 10**9)}",) if sent else (),
    )


def _draw(rng: np.random.Generator, shares: Sequence[float]) -> int:
    return int(rng.choice(len(shares), p=np.asarray(shares) / sum(shares)))


def _filled(sign: str, rng: np.random.Generator) -> str:
    if sign == "#":
        return str(rng.integers(1, 10))
    return chr(ord("A") + int(rng.integers(26))) if sign == "A" else sign
