"""A subject of taste as an interest: linked to an item or a facet value where it is one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from agent.evidence import ItemCard
from agent.tools.base import Scope
from agent.tools.payloads import item_card
from agent.tools.resolve import resolve_title
from kg.text import fold_name
from recsys.attributes import PERSON_FACETS
from recsys.occasions import scene_about
from recsys.schema import Interest, Item

_LONGEST = 200
"""Longest phrase kept as a subject, in characters."""
Kind = Literal["stated", "liked", "disliked", "seen", "skipped"]


def interest_in_item(
    scope: Scope, item: Item, polarity: Literal[-1, 1], kind: Kind, strength: float = 1.0
) -> Interest:
    """Return an interest in an item, with the person's own sentence."""
    return Interest(
        id=uuid.uuid4().hex,
        user=scope.user,
        subject=item.label,
        subject_id=item.id,
        facet="item",
        polarity=polarity,
        strength=strength,
        kind=kind,
        sentence=scope.said,
    )


def stated_interest(
    scope: Scope, subject: str, polarity: Literal[-1, 1]
) -> tuple[Interest, Item | None, str]:
    """Return the interest that a subject states, the item when it is one, and a note for a free phrase.

    A title in the catalogue comes first, then a facet value, then a phrase that steers by meaning.
    """
    facets = scope.services.facets.all_of(subject)
    exact = scope.services.titles.exact(subject)
    plain_value = any(fold_name(value) == fold_name(subject) for _, value in facets)
    if exact or not facets:
        place = resolve_title(scope, subject)
        if place.item is not None and not (plain_value and not _written_as_title(scope.said, place.item)):
            stated = interest_in_item(scope, place.item, polarity, "stated")
            stated.scene = scene_about(scope.said, place.item.title)
            return stated, place.item, ""
    if facets:
        facet, value = facets[0]
        facet = "person" if facet in PERSON_FACETS else facet
        return _phrase(scope, value, facet, polarity, scene_about(scope.said, subject)), None, ""
    if not scope.did_say(subject):
        # A phrase that only the model used is no taste of the person; their own sentence is.
        subject = " ".join(scope.said.split())[:_LONGEST]
    note = f"“{subject}” is no title or attribute here; it is kept as a phrase and steers by meaning."
    return _phrase(scope, subject, "text", polarity, scene_about(scope.said, subject)), None, note


def correction_of(
    scope: Scope,
    old: Interest,
    polarity: Literal[-1, 1] | None,
    subject: str | None,
    strength: float | None = None,
) -> dict[str, Any]:
    """Return what changes in an interest that a person corrects by hand: its polarity, its subject, its strength.

    It counts as told now. With another polarity or subject its sentence goes, since it is not what they say any more.
    """
    sign: Literal[-1, 1] = polarity or old.polarity
    if subject is None and sign == old.polarity and strength is not None:
        return {"strength": strength, "time": datetime.now(UTC)}
    changes: dict[str, Any] = {
        "polarity": sign,
        "sentence": "",
        "time": datetime.now(UTC),
        "strength": strength or 1.0,
    }
    if subject is not None:
        new, _, _ = stated_interest(replace(scope, said=subject), subject, sign)
        changes |= {"subject": new.subject, "subject_id": new.subject_id, "facet": new.facet}
    reaction = old.kind != "stated" and changes.get("facet", old.facet) == "item"
    changes["kind"] = ("liked" if sign > 0 else "disliked") if reaction else "stated"
    return changes


def cards_of(item: Item | None) -> list[ItemCard]:
    """Return the card of an item, or nothing."""
    return [item_card(item)] if item is not None else []


def _phrase(scope: Scope, subject: str, facet: str, polarity: Literal[-1, 1], scene: str) -> Interest:
    return Interest(
        id=uuid.uuid4().hex,
        user=scope.user,
        subject=subject,
        facet=facet,
        polarity=polarity,
        sentence=scope.said,
        scene=scene,
    )


def _written_as_title(said: str, item: Item) -> bool:
    """Whether the person wrote the title as one (`Crime` or `"Crime"`), where it is also an attribute
    (`crime`)."""
    return item.title in said
