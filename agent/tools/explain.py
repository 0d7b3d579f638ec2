"""Why an item was, or would be, recommended."""

from __future__ import annotations

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import ValidationError

from agent.answers import payload_of
from agent.evidence import Fact, ItemCard, ToolPayload
from agent.tools.arguments import Explain, SimilarItems, Wishes
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import recommended_card
from agent.tools.resolve import resolve_title
from agent.tools.wishes import constraints_of
from recsys.schema import RecommendRequest

NAME = "explain"


def run(scope: Scope, wanted: Explain) -> ToolPayload:
    """Score the item as the request that showed it did, and say what the score is made of."""
    place = resolve_title(scope, wanted.title)
    if place.item is None:
        return place.payload(NAME)
    services = scope.services
    request = _request_that_showed(scope, place.item.id) or RecommendRequest()
    found = services.recommender.explain(place.item.id, request, services.interests.profile(scope.user))
    card = recommended_card(found, whole=True)
    notes = []
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
    """Return the request of the newest list with this item, read from the dialogue."""
    calls: dict[str, tuple[str, dict[str, object]]] = {}
    for message in scope.messages:
        if isinstance(message, AIMessage):
            calls.update({str(call["id"]): (call["name"], dict(call["args"])) for call in message.tool_calls})
    for message in reversed(scope.messages):
        payload = payload_of(message)
        if payload is None or all(card.id != item_id for card in payload.items):
            continue
        name, arguments = calls.get(_call_id(message), ("", {}))
        request = _read(scope, name, arguments)
        if request is not None:
            return request
    return None


def _call_id(message: BaseMessage) -> str:
    return str(getattr(message, "tool_call_id", ""))


def _read(scope: Scope, name: str, arguments: dict[str, object]) -> RecommendRequest | None:
    try:
        if name == "recommend":
            wishes = Wishes.model_validate(arguments)
            places = [resolve_title(scope, title) for title in wishes.like]
            read = constraints_of(scope, wishes.include, wishes.exclude)
            return RecommendRequest(
                seeds=tuple(place.item.id for place in places if place.item is not None),
                text=" ".join([wishes.text, *read.words]).strip()[:2000],
                more=(*wishes.more, *read.words),
                less=(*wishes.less, *read.unwanted),
                constraints=read.constraints,
            )
        if name == "similar_items":
            similar = SimilarItems.model_validate(arguments)
            item = resolve_title(scope, similar.title).item
            return RecommendRequest(
                seeds=(item.id,) if item else (),
                more=tuple(similar.more),
                less=tuple(similar.less),
                use_profile=False,
            )
    except ValidationError:
        # Arguments that the tool itself refused showed nothing to explain.
        return None
    return None


explain = make_tool(NAME, Explain, run)
