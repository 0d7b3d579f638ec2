"""Keep something that the person said about their taste."""

from __future__ import annotations

from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import RememberTaste
from agent.tools.base import Scope, failed, make_tool
from agent.tools.tastes import cards_of, stated_interest

NAME = "remember_taste"


def run(scope: Scope, wanted: RememberTaste) -> ToolPayload:
    """Store the taste with the sentence that the person said, never with words of a model."""
    subject = " ".join(wanted.subject.split())
    if not subject:
        return failed(NAME, "What is it that you like or dislike?")
    interest, item, note = stated_interest(scope, subject, 1 if wanted.polarity == "like" else -1)
    scope.services.remember(interest)
    text = f"Remembered: you {wanted.polarity} {interest.subject}."
    fact = Fact(text=text, names=[interest.subject])
    return ToolPayload(tool=NAME, items=cards_of(item), facts=[fact], notes=[note] if note else [])


remember_taste = make_tool(NAME, RememberTaste, run)
