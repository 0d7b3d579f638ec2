"""Find what could replace an ordered item, or what goes with an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from agent.evidence import Fact, ItemCard
from agent.grounding.support import fold
from agent.service.context import ServiceScope, service_tool
from agent.service.evidence import LineCard, ServicePayload
from agent.service.tools.arguments import RecommendForCustomer
from agent.service.tools.find_customer import ASK
from agent.tools.payloads import recommended_cards
from agent.tools.wishes import degraded_notes
from recsys.customers import Order, OrderLine
from recsys.schema import Constraints, Recommendation, RecommendRequest

NAME = "recommend_for_customer"
_LISTED = 3
_FITS = {"replacement": "a replacement", "addition": "an addition"}
Values = dict[str, tuple[str, ...]]


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
    request = RecommendRequest(
        seeds=tuple(dict.fromkeys(line.item for line in lines)),
        text=given.wish if scope.did_say(given.wish) else "",
        constraints=Constraints(exclude_items=tuple(sorted(owned))),
        limit=_LISTED,
    )
    found, notes = _nearest(scope, customer.id, request, _steps(scope, lines, given.need))
    cards = [_priced(scope, card) for card in recommended_cards(found)]
    options = _options(scope, lines) if given.need == "replacement" else []
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


def _steps(
    scope: ServiceScope, lines: Sequence[OrderLine], need: Literal["replacement", "addition"]
) -> list[tuple[Values, Values]]:
    """Return what items must have and must not have, from the narrowest step to the widest.

    A replacement is the same kind of thing, else of the same category. An addition is another kind of thing, of the
    same category before any other.
    """
    kinds, categories = _values(scope, lines, "kind"), _values(scope, lines, "category")
    if need == "replacement":
        return [(wanted, {}) for wanted in (kinds, categories) if wanted]
    return [(categories, kinds), ({}, kinds)]


def _nearest(
    scope: ServiceScope, user: str, request: RecommendRequest, steps: Sequence[tuple[Values, Values]]
) -> tuple[list[Recommendation], list[str]]:
    """Return the best of each step until there are enough, with what the human must be told."""
    chosen: dict[str, Recommendation] = {}
    notes: dict[str, None] = {}
    for include, exclude in steps:
        if len(chosen) >= request.limit:
            break
        limits = request.constraints.model_copy(update={"include": include, "exclude": exclude})
        found = scope.desk.recommend(user, request.model_copy(update={"constraints": limits}))
        notes |= dict.fromkeys(degraded_notes(found.degraded))
        if not found.relaxed:
            # What meets less than was asked for is no replacement.
            for one in found.recommendations:
                chosen.setdefault(one.item.id, one)
    return list(chosen.values())[: request.limit], list(notes)


def _values(scope: ServiceScope, lines: Sequence[OrderLine], facet: str) -> Values:
    items = [scope.services.workspace.item(line.item) for line in lines]
    found = dict.fromkeys(v for item in items if item is not None for v in item.attributes.get(facet, ()))
    return {facet: tuple(found)} if found else {}


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
