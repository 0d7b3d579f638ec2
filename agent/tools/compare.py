"""Two to four items side by side."""

from __future__ import annotations

from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import Compare
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import facts_of, item_card, words_list
from agent.tools.resolve import resolve_title
from recsys.schema import Item

NAME = "compare"
_NAMES = {"cast": "cast member"}


def run(scope: Scope, wanted: Compare) -> ToolPayload:
    """Return what the items share and where they differ, facet by facet."""
    items: dict[str, Item] = {}
    notes = []
    for title in wanted.titles:
        place = resolve_title(scope, title)
        if place.item is not None:
            items[place.item.id] = place.item
        elif place.question:
            return ToolPayload(tool=NAME, question=place.question)
        else:
            notes.append(place.note)
    cards = [item_card(item, whole=True) for item in items.values()]
    if len(items) < 2:
        return ToolPayload(
            tool=NAME, items=cards, notes=[*notes, "Comparing needs two titles of this catalogue."]
        )
    return ToolPayload(tool=NAME, items=cards, facts=_facts(list(items.values())), notes=notes)


def _facts(items: list[Item]) -> list[Fact]:
    facts = []
    known = {item.id: facts_of(item) for item in items}
    labels = words_list(item.label for item in items)
    titles = [item.title for item in items]
    for facet in dict.fromkeys(facet for item in items for facet in known[item.id]):
        values = [known[item.id].get(facet, []) for item in items]
        shared = [value for value in values[0] if all(value in other for other in values[1:])]
        name = _NAMES.get(facet, facet.replace("_", " "))
        if shared:
            facts.append(
                Fact(text=f"{labels} share the {name} {words_list(shared)}.", names=[*titles, *shared])
            )
        if not shared or any(len(one) > len(shared) for one in values):
            parts = [
                f"{item.label} {words_list(v) or 'unknown'}" for item, v in zip(items, values, strict=True)
            ]
            facts.append(
                Fact(
                    text=f"{name.capitalize()}: {'; '.join(parts)}.",
                    names=[*titles, *(v for one in values for v in one)],
                )
            )
    years = [item for item in items if item.year]
    if len(years) == len(items):
        parts = [f"{item.title} {item.year}" for item in items]
        facts.append(Fact(text=f"Year: {'; '.join(parts)}.", names=titles))
    return facts


compare = make_tool(NAME, Compare, run)
