"""From messages to what is shown: payloads of a turn, the items of an answer in order, and a plain answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from pydantic import ValidationError

from agent.evidence import ItemCard, ToolPayload
from agent.grounding.support import fold

LISTING = frozenset({"recommend", "search_catalogue", "similar_items"})
"""Tools whose items are a list to choose from; other tools talk about items."""
SHOWN = "tastegraph_shown"
"""Key of an answer's extra data: ids of its items, in the order in which it numbers them."""
CUT = "tastegraph_cut"
"""Key of an answer's extra data: the sentences that were left out."""
_LIST_LINE = re.compile(r"^\s*(?P<number>\d{1,2})[.)]\s", re.MULTILINE)


def payload_of(message: BaseMessage) -> ToolPayload | None:
    """Return the payload of a tool's message; None for other messages and for text that is no payload."""
    if not isinstance(message, ToolMessage):
        return None
    if isinstance(message.artifact, ToolPayload):
        return message.artifact
    return _read(str(message.content))


def whole(message: BaseMessage) -> BaseMessage:
    """Return a stored message with what its tool found as it was found: what it was told to the model lacks what only
    faces show. Other messages, and those of older stores, come back as they are."""
    if not isinstance(message, ToolMessage) or not isinstance(message.artifact, dict):
        return message
    try:
        return message.model_copy(update={"artifact": ToolPayload.model_validate(message.artifact)})
    except ValidationError:
        return message


@lru_cache(maxsize=512)
def _read(content: str) -> ToolPayload | None:
    """Read a stored payload. A turn asks for those of its dialogue several times, and must not change them."""
    try:
        return ToolPayload.model_validate_json(content)
    except ValidationError:
        return None


def split_turn(messages: Sequence[BaseMessage]) -> tuple[list[BaseMessage], list[BaseMessage]]:
    """Split into what came before the person's last words, and the turn that starts with them."""
    start = next((k for k in range(len(messages) - 1, -1, -1) if isinstance(messages[k], HumanMessage)), 0)
    return list(messages[:start]), list(messages[start:])


def payloads_of(messages: Iterable[BaseMessage]) -> list[ToolPayload]:
    """Return the payloads among `messages`, in order."""
    return [payload for message in messages if (payload := payload_of(message)) is not None]


def last_list(messages: Sequence[BaseMessage]) -> list[ItemCard]:
    """Return the items of the last list that the person saw, numbered as they saw them.

    Items that an answer only talked about count when there was no list after them.
    """
    known: dict[str, ItemCard] = {}
    for payload in payloads_of(messages):
        known.update({card.id: card for card in payload.items})
    talked: list[ItemCard] = []
    for message in reversed(messages):
        shown = message.additional_kwargs.get(SHOWN) if isinstance(message, AIMessage) else None
        cards = [known[item] for item in shown or () if item in known]
        if len(cards) > 1 or (cards and not talked and _listed(message)):
            return [card.model_copy(update={"number": k}) for k, card in enumerate(cards, 1)]
        talked = talked or cards
    return [card.model_copy(update={"number": k}) for k, card in enumerate(talked, 1)]


def shown_in(messages: Iterable[BaseMessage]) -> tuple[str, ...]:
    """Return the ids of everything that answers showed, oldest first, each once."""
    ids = (item for message in messages for item in message.additional_kwargs.get(SHOWN, ()))
    return tuple(dict.fromkeys(ids))


def item_in_focus(messages: Sequence[BaseMessage]) -> ItemCard | None:
    """Return the item that was talked about last and alone (`it`, `that one`), or None."""
    known: dict[str, ItemCard] = {}
    for payload in payloads_of(messages):
        known.update({card.id: card for card in payload.items})
    for message in reversed(messages):
        shown = message.additional_kwargs.get(SHOWN) if isinstance(message, AIMessage) else None
        if shown:
            return known.get(shown[0]) if len(shown) == 1 else None
    return None


def cards_for(answer: str, payloads: Sequence[ToolPayload]) -> list[ItemCard]:
    """Return the items of an answer in the order in which it names them; `number` is 0 outside a list.

    The payloads are the turn's. When the answer names no item, the last list stands as the tool returned it.
    """
    lists = [payload.items for payload in payloads if payload.tool in LISTING and payload.items]
    pool: dict[str, ItemCard] = {}
    for cards in reversed(lists or [payload.items for payload in payloads]):
        for card in cards:
            pool.setdefault(card.id, card)
    folded = f" {' '.join(fold(answer))} "
    places = {item: _place(folded, card) for item, card in pool.items()}
    named = sorted((item for item in pool if places[item] >= 0), key=lambda item: places[item])
    chosen = [pool[item] for item in named] or (list(lists[-1]) if lists else list(pool.values()))
    numbered = bool(lists)
    return [card.model_copy(update={"number": k if numbered else 0}) for k, card in enumerate(chosen, 1)]


def plain_answer(payloads: Sequence[ToolPayload]) -> str:
    """Write an answer from the payloads alone: what to say when nothing that the model wrote could be
    shown."""
    parts: list[str] = []
    lists = [payload for payload in payloads if payload.tool in LISTING and payload.items]
    for payload in payloads:
        if not payload.ok:
            parts.append(payload.say or "That did not work; please try again.")
            continue
        parts += payload.notes
        if payload.question:
            parts.append(payload.question)
        if lists and payload is lists[-1]:
            parts.append(
                "\n".join(["Here is what I found:", *(_line(k, c) for k, c in enumerate(payload.items, 1))])
            )
        elif payload.facts:
            parts.append(" ".join(fact.text for fact in payload.facts))
    text = "\n\n".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
    return (
        text
        or "I have nothing checked to say about that. Ask me for something to watch or buy, or about a title."
    )


def text_of(message: BaseMessage) -> str:
    """Return the text of a message, whatever shape its content has."""
    return message.text if isinstance(message.text, str) else str(message.content)


def shown_ids(cards: Sequence[ItemCard]) -> dict[str, Any]:
    """Return the extra data of an answer that shows these cards."""
    return {SHOWN: [card.id for card in cards]} if cards else {}


def _listed(message: BaseMessage) -> bool:
    return bool(_LIST_LINE.search(text_of(message)))


def _place(folded_answer: str, card: ItemCard) -> int:
    words = fold(card.title)
    if not words:
        return -1
    dated = folded_answer.find(f" {' '.join((*words, str(card.year)))} ") if card.year else -1
    return dated if dated >= 0 else folded_answer.find(f" {' '.join(words)} ")


def _line(number: int, card: ItemCard) -> str:
    why = f": {card.reasons[0].text}" if card.reasons else ""
    return f"{number}. **{card.label}**{why}"
