"""What does the person say is wrong with what was noted a moment ago, and what should stand there?"""

from __future__ import annotations

import re
from typing import Literal

from agent.builtin.carry import last_noted
from agent.builtin.dialogue import Dialogue
from agent.tools.arguments import RememberTaste
from kg.text import fold_name

Polarity = Literal["like", "dislike"]
_RECENT = 3
"""Turns back in which something must have been noted for `not X` to mean it."""
_CHANGE = re.compile(
    r"^(?:(?:no|please|sorry|wait|can you|could you|ok(?:ay)?|and|hm+)[ ,]+)*(?:change|switch|turn|set|make|correct)"
    r" (?P<what>.{1,80}?) (?:in)?to (?:an? )?(?P<how>(?:dis)?likes?d?|hated?|loved?|don['’]?t like|do not like)[ .!]*"
    r"(?: please)?[ .!]*$",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"^(?:(?:no|sorry|wait|hm+)[ ,]+)*i (?:said|meant|mean) (?P<right>[^,.;]{2,80}?)(?: ?, ?| )(?:and )?"
    r"not (?P<wrong>[^,.;]{2,80}?)[ .!]*$",
    re.IGNORECASE,
)
_AFTER_ALL = re.compile(
    r"^(?:(?:no|actually|wait|sorry|hm+|on second thoughts?|well)[ ,]+)+i (?:really |in fact )?"
    r"(?P<how>(?:do not|don['’]?t|did not|didn['’]?t) (?:really )?(?:like|love|enjoy)|hate|dislike|like|love)"
    r" (?:it|that|this)(?: (?:at all|after all|much|any ?more|that much|though))*[ .!]*$",
    re.IGNORECASE,
)
_THAT = frozenset({"that", "it", "this", "that one", "this one", "the last one"})


def correction_of(text: str, dialogue: Dialogue) -> RememberTaste | None:
    """Return the taste that should stand in place of what was noted before, or None when nothing is corrected.

    `change that to dislike`, `actually, I don't like it`, `I said war films, not westerns`.
    """
    plain = " ".join(text.split())
    noted = _noted(dialogue)
    if match := _CHANGE.match(plain):
        what = match["what"]
        subject = last_noted(dialogue) if what.casefold() in _THAT else what
        return RememberTaste(subject=subject[:200], polarity=_polarity(match["how"])) if subject else None
    if match := _SAID.match(plain):
        wrong = fold_name(match["wrong"])
        for subject, polarity in noted.items():
            if _same(wrong, fold_name(subject)):
                return RememberTaste(subject=_bare(match["right"])[:200], polarity=polarity)
        return None
    if (match := _AFTER_ALL.match(plain)) and dialogue.past and (subject := _last_of(dialogue)):
        return RememberTaste(subject=subject[:200], polarity=_polarity(match["how"]))
    return None


def _noted(dialogue: Dialogue) -> dict[str, Polarity]:
    """Return what was noted in the last turns, newest first, with its polarity."""
    found: dict[str, Polarity] = {}
    for turn in reversed(dialogue.past[-_RECENT:]):
        for call in reversed(turn.calls):
            if call.name == "remember_taste":
                polarity: Polarity = "dislike" if call.args.get("polarity") == "dislike" else "like"
                found.setdefault(str(call.args.get("subject", "")), polarity)
    return found


def _last_of(dialogue: Dialogue) -> str:
    """Return what the last turn alone noted."""
    noted = ("remember_taste", "give_feedback")
    subjects = [
        str(call.args.get("subject") or call.args.get("title") or "")
        for call in dialogue.past[-1].calls
        if call.name in noted
    ]
    return subjects[0] if len(subjects) == 1 else ""


def _polarity(words: str) -> Polarity:
    low = words.casefold()
    return "dislike" if re.match(r"dis|hate|don|do not|did", low) else "like"


def _same(one: str, other: str) -> bool:
    """Whether two folded names mean one subject: `westerns` and `western`, `war films` and `war`."""
    return bool(one and other) and (f" {one}".startswith(f" {other}") or f" {other}".startswith(f" {one}"))


def _bare(words: str) -> str:
    return re.sub(r"^(?:that )?i (?:like|love|enjoy|prefer) ", "", words.strip(), flags=re.IGNORECASE)
