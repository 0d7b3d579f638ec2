"""Reasons in another language than English: from their kind and names, never from their English text."""

from __future__ import annotations

from collections.abc import Sequence

from agent.builtin.phrases.structure import Phrases
from agent.evidence import ItemCard, Reason


def told(card: ItemCard, phrases: Phrases) -> list[str]:
    """Return the reasons of a card as clauses without a full stop, each once, strongest first.

    A reason whose kind and names do not settle what it says, such as a bound on the year, is left out.
    """
    clauses = (_clause(reason, card, phrases) for reason in card.reasons)
    return list(dict.fromkeys(clause for clause in clauses if clause))


def joined(names: Sequence[str], phrases: Phrases) -> str:
    """Return a list of names in words."""
    if len(names) < 2:
        return "".join(names)
    return f"{phrases.comma.join(names[:-1])}{phrases.conjunction}{names[-1]}"


def _clause(reason: Reason, card: ItemCard, phrases: Phrases) -> str:
    names = reason.names
    if reason.kind == "path" and len(names) > 1:
        return phrases.shared.format(value=names[0], other=names[1])
    if reason.kind == "path" and names:
        return phrases.linked.format(other=names[0])
    if reason.kind == "history" and names:
        form = phrases.liked_by_simulated if card.simulated else phrases.liked_by
        return form.format(other=names[0])
    if reason.kind == "text":
        return phrases.near.format(other=names[0]) if names else phrases.near_wish
    if reason.kind == "popularity":
        return phrases.popular_simulated if card.simulated else phrases.popular
    own = {value.casefold() for values in card.facts.values() for value in values}
    if reason.kind == "attribute" and names and all(name.casefold() in own for name in names):
        return phrases.has.format(values=joined(names, phrases))
    return ""
