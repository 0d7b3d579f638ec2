"""What carries over from earlier turns: the last wishes, and what `older` or `cheaper` mean beside what was shown."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from agent.builtin.dialogue import Call, Dialogue, number_of
from agent.builtin.request import Slots

_QUALITY = {"older": "older", "newer": "newer", "shorter": "shorter", "longer": "longer"}


@dataclass
class Base:
    """Wishes carried over from the last list."""

    slots: Slots = field(default_factory=Slots)
    text: str = ""
    year_from: int | None = None
    year_to: int | None = None


def base_of(call: Call | None) -> Base:
    """Return the wishes of an earlier call; arguments of another shape than ours count as none."""
    args = call.args if call else {}

    def texts(key: str) -> list[str]:
        value = args.get(key)
        return [str(v) for v in value] if isinstance(value, list) else []

    def whole(key: str) -> int | None:
        value = args.get(key)
        return value if isinstance(value, int) else None

    like = texts("like") + ([str(args["title"])] if args.get("title") else [])
    slots = Slots(like, texts("include"), texts("exclude"), texts("more"), texts("less"))
    slots.max_runtime = whole("max_runtime")
    price = args.get("max_price")
    slots.max_price = float(price) if isinstance(price, int | float) and price > 0 else None
    slots.count = whole("count")
    query = "" if slots.include else str(args.get("query") or "")
    return Base(slots, str(args.get("text") or query), whole("year_from"), whole("year_to"))


def measured(delta: str, dialogue: Dialogue) -> float | None:
    """Return the bound that a comparison with the shown items means, or None when they say no such number."""
    focus = dialogue.card(dialogue.focus) if dialogue.focus else None
    cards = [focus] if focus else list(dialogue.last_list)
    if delta in ("older", "newer"):
        years = [card.year for card in cards if card.year]
        if not years:
            return None
        middle = int(statistics.median(years))
        if delta == "older":
            return (min(years) if min(years) >= 1940 else middle) - 1
        return (max(years) if max(years) <= 2015 else middle) + 1
    if delta == "shorter":
        minutes = [m for card in cards if (m := number_of(card, "runtime"))]
        return statistics.median(minutes) - 1 if minutes else None
    if delta == "cheaper":
        prices = [p for card in cards if (p := number_of(card, "price"))]
        return round(min(prices) - 0.01, 2) if prices else None
    return None


def quality_of(delta: str) -> tuple[str, bool]:
    """Return the quality word of a comparison, and whether to move towards it."""
    if delta in ("cheaper", "dearer"):
        return "expensive", delta == "dearer"
    return _QUALITY[delta], True


def moved(slots: Slots) -> tuple[list[str], list[str]]:
    """Return the qualities to move towards and away from, with those that comparisons mean."""
    more, less = list(slots.more), list(slots.less)
    for delta in dict.fromkeys(slots.deltas):
        quality, up = quality_of(delta)
        (more if up else less).append(quality)
    return unique(more), unique(less)


def last_noted(dialogue: Dialogue) -> str:
    """Return the subject of the newest taste or feedback, or an empty string."""
    for turn in reversed(dialogue.past):
        for call in reversed(turn.calls):
            if call.name in ("remember_taste", "give_feedback"):
                return str(call.args.get("subject") or call.args.get("title") or "")
    return ""


def unique(values: list[str]) -> list[str]:
    """Return the values in order, each once."""
    return list(dict.fromkeys(values))
