"""Record what the person thinks of an item."""

from __future__ import annotations

from typing import Literal

from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import GiveFeedback
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import item_card
from agent.tools.resolve import resolve_title
from agent.tools.tastes import Kind, interest_in_item
from recsys.occasions import DEFAULT
from recsys.schema import Interest, Item

NAME = "give_feedback"
Verdict = Literal["like", "dislike", "seen", "skip"]
MEANING: dict[Verdict, tuple[Literal[-1, 1], Kind, float, str]] = {
    "like": (1, "liked", 1.0, "Noted: you like {label}."),
    "dislike": (-1, "disliked", 1.0, "Noted: you dislike {label}; it will not come again."),
    "seen": (1, "seen", 0.3, "Noted: you have seen {label}; it will not come again."),
    "skip": (-1, "skipped", 0.3, "Noted: {label} is not what you want now."),
}
"""Verdict to polarity, kind, strength and the confirmation."""
_KINDS: dict[Verdict, str] = {"like": "likes", "dislike": "dislikes", "seen": "seen", "skip": "skipped"}


def run(scope: Scope, wanted: GiveFeedback) -> ToolPayload:
    """Store the verdict on the item."""
    place = resolve_title(scope, wanted.title)
    if place.item is None:
        return place.payload(NAME)
    scope.services.remember(feedback_interest(scope, place.item, wanted.verdict))
    text = confirmation(place.item, wanted.verdict)
    return ToolPayload(
        tool=NAME,
        items=[item_card(place.item)],
        facts=[Fact(text=text, names=[place.item.title, place.item.label], kind=_KINDS[wanted.verdict])],
    )


def feedback_interest(scope: Scope, item: Item, verdict: Verdict) -> Interest:
    """Return the interest that a verdict means."""
    polarity, kind, strength, _ = MEANING[verdict]
    return interest_in_item(scope, item, polarity, kind, strength)


def verdict_in(interest: Interest) -> Verdict | None:
    """Return the verdict on an item that an interest stands for, whether a button or a sentence gave it; None where it
    is not of an item, or holds in one scene only."""
    if interest.facet != "item" or interest.subject_id is None or interest.scene != DEFAULT:
        return None
    if interest.kind in ("seen", "skipped"):
        return "seen" if interest.kind == "seen" else "skip"
    return "like" if interest.polarity > 0 else "dislike"


def confirmation(item: Item, verdict: Verdict) -> str:
    """Say what was noted."""
    return MEANING[verdict][3].format(label=item.label)


give_feedback = make_tool(NAME, GiveFeedback, run)
