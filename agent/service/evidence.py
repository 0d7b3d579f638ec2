"""What the tools of the service mode return: typed evidence, and the draft that is made of it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from agent.evidence import Fact, ToolPayload
from recsys.customers import Customer, Order


class Citation(BaseModel):
    """A section of the written policy, with the sentences that bear on the question."""

    anchor: str
    """Identifies the section in the policy's text."""
    title: str
    text: str
    """Sentences of the section, as written."""
    score: float = 0.0
    """How near it is to the question, in about [0, 1]."""


class LineCard(BaseModel):
    """One thing in an order, as it is shown."""

    item: str
    title: str
    options: dict[str, str] = Field(default_factory=dict)
    price: str
    quantity: int = 1

    @property
    def label(self) -> str:
        """Title with the options: `Water Bottle (1000ml, glass)`."""
        return f"{self.title} ({', '.join(self.options.values())})" if self.options else self.title


class OrderCard(BaseModel):
    """An order, as it is shown."""

    id: str
    status: str
    lines: list[LineCard]
    total: str
    paid_with: str = ""
    address: str = ""
    tracking: list[str] = Field(default_factory=list)
    placed: str = ""
    delivered: str = ""
    days: int | None = None
    """Days since it was delivered."""


class CustomerCard(BaseModel):
    """The customer of a case, as the service desk sees them."""

    id: str
    name: str
    first_name: str
    email: str
    address: str
    payment: list[str] = Field(default_factory=list)


class TemplateHit(BaseModel):
    """An answer template that was ranked for a message."""

    id: str
    intent: str
    title: str
    score: float


class DraftReply(BaseModel):
    """A reply for the human to edit and send. Nothing was sent and nothing was changed."""

    text: str
    citations: list[Citation] = Field(default_factory=list)
    questions: list[str] = Field(default_factory=list)
    """What the customer is asked; also part of the text."""
    to_do: list[str] = Field(default_factory=list)
    """What the human must do; no tool does it."""
    template: str = ""
    """Id of the template it was made of; empty when a language model wrote it."""
    intent: str = ""
    order: str = ""
    """Number of the order it is about."""
    cut: list[str] = Field(default_factory=list)
    """Sentences that were left out: nothing supports them, or they claim a change that nobody made."""
    claims: int = 0
    """Claims that were checked against the evidence."""


class ServicePayload(ToolPayload):
    """Evidence of the service mode. The typed parts are for the faces; a chat model reads facts and notes."""

    customer: CustomerCard | None = Field(default=None, exclude=True)
    orders: list[OrderCard] = Field(default_factory=list, exclude=True)
    citations: list[Citation] = Field(default_factory=list, exclude=True)
    templates: list[TemplateHit] = Field(default_factory=list, exclude=True)
    options: list[LineCard] = Field(default_factory=list, exclude=True)
    """Other variants of an ordered product."""
    need: Literal["", "replacement", "addition"] = Field(default="", exclude=True)
    """What the items of a recommendation are for."""
    draft: DraftReply | None = Field(default=None, exclude=True)


def day(when: date | None) -> str:
    """Return a date as it is written in a letter: `3 May 2025`; empty for None."""
    return f"{when.day} {when:%B} {when.year}" if when else ""


def money(value: float, currency: str) -> str:
    """Return an amount with the shop's sign: `$1,019.90`."""
    return f"{currency}{value:,.2f}"


def order_card(order: Order, currency: str, today: date) -> OrderCard:
    """Return the card of an order."""
    return OrderCard(
        id=order.id,
        status=order.status,
        lines=[
            LineCard(
                item=line.item,
                title=line.title,
                options=line.options,
                price=money(line.price, currency),
                quantity=line.quantity,
            )
            for line in order.lines
        ],
        total=money(order.total, currency),
        paid_with=order.paid_with,
        address=_place(order),
        tracking=list(order.tracking),
        placed=day(order.placed),
        delivered=day(order.delivered),
        days=(today - order.delivered).days if order.delivered else None,
    )


def customer_card(customer: Customer) -> CustomerCard:
    """Return the card of a customer."""
    return CustomerCard(
        id=customer.id,
        name=customer.name,
        first_name=customer.first_name,
        email=customer.email,
        address=_place(customer),
        payment=[method.label for method in customer.payment_methods],
    )


def order_fact(card: OrderCard) -> Fact:
    """Return an order as a statement that an answer may make."""
    parts = [f"Order {card.id}: status {card.status}"]
    parts += [f"placed on {card.placed}"] if card.placed else []
    parts += [f"delivered on {card.delivered}, {card.days} days ago"] if card.delivered else []
    parts.append("holds " + "; ".join(f"{line.label} at {line.price}" for line in card.lines))
    parts.append(f"total {card.total}")
    parts += [f"paid by {card.paid_with}"] if card.paid_with else []
    parts += [f"tracking {', '.join(card.tracking)}"] if card.tracking else []
    parts += [f"goes to {card.address}"] if card.address else []
    names = [
        card.id,
        *(line.title for line in card.lines),
        *(v for line in card.lines for v in line.options.values()),
    ]
    return Fact(text=", ".join(parts) + ".", names=names)


def _place(of: Order | Customer) -> str:
    where = of.address
    return ", ".join(
        p for p in (where.street, f"{where.postcode} {where.city}", where.region, where.country) if p
    )
