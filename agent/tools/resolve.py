"""What a title, a place in the last list, or `it` stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.answers import item_in_focus, last_list
from agent.evidence import ItemCard, ToolPayload
from agent.tools.base import Scope
from agent.tools.payloads import words_list
from recsys.schema import Item

_NUMBERS = (
    "first 1st one",
    "second 2nd two",
    "third 3rd three",
    "fourth 4th four",
    "fifth 5th five",
    "sixth 6th six",
    "seventh 7th seven",
    "eighth 8th eight",
    "ninth 9th nine",
    "tenth 10th ten",
)
_ORDINALS = {word: number for number, words in enumerate(_NUMBERS, 1) for word in words.split(" ")}
_PLACE = re.compile(
    r"^(?:the )?(?:(?:number|no|nr|#|item|option) ?)?(?P<place>\d{1,2}|last|" + "|".join(_ORDINALS) + r")"
    r"(?: (?:one|film|movie|product|item|option|pick|title|recommendation))?$"
)
_FOCUS = re.compile(
    r"^(?:it|him|her|them|same|the same|(?:that|this|the)(?: (?:one|film|movie|product|item))?)$"
)
_CLEAR_LEAD = 5.0
"""How many times as popular the best-known of several items of one title must be to be meant without
asking."""
_MANY = 200


@dataclass(frozen=True)
class Place:
    """An item, or what to tell or ask the person."""

    item: Item | None = None
    note: str = ""
    question: str | None = None

    def payload(self, tool: str) -> ToolPayload:
        """Return the payload of a tool that needed the item."""
        return ToolPayload(tool=tool, notes=[self.note] if self.note else [], question=self.question)


def resolve_title(scope: Scope, text: str) -> Place:
    """Find the item that is meant. Never raises: an unknown or ambiguous one comes back as a note or a
    question."""
    wanted = " ".join(text.strip(" \t\n\"'“”‘’*.,!?").split())[:_MANY]
    shown = last_list(scope.messages)
    pointed = _pointed(scope, wanted, shown)
    if pointed is not None:
        return pointed
    titles = scope.services.titles
    exact = titles.exact(wanted)
    if exact:
        return _choose(exact, shown)
    linked = scope.services.knowledge.linker.link(
        wanted, [card.id for card in shown], scope.services.item_kinds
    )
    if linked.ambiguous and linked.reason in ("acronym", "description"):
        fitting = [scope.services.workspace.item(e.id) for e in (linked.entity, *linked.alternatives) if e]
        options = words_list((item.label for item in fitting[:4] if item), "or")
        return Place(question=f"Several fit that. Do you mean {options}?")
    if linked.entity is not None:
        item = scope.services.workspace.item(linked.entity.id)
        if item is not None:
            return Place(item)
    return Place(note=not_here(scope, text))


def not_here(scope: Scope, text: str) -> str:
    """Say that a title is not in the catalogue, with the nearest titles."""
    name = " ".join(text.split())[:_MANY]
    near = scope.services.titles.nearest(name)
    hint = f" The nearest titles here: {words_list(item.label for item in near)}." if near else ""
    shown = name if scope.did_say(name) else "That title"
    return f"{shown} is not in this catalogue.{hint}"


def _pointed(scope: Scope, wanted: str, shown: list[ItemCard]) -> Place | None:
    plain = wanted.casefold().replace("#", "number ").strip()
    plain = " ".join(plain.split())
    if not plain or _FOCUS.match(plain):
        card = item_in_focus(scope.messages) or (shown[0] if len(shown) == 1 else None)
        if card is not None:
            return _of_card(scope, card)
        if shown:
            options = words_list((c.label for c in shown), "or")
            return Place(question=f"Which one do you mean: {options}?")
        return Place(question=f"Which {scope.services.knowledge.noun} do you mean?")
    match = _PLACE.match(plain)
    if not match:
        return None
    place = match["place"]
    number = len(shown) if place == "last" else int(place) if place.isdigit() else _ORDINALS[place]
    if 1 <= number <= len(shown):
        return _of_card(scope, shown[number - 1])
    if scope.services.titles.exact(wanted):
        return None
    if not shown:
        return Place(question=f"Which {scope.services.knowledge.noun} do you mean? There is no list yet.")
    return Place(question=f"The last list has {len(shown)} entries. Which one do you mean?")


def _of_card(scope: Scope, card: ItemCard) -> Place:
    item = scope.services.workspace.item(card.id)
    return Place(item) if item else Place(note=f"{card.label} is no longer in this catalogue.")


def _choose(found: list[Item], shown: list[ItemCard]) -> Place:
    if len(found) == 1:
        return Place(found[0])
    in_list = [item for item in found if item.id in {card.id for card in shown}]
    if len(in_list) == 1:
        return Place(in_list[0])
    best, second = found[0], found[1]
    if best.popularity > _CLEAR_LEAD * second.popularity:
        return Place(best)
    options = words_list((item.label for item in found[:4]), "or")
    return Place(question=f"There are several of that title. Do you mean {options}?")
