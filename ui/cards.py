"""How does an item look on the page? HTML and SVG strings, drawn locally; every catalogue text is escaped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from agent.evidence import ItemCard
from ui.cards_actions import ASIDE, NONE, actions_html
from ui.cards_cover import KIND_FACETS, cover_svg, values_of
from ui.cards_path import paths_html
from ui.text import escape

SHARE_NAMES = {
    "behaviour": "what people chose together",
    "attributes": "its kind and traits",
    "graph": "people and themes it shares",
    "text": "what it is about",
    "popularity": "how many chose it",
    "sequence": "what people chose next",
    "social": "what friends chose",
    "context": "what fits the moment",
}
"""Granularity of a share to words a person reads."""

LEARNED_FROM_PEOPLE = frozenset({"behaviour", "popularity", "sequence", "social", "context"})
"""Shares that come from interactions; these are the simulated ones where a card says `simulated`."""

_MAKER_FACETS = ("director", "artist", "brand")
_NUMBER_FACETS = ("runtime", "price", "rating")
SIMULATED = (
    '<em class="tg-simulated" title="Learned from simulated behaviour, not from real people">simulated</em>'
)
MAX_REASONS = 3
"""Reasons shown on a card; the chat tells more when asked."""


def cards_html(cards: Iterable[ItemCard], marks: Mapping[str, Collection[str]] | None = None) -> str:
    """Return the cards of one answer as a list; `marks` maps item id to the marks of `ui.cards_actions`."""
    known, shown = marks or {}, list(cards)
    inner = "".join(card_html(card, known.get(card.id, NONE)) for card in shown)
    if not inner:
        return ""
    return f'{legend_html(shown)}<div class="tg-cards" role="list" aria-label="Suggestions">{inner}</div>'


def legend_html(cards: Iterable[ItemCard]) -> str:
    """Return what the colours of the share bars mean, those that occur, with `simulated` where it is so."""
    simulated: dict[str, bool] = {}
    for card in cards:
        for name, value in card.shares.items():
            if value:
                simulated[name] = simulated.get(name, False) or _is_simulated(card, name)
    ordered = sorted(
        simulated, key=lambda name: (list(SHARE_NAMES).index(name) if name in SHARE_NAMES else 99, name)
    )
    dots = "".join(
        f'<span><i class="tg-dot tg-{escape(name)}"></i>{escape(SHARE_NAMES.get(name, name))}'
        f"{SIMULATED if simulated[name] else ''}</span>"
        for name in ordered
    )
    return f'<p class="tg-legend-all"><b>The bars say why:</b> {dots}</p>' if dots else ""


def card_html(card: ItemCard, marks: Collection[str] = NONE) -> str:
    """Return one card: cover, title, facts, reasons, the paths behind them, share bar, and what can be done with it."""
    number = f'<span class="tg-number" aria-hidden="true">{card.number}</span>' if card.number else ""
    out = " tg-out" if any(mark in marks for mark in ("dislike", "seen", ASIDE)) else ""
    year = f' <span class="tg-year">{card.year}</span>' if card.year else ""
    return (
        f'<div class="tg-card{out}" role="listitem" data-item-id="{escape(card.id)}">'
        f'<div class="tg-cover">{cover_svg(card)}{number}</div>'
        f'<div class="tg-body"><h3 class="tg-title">{escape(card.title)}{year}</h3>'
        f"{_meta(card)}{_about(card)}{_reasons(card)}{paths_html(card)}{_shares(card)}</div>"
        f"{actions_html(card, marks)}</div>"
    )


def shares_of(card: ItemCard) -> list[tuple[str, float, float]]:
    """Return (granularity, part of the score, fraction of all parts by size), the largest first."""
    total = sum(abs(value) for value in card.shares.values())
    if not total:
        return []
    parts = [(name, value, abs(value) / total) for name, value in card.shares.items() if value]
    return sorted(parts, key=lambda part: -part[2])


def share_label(card: ItemCard, granularity: str) -> str:
    """Return the words of a share, with `simulated` where it was learned from simulated behaviour."""
    words = SHARE_NAMES.get(granularity, granularity)
    return f"{words}, simulated" if _is_simulated(card, granularity) else words


def _meta(card: ItemCard) -> str:
    makers = values_of(card, _MAKER_FACETS)[:2]
    numbers = values_of(card, _NUMBER_FACETS)
    line = " · ".join(escape(part) for part in [", ".join(makers), *numbers] if part)
    chips = "".join(f'<li class="tg-chip">{escape(tag)}</li>' for tag in values_of(card, KIND_FACETS)[:4])
    return (f'<p class="tg-meta">{line}</p>' if line else "") + (
        f'<ul class="tg-chips" aria-label="Kind">{chips}</ul>' if chips else ""
    )


def _about(card: ItemCard) -> str:
    return f'<p class="tg-about">{escape(card.about)}</p>' if card.about else ""


def _reasons(card: ItemCard) -> str:
    lines = "".join(
        f'<li class="tg-reason">{escape(reason.text[:1].upper() + reason.text[1:])}</li>'
        for reason in card.reasons[:MAX_REASONS]
    )
    return f'<ul class="tg-reasons" aria-label="Why">{lines}</ul>' if lines else ""


def _shares(card: ItemCard) -> str:
    parts = shares_of(card)
    if not parts:
        return ""
    spoken = ", ".join(
        f"{share_label(card, name)} {'minus ' if value < 0 else ''}{part:.0%}" for name, value, part in parts
    )
    bars = "".join(
        f'<span class="tg-share tg-{escape(name)}{" tg-minus" if value < 0 else ""}" '
        f'style="width:{part:.2%}"></span>'
        for name, value, part in parts
    )
    legend = "".join(
        f'<li><i class="tg-dot tg-{escape(name)}"></i>{escape(SHARE_NAMES.get(name, name))} '
        f"<b>{'−' if value < 0 else ''}{part:.0%}</b>"
        f"{SIMULATED if _is_simulated(card, name) else ''}</li>"
        for name, value, part in parts
    )
    flag = SIMULATED if card.simulated and not any(_is_simulated(card, name) for name, *_ in parts) else ""
    return (
        f'<details class="tg-shares"><summary><span class="tg-bar" role="img" '
        f'aria-label="What this score is made of: {escape(spoken)}">{bars}</span>'
        f'<span class="tg-score">score</span>{flag}</summary>'
        f'<ul class="tg-legend">{legend}</ul></details>'
    )


def _is_simulated(card: ItemCard, granularity: str) -> bool:
    return card.simulated and granularity in LEARNED_FROM_PEOPLE
