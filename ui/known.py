"""How does the page show a person what is stored about them? A list with buttons for each, and for all."""

from __future__ import annotations

from datetime import UTC, datetime

from recsys.occasions import scene_phrase
from recsys.schema import Interest, Profile
from recsys.taste import fading_words
from ui.text import escape

_OTHER_KINDS = {"seen": "You have seen", "skipped": "You skipped"}


def known_html(profile: Profile, catalogue: str) -> str:
    """Return the list of the interests, newest first, with buttons to correct, to forget, to export and to erase.

    The buttons carry `data-do`, which the script of the page sends to the server.
    """
    rows = "".join(_row(interest) for interest in profile.interests)
    listed = f"<ul>{rows}</ul>" if rows else "<p>Nothing about your taste yet.</p>"
    name = escape(catalogue)
    return (
        f'{listed}<div class="tg-known-all">'
        '<button type="button" data-do="export">Export as JSON</button>'
        "<details><summary>Erase everything…</summary>"
        f"<p>This erases your taste and your chats in {name}, for good.</p>"
        '<button type="button" class="tg-danger" data-do="erase">Yes, erase everything</button>'
        "</details></div>"
    )


def opinion(interest: Interest) -> str:
    """Return what an interest says of the person, without its subject: `You like`."""
    return _OTHER_KINDS.get(interest.kind, "You like" if interest.polarity > 0 else "You do not like")


def _row(interest: Interest) -> str:
    subject = escape(interest.subject)
    said = f"<q>{escape(interest.sentence)}</q>" if interest.sentence else ""
    about = ["" if interest.subject_id else interest.facet, f"{interest.time:%Y-%m-%d}"]
    about.append(fading_words(interest, datetime.now(UTC)))
    scene = scene_phrase(interest.scene)
    return (
        f"<li><div><p>{opinion(interest)} <b>{subject}</b>{f' {escape(scene)}' if scene else ''} "
        f"<span>{escape(' · '.join(filter(None, about)))}</span></p>{said}</div>"
        f"{_change(interest)}"
        f'<button type="button" data-do="forget" data-interest="{escape(interest.id)}" '
        f'aria-label="Forget {subject}">Forget</button></li>'
    )


def _change(interest: Interest) -> str:
    """Return the button that turns an opinion around; what was seen or skipped is none."""
    if interest.kind in _OTHER_KINDS:
        return ""
    other = "I do not like it" if interest.polarity > 0 else "I like it"
    return (
        f'<button type="button" data-do="correct" data-interest="{escape(interest.id)}" '
        f'aria-label="Correct {escape(interest.subject)}: {other}">{other}</button>'
    )
