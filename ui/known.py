"""How does the page show a person what is stored about them? A list with a button for each, and for all."""

from __future__ import annotations

from recsys.schema import Interest, Profile
from ui.text import escape

_OTHER_KINDS = {"seen": "You have seen", "skipped": "You skipped"}


def known_html(profile: Profile, catalogue: str) -> str:
    """Return the list of the interests, newest first, with buttons to forget, to export and to erase.

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
    facet = "" if interest.subject_id else f"{escape(interest.facet)} · "
    return (
        f"<li><div><p>{opinion(interest)} <b>{subject}</b> "
        f"<span>{facet}{interest.time:%Y-%m-%d}</span></p>{said}</div>"
        f'<button type="button" data-do="forget" data-interest="{escape(interest.id)}" '
        f'aria-label="Forget {subject}">Forget</button></li>'
    )
