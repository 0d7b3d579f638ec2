"""Find what could replace an ordered item, or what goes with an order."""

from __future__ import annotations

from collections.abc import Sequence

from agent.evidence import Fact, ItemCard
from agent.service.context import ServiceScope, service_tool
from agent.service.evidence import LineCard, ServicePayload
from agent.service.tools.arguments import RecommendForCustomer
from agent.service.tools.find_customer import ASK
from agent.support import fold
from agent.tools.payloads import recommended_cards
from agent.tools.wishes import list_notes
from recsys.customers import Order, OrderLine
from recsys.schema import Constraints, RecommendRequest

NAME = "recommend_for_customer"
_LISTED = 3
_FITS = {"replacement": "a replacement", "addition": "an addition"}
_SAME_THING = ("kind",)
"""Facets that say what a thing is: a replacement has the same, an addition another."""


def run(scope: ServiceScope, given: RecommendForCustomer) -> ServicePayload:
    """Rank for the customer of the case: by what they ordered, their stored interests, and the wish in words.

    For a replacement, other options of the same product come beside other products of the same kind.
    """
    turn, desk = scope.turn, scope.desk
    customer = turn.customer
    if customer is None:
        return ServicePayload(tool=NAME, notes=["No customer is identified in this case yet."], question=ASK)
    order = turn.own_order(given.order) if given.order else None
    if order is None:
        newest = desk.customers.orders_of(customer.id)[:1]
        order = newest[0] if newest and given.need == "addition" else None
    if order is None:
        return ServicePayload(tool=NAME, question="Which order is it about?")
    lines = _lines(order, given.item)
    owned = {line.item for one in desk.customers.orders_of(customer.id) for line in one.lines}
    kinds = _kinds(scope, lines)
    constraints = Constraints(
        include=kinds if given.need == "replacement" else {},
        exclude=kinds if given.need == "addition" else {},
        exclude_items=tuple(sorted(owned)),
    )
    request = RecommendRequest(
        seeds=tuple(dict.fromkeys(line.item for line in lines)),
        text=given.wish if scope.did_say(given.wish) else "",
        constraints=constraints,
        limit=_LISTED,
    )
    found = desk.recommend(customer.id, request)
    cards = [_priced(scope, card) for card in recommended_cards(found.recommendations)]
    options = _options(scope, lines) if given.need == "replacement" else []
    notes = list_notes(found)
    if not cards and not options:
        notes.append(f"Nothing in this shop fits as {_FITS[given.need]}.")
    facts = [
        Fact(text=f"Also to be had: {one.label} at {one.price}.", names=[one.title, *one.options.values()])
        for one in options
    ]
    return ServicePayload(tool=NAME, items=cards, options=options, need=given.need, facts=facts, notes=notes)


def _lines(order: Order, title: str) -> Sequence[OrderLine]:
    wanted = set(fold(title))
    shared = [(len(wanted & set(fold(line.title))), line) for line in order.lines]
    most = max(n for n, _ in shared)
    return [line for n, line in shared if n == most] if most else order.lines


def _kinds(scope: ServiceScope, lines: Sequence[OrderLine]) -> dict[str, tuple[str, ...]]:
    kinds: dict[str, dict[str, None]] = {}
    for line in lines:
        item = scope.services.workspace.item(line.item)
        for facet in _SAME_THING:
            for value in item.attributes.get(facet, ()) if item is not None else ():
                kinds.setdefault(facet, {})[value] = None
    return {facet: tuple(values) for facet, values in kinds.items()}


def _options(scope: ServiceScope, lines: Sequence[OrderLine]) -> list[LineCard]:
    """Return available variants of one ordered product, most like the ordered one first, then the nearest in price."""
    if len(lines) != 1:
        return []
    line = lines[0]
    others = [
        one for one in scope.desk.customers.variants_of(line.item) if one.available and one.id != line.variant
    ]
    others.sort(
        key=lambda one: (
            -sum(one.options.get(name) == value for name, value in line.options.items()),
            abs(one.price - line.price),
            one.id,
        )
    )
    return [
        LineCard(item=line.item, title=line.title, options=one.options, price=scope.desk.money(one.price))
        for one in others[:_LISTED]
    ]


def _priced(scope: ServiceScope, card: ItemCard) -> ItemCard:
    item = scope.services.workspace.item(card.id)
    if item is None or "price" not in item.numbers:
        return card
    return card.model_copy(
        update={"facts": card.facts | {"price": [scope.desk.money(item.numbers["price"])]}}
    )


recommend_for_customer = service_tool(NAME, RecommendForCustomer, run)
