"""Did the person say that what was noted is wrong? Read from their own words, whichever model called the tool."""

from __future__ import annotations

import re
from collections.abc import Sequence

from langchain_core.messages import HumanMessage

from agent.tools.base import Scope
from kg.text import fold_name
from recsys.schema import Interest
from recsys.taste import subject_key

_WRONG = re.compile(
    r"\bi meant\b|^(?:no|nope|wait|sorry)\b.{0,20}\bi (?:said|told you)\b|\bi (?:said|mean) .{1,80}\bnot\b"
    r"|\b(?:that|it|you)(?:['’]s|['’]re| is| was| are| got (?:it|that|me)) (?:all )?"
    r"(?:wrong|not (?:right|true|what i said)|a mistake)\b"
    r"|\bcorrect (?:that|it|this)\b|\bcorrection\b|\bwrong,|\bmis(?:understood|heard)\b"
    r"|\b(?:change|switch|turn|set|make) (?:that|it|this) (?:in)?to\b"
    r"|\b(?:das ist falsch|ich meinte|nein.{0,20} ich sagte|falsch verstanden|eso está mal|quise decir)\b|不对|说错",
    re.IGNORECASE,
)
"""Words with which a person says that they were misunderstood, in the languages that the agent notices."""
_TAKEN_BACK = re.compile(
    r"\b(?:undo|(?:take|took) (?:.{1,60} )?back|(?:did not|didn.?t) mean|scratch that|never ?mind that)\b"
    r"|\b(?:deshaz|rückgängig|annule)\b|撤销|收回",
    re.IGNORECASE,
)
"""Words with which a person takes back the last thing they said."""


def says_wrong(text: str) -> bool:
    """Whether a text says that something was noted wrongly."""
    return _WRONG.search(text) is not None


def says_undo(text: str) -> bool:
    """Whether a text takes back what was said before, so that what held before that holds again."""
    return _TAKEN_BACK.search(text) is not None


def taken_back(scope: Scope, new: Interest, known: Sequence[Interest]) -> list[Interest]:
    """Return what the person says was noted wrongly, now that `new` is to stand in its place.

    That is what the message before this one left, and what they name beside `new`: `I said westerns, not war films`.
    Empty where they do not say that anything was wrong.
    """
    if not says_wrong(scope.said):
        return []
    earlier = [message.text for message in scope.messages if isinstance(message, HumanMessage)]
    if earlier and earlier[-1] == scope.said:
        earlier.pop()
    before = " ".join(earlier[-1].split()) if earlier else ""
    told = [one for one in known if one.kind != "seen" and one.sentence != scope.said]
    same = [one for one in told if subject_key(one) == subject_key(new)]
    if same:
        # It is the opinion that was wrong, and nothing else.
        return [one for one in same if one.polarity != new.polarity]
    said = f" {fold_name(scope.said)} "
    return [
        one
        for one in told
        if (before and " ".join(one.sentence.split()) == before) or _refused(one.subject, said)
    ]


def _refused(subject: str, said: str) -> bool:
    """Whether the folded words say `not SUBJECT`, in any number."""
    name = re.escape(fold_name(subject))
    return re.search(rf" not (?:the |a |an |that i (?:like|love|hate) )?{name}s? ", said) is not None
