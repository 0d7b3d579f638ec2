"""List the orders of the customer of the case."""

from __future__ import annotations

from agent.evidence import Fact
from agent.service.context import ServiceScope, service_tool
from agent.service.evidence import ServicePayload, customer_card, order_card, order_fact
from agent.service.tools.arguments import OrdersOfCustomer
from agent.service.tools.find_customer import ASK

NAME = "orders_of_customer"
_LISTED = 6


def run(scope: ServiceScope, given: OrdersOfCustomer) -> ServicePayload:
    """Return the newest orders; nothing before the customer was identified."""
    customer = scope.turn.customer
    if customer is None:
        return ServicePayload(tool=NAME, notes=["No customer is identified in this case yet."], question=ASK)
    orders = scope.desk.customers.orders_of(customer.id)
    cards = [order_card(one, scope.desk.currency, scope.desk.today) for one in orders[:_LISTED]]
    notes = []
    if len(orders) > len(cards):
        notes.append(f"{len(orders) - len(cards)} older orders are not listed.")
    if not orders:
        notes.append("This customer has no orders.")
    card = customer_card(customer)
    # A case whose customer was identified earlier has no other fact that lets a reply greet them.
    who = Fact(text=f"The customer is {card.name}.", names=[card.name, card.first_name])
    return ServicePayload(
        tool=NAME,
        customer=card,
        orders=cards,
        facts=[who, *(order_fact(one) for one in cards)],
        notes=notes,
    )


orders_of_customer = service_tool(NAME, OrdersOfCustomer, run)
