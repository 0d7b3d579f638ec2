"""Show what is remembered of the person."""

from __future__ import annotations

from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import ShowProfile
from agent.tools.base import Scope, make_tool
from recsys.schema import Interest

NAME = "show_profile"
_MOST = 40
_MOST_SAID = 120
"""Characters of the person's own sentence that are shown."""


def run(scope: Scope, _: ShowProfile) -> ToolPayload:
    """Return each interest as a statement, newest first."""
    interests = scope.services.interests.profile(scope.user).interests
    facts = [Fact(text=_with_source(one), names=[one.subject]) for one in interests[:_MOST]]
    notes = []
    if not facts:
        notes.append("Nothing is remembered of you yet.")
    elif len(interests) > _MOST:
        notes.append(f"These are the newest {_MOST} of {len(interests)}.")
    return ToolPayload(tool=NAME, facts=facts, notes=notes)


def _with_source(interest: Interest) -> str:
    said = " ".join(interest.sentence.split())
    if not said:
        return statement(interest)
    shown = said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID].rstrip()}…"
    return f"{statement(interest).rstrip('.')}, since you said “{shown}”."


def statement(interest: Interest) -> str:
    """Return an interest as a sentence to the person: `You like Heat (1995).`"""
    if interest.kind == "seen":
        verb = "have seen"
    elif interest.kind == "skipped":
        verb = "did not want"
    else:
        verb = "like" if interest.polarity > 0 else "dislike"
    return f"You {verb} {interest.subject}."


show_profile = make_tool(NAME, ShowProfile, run)
