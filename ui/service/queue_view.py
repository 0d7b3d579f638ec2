"""How does the queue look? Pure: rows in, HTML out; every text of others is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from agent.service.course import Row
from ui.text import escape

FILTERS = {
    "open": "Open",
    "waiting": "Waiting for a reply",
    "new": "New",
    "drafted": "Drafted",
    "sent": "Sent",
    "handed over": "Handed over",
    "mine": "Mine",
    "closed": "Closed",
    "all": "All",
}
"""Name of a filter to its label."""
_UNHAPPY, _GLAD = 0.4, 0.6


def chosen(rows: Iterable[Row], search: str, only: str, operator: str) -> list[Row]:
    """Return the rows that pass the filter `only` and hold every word of `search`."""
    words = search.casefold().split()
    return [
        row
        for row in rows
        if _passes(row, only, operator)
        and all(
            word in f"{row.customer} {row.words} {row.case} {row.owner} {row.state}".casefold()
            for word in words
        )
    ]


def queue_html(rows: Sequence[Row], of: int, case: str) -> str:
    """Return the list of cases, each a button; `of` is how many there are without a filter."""
    if not rows:
        said = "No case fits the search or the filter." if of else "No case yet. Start with “New case”."
        return f'<p class="sv-none">{said}</p>'
    waiting = sum(row.waiting_since is not None for row in rows)
    count = (
        f"{len(rows)} of {of} cases, {waiting} waiting"
        if of != len(rows)
        else (f"{of} {'case' if of == 1 else 'cases'}, {waiting} waiting")
    )
    items = "".join(_row(row, current=row.case == case) for row in rows)
    return f'<p class="sv-count">{count}</p><ul class="sv-queue" aria-label="Cases">{items}</ul>'


def glad_words(value: float) -> str:
    """Return an estimate in [0, 1] in a word."""
    return "unhappy" if value < _UNHAPPY else "glad" if value > _GLAD else "neither glad nor unhappy"


def badge(state: str) -> str:
    """Return the mark of a state."""
    return f'<span class="sv-state sv-{escape(state.replace(" ", "-"))}">{escape(state)}</span>'


def ago(when: datetime | None, before: str = "") -> str:
    """Return a moment; the page's script writes how long ago it was and keeps that up to date."""
    if when is None:
        return ""
    return (
        f'<time class="sv-ago" datetime="{when.isoformat()}" data-before="{escape(before)}">'
        f"{escape(before)}{when:%Y-%m-%d %H:%M} UTC</time>"
    )


def _passes(row: Row, only: str, operator: str) -> bool:
    match only:
        case "all":
            return True
        case "open":
            return row.state != "closed"
        case "waiting":
            return row.waiting_since is not None
        case "mine":
            return bool(operator) and row.owner.casefold() == operator.casefold() and row.state != "closed"
    return row.state == only


def _row(row: Row, *, current: bool) -> str:
    name = escape(row.customer or "Customer not identified")
    glad = row.satisfaction
    mood = (
        f'<span class="sv-mood sv-mood-{"low" if glad < _UNHAPPY else "high" if glad > _GLAD else "mid"}">'
        f"{glad_words(glad)} ({glad:.2f})</span>"
        if glad is not None
        else ""
    )
    waits = ago(row.waiting_since, "waits ") or ago(row.changed)
    owner = f'<span class="sv-owner">with {escape(row.owner)}</span>' if row.owner else ""
    mark = ' aria-current="true"' if current else ""
    return (
        f'<li><button type="button" data-do="open" data-id="{escape(row.case)}" data-key="open-{escape(row.case)}"'
        f"{mark}>"
        f'<span class="sv-line"><b>{name}</b>{badge(row.state)}</span>'
        f'<span class="sv-words">{escape(row.words) or "Nothing written yet"}</span>'
        f'<span class="sv-line sv-small">{waits}{mood}{owner}</span></button></li>'
    )
