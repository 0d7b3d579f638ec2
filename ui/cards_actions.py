"""What can be done with an item on its card? A row of buttons; `data-act` tells the script of the page which."""

from __future__ import annotations

from collections.abc import Collection

from agent.evidence import ItemCard
from ui.text import escape

VERDICTS = ("like", "dislike", "seen")
"""Marks that are kept of the person; pressing again takes them back."""
ASIDE = "aside"
"""The mark that holds in one dialogue only."""
TURNS = ("more", "why")
"""Actions that are a turn in the chat."""
NONE: frozenset[str] = frozenset()

_SEEN = {"film": "Seen"}
_ASIDE = {"film": "Not tonight"}
_ICONS = {
    "like": '<path d="M7 10.5v9H4.5a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1H7zm0 0 4-7.5c1.4 0 2.2 1 2 2.4l-.6 3.6h5.8c1.3 0 '
    '2.2 1.2 1.9 2.4l-1.6 6.6a2 2 0 0 1-1.9 1.5H7"/>',
    "dislike": '<path transform="rotate(180 12 12)" d="M7 10.5v9H4.5a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1H7zm0 0 4-7.5c1.4 0 '
    '2.2 1 2 2.4l-.6 3.6h5.8c1.3 0 2.2 1.2 1.9 2.4l-1.6 6.6a2 2 0 0 1-1.9 1.5H7"/>',
    "seen": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    ASIDE: '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"/>',
}
"""Lines of the pictures on the buttons."""


def actions_html(card: ItemCard, marks: Collection[str] = NONE) -> str:
    """Return the buttons of a card; `marks` are those of `VERDICTS` and `ASIDE` that hold for its item."""
    title = escape(card.title)
    seen, aside = _SEEN.get(card.kind, "Known"), _ASIDE.get(card.kind, "Not now")
    toggles = "".join(
        (
            _toggle(card, "like", f"Like {title}", "", marks),
            _toggle(card, "dislike", f"Dislike {title}", "", marks),
            _toggle(card, "seen", f"{seen}: {title}", seen, marks),
            _toggle(card, ASIDE, f"{aside}: {title}", aside, marks),
        )
    )
    turns = _button(card, "more", f"More like this: {title}", "More like this") + _button(
        card, "why", f"Why? {title}", "Why?"
    )
    return (
        f'<div class="tg-actions" role="group" aria-label="What you think of {title}">{toggles}{turns}</div>'
        f"{_consequence(card, marks)}"
    )


def _consequence(card: ItemCard, marks: Collection[str]) -> str:
    """Return what the marks mean for later answers, in a line, or nothing where they keep nothing out."""
    if "dislike" in marks:
        line = "You do not like it; it will not be suggested again."
    elif "seen" in marks:
        known = "You have seen it" if card.kind == "film" else "You know it"
        line = f"{known}; it will not be suggested again."
    elif ASIDE in marks:
        line = "It will not be suggested in this conversation."
    else:
        return ""
    return f'<p class="tg-consequence">{line}</p>'


def _toggle(card: ItemCard, act: str, name: str, words: str, marks: Collection[str]) -> str:
    pressed = act in marks
    hint = "Press again to take it back" if pressed else name
    return _button(card, act, name, words, f' aria-pressed="{str(pressed).lower()}" title="{hint}"')


def _button(card: ItemCard, act: str, name: str, words: str, more: str = "") -> str:
    shown = (_icon(act) if act in _ICONS else "") + (f"<span>{words}</span>" if words else "")
    kind = "tg-turn" if act in TURNS else f"tg-{act}"
    return (
        f'<button type="button" class="tg-act {kind}" data-act="{act}" data-item-id="{escape(card.id)}" '
        f'aria-label="{name}"{more}>{shown}</button>'
    )


def _icon(act: str) -> str:
    return (
        '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false" fill="none" '
        'stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round">'
        f"{_ICONS[act]}</svg>"
    )
