"""What was said and shown before: turns, lists, wishes and questions, read out of the messages alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import ValidationError

from agent.evidence import ItemCard, ToolPayload

KNOWN_TASTE = "What this person has told before:"
"""The line of a system message under which the recalled interests stand; without it nothing is known."""

LIST_TOOLS = frozenset({"recommend", "similar_items", "search_catalogue"})
_ONE_ITEM_TOOLS = frozenset({"item_facts", "explain", "give_feedback", "similar_items"})
_LOOK_BACK = 12
_NUMBERED_LINE = re.compile(r"(?m)^\s*\d{1,2}[.)] ")
_TEXT_LIMIT = 4_000


@dataclass(frozen=True)
class Call:
    """A tool call that was made."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """What a person said, and what was done and answered."""

    text: str
    calls: tuple[Call, ...] = ()
    payloads: tuple[ToolPayload, ...] = ()
    reply: str = ""

    @cached_property
    def shown(self) -> tuple[ItemCard, ...]:
        """The items of the turn's lists, in the order in which the answer numbers them, each once."""
        return listed(self.payloads)

    @property
    def question(self) -> str | None:
        """The question that a tool had for the person."""
        return next((p.question for p in self.payloads if p.question), None)


@dataclass(frozen=True)
class Reference:
    """A way to point at something shown before."""

    how: Literal["places", "last", "focus", "all", "rest", "person", "fewest"]
    places: tuple[int, ...] = ()
    """1-based places for `places`; the number of items for `last` when more than one."""


@dataclass(frozen=True)
class Dialogue:
    """The dialogue up to the person's newest message, and what has been done about that message so far."""

    past: tuple[Turn, ...]
    now: Turn
    known_taste: bool
    """Whether the system message recalls interests of this person."""

    @classmethod
    def read(cls, messages: Sequence[BaseMessage]) -> Dialogue:
        """Read a dialogue from chat messages; tool results that are not a `ToolPayload` count as failed
        tools."""
        known = any(isinstance(m, SystemMessage) and KNOWN_TASTE in m.text for m in messages)
        turns: list[Turn] = []
        for message in messages:
            if isinstance(message, HumanMessage):
                turns.append(Turn(message.text[:_TEXT_LIMIT]))
                continue
            last = turns.pop() if turns else Turn("")
            if isinstance(message, AIMessage):
                calls = tuple(Call(c["name"], dict(c["args"] or {})) for c in message.tool_calls)
                reply = message.text if not calls else last.reply
                last = Turn(last.text, last.calls + calls, last.payloads, reply)
            elif isinstance(message, ToolMessage):
                last = Turn(last.text, last.calls, (*last.payloads, read_payload(message)), last.reply)
            turns.append(last)
        if not turns or turns[-1].reply:
            turns.append(Turn(""))
        past = tuple(t for t in turns[:-1] if t.text or t.payloads or t.reply)
        return cls(past, turns[-1], known)

    @cached_property
    def last_list(self) -> tuple[ItemCard, ...]:
        """The items of the newest list, empty when there was none."""
        return next((t.shown for t in reversed(self.past[-_LOOK_BACK:]) if t.shown), ())

    @property
    def shown_labels(self) -> list[str]:
        """Labels of everything shown in lists, newest first, each once."""
        labels = [card.label for turn in reversed(self.past[-_LOOK_BACK:]) for card in turn.shown]
        return list(dict.fromkeys(labels))

    @cached_property
    def last_wish(self) -> Call | None:
        """The newest call that made a list, else None."""
        for turn in reversed(self.past[-_LOOK_BACK:]):
            for call in reversed(turn.calls):
                if call.name in LIST_TOOLS:
                    return call
        return None

    @cached_property
    def focus(self) -> str | None:
        """The one item that was talked about last: by name, because the newest list has only one, or because the
        words of the answer end with it."""
        for turn in reversed(self.past[-_LOOK_BACK:]):
            about = [c for c in turn.calls if c.name in _ONE_ITEM_TOOLS]
            if turn.shown:
                return turn.shown[0].label if len(turn.shown) == 1 else _spoken_last(turn)
            if about:
                named = [card.label for p in turn.payloads if p.tool == about[-1].name for card in p.items]
                return named[0] if named else str(about[-1].args.get("title", "")) or None
        return None

    @cached_property
    def person(self) -> str | None:
        """The person who was talked about last, as evidence named them: asked for, or named in an item's
        facts."""
        for turn in reversed(self.past[-_LOOK_BACK:]):
            for call, payload in zip(turn.calls, turn.payloads, strict=False):
                if call.name == "item_facts" and payload.items:
                    facts = payload.items[0].facts
                    asked = [f for f in call.args.get("facets") or () if f in ("director", "cast", "writer")]
                    for facet in (*asked, "director"):
                        if facts.get(facet):
                            return facts[facet][0]
                names = [str(v) for v in call.args.get("include") or ()]
                people = {
                    v
                    for card in payload.items
                    for f in ("director", "cast", "writer")
                    for v in card.facts.get(f, ())
                }
                for name in names:
                    if name in people or (call.name == "search_catalogue" and " " in name):
                        return name
        return None

    def resolve(self, reference: Reference) -> list[str]:
        """Return the labels that a reference points at; empty when it points at nothing that was shown."""
        labels = [card.label for card in self.last_list]
        if reference.how == "places":
            return [labels[n - 1] for n in reference.places if 1 <= n <= len(labels)]
        if reference.how == "last":
            return labels[-(reference.places[0] if reference.places else 1) :]
        if reference.how == "all":
            return labels
        if reference.how == "rest":
            return [label for label in labels if label != self.focus]
        if reference.how == "focus":
            return [self.focus] if self.focus else []
        return []

    def card(self, label: str) -> ItemCard | None:
        """Return the newest card with this label or title, or None."""
        wanted = label.casefold()
        for turn in reversed(self.past[-_LOOK_BACK:]):
            for payload in reversed(turn.payloads):
                for card in payload.items:
                    if wanted in (card.label.casefold(), card.title.casefold()):
                        return card
        return None


def _spoken_last(turn: Turn) -> str | None:
    """Return the shown item that running text names last; None where the reply is a numbered list, or names
    none."""
    if _NUMBERED_LINE.search(turn.reply):
        return None
    places = [(turn.reply.rfind(card.title), card.label) for card in turn.shown]
    place, label = max(places)
    return label if place >= 0 else None


def listed(payloads: Sequence[ToolPayload]) -> tuple[ItemCard, ...]:
    """Return the items of the lists among `payloads`, in answer order, each item once."""
    cards = [card for p in payloads if p.tool in LIST_TOOLS and p.ok for card in p.items]
    return tuple({card.id: card for card in reversed(cards)}[i] for i in dict.fromkeys(c.id for c in cards))


def read_payload(message: ToolMessage) -> ToolPayload:
    """Return the payload of a tool message; anything else becomes a failed payload with words for the
    person."""
    try:
        return ToolPayload.model_validate_json(message.text)
    except ValidationError:
        return ToolPayload(
            tool=message.name or "tool", ok=False, say="That look-up did not work. Please try it once more."
        )


def number_of(card: ItemCard, facet: str) -> float | None:
    """Return a measured fact of a card (`170 min`, `49.90 €`) as a number, or None."""
    for value in card.facts.get(facet, ()):
        match = re.search(r"\d+(?:[.,]\d+)?", value)
        if match:
            return float(match[0].replace(",", "."))
    return None
