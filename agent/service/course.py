"""What happened in a case, and where does it stand? Read from its stored messages alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel, ValidationError

from agent.answers import text_of
from agent.service.cases import AGAIN, KEPT, WHEN, WHO, last_case
from agent.service.evidence import DraftReply

DEED = "tastegraph_deed"
"""Key of a message's extra data: what a person did in the case."""
State = Literal["new", "drafted", "sent", "handed over", "closed"]
"""`new`: the customer waits and no draft is there; `sent`: they wait for nothing."""
Did = Literal["opened", "identified", "sent", "note", "handed over", "taken", "closed", "reopened"]
_FIRST_WORDS = 90


class Deed(BaseModel):
    """What a person did in a case."""

    kind: Did
    by: str
    at: datetime
    text: str = ""
    """Of a reply as it was sent, of a note, of a hand-over."""
    to: str = ""
    """Who a case was handed to."""
    edited: bool = False
    """Whether a reply that was sent differs from the draft, or had none."""
    template: str = ""
    """Template of the draft that a reply began as."""


class Entry(BaseModel):
    """One line of a case's course."""

    kind: Did | Literal["customer", "draft"]
    at: datetime | None = None
    by: str = ""
    text: str = ""
    """What the customer wrote, what was sent or noted; of a draft, what the human was told of it."""
    to: str = ""
    edited: bool = False
    template: str = ""
    draft: DraftReply | None = None


class Row(BaseModel):
    """A case in the queue."""

    case: str
    customer: str = ""
    """Name; empty before they were identified."""
    words: str = ""
    """First words of the customer's newest message."""
    state: State = "new"
    owner: str = ""
    """Who it was handed to, or who answered it last."""
    waiting_since: datetime | None = None
    """When the customer wrote the first message that nobody answered."""
    changed: datetime | None = None
    satisfaction: float | None = None
    """In [0, 1]; see `agent.service.handover.BASIS`."""


def entries(messages: Sequence[BaseMessage]) -> list[Entry]:
    """Return the course of a case from its stored messages, oldest first."""
    found: list[Entry] = []
    for message in messages:
        extra = message.additional_kwargs
        when, who = _time(extra.get(WHEN)), str(extra.get(WHO, ""))
        if isinstance(message, HumanMessage) and not extra.get(AGAIN):
            found.append(Entry(kind="customer", at=when, by=who, text=text_of(message)))
        elif isinstance(message, AIMessage) and DEED in extra:
            deed = _read_deed(extra[DEED])
            if deed is not None:
                found.append(Entry.model_validate(deed.model_dump()))
        elif isinstance(message, AIMessage) and KEPT in extra:
            draft = last_case([message], "").draft
            template = draft.template if draft else ""
            found.append(
                Entry(kind="draft", at=when, by=who, text=text_of(message), template=template, draft=draft)
            )
    return found


def standing(course: Sequence[Entry]) -> tuple[State, str]:
    """Return where a case stands and who has it, as its course says; an empty one is new and nobody's."""
    state: Literal["new", "drafted", "sent"] = "new"
    cover: Literal["", "handed over", "closed"] = ""
    owner = ""
    for one in course:
        match one.kind:
            case "customer":
                state = "new"
                cover = "" if cover == "closed" else cover
            case "draft":
                state = "drafted" if state == "new" else state
                cover = "" if cover == "handed over" and one.by == owner else cover
            case "sent":
                state, cover, owner = "sent", "", one.by
            case "handed over":
                cover, owner = "handed over", one.to
            case "taken":
                cover, owner = "", one.by
            case "closed":
                cover = "closed"
            case "reopened":
                cover = ""
    return cover or state, owner


def waiting_since(course: Sequence[Entry]) -> datetime | None:
    """Return when the customer wrote the first message that nobody answered; None when they wait for nothing."""
    since: datetime | None = None
    for one in course:
        if one.kind == "customer":
            since = since or one.at
        elif one.kind in ("sent", "closed"):
            since = None
    return since


def row_of(case: str, customer: str, course: Sequence[Entry], satisfaction: float | None) -> Row:
    """Return a case as the queue shows it; `customer` is a name."""
    said = [one for one in course if one.kind == "customer"]
    state, owner = standing(course)
    return Row(
        case=case,
        customer=customer,
        words=first_words(said[-1].text) if said else "",
        state=state,
        owner=owner,
        waiting_since=waiting_since(course),
        changed=next((one.at for one in reversed(course) if one.at is not None), None),
        satisfaction=satisfaction,
    )


def urgency(row: Row) -> tuple[bool, float, str]:
    """Return a key that sorts rows: the longest waiting first, then the newest change."""
    waits = row.waiting_since
    if waits is not None:
        return False, waits.timestamp(), row.case
    return True, -(row.changed.timestamp() if row.changed else 0.0), row.case


def first_words(text: str) -> str:
    """Return the beginning of a text in one line, cut between words."""
    words = " ".join(text.split())
    return words if len(words) <= _FIRST_WORDS else f"{words[:_FIRST_WORDS].rsplit(' ', 1)[0]}…"


def _read_deed(value: object) -> Deed | None:
    try:
        return Deed.model_validate(value)
    except ValidationError:
        # Written by another version: the rest of the case is still good.
        return None


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
