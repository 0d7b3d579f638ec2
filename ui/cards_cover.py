"""The picture of an item that has none: drawn from its title and genres, here and without a request."""

from __future__ import annotations

import hashlib
import textwrap

from agent.evidence import ItemCard
from ui.text import escape

KIND_FACETS = ("genre", "category", "kind")
"""Facets that say what sort of thing an item is, first those that fit most domains."""
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


def cover_svg(card: ItemCard) -> str:
    """Return a cover drawn from title and genres: the same item always gets the same picture."""
    digest = hashlib.sha256(card.id.encode()).digest()
    tags = values_of(card, KIND_FACETS)
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


def values_of(card: ItemCard, facets: tuple[str, ...]) -> list[str]:
    """Return the values of a card in these facets, in their order."""
    return [value for facet in facets for value in card.facts.get(facet, [])]


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
