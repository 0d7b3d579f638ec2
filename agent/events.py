"""The one stream of typed events that every face reads: web page, terminal, API, evaluation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from agent.evidence import ItemCard


class TurnStarted(BaseModel):
    """The first event of a turn."""

    type: Literal["turn_started"] = "turn_started"
    turn: str
    thread: str


class StepStarted(BaseModel):
    """A tool is about to run."""

    type: Literal["step_started"] = "step_started"
    id: str
    tool: str
    label: str
    """What is being done, in words a person reads: `Looking for films like Heat`."""
    arguments: dict[str, Any] = Field(default_factory=dict)


class StepFinished(BaseModel):
    """A tool returned."""

    type: Literal["step_finished"] = "step_finished"
    id: str
    tool: str
    ok: bool
    summary: str
    """What came out, in words: `5 films`."""
    seconds: float


class TextDelta(BaseModel):
    """More words of the answer; already checked against the evidence."""

    type: Literal["text"] = "text"
    text: str


class Cards(BaseModel):
    """The items of this answer, in the order in which the answer numbers them."""

    type: Literal["cards"] = "cards"
    items: list[ItemCard]


class Notice(BaseModel):
    """Something the person should know about this answer: a part was away, a claim was left out."""

    type: Literal["notice"] = "notice"
    level: Literal["info", "warning", "error"]
    text: str


class TurnEnded(BaseModel):
    """The last event of a turn, always sent."""

    type: Literal["turn_ended"] = "turn_ended"
    text: str
    """The whole answer as shown."""
    items: list[ItemCard] = Field(default_factory=list)
    claims: int = 0
    """Claims (items, names, numbers) checked against the evidence."""
    unsupported: int = 0
    """Claims, among them, that nothing supported as first written or as written again; none of these was shown."""
    cut: list[str] = Field(default_factory=list)
    """Sentences that were left out because the evidence does not support them."""
    chat_model: str = ""
    seconds: float = 0.0


Event = Annotated[
    TurnStarted | StepStarted | StepFinished | TextDelta | Cards | Notice | TurnEnded,
    Field(discriminator="type"),
]
event_adapter: TypeAdapter[Event] = TypeAdapter(Event)
"""The public way to read events back from JSON: `event_adapter.validate_json(line)` for each line of the stream."""
