"""What does the column beside the chat show? The catalogues with how they are, and this person's conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.memory import Conversation
from ui.text import escape

MOST_LISTED = 200
"""Conversations that the page lists; older ones stay stored, and are in the export."""
_STATES = {"ready": "ready", "opening": "opening…", "broken": "cannot be opened"}
_KINDS = {"films": "Films", "shop": "Shop", "music": "Music", "news": "News"}


@dataclass(frozen=True)
class CatalogueRow:
    """One catalogue to choose."""

    name: str
    """Of the workspace; what is sent back."""
    label: str
    domain: str
    items: int
    state: Literal["ready", "opening", "broken"]
    problem: str = ""
    """Of a broken one: why, and what to do."""


def catalogue_list_html(rows: Sequence[CatalogueRow], current: str) -> str:
    """Return the choice of catalogues; a broken one is named with what to do, and cannot be chosen."""
    return f'<ul class="tg-places">{"".join(_place(row, row.name == current) for row in rows)}</ul>'


def conversation_list_html(conversations: Sequence[Conversation], current: str) -> str:
    """Return the conversations as a list, in the order given; `current` is the thread that is open.

    Titles are the person's own words and are escaped. The buttons carry `data-do` for the script of the page.
    """
    if not conversations:
        return '<p class="tg-none">Nothing yet. What you say here is kept, and this list finds it again.</p>'
    listed = conversations[:MOST_LISTED]
    rows = "".join(_talk(one, one.thread == current) for one in listed)
    more = len(conversations) - len(listed)
    rest = f'<p class="tg-none">{more} older ones are kept too; the export has them.</p>' if more else ""
    return f'<ul class="tg-talks">{rows}</ul>{rest}'


def _place(row: CatalogueRow, chosen: bool) -> str:
    name, label = escape(row.name), escape(row.label)
    kind = escape(_KINDS.get(row.domain, row.domain.capitalize()))
    about = f"{kind} · {row.items:,} items · " if row.items else ""
    state = f'<span class="tg-state tg-{row.state}">{_STATES[row.state]}</span>'
    if row.state == "broken":
        return (
            f'<li class="tg-place tg-place-broken" data-state="broken"><b>{label}</b>'
            f"<small>{about}{state}</small>"
            f"<details><summary>What to do</summary><p>{escape(row.problem)}</p></details></li>"
        )
    return (
        f'<li class="tg-place" data-state="{row.state}"><button type="button" data-do="catalogue" '
        f'data-name="{name}"{_current(chosen)}><b>{label}</b><small>{about}{state}</small></button></li>'
    )


def _talk(one: Conversation, open_now: bool) -> str:
    thread, title = escape(one.thread), escape(one.title)
    return (
        f'<li class="tg-talk"><button type="button" class="tg-talk-open" data-do="open" data-thread="{thread}"'
        f'{_current(open_now)}><span>{title}</span><time class="tg-when" datetime="{one.last.isoformat()}">'
        f"{one.last:%Y-%m-%d %H:%M}</time></button>"
        f'<button type="button" class="tg-icon" data-do="rename" data-thread="{thread}" data-title="{title}" '
        f'aria-label="Rename {title}" title="Rename">{_PEN}</button>'
        f'<button type="button" class="tg-icon" data-do="drop" data-thread="{thread}" data-title="{title}" '
        f'aria-label="Delete {title}" title="Delete">{_BIN}</button></li>'
    )


def _current(yes: bool) -> str:
    return ' aria-current="true"' if yes else ""


def _icon(path: str) -> str:
    return (
        '<svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false" fill="none" '
        'stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">'
        f'<path d="{path}"/></svg>'
    )


_PEN = _icon("M4 20l1-4L16 5l3 3L8 19l-4 1zM14 7l3 3")
_BIN = _icon("M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6")
