"""Answer a question about the shop from its help desk."""

from __future__ import annotations

from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import AnswerHelp
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import words_list

NAME = "answer_help"


def run(scope: Scope, wanted: AnswerHelp) -> ToolPayload:
    """Return the written answer nearest to the question, with the section of the policy that says so."""
    desk = scope.services.help_desk
    if desk is None:
        return ToolPayload(tool=NAME, notes=["There is no help desk here; it only knows its catalogue."])
    found = desk.find(wanted.question)
    if not found.sure:
        topics = words_list(list(dict.fromkeys(one.topic for one in found.answers)))
        near = f" The nearest topics: {topics}." if topics else ""
        return ToolPayload(tool=NAME, notes=[f"The help desk has no answer to that.{near}"])
    best = found.answers[0]
    section = desk.section(best)
    source = f" (Policy: {section})" if section else ""
    return ToolPayload(
        tool=NAME, facts=[Fact(text=f"{best.answer}{source}", names=[section] if section else [])]
    )


answer_help = make_tool(NAME, AnswerHelp, run)
