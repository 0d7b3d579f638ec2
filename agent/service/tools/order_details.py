"""Show one order of the customer of the case."""

from __future__ import annotations

from agent.service.context import ServiceScope, service_tool
from agent.service.evidence import ServicePayload, customer_card, order_card, order_fact
from agent.service.tools.arguments import OrderDetails
from agent.service.tools.find_customer import ASK

NAME = "order_details"
NOT_THEIRS = "This customer has no order with that number."


def run(scope: ServiceScope, given: OrderDetails) -> ServicePayload:
    """Return the order; for anybody else's the answer is the same as for one that does not exist."""
    customer = scope.turn.customer
    if customer is None:
        return ServicePayload(tool=NAME, notes=["No customer is identified in this case yet."], question=ASK)
    order = scope.turn.own_order(given.order)
    if order is None:
        return ServicePayload(tool=NAME, notes=[NOT_THEIRS])
    scope.turn.case = scope.turn.case.model_copy(update={"order": order.id})
    card = order_card(order, scope.desk.currency, scope.desk.today)
    return ServicePayload(
        tool=NAME, customer=customer_card(customer), orders=[card], facts=[order_fact(card)]
    )


order_details = service_tool(NAME, OrderDetails, run)
