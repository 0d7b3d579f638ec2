"""Items like one item."""

from __future__ import annotations

from agent.evidence import ToolPayload
from agent.tools.arguments import SimilarItems
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import recommended_cards
from agent.tools.requests import likeness_of, without_aside
from agent.tools.resolve import resolve_title
from agent.tools.wishes import list_notes

NAME = "similar_items"


def run(scope: Scope, wanted: SimilarItems) -> ToolPayload:
    """Rank by likeness to the item, moved towards and away from the qualities; the profile does not count."""
    place = resolve_title(scope, wanted.title)
    if place.item is None:
        return place.payload(NAME)
    services = scope.services
    request = without_aside(scope, likeness_of(place.item, wanted))
    found = services.recommend(scope.user, request)
    notes = list_notes(found)
    if not found.recommendations:
        notes.append(f"There is nothing like {place.item.label} here.")
    return ToolPayload(tool=NAME, items=recommended_cards(found.recommendations), notes=notes)


similar_items = make_tool(NAME, SimilarItems, run)
