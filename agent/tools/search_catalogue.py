"""Find items by words, people or attributes."""

from __future__ import annotations

from agent.evidence import ToolPayload
from agent.tools.arguments import SearchCatalogue
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import item_card
from agent.tools.wishes import constraints_of, degraded_notes

NAME = "search_catalogue"


def run(scope: Scope, wanted: SearchCatalogue) -> ToolPayload:
    """Search within hard constraints; nothing is relaxed."""
    read = constraints_of(
        scope, wanted.include, wanted.exclude, year_from=wanted.year_from, year_to=wanted.year_to
    )
    text = " ".join([wanted.query, *read.words]).strip()
    found = scope.services.recommender.search(text, read.constraints, wanted.count)
    notes = [*read.notes, *degraded_notes(found.degraded)]
    if not found:
        notes.append(f"Nothing in {scope.services.knowledge.name} matches this search.")
    cards = [item_card(item, number) for number, item in enumerate(found, 1)]
    return ToolPayload(tool=NAME, items=cards, notes=notes)


search_catalogue = make_tool(NAME, SearchCatalogue, run)
