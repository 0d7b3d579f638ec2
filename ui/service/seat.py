"""What does one open page of the console hold, and what of it may a browser tell us?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.errors import InvalidRequest
from agent.memory import check_name
from agent.service.session import ServiceAgent
from recsys.customers import Customer

MOST_FOUND = 8


@dataclass
class Seat:
    """One open page: who sits there, what it shows, and what its reply rests on."""

    operator: str = ""
    by_login: bool = False
    """Whether the name comes from the login, so that the page cannot change it."""
    shop: str = ""
    case: str = ""
    loaded: str = ""
    """What the console put into the reply last; a reply that differs was edited."""
    seen: int = 0
    """Entries of the course that the reply rests on."""
    told: int = 0
    """Entries of the course after which the operator was last told that something came."""
    aside: str = ""
    """A reply of the operator that a newer draft took the place of."""
    looks_for: tuple[str, str] = ("", "open")
    """Search and filter of the queue."""
    drafting: str = ""
    """Case for which this page has a draft prepared now."""
    shown: dict[str, str] = field(default_factory=dict)
    """Part of the page to the HTML that was sent last."""
    version: tuple[int, int] = (-1, -1)
    ticks: int = 0
    token: str = ""
    """Tells this page from the others."""

    def edited(self, reply: str) -> bool:
        """Say whether a reply is more than what the console put there."""
        return bool(reply.strip()) and reply.split() != self.loaded.split()


def named(value: object) -> str:
    """Return a name that can be an operator's, in one line; an empty string for anything else."""
    if not isinstance(value, str):
        return ""
    name = " ".join(value.split())
    try:
        return check_name(name, "operator")
    except InvalidRequest:
        return ""


def kept_of(state: object) -> dict[str, str]:
    """Return what the browser kept, with only the parts of the right form; a browser may send anything."""
    if not isinstance(state, Mapping):
        return {}
    return {
        key: value
        for key in ("operator", "shop", "case")
        if isinstance(value := state.get(key), str) and len(value) <= 128
    }


def find_customers(agent: ServiceAgent, asked: str) -> list[Customer]:
    """Return customers whose order number is `asked`, or whose name, email or postcode holds each of its words."""
    shop = agent.services.customers
    words = asked.casefold().split()
    if not words:
        return []
    order = shop.order(asked)
    if order is not None:
        found = shop.get(order.customer)
        return [found] if found else []
    hits = []
    for one in shop.customers:
        if all(word in f"{one.name} {one.email} {one.address.postcode}".casefold() for word in words):
            hits.append(one)
            if len(hits) == MOST_FOUND:
                break
    return hits


def bought_most(agent: ServiceAgent, customer: str, most: int = 3) -> list[str]:
    """Return the kinds of things that a customer ordered most, with how many."""
    counts: dict[str, int] = {}
    for order in agent.services.customers.orders_of(customer):
        for line in order.lines:
            item = agent.services.workspace.item(line.item)
            traits = item.attributes if item is not None else {}
            for value in (traits.get("kind") or traits.get("category") or ())[:1]:
                counts[value] = counts.get(value, 0) + line.quantity
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [f"{name} ({count})" for name, count in ranked[:most]]
