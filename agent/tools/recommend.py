"""Recommend under constraints, for this person."""

from __future__ import annotations

from agent.evidence import ToolPayload
from agent.tools.arguments import Wishes
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import recommended_cards
from agent.tools.requests import request_of, without_aside
from agent.tools.wishes import list_notes

NAME = "recommend"


def run(scope: Scope, wanted: Wishes) -> ToolPayload:
    """Rank the catalogue for the wishes and the person's interests."""
    asked = request_of(scope, wanted)
    if asked.request is None:
        return ToolPayload(tool=NAME, question=asked.question)
    services = scope.services
    found = services.recommend(scope.user, without_aside(scope, asked.request))
    notes = [*asked.notes, *list_notes(found)]
    if not found.recommendations:
        notes.append(f"No {services.knowledge.noun} in this catalogue meets this.")
    return ToolPayload(tool=NAME, items=recommended_cards(found.recommendations), notes=notes)


recommend = make_tool(NAME, Wishes, run)
