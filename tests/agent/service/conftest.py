"""A small shop with three customers, built once for the tests of the service mode."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from agent.scripted import ScriptedChatModel
from agent.service.session import ServiceAgent
from agent.settings import Settings
from recsys.build import build_workspace
from recsys.catalogue import AS_OF, CURRENCY, INTERACTION_SCHEMA, Catalogue
from recsys.customers import Address, Customer, Customers, Order, OrderLine, PaymentMethod, Variant
from recsys.schema import Item

POLICY = """# Policy

## Cancel pending order {#cancel}

An order can only be cancelled if its status is pending. The money is back within 5 working days.

## Returns {#returns}

You may return an item within 30 days of delivery. A return label costs €4.95.

## Exchanges {#exchanges}

You may exchange an item for another colour of the same product within 30 days of delivery.
"""
KINDS = {"pan": "Kitchen", "lamp": "Home", "bag": "Travel"}
MAKES = ("Harrow", "Pellow", "Ostrel", "Dunmarrow")
ITEMS = [
    Item(id=f"product:{kind}-{k}", title=f"{make} {kind.title()}", kind="product",
         description=f"A {kind} for people who want one that lasts.",
         attributes={"kind": (kind,), "category": (category,), "brand": (make,), "colour": ("red", "blue")},
         numbers={"price": 20.0 + 5 * k})
    for kind, category in KINDS.items()
    for k, make in enumerate(MAKES)
]  # fmt: skip


def customer(number, first, last):
    where = Address(
        street=f"{number} Elm Row", city="Oldeveen", postcode=f"{1000 + number} AB", country="Netherlands"
    )
    card = PaymentMethod(id=f"p{number}", kind="credit card", label=f"credit card ending in {4000 + number}")
    return Customer(id=f"c{number}", first_name=first, last_name=last, email=f"{first}.{last}@shop.invalid".lower(),
                    address=where, payment_methods=(card,))  # fmt: skip


PEOPLE = [customer(1, "Anna", "Smeets"), customer(2, "Bram", "Vos"), customer(3, "Clara", "Maes")]


def order(number, who, status, item, delivered=None):
    one = ITEMS[item]
    line = OrderLine(
        item=one.id,
        title=one.title,
        options={"colour": "red"},
        price=one.numbers["price"],
        variant=f"{one.id}-red",
    )
    return Order(
        id=f"T-{number}",
        customer=who.id,
        status=status,
        lines=(line,),
        address=who.address,
        delivered=delivered,
        paid_with=who.payment_methods[0].label,
        placed=date(2025, 12, 1),
        tracking=(f"TRK{number}9",) if delivered else (),
    )


ORDERS = [
    order(100001, PEOPLE[0], "pending", 0),
    order(100002, PEOPLE[0], "delivered", 4, date(2025, 12, 20)),
    order(100003, PEOPLE[1], "pending", 8),
    order(100004, PEOPLE[2], "delivered", 9, date(2025, 12, 10)),
]
SHOP = Customers(
    PEOPLE,
    ORDERS,
    [
        Variant(id=f"{one.id}-{colour}", item=one.id, options={"colour": colour}, price=21.0)
        for one in ITEMS
        for colour in ("red", "blue")
    ],
)


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("shop")
    rows = [
        {
            "user": f"u{u}",
            "item": ITEMS[(u * 5 + k * k) % len(ITEMS)].id,
            "value": 1.0,
            "time": k,
            "scene": "buy",
        }
        for u in range(8)
        for k in range(4)
    ]
    catalogue = Catalogue(
        name="Test shop", domain="shop", source="test", items=ITEMS,
        interactions=pl.DataFrame(rows, schema=INTERACTION_SCHEMA).unique(["user", "item"], maintain_order=True),
        simulated=True, policy=POLICY, customers=SHOP, config={AS_OF: "2025-12-31", CURRENCY: "€"},
    )  # fmt: skip
    build_workspace(path, catalogue, seed=7, progress=lambda line: None)
    return path


@pytest.fixture
def shop_path(built_shop, tmp_path) -> Path:
    path = tmp_path / "shop"
    shutil.copytree(built_shop, path)
    return path


@pytest.fixture(scope="session")
def open_desk(built_shop, tmp_path_factory):
    path = tmp_path_factory.mktemp("desk") / "shop"
    shutil.copytree(built_shop, path)
    with ServiceAgent.open(path) as agent:
        yield agent


@pytest.fixture
def desk(open_desk):
    for case in open_desk.cases():
        open_desk.forget(case)
    return open_desk


@pytest.fixture
def scripted_desk(shop_path):
    opened = []

    def make(*script):
        agent = ServiceAgent.open(shop_path, Settings(), ScriptedChatModel(script))
        opened.append(agent)
        return agent

    yield make
    for agent in opened:
        agent.close()


def draft_of(agent, text, case="k1", operator="olga"):
    """Run a turn and return its draft."""
    events = list(agent.assist(operator, case, text))
    assert events[0].type == "turn_started"
    assert events[-1].type == "turn_ended"
    return next(event.draft for event in events if event.type == "draft")
