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
from agent.tools.show_profile import statement
from agent.tools.wishes import GRAPH_AWAY
from kg.text import fold_name
from recsys.counterfactual import Effect
from recsys.schema import RecommendRequest

NAME = "explain"
_MOST_TOLD = 3
"""Of a person's own statements, so many are told with what they do."""
_MOST_SAID = 120
"""Characters of a person's own sentence."""
END = "That is all there is behind it."


def run(scope: Scope, wanted: Explain) -> ToolPayload:
    """Score the item as the request that showed it did, and say what the score is made of.

    Asked again, it goes deeper: then the shares in numbers and the person's own words that move it, then what would be
    without the strongest of them and what speaks against it; then it says that this is all.
    """
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
    if wanted.without:
        facts, said = _without(scope, card, request, wanted.without)
        return ToolPayload(tool=NAME, items=[card], facts=facts, notes=[*notes, *said])
    depth = depth_of(scope.messages, place.item.id)
    facts = [*_reasons(card), *_shares(card)]
    if depth >= 2:
        moved = services.effects(scope.user, place.item.id, request)
        facts += [_told(card, effect) for effect in moved if effect.gain > 0.0][:_MOST_TOLD]
        if depth >= 3:
            deepest = [_counterfactual(card, effect) for effect in moved[:1] if effect.gain > 0.0]
            deepest += _against(card, moved)
            facts += deepest
            if depth >= 4 or not deepest:
                facts.append(Fact(text=END, kind="end"))
    return ToolPayload(tool=NAME, items=[card], facts=facts, notes=notes)


def depth_of(messages: Sequence[BaseMessage], item_id: str) -> int:
    """Return how deep an explanation goes now: 1, and one more for each explanation of this item right before it."""
    depth = 1
    for message in reversed(messages):
        payload = payload_of(message)
        if payload is None:
            continue
        if payload.tool != NAME or all(card.id != item_id for card in payload.items):
            break
        depth += 1
    return depth


def _reasons(card: ItemCard) -> list[Fact]:
    return [
        Fact(text=f"{card.label}: {reason.text}.", names=[card.title, *reason.names], kind="reason")
        for reason in card.reasons
    ]


def _shares(card: ItemCard) -> list[Fact]:
    total = sum(abs(share) for share in card.shares.values())
    parts = (
        sorted(((abs(v) / total, name) for name, v in card.shares.items() if v), reverse=True)
        if total
        else []
    )
    if not parts:
        return []
    shares = ", ".join(f"{name} {100 * part:.0f}%" for part, name in parts if part >= 0.005)
    told = " Behaviour here is simulated." if card.simulated else ""
    return [
        Fact(text=f"The score of {card.label} comes from: {shares}.{told}", names=[card.title], kind="share")
    ]


def _told(card: ItemCard, effect: Effect) -> Fact:
    """Say which of the person's own words speaks for the item: by score, since others may move with it."""
    known = statement(effect.interest).rstrip(".")
    said = " ".join(effect.interest.sentence.split())
    short = said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID].rstrip()}…"
    source = f", since you said “{short}”" if said else ""
    text = f"What you told speaks for {card.label}: {known[0].lower()}{known[1:]}{source}."
    return Fact(text=text, names=[card.title, effect.interest.subject], kind="told")


def _counterfactual(card: ItemCard, effect: Effect) -> Fact:
    known, unknown = effect.known, effect.unknown
    about = statement(effect.interest).rstrip(".")
    condition = f"If you had not told me that {about[0].lower()}{about[1:]}"
    if known.place == unknown.place:
        text = f"{condition}, {card.label} would still be in place {known.place} of {known.among}."
    else:
        text = (
            f"{condition}, {card.label} would be in place {unknown.place} of {unknown.among} "
            f"instead of {known.place}."
        )
    return Fact(text=text, names=[card.title, effect.interest.subject], kind="without")


def _against(card: ItemCard, moved: Sequence[Effect]) -> list[Fact]:
    against = [effect for effect in moved if effect.gain < 0.0]
    facts = []
    for effect in against[:1]:
        known = statement(effect.interest).rstrip(".")
        text = f"One thing speaks against {card.label}: {known[0].lower()}{known[1:]}."
        facts.append(Fact(text=text, names=[card.title, effect.interest.subject], kind="against"))
    return facts


def _without(
    scope: Scope, card: ItemCard, request: RecommendRequest, subject: str
) -> tuple[list[Fact], list[str]]:
    """Return what would be without what the person told of a subject; a note where nothing was told of it."""
    known = scope.services.interests.profile(scope.user).interests
    wanted = f" {fold_name(subject)} "
    named = [one for one in known if wanted.strip() and wanted in f" {fold_name(one.subject)} "]
    if not named:
        quoted = f"about “{subject[:80]}”" if scope.did_say(subject) else "about that"
        return [], [f"Nothing that you told me {quoted} counts here, so nothing would change."]
    moved = scope.services.effects(scope.user, card.id, request, [one.id for one in named])
    return [_counterfactual(card, effect) for effect in moved[:_MOST_TOLD]], []


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
