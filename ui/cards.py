"""How does an item look on the page? HTML and SVG strings, drawn locally; every catalogue text is escaped."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable, Mapping

from agent.evidence import ItemCard
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

_HUES = {
    "action": 14,
    "adventure": 36,
    "animation": 190,
    "comedy": 46,
    "crime": 216,
    "documentary": 96,
    "drama": 256,
    "family": 160,
    "fantasy": 282,
    "history": 28,
    "horror": 352,
    "music": 312,
    "musical": 318,
    "mystery": 234,
    "romance": 338,
    "science fiction": 200,
    "sci-fi": 200,
    "thriller": 226,
    "war": 76,
    "western": 24,
}
_KIND_FACETS = ("genre", "category", "kind")
_MAKER_FACETS = ("director", "artist", "brand")
_NUMBER_FACETS = ("runtime", "price", "rating")
SIMULATED = (
    '<em class="tg-simulated" title="Learned from simulated behaviour, not from real people">simulated</em>'
)
MAX_REASONS = 3
"""Reasons shown on a card; the chat tells more when asked."""


def cards_html(cards: Iterable[ItemCard], verdicts: Mapping[str, str] | None = None) -> str:
    """Return the cards of one answer as a list; `verdicts` maps item id to `like` or `dislike`."""
    known, shown = verdicts or {}, list(cards)
    inner = "".join(card_html(card, known.get(card.id)) for card in shown)
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


def card_html(card: ItemCard, verdict: str | None = None) -> str:
    """Return one card: cover, title, facts, reasons, share bar, and the like and dislike buttons."""
    number = f'<span class="tg-number" aria-hidden="true">{card.number}</span>' if card.number else ""
    year = f' <span class="tg-year">{card.year}</span>' if card.year else ""
    return (
        f'<article class="tg-card" role="listitem" data-item-id="{escape(card.id)}">'
        f'<div class="tg-cover">{cover_svg(card)}{number}</div>'
        f'<div class="tg-body"><h3 class="tg-title">{escape(card.title)}{year}</h3>'
        f"{_meta(card)}{_about(card)}{_reasons(card)}{_shares(card)}</div>"
        f"{_buttons(card, verdict)}</article>"
    )


def cover_svg(card: ItemCard) -> str:
    """Return a cover drawn from title and genres: the same item always gets the same picture."""
    digest = hashlib.sha256(card.id.encode()).digest()
    tags = _values(card, _KIND_FACETS)
    hue = _hue(tags[0] if tags else card.kind, digest)
    second = _hue(tags[1], digest) if len(tags) > 1 else (hue + 38) % 360
    name = f"tg{digest[:5].hex()}"
    lines = textwrap.wrap(card.title, width=12, max_lines=4, placeholder="…") or ["?"]
    size = 15 if len(lines) < 4 and max(map(len, lines)) <= 10 else 13
    words = "".join(
        f'<text x="10" y="{150 - (len(lines) - 1 - k) * (size + 3)}" font-size="{size}">{escape(line)}</text>'
        for k, line in enumerate(lines)
    )
    return (
        '<svg viewBox="0 0 120 168" aria-hidden="true" focusable="false">'
        f'<defs><linearGradient id="{name}" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="hsl({hue} 46% 42%)"/>'
        f'<stop offset="1" stop-color="hsl({second} 52% 20%)"/></linearGradient></defs>'
        f'<rect width="120" height="168" fill="url(#{name})"/>{_figure(digest)}'
        f'<rect y="84" width="120" height="84" fill="hsl({second} 60% 8%)" opacity=".34"/>'
        f'<g fill="#fff" font-weight="650" font-family="inherit">{words}</g></svg>'
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


def _hue(tag: str, digest: bytes) -> int:
    base = _HUES.get(tag.casefold())
    if base is None:
        base = int.from_bytes(hashlib.sha256(tag.casefold().encode()).digest()[:2]) % 360
    return (base + digest[0] % 17 - 8) % 360


def _figure(digest: bytes) -> str:
    a, b, c, d = (digest[k] / 255 for k in range(1, 5))
    style = digest[5] % 4
    if style == 0:
        return "".join(
            f'<circle cx="{30 + 60 * a:.0f}" cy="{40 + 40 * b:.0f}" r="{r}" fill="none" stroke="#fff" '
            f'stroke-width="{2 + 4 * c:.1f}" opacity="{0.34 - r / 400:.2f}"/>'
            for r in (14, 30, 48, 70)
        )
    if style == 1:
        slope = 14 + 40 * a
        return "".join(
            f'<path d="M-10 {20 + k * 26 + 30 * b:.0f} L130 {20 + k * 26 + 30 * b - slope:.0f}" '
            f'stroke="#fff" stroke-width="{3 + 9 * c:.1f}" opacity="{0.3 - k * 0.05:.2f}"/>'
            for k in range(5)
        )
    if style == 2:
        return (
            f'<circle cx="{24 + 72 * a:.0f}" cy="{30 + 22 * b:.0f}" r="{12 + 10 * c:.0f}" fill="#fff" '
            'opacity=".3"/>'
            f'<path d="M0 {100 + 20 * c:.0f} L{30 + 20 * a:.0f} {58 + 20 * d:.0f} L{66 + 10 * b:.0f} 108 '
            f'L{92 + 10 * c:.0f} {74 + 16 * a:.0f} L120 112 V168 H0Z" fill="#fff" opacity=".16"/>'
        )
    columns = (0.3 + 0.7 * digest[6 + k] / 255 for k in range(8))
    return "".join(
        f'<rect x="{k * 15 + 2}" y="{96 - 78 * h:.0f}" width="11" height="{78 * h:.0f}" fill="#fff" '
        f'opacity="{0.12 + 0.16 * h:.2f}"/>'
        for k, h in enumerate(columns)
    )


def _values(card: ItemCard, facets: tuple[str, ...]) -> list[str]:
    return [value for facet in facets for value in card.facts.get(facet, [])]


def _meta(card: ItemCard) -> str:
    makers = _values(card, _MAKER_FACETS)[:2]
    numbers = _values(card, _NUMBER_FACETS)
    line = " · ".join(escape(part) for part in [", ".join(makers), *numbers] if part)
    chips = "".join(f'<li class="tg-chip">{escape(tag)}</li>' for tag in _values(card, _KIND_FACETS)[:4])
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
        f'<span class="tg-more">score</span>{flag}</summary>'
        f'<ul class="tg-legend">{legend}</ul></details>'
    )


def _is_simulated(card: ItemCard, granularity: str) -> bool:
    return card.simulated and granularity in LEARNED_FROM_PEOPLE


def _buttons(card: ItemCard, verdict: str | None) -> str:
    title = escape(card.title)
    liked, disliked = verdict == "like", verdict == "dislike"
    return (
        '<div class="tg-verdict">'
        f'<button type="button" class="tg-like" data-item-id="{escape(card.id)}" aria-label="Like {title}" '
        f'aria-pressed="{str(liked).lower()}">{_thumb(up=True)}</button>'
        f'<button type="button" class="tg-dislike" data-item-id="{escape(card.id)}" '
        f'aria-label="Dislike {title}" aria-pressed="{str(disliked).lower()}">{_thumb(up=False)}</button>'
        "</div>"
    )


def _thumb(*, up: bool) -> str:
    turn = "" if up else ' transform="rotate(180 12 12)"'
    return (
        '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false" fill="none" '
        'stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round">'
        f'<path{turn} d="M7 10.5v9H4.5a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1H7zm0 0 4-7.5c1.4 0 2.2 1 2 2.4l-.6 3.6'
        'h5.8c1.3 0 2.2 1.2 1.9 2.4l-1.6 6.6a2 2 0 0 1-1.9 1.5H7"/></svg>'
    )
