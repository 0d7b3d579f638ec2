"""What is known of one item."""

from __future__ import annotations

from agent.catalogue_text import data_only
from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import ItemFacts
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import facts_of, item_card, words_list
from agent.tools.resolve import resolve_title
from recsys.schema import Item

NAME = "item_facts"
_SAME = {
    "actor": "cast",
    "actors": "cast",
    "stars": "cast",
    "starring": "cast",
    "length": "runtime",
    "duration": "runtime",
    "cost": "price",
    "color": "colour",
    "genres": "genre",
    "directed by": "director",
    "written by": "writer",
    "plot": "about",
    "story": "about",
    "description": "about",
}


def run(scope: Scope, wanted: ItemFacts) -> ToolPayload:
    """Return the item's facts, each as a statement; only the facets asked for, when some are."""
    place = resolve_title(scope, wanted.title)
    if place.item is None:
        return place.payload(NAME)
    item = place.item
    known = facts_of(item)
    asked = [_facet(one, known) for one in wanted.facets]
    missing = [one for one, facet in zip(wanted.facets, asked, strict=True) if facet is None]
    chosen = [facet for facet in asked if facet] or ([] if missing else [*known, "year", "about"])
    facts = [fact for facet in dict.fromkeys(chosen) if (fact := _fact(item, facet, known)) is not None]
    named = [f"the {one}" if scope.did_say(one) else "one of the facts asked for" for one in missing]
    notes = [f"The catalogue does not say {one} of {item.label}." for one in dict.fromkeys(named)]
    return ToolPayload(tool=NAME, items=[item_card(item, whole=True)], facts=facts, notes=notes)


def _facet(asked: str, known: dict[str, list[str]]) -> str | None:
    plain = asked.casefold().strip().replace(" ", "_")
    for name in (plain, plain.rstrip("s"), _SAME.get(asked.casefold().strip(), "")):
        if name in known or name in ("year", "about"):
            return name
    return None


def _fact(item: Item, facet: str, known: dict[str, list[str]]) -> Fact | None:
    if facet == "year":
        return Fact(text=f"{item.label} is from {item.year}.", names=[item.title]) if item.year else None
    if facet == "about":
        about = data_only(item.description)
        return Fact(text=f"{item.label}: {about}", names=[item.title]) if about else None
    values = known[facet]
    return Fact(
        text=f"{item.label}, {facet.replace('_', ' ')}: {words_list(values)}.", names=[item.title, *values]
    )


item_facts = make_tool(NAME, ItemFacts, run)
