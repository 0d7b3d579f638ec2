"""Identify the customer of a case by what they wrote themselves."""

from __future__ import annotations

from agent.evidence import Fact
from agent.service.cases import MOST_FAILURES
from agent.service.context import ServiceScope, service_tool
from agent.service.evidence import ServicePayload, customer_card
from agent.service.tools.arguments import FindCustomer
from recsys.customers import Customer

NAME = "find_customer"
ASK = "Which email address is the order under? Or: what are your first and last name and your postcode?"
NO_MATCH = "What was given matches no customer."
ANOTHER = (
    "What was given belongs to somebody else than the customer of this case. One case serves one customer: "
    "nothing is shown here, and the other person needs a case of their own."
)


def run(scope: ServiceScope, given: FindCustomer) -> ServicePayload:
    """Look the customer up, and open the case on them when email, or name and postcode, match.

    Only what stands in the customer's own messages is looked up, so that a model cannot guess. Everything given must
    agree. Once a case is open on one customer it stays theirs.
    """
    turn = scope.turn
    if turn.case.failures >= MOST_FAILURES:
        return ServicePayload(
            tool=NAME, ok=False, say="Too many look-ups without a match: identify this customer by hand."
        )
    said = {
        name: value.strip()
        for name, value in given.model_dump().items()
        if value.strip() and scope.did_say(value)
    }
    email, name, postcode = said.get("email", ""), said.get("name", ""), said.get("postcode", "")
    if not email and not (name and postcode):
        current = turn.customer
        return known(current) if current is not None else ServicePayload(tool=NAME, question=ASK)
    people = scope.desk.customers
    if email:
        one = people.by_email(email)
        found = [one] if one is not None else []
    else:
        found = people.by_name(name, postcode)
    found = [one for one in found if _agrees(scope, one, said)]
    if turn.case.customer is not None:
        current = turn.customer
        if current is not None and any(one.id == current.id for one in found):
            return known(current)
        return ServicePayload(tool=NAME, ok=False, say=ANOTHER)
    if len(found) != 1:
        turn.case = turn.case.model_copy(update={"failures": turn.case.failures + 1})
        return ServicePayload(tool=NAME, notes=[NO_MATCH], question=ASK)
    turn.identify(found[0], "email" if email else "name and postcode")
    return known(found[0])


def known(customer: Customer) -> ServicePayload:
    """Return who the customer of the case is."""
    card = customer_card(customer)
    text = f"The customer is {card.name}, email {card.email}, address {card.address}."
    if card.payment:
        text += f" Pays by {', '.join(card.payment)}."
    return ServicePayload(
        tool=NAME, customer=card, facts=[Fact(text=text, names=[card.name, card.first_name, card.email])]
    )


def _agrees(scope: ServiceScope, customer: Customer, said: dict[str, str]) -> bool:
    name, postcode, order = said.get("name", ""), said.get("postcode", ""), said.get("order", "")
    if name and customer.last_name.casefold() not in name.casefold():
        return False
    if (
        postcode
        and "".join(postcode.split()).casefold() != "".join(customer.address.postcode.split()).casefold()
    ):
        return False
    found = scope.desk.customers.order(order) if order else None
    return found is None or found.customer == customer.id


find_customer = service_tool(NAME, FindCustomer, run)
