"""Facts, comparisons and confirmations in another language than English."""

from __future__ import annotations

from collections.abc import Sequence

from agent.builtin.phrases.reasons import joined
from agent.builtin.phrases.structure import Phrases
from agent.builtin.request import Request
from agent.evidence import ItemCard, ToolPayload
from kg.text import fold_name

CONFIRMING = frozenset({"remember_taste", "give_feedback", "forget"})
_PORTRAIT = (
    "year",
    "director",
    "cast",
    "genre",
    "runtime",
    "brand",
    "price",
    "colour",
    "material",
    "feature",
)
"""Facets that are told of an item when none was asked for."""
_VALUES = 4
_COMPARED = (*_PORTRAIT, "country", "theme", "mood", "violence", "category", "kind")


def confirmed(payload: ToolPayload, phrases: Phrases) -> tuple[list[str], list[str]]:
    """Return what was noted or forgotten: sentences of the language, and those that are there in English only."""
    own: list[str] = []
    english: list[str] = []
    for fact in payload.facts:
        form = phrases.noted.get(fact.kind) if fact.names else None
        if form is None:
            english.append(fact.text)
        else:
            many = fact.kind in ("forgotten", "taken_back")
            own.append(form.format(subject=joined(fact.names, phrases) if many else fact.names[-1]))
    return own, english


def facts_told(payload: ToolPayload, request: Request, phrases: Phrases) -> str:
    """Return what the catalogue says of an item: yes where that was asked and holds, else the facets asked for."""
    if not payload.items:
        return ""
    card = payload.items[0]
    for word in request.checks:
        found = next(((f, v) for f, v in _values(card) if _is_in(word, v)), None)
        if found:
            facet = phrases.facets.get(found[0], found[0])
            return phrases.holds.format(label=card.label, facet=facet, value=found[1])
    asked = [facet for facet in request.facets if facet != "about"]
    lines = [line for facet in asked or _PORTRAIT if (line := _line(card, facet, phrases))]
    if not lines and (asked or request.checks):
        return phrases.says_nothing
    return "\n".join([phrases.facts.format(label=card.label), "", *lines]) if lines else ""


def compared(cards: Sequence[ItemCard], phrases: Phrases) -> str:
    """Return items side by side as a Markdown table; empty where there are not two."""
    if len(cards) < 2:
        return ""
    rows = ["| | " + " | ".join(_cell(f"**{card.label}**") for card in cards) + " |"]
    rows.append("|---" * (len(cards) + 1) + "|")
    for facet in _COMPARED:
        cells = [_told(card, facet, phrases) for card in cards]
        if any(cells):
            name = phrases.facets.get(facet, facet)
            rows.append(f"| {name} | " + " | ".join(_cell(cell) or "–" for cell in cells) + " |")
    return phrases.compared + "\n\n" + "\n".join(rows)


def _line(card: ItemCard, facet: str, phrases: Phrases) -> str:
    told = _told(card, facet, phrases)
    return phrases.fact.format(facet=phrases.facets.get(facet, facet), values=told) if told else ""


def _told(card: ItemCard, facet: str, phrases: Phrases) -> str:
    if facet == "year":
        return str(card.year or "")
    return phrases.comma.join(card.facts.get(facet, [])[:_VALUES])


def _values(card: ItemCard) -> list[tuple[str, str]]:
    return [(facet, value) for facet, values in card.facts.items() for value in values]


def _is_in(word: str, value: str) -> bool:
    key = fold_name(word)
    return bool(key) and f" {key} " in f" {fold_name(value)} "


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
