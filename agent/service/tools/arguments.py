"""Arguments of the service mode's tools, as the chat model sees them. No argument names a case or an operator."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FindCustomer(_Arguments):
    """Identify the customer by what they wrote: email, or name and postcode. An order number alone is not enough."""

    email: str = Field(default="", max_length=200)
    name: str = Field(default="", max_length=200, description="First and last name.")
    postcode: str = Field(default="", max_length=20)
    order: str = Field(default="", max_length=40, description="An order number, to check against.")


class OrdersOfCustomer(_Arguments):
    """List the orders of the customer of this case."""


class OrderDetails(_Arguments):
    """Show one order of the customer of this case."""

    order: str = Field(max_length=40, description="The order number.")


class PolicyQuestion(_Arguments):
    """Find what the shop's written policy says."""

    question: str = Field(max_length=2000)
    topic: str = Field(default="", max_length=200, description="What to look for, in words of a policy.")


class TemplateQuestion(_Arguments):
    """Find the answer templates that fit the customer's message."""

    message: str = Field(max_length=4000)


class RecommendForCustomer(_Arguments):
    """Find products for the customer: in place of an ordered item, or going with an order."""

    need: Literal["replacement", "addition"]
    order: str = Field(default="", max_length=40, description="Number of the order it is about.")
    item: str = Field(
        default="", max_length=200, description="Title of the ordered item; empty: all of the order."
    )
    wish: str = Field(
        default="", max_length=1000, description="What it should be like, in the customer's words."
    )


class WriteDraft(_Arguments):
    """Write the reply that a human edits and sends. It changes nothing, and must not say that anything is done."""

    template: str = Field(default="", max_length=60, description="Id of the template that fits best.")
    order: str = Field(default="", max_length=40, description="Number of the order it is about.")
    text: str = Field(default="", max_length=4000, description="The reply. Empty: the template, filled.")
