"""Why an item was, or would be, recommended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import ValidationError

from agent.answers import payload_of
from agent.evidence import Fact, ItemCard, ToolPayload
from agent.patient_graph import misses
from agent.tools.arguments import Explain, SimilarItems, Wishes
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import recommended_card
from agent.tools.requests import likeness_of, request_of
from agent.tools.resolve import resolve_title
from agent.tools.wishes import GRAPH_AWAY
from recsys.schema import RecommendRequest

NAME = "explain"


def run(scope: Scope, wanted: Explain) -> ToolPayload:
    """Score the item as the request that showed it did, and say what the score is made of."""
    place = resolve_title(scope, wanted.title)
    if place.item is None:
        return place.payload(NAME)
    services = scope.services
    request = _request_that_showed(scope, place.item.id) or RecommendRequest()
    missed = misses(services.graph)
    found = services.explain(scope.user, place.item.id, request)
    card = recommended_card(found, whole=True)
    notes = [GRAPH_AWAY] if misses(services.graph) > missed else []
    if not card.reasons:
        notes.append(f"There is no particular reason for {card.label} beyond how often it is met.")
    return ToolPayload(tool=NAME, items=[card], facts=_facts(card), notes=notes)


def _facts(card: ItemCard) -> list[Fact]:
    facts = [
        Fact(text=f"{card.label}: {reason.text}.", names=[card.title, *reason.names])
        for reason in card.reasons
    ]
    total = sum(abs(share) for share in card.shares.values())
    parts = (
        sorted(((abs(v) / total, name) for name, v in card.shares.items() if v), reverse=True)
        if total
        else []
    )
    if parts:
        shares = ", ".join(f"{name} {100 * part:.0f}%" for part, name in parts if part >= 0.005)
        told = " Behaviour here is simulated." if card.simulated else ""
        facts.append(Fact(text=f"The score of {card.label} comes from: {shares}.{told}", names=[card.title]))
    return facts


def _request_that_showed(scope: Scope, item_id: str) -> RecommendRequest | None:
    """Return the request of the newest list with this item, read from the dialogue as it was then."""
    for place in range(len(scope.messages) - 1, -1, -1):
        message = scope.messages[place]
        payload = payload_of(message)
        if payload is None or all(card.id != item_id for card in payload.items):
            continue
        asked = _call_of(scope.messages[:place], str(getattr(message, "tool_call_id", "")))
        if asked is None:
            continue
        end, name, arguments = asked
        # `the second` and `it` meant something in the dialogue of that moment, and may mean something else now.
        request = _read(replace(scope, messages=scope.messages[:end]), name, arguments)
        if request is not None:
            return request
    return None


def _call_of(messages: Sequence[BaseMessage], call_id: str) -> tuple[int, str, dict[str, object]] | None:
    """Return where the newest message with this call ends, the tool's name and its arguments.

    Some servers number the calls of every message from 0, so an older call may have the same id.
    """
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            if str(call["id"]) == call_id:
                return place + 1, call["name"], dict(call["args"])
    return None


def _read(scope: Scope, name: str, arguments: dict[str, object]) -> RecommendRequest | None:
    try:
        if name == "recommend":
            return request_of(scope, Wishes.model_validate(arguments)).request
        if name == "similar_items":
            similar = SimilarItems.model_validate(arguments)
            item = resolve_title(scope, similar.title).item
            return likeness_of(item, similar) if item else None
    except ValidationError:
        # Arguments that the tool itself refused showed nothing to explain.
        return None
    return None


explain = make_tool(NAME, Explain, run)
