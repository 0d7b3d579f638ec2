"""How much of a dialogue a chat model sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage

from agent.answers import payload_of, text_of
from agent.evidence import ItemCard

MessageT = TypeVar("MessageT", bound=BaseMessage)
CHARACTERS_A_TOKEN = 3
"""A careful guess for English and JSON; real tokenizers take a little more characters a token."""


def recent(messages: Sequence[MessageT], turns: int) -> list[MessageT]:
    """Return the messages of the last `turns` turns, whole and well formed.

    Tool calls without an answer, which a turn that broke off leaves behind, are left out with their answers:
    servers refuse such a dialogue.
    """
    starts = [k for k, message in enumerate(messages) if isinstance(message, HumanMessage)]
    first = starts[-turns] if len(starts) > turns else 0
    window = list(messages[first:])
    answered = {m.tool_call_id for m in window if isinstance(m, ToolMessage)}
    asked: set[str] = set()
    kept: list[MessageT] = []
    for message in window:
        if isinstance(message, AIMessage) and message.tool_calls:
            ids = {str(call["id"]) for call in message.tool_calls}
            if not ids <= answered:
                continue
            asked |= ids
        if isinstance(message, ToolMessage) and message.tool_call_id not in asked:
            continue
        kept.append(message)
    return kept


def fit(messages: Sequence[AnyMessage], tokens: int) -> list[AnyMessage]:
    """Return messages of about `tokens` tokens: earlier tool results as titles, oldest turns out.

    The turn under way is always there, whole.
    """
    starts = [k for k, message in enumerate(messages) if isinstance(message, HumanMessage)]
    now = starts[-1] if starts else 0
    short = [_shorten(message) if k < now else message for k, message in enumerate(messages)]
    for start in [0, *starts]:
        kept = short[min(start, now) :]
        if sum(_size(message) for message in kept) <= tokens * CHARACTERS_A_TOKEN:
            return kept
    return short[now:]


def _shorten(message: AnyMessage) -> AnyMessage:
    payload = payload_of(message)
    if payload is None or not isinstance(message, ToolMessage):
        return message
    cards = [
        ItemCard(number=card.number, id=card.id, title=card.title, year=card.year) for card in payload.items
    ]
    short = payload.model_copy(update={"items": cards, "facts": []})
    return message.model_copy(
        update={"content": short.model_dump_json(exclude_defaults=True), "artifact": None}
    )


def _size(message: AnyMessage) -> int:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return len(text_of(message)) + sum(len(str(call["args"])) + 40 for call in calls) + 20
