"""Items and recommendations as cards; payloads as the compact JSON that a chat model reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent.catalogue_text import data_only
from agent.evidence import Hop, ItemCard, Reason, ToolPayload
from kg.schema import Path
from recsys.schema import Item, Recommendation

_UNITS = {"runtime": " min", "price": " €", "weight": " g", "rating": ""}
_FOR_FACES = {"items": {"__all__": {"reasons": {"__all__": {"path"}}}}}
"""What a chat model is not given: the clause of a reason says the same."""
_LISTED_VALUES = 4
_LISTED_WORDS = 30


def number_text(name: str, value: float) -> str:
    """Return a measured facet with its unit: `170 min`, `49.90 €`."""
    if name == "price":
        return f"{value:.2f} €"
    if name == "violence":
        return f"{value:g} of 3"
    rounded = f"{value:.1f}".rstrip("0").rstrip(".") if abs(value) < 100 else f"{value:.0f}"
    return rounded + _UNITS.get(name, "")


def facts_of(item: Item, most: int | None = None) -> dict[str, list[str]]:
    """Return facet to values, numbers as text; at most `most` values a facet when given."""
    told = {facet: [data_only(value) for value in values[:most]] for facet, values in item.attributes.items()}
    facts = {facet: kept for facet, values in told.items() if (kept := [value for value in values if value])}
    facts.update({name: [number_text(name, value)] for name, value in item.numbers.items()})
    return facts


def item_card(item: Item, number: int = 0, whole: bool = False) -> ItemCard:
    """Return the card of an item; `whole` keeps every fact and word, else the first few for a list."""
    description = data_only(item.description)
    words = description.split()
    about = description if whole or len(words) <= _LISTED_WORDS else " ".join(words[:_LISTED_WORDS]) + " …"
    return ItemCard(
        number=number,
        id=item.id,
        title=item.title,
        year=item.year,
        kind=item.kind,
        about=about,
        facts=facts_of(item, None if whole else _LISTED_VALUES),
    )


def recommended_card(found: Recommendation, number: int = 0, whole: bool = False) -> ItemCard:
    """Return the card of a recommendation: its reasons, and its shares, which sum to its score."""
    shares: dict[str, float] = {}
    for part in found.contributions:
        shares[part.granularity.value] = shares.get(part.granularity.value, 0.0) + part.value
    simulated = any(part.simulated and part.value for part in found.contributions)
    reasons = [
        Reason(kind=one.kind, text=one.text, names=list(one.names), path=hops_of(one.path, found.item.kind))
        for one in found.evidence
        if data_only(one.text) == one.text
    ]
    return item_card(found.item, number, whole).model_copy(
        update={"reasons": reasons, "score": found.score, "shares": shares, "simulated": simulated}
    )


def hops_of(path: Path | None, kind: str) -> list[Hop]:
    """Return a path that the recommender found, from its far end to the item, which is of this kind.

    What the catalogue says is said of items, so an edge between one and something else is a fact of the item.
    """
    if path is None:
        return []
    ends = path.entities[::-1]
    return [
        Hop(
            start=one.name,
            relation=relation,
            end=other.name,
            forward=None if one.kind == other.kind else one.kind == kind,
        )
        for one, relation, other in zip(ends, path.relations[::-1], ends[1:], strict=False)
    ]


def recommended_cards(found: Iterable[Recommendation]) -> list[ItemCard]:
    """Return numbered cards."""
    return [recommended_card(one, number) for number, one in enumerate(found, 1)]


def to_json(payload: ToolPayload) -> str:
    """Return the payload as compact JSON, without what is empty."""
    short = payload.model_copy(
        update={"items": [card.model_copy(update=_rounded(card)) for card in payload.items]}
    )
    return short.model_dump_json(exclude_defaults=True, exclude=_FOR_FACES)


def words_list(values: Iterable[str], last: str = "and") -> str:
    """Join values as a person writes them: `a, b and c`."""
    items = list(values)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def _rounded(card: ItemCard) -> Mapping[str, object]:
    score = None if card.score is None else round(card.score, 3)
    return {"score": score, "shares": {name: round(share, 3) for name, share in card.shares.items()}}
