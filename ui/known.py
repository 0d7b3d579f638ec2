"""How does the page show a person what is believed about them? A line for each interest, with what changes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from recsys.occasions import scene_phrase
from recsys.schema import Interest, Profile
from recsys.taste import Tension, fading_words
from ui.text import escape

_OTHER_KINDS = {"seen": "You have seen", "skipped": "You skipped"}
_GRAINS = {"text": "words", "item": "title"}
"""Facets that have another name for a reader."""
_FORM = (
    '<form class="tg-tell" data-form="tell">'
    '<label for="tg-tell-what">Add what you like or would rather not have</label>'
    '<div><input id="tg-tell-what" name="subject" type="text" maxlength="200" autocomplete="off" '
    'placeholder="A title, a person, a kind, a mood"><button type="submit" value="like">Like</button>'
    '<button type="submit" value="avoid">Avoid</button></div></form>'
)


def known_html(
    profile: Profile, catalogue: str, tensions: Sequence[Tension] = (), changed: str = "", undo: bool = False
) -> str:
    """Return what is believed of a person, newest first in each group, with the buttons to change it.

    Args:
        profile: of the person in this catalogue.
        catalogue: its name as people read it.
        tensions: where two opinions pull apart.
        changed: what the last change did, in words; empty where there was none.
        undo: whether that change can be undone.

    The buttons carry `data-do` and `data-interest`, which the script of the page sends to the server.
    """
    groups = {
        "You like": [one for one in profile.interests if one.kind not in _OTHER_KINDS and one.polarity > 0],
        "You would rather not": [
            one for one in profile.interests if one.kind not in _OTHER_KINDS and one.polarity < 0
        ],
        "Seen or skipped": [one for one in profile.interests if one.kind in _OTHER_KINDS],
    }
    now = datetime.now(UTC)
    lists = "".join(
        f"<section><h3>{title} <span>{len(found)}</span></h3><ul>"
        f"{''.join(_row(one, now) for one in found)}</ul></section>"
        for title, found in groups.items()
        if found
    )
    pulls = "".join(f"<li>{escape(one.text)}</li>" for one in tensions)
    return (
        f"{_changed(changed, undo)}"
        f'<p class="tg-known-about">What moves your suggestions in {escape(catalogue)}. Change a line, and the next '
        "answer goes by it.</p>"
        + (
            lists
            or '<p class="tg-none">Nothing about your taste yet. Say what you like, or press a thumb.</p>'
        )
        + (
            f'<section class="tg-pulls"><h3>Where two pull apart</h3><ul>{pulls}</ul></section>'
            if pulls
            else ""
        )
        + _FORM
    )


def opinion(interest: Interest) -> str:
    """Return what an interest says of the person, without its subject: `You like`."""
    return _OTHER_KINDS.get(interest.kind, "You like" if interest.polarity > 0 else "You do not like")


def grain_words(interest: Interest) -> str:
    """Return what an interest speaks of, as a reader calls it: `genre`, `director`, `title`, `words`."""
    return _GRAINS.get(interest.facet.casefold(), interest.facet.replace("_", " "))


def strength_percent(interest: Interest, now: datetime) -> int:
    """Return what an interest weighs now, in whole percent from 1 to 100."""
    return max(1, min(100, round(100 * interest.weight(now))))


def _changed(text: str, undo: bool) -> str:
    button = '<button type="button" data-do="undo">Undo</button>' if undo else ""
    return f'<div class="tg-changed"><p>{escape(text)}</p>{button}</div>' if text else ""


def _row(interest: Interest, now: datetime) -> str:
    subject, key = escape(interest.subject), escape(interest.id)
    scene = scene_phrase(interest.scene)
    said = f"<q>{escape(interest.sentence)}</q>" if interest.sentence else ""
    notes = [
        grain_words(interest),
        "you said" if interest.sentence else "by hand",
        f"{interest.time:%Y-%m-%d}",
        fading_words(interest, now),
    ]
    way = "other" if interest.kind in _OTHER_KINDS else "likes" if interest.polarity > 0 else "avoids"
    return (
        f'<li class="tg-line tg-line-{way}" data-line="{key}"><p>{opinion(interest)} <b>{subject}</b>'
        f"{f' {escape(scene)}' if scene else ''}</p>{said}"
        f"<small>{escape(' · '.join(filter(None, notes)))}</small>"
        f'<div class="tg-line-tools">{_change(interest, now)}'
        f'<button type="button" data-do="forget" data-interest="{key}" aria-label="Forget {subject}">Forget</button>'
        "</div></li>"
    )


def _change(interest: Interest, now: datetime) -> str:
    """Return what changes an opinion; what was seen or skipped is none."""
    if interest.kind in _OTHER_KINDS:
        return ""
    subject, key = escape(interest.subject), escape(interest.id)
    ways = "".join(
        f'<button type="button" data-do="correct" data-interest="{key}" data-way="{way}" '
        f'aria-pressed="{str((interest.polarity > 0) == (way == "like")).lower()}" '
        f'aria-label="{label} {subject}">{label}</button>'
        for way, label in (("like", "Like"), ("avoid", "Avoid"))
    )
    weight = strength_percent(interest, now)
    return (
        f'<span class="tg-ways" role="group" aria-label="Opinion of {subject}">{ways}</span>'
        f'<label class="tg-strength"><span>Strength <output>{weight} %</output></span>'
        f'<input type="range" min="10" max="100" step="10" value="{weight}" data-do="strengthen" '
        f'data-interest="{key}" aria-label="Strength of {subject}" aria-valuetext="{weight} percent"></label>'
        f'<button type="button" data-do="reword" data-interest="{key}" data-subject="{subject}" '
        f'aria-label="Change {subject}">Change</button>'
    )
