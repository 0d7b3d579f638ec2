"""Answers about items: facts, reasons with the shares of the score, and comparisons."""

from __future__ import annotations

import re

from agent.builtin.request import Request
from agent.evidence import ItemCard, ToolPayload
from kg.text import fold_name

_SHARE_NAMES = {
    "behaviour": "what people with a similar taste chose",
    "attributes": "its attributes",
    "graph": "what it shares in the graph",
    "text": "what it is about",
    "popularity": "how well known it is",
    "sequence": "what people chose next",
    "social": "what friends chose",
    "context": "what fits the moment",
}
_TABLE_FACETS = (
    "year", "genre", "director", "cast", "runtime", "country", "theme", "mood", "violence", "category",
    "kind", "brand",
    "price", "colour", "material", "feature",
)  # fmt: skip
_VALUES_A_CELL = 3
_SUBJECT = re.compile(r"(?:simulated|its?|people|viewers|customers|because|the|you|an?)\b", re.IGNORECASE)
"""How a reason begins that is a sentence of its own rather than a verb about its title."""


def facts_told(payload: ToolPayload, request: Request) -> str:
    """Return the facts of an item in sentences: a yes or no where that was asked, only the facets asked
    for."""
    if not payload.items:
        return " ".join(fact.text for fact in payload.facts)
    card = payload.items[0]
    name = f"**{card.label}**"
    if request.checks:
        checked = _checked(card, request.checks)
        if checked:
            return checked
    facets = [facet for facet in request.facets if facet in card.facts or facet in ("year", "about")]
    if facets:
        told = [_sentence(card, name, facet) for facet in facets]
        if request.checks and any(told):
            return f"The catalogue does not say so. It says: {' '.join(s for s in told if s)}"
        return " ".join(dict.fromkeys(s for s in told if s)) or " ".join(fact.text for fact in payload.facts)
    if request.facets and payload.notes:
        return ""
    return _portrait(card, name)


def joint(reason: str) -> str:
    """Return what stands between a title and its reason: `shares …` goes on from it, `viewers who …` does
    not."""
    return ": " if _SUBJECT.match(reason) else " "


def _whole(reason: str) -> str:
    """Return a reason as a sentence without its full stop."""
    return reason[0].upper() + reason[1:] if _SUBJECT.match(reason) else f"It {reason}"


def explained(payload: ToolPayload, again: bool) -> str:
    """Return why an item is recommended, as deep as the payload goes.

    The first time every reason and, in words, what the score is made of; the second time, `again`, the shares in
    numbers, the person's own words that speak for it, and what it is about; then what would be without those words. An
    answer to `what if I had not told you` is that alone.
    """
    if not payload.items:
        return " ".join(fact.text for fact in payload.facts)
    card = payload.items[0]
    told: dict[str, list[str]] = {}
    for fact in payload.facts:
        told.setdefault(fact.kind, []).append(fact.text)
    if "without" in told and "reason" not in told and "share" not in told:
        return " ".join(told["without"])
    deeper = [kind for kind in ("without", "against", "end") if kind in told]
    if deeper:
        return "\n\n".join(" ".join(told[kind]) for kind in deeper)
    if again:
        lines = [*told.get("share", []), *told.get("told", [])]
        lines.append(f"What it is about: {card.about}" if card.about else "")
        return "\n\n".join(line for line in lines if line)
    reasons = [reason.text.strip().rstrip(".") for reason in card.reasons]
    lines = []
    if len(reasons) == 1:
        lines.append(f"**{card.label}**{joint(reasons[0])}{reasons[0]}.")
    elif reasons:
        lines.append(f"Why **{card.label}**:\n\n" + "\n".join(f"- {_whole(reason)}." for reason in reasons))
    lines.append(_shares(card))
    return "\n\n".join(line for line in lines if line)


def compared(payload: ToolPayload) -> str:
    """Return items side by side as a Markdown table; one line of words when there are not two of them."""
    cards = payload.items
    if len(cards) < 2:
        return " ".join(fact.text for fact in payload.facts)
    rows = ["| | " + " | ".join(_cell(f"**{card.label}**") for card in cards) + " |"]
    rows.append("|---" * (len(cards) + 1) + "|")
    for facet in _TABLE_FACETS:
        cells = [[str(c.year)] if facet == "year" and c.year else c.facts.get(facet, []) for c in cards]
        if any(cells):
            shown = [_cell(", ".join(cell[:_VALUES_A_CELL])) or "–" for cell in cells]
            rows.append(f"| {facet} | " + " | ".join(shown) + " |")
    shared = [fact.text for fact in payload.facts if " share " in fact.text]
    return "\n\n".join(["\n".join(rows), " ".join(shared[:2])]).strip()


def _checked(card: ItemCard, words: list[str]) -> str:
    """Answer yes or no where the facts settle it; an empty string where they do not."""
    values = [(facet, value) for facet, found in card.facts.items() for value in found]
    for word in words:
        key = fold_name(word)
        found = [
            (f, v) for f, v in values if key and (fold_name(v) == key or f" {key} " in f" {fold_name(v)} ")
        ]
        if found:
            facet, value = found[0]
            return f"Yes, the catalogue gives **{card.label}** the {facet.replace('_', ' ')} {value}."
    return ""


def _sentence(card: ItemCard, name: str, facet: str) -> str:
    values = card.facts.get(facet, [])
    told = _and(values)
    if facet == "year":
        return f"{name} is from {card.year}." if card.year else ""
    if facet == "about":
        return f"{name}: {card.about}" if card.about else ""
    if not values:
        return ""
    forms = {
        "director": f"{told} directed {name}.",
        "writer": f"{told} wrote {name}.",
        "cast": f"{told} {'stars' if len(values) == 1 else 'star'} in {name}.",
        "runtime": f"{name} runs for {told}.",
        "price": f"{name} costs {told}.",
        "country": f"{name} was made in: {told}.",
        "colour": f"{name} comes in {told}.",
        "material": f"{name} is made of {told}.",
    }
    return forms.get(facet, f"{name}, {facet.replace('_', ' ')}: {told}.")


def _portrait(card: ItemCard, name: str) -> str:
    parts = [f"{name}: {card.about}" if card.about else f"{name} is in the catalogue."]
    for facet in ("director", "cast", "brand", "runtime", "price", "colour", "material"):
        if card.facts.get(facet):
            sentence = _sentence(card, "it", facet)
            parts.append(sentence[0].upper() + sentence[1:])
    kinds = [*card.facts.get("genre", []), *card.facts.get("mood", []), *card.facts.get("feature", [])]
    if kinds:
        parts.append(f"In a few words: {', '.join(kinds[:6])}.")
    return " ".join(parts)


def _shares(card: ItemCard) -> str:
    positive = sorted(((v, k) for k, v in card.shares.items() if v > 0), reverse=True)
    if not positive:
        return ""
    total = sum(v for v, _ in positive)
    names = [
        _SHARE_NAMES.get(k, k) + (" (simulated)" if k == "behaviour" and card.simulated else "")
        for _, k in positive
    ]
    first = "All" if len(names) == 1 else "Most" if positive[0][0] > total / 2 else "The largest part"
    text = f"{first} of its score comes from {names[0]}"
    if len(names) > 1:
        text += f", then from {_and(names[1:])}"
    against = [_SHARE_NAMES.get(k, k) for k, v in card.shares.items() if v < 0]
    if against:
        text += f"; {_and(against)} {'counts' if len(against) == 1 else 'count'} against it"
    return text + "."


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
