"""Invented customers hold exactly what their simulated people bought, and files bring them back."""

from collections import Counter

import pytest

from recsys.customers import Customers, Order, read_customers, write_customers
from recsys.errors import WorkspaceError
from recsys.starter import load_starter


@pytest.fixture(scope="module")
def shop():
    return load_starter("shop", 7)


def test_orders_are_what_was_bought(shop):
    people = shop.customers
    ids = {one.id for one in people.customers}
    bought = {user: Counter() for user in ids}
    for user, item in shop.interactions.select("user", "item").iter_rows():
        if user in ids:
            bought[user][item] += 1
    for user in ids:
        assert Counter(line.item for order in people.orders_of(user) for line in order.lines) == bought[user]
    assert {"pending", "packed", "shipped", "delivered"} <= {order.status for order in people.orders}
    assert all(one.email.endswith(".invalid") for one in people.customers)


def test_files_bring_customers_back_and_only_the_owner_reads_them(shop, tmp_path):
    some = Customers(shop.customers.customers[:3], shop.customers.orders_of(shop.customers.customers[0].id))
    write_customers(tmp_path, some)
    again = read_customers(tmp_path)
    assert (list(again.customers), list(again.orders)) == (list(some.customers), list(some.orders))
    assert (tmp_path / "customers.parquet").stat().st_mode & 0o077 == 0
    first = some.customers[0]
    assert again.by_email(first.email.upper()) == first
    assert again.by_name(f" {first.name} ", first.address.postcode) == [first]


def test_a_build_without_customers_opens_and_a_damaged_one_is_said_so(shop, tmp_path):
    assert not read_customers(tmp_path)
    lost = Customers(
        shop.customers.customers[:1], [Order.model_validate(shop.customers.orders[-1].model_dump())]
    )
    write_customers(tmp_path, lost)
    with pytest.raises(WorkspaceError, match="belongs to no customer"):
        read_customers(tmp_path)
    (tmp_path / "orders.parquet").write_bytes(b"no parquet")
    with pytest.raises(WorkspaceError, match="cannot be read"):
        read_customers(tmp_path)
