"""Draft the reply that a human edits and sends."""

from __future__ import annotations

from langgraph.config import get_stream_writer

from agent.evidence import Fact
from agent.service.context import ServiceScope, service_tool
from agent.service.drafting import make_draft
from agent.service.events import DraftText
from agent.service.evidence import ServicePayload
from agent.service.tools.arguments import WriteDraft

NAME = "draft_reply"


def run(scope: ServiceScope, given: WriteDraft) -> ServicePayload:
    """Fill the template, or check the text that a model wrote, against what the tools of this turn found."""
    write = get_stream_writer()
    draft = make_draft(scope.turn, given, lambda words: write(DraftText(text=words)))
    turn = scope.turn
    update = {"draft": draft, "order": draft.order or turn.case.order}
    turn.case = turn.case.model_copy(update=update)
    facts = [Fact(text=one) for one in draft.to_do]
    return ServicePayload(tool=NAME, draft=draft, facts=facts)


draft_reply = service_tool(NAME, WriteDraft, run)
