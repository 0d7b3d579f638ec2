"""The short form of a dialogue, for a small model: what was said and shown, without what it cannot use.

A large model reads payloads as JSON. The small instruction model of ours was tuned on this form, and is given nothing
else: each item of a result is one line, an earlier answer is the list it showed, and the rules stand in one sentence,
because tuning has taught the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from agent.answers import payload_of, split_turn, text_of
from agent.builtin.dialogue import KNOWN_TASTE, LIST_TOOLS
from agent.evidence import ItemCard, ToolPayload

RULES = "You recommend from a catalogue. Call a tool, then say only what its result says."
_TURNS = 1
"""Earlier turns that are told."""
_SAID, _ANSWERED, _REASON = 160, 100, 120
"""Characters of an earlier message, an earlier answer without a list, and a reason."""
_MOST_SAID = 600
"""Characters of the message to answer."""
_ITEMS, _TASTES, _FACTS, _VALUES = 5, 4, 6, 3


def brief(messages: Sequence[BaseMessage]) -> list[AnyMessage]:
    """Return the messages in short: one system message, the last two turns as text, and the turn under way.

    The turn under way keeps its tool calls; the results follow as short lines. A dialogue without a person's message
    gives the system message alone.
    """
    before, current = split_turn(messages)
    system = next((text_of(m) for m in messages if isinstance(m, SystemMessage)), "")
    short: list[AnyMessage] = [SystemMessage("\n".join([RULES, *_tastes(system)]))]
    turns = _turns(before)
    for said, answer, cards in turns[-_TURNS:]:
        if said:
            short.append(HumanMessage(_cut(said, _SAID)))
        told = _shown(cards) if cards else _cut(answer, _ANSWERED)
        short.append(AIMessage(told or "…"))
    for message in current:
        if isinstance(message, HumanMessage):
            short.append(HumanMessage(_cut(text_of(message), _MOST_SAID)))
        elif isinstance(message, AIMessage) and message.tool_calls:
            short.append(AIMessage("", tool_calls=message.tool_calls))
        elif isinstance(message, ToolMessage):
            payload = payload_of(message)
            content = told_short(payload) if payload else _cut(text_of(message), _SAID)
            short.append(ToolMessage(content, tool_call_id=message.tool_call_id, name=message.name))
    return short


def told_short(payload: ToolPayload) -> str:
    """Return a tool's result as lines: items with their reasons or facts, statements, notes, a question."""
    lines: list[str] = []
    if not payload.ok:
        return f"failed: {payload.say or 'That did not work.'}"
    listed = payload.tool in LIST_TOOLS
    for number, card in enumerate(payload.items[:_ITEMS], 1):
        told = _reasons(card) if listed else _facts(card)
        lines.append(f"{f'{number}. ' if listed else ''}{card.label}{f': {told}' if told else ''}")
    if payload.tool != "item_facts":
        lines += [fact.text for fact in payload.facts[:_FACTS]]
    lines += [f"note: {note}" for note in payload.notes]
    if payload.question:
        lines.append(f"question: {payload.question}")
    return "\n".join(lines) or "nothing found"


def _tastes(system: str) -> list[str]:
    _, found, told = system.partition(KNOWN_TASTE)
    lines = [line.removeprefix("- ") for line in told.strip().splitlines() if line.startswith("- ")]
    return ["Known: " + " ".join(lines[:_TASTES])] if found and lines else []


def _turns(messages: Sequence[BaseMessage]) -> list[tuple[str, str, list[ItemCard]]]:
    turns: list[tuple[str, str, list[ItemCard]]] = []
    for message in messages:
        if isinstance(message, HumanMessage):
            turns.append((text_of(message), "", []))
        elif isinstance(message, AIMessage | ToolMessage):
            said, answer, cards = turns.pop() if turns else ("", "", [])
            payload = payload_of(message)
            if payload is not None and payload.tool in LIST_TOOLS:
                cards = [*cards, *payload.items]
            elif isinstance(message, AIMessage) and not message.tool_calls:
                answer = text_of(message)
            turns.append((said, answer, cards))
    return turns


def _shown(cards: Sequence[ItemCard]) -> str:
    once = list({card.id: card for card in cards}.values())[:_ITEMS]
    return "Shown: " + "; ".join(f"{number}. {card.label}" for number, card in enumerate(once, 1))


def _reasons(card: ItemCard) -> str:
    texts = [reason.text.strip().rstrip(".") for reason in card.reasons if reason.text.strip()][:2]
    return _cut("; ".join(texts), _REASON) if texts else _cut(card.about, _REASON)


def _facts(card: ItemCard) -> str:
    facts = [f"{facet} {', '.join(values[:_VALUES])}" for facet, values in card.facts.items() if values]
    return "; ".join([*facts[:_FACTS], *([_cut(card.about, _REASON)] if card.about else [])])


def _cut(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[:most].rsplit(" ", 1)[0] + " …"
