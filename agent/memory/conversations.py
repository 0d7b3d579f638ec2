"""What does a list of conversations say of each? Its title, when it began, and when it last went on."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import CheckpointTuple
from pydantic import BaseModel, ConfigDict

from agent.errors import InvalidRequest

MOST_TITLE = 80
"""Longest title, in characters; a longer first message is cut at a word."""
UNTITLED = "Conversation"
_SPACE = re.compile(r"\s+")


class UnknownConversation(InvalidRequest):
    """This person has no stored conversation of this name."""


class Conversation(BaseModel):
    """One stored conversation of one person, as a list shows it."""

    model_config = ConfigDict(frozen=True)

    thread: str
    title: str
    """The first message, or what the person called it."""
    began: datetime
    last: datetime
    """When it last went on."""


def title_from(text: str) -> str:
    """Return a text as a title: one line of at most `MOST_TITLE` characters."""
    line = _SPACE.sub(" ", text).strip()
    if len(line) <= MOST_TITLE:
        return line or UNTITLED
    cut = line[: MOST_TITLE - 1]
    word = cut.rfind(" ")
    return f"{cut[:word] if word > MOST_TITLE // 2 else cut}…"


def read_back(thread: str, kept: CheckpointTuple | None) -> Conversation:
    """Return what a stored conversation says of itself where nothing was noted of it: it is older than the notes."""
    checkpoint = kept.checkpoint if kept is not None else None
    values = checkpoint["channel_values"] if checkpoint is not None else {}
    messages = values.get("messages") or ()
    first = next((one.text for one in messages if isinstance(one, HumanMessage)), "")
    try:
        moment = datetime.fromisoformat(checkpoint["ts"]) if checkpoint is not None else datetime.now(UTC)
    except ValueError:
        moment = datetime.now(UTC)
    return Conversation(thread=thread, title=title_from(first), began=moment, last=moment)
