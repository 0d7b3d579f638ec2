"""What a turn of the service desk yields beside the events of every turn."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter

from agent.events import Cards, Notice, StepFinished, StepStarted, TextDelta, TurnEnded, TurnStarted
from agent.service.evidence import Citation, CustomerCard, DraftReply, OrderCard, TemplateHit


class CustomerShown(BaseModel):
    """The customer of the case, with the orders that bear on the message."""

    type: Literal["customer"] = "customer"
    customer: CustomerCard
    orders: list[OrderCard] = Field(default_factory=list)


class Sources(BaseModel):
    """What the policy says and which templates fit, best first."""

    type: Literal["sources"] = "sources"
    citations: list[Citation] = Field(default_factory=list)
    templates: list[TemplateHit] = Field(default_factory=list)


class DraftText(BaseModel):
    """More words of the draft, each sentence as soon as it is checked; `Draft` brings the whole."""

    type: Literal["draft_text"] = "draft_text"
    text: str


class Draft(BaseModel):
    """A reply for the human to edit and send."""

    type: Literal["draft"] = "draft"
    draft: DraftReply


ServiceEvent = Annotated[
    TurnStarted
    | StepStarted
    | StepFinished
    | TextDelta
    | Cards
    | Notice
    | CustomerShown
    | Sources
    | DraftText
    | Draft
    | TurnEnded,
    Field(discriminator="type"),
]
service_event_adapter: TypeAdapter[ServiceEvent] = TypeAdapter(ServiceEvent)
"""Reads events back from JSON, as `agent.events.event_adapter` does for a chat."""
