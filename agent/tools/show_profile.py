"""Show what is remembered of the person."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import ShowProfile
from agent.tools.base import Scope, make_tool
from recsys.schema import Interest
from recsys.taste import fading_words, statement, tensions

__all__ = ["NAME", "run", "show_profile", "statement"]

NAME = "show_profile"
_MOST = 40
_MOST_SAID = 120
"""Characters of the person's own sentence that are shown."""
_MOST_TENSIONS = 5


def run(scope: Scope, _: ShowProfile) -> ToolPayload:
    """Return each interest as a statement, newest first."""
    interests = scope.services.interests.profile(scope.user).interests
    now = datetime.now(UTC)
    facts = [Fact(text=_with_source(one, now), names=[one.subject]) for one in interests[:_MOST]]
    facts += [
        Fact(text=one.text, names=[one.nearer.subject, one.wider.subject])
        for one in tensions(interests[:_MOST], scope.services.workspace.item)[:_MOST_TENSIONS]
    ]
    notes = []
    if not facts:
        notes.append("Nothing is remembered of you yet.")
    elif len(interests) > _MOST:
        notes.append(f"These are the newest {_MOST} of {len(interests)}.")
    return ToolPayload(tool=NAME, facts=facts, notes=notes)


def _with_source(interest: Interest, now: datetime) -> str:
    said = " ".join(interest.sentence.split())
    shown = said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID].rstrip()}…"
    source = f", since you said “{shown}”" if said else ""
    fading = fading_words(interest, now)
    return f"{statement(interest).rstrip('.')}{source}{f'; {fading}' if fading else ''}."


show_profile = make_tool(NAME, ShowProfile, run)
