"""Around the chat model in the service mode: whatever it does, a turn ends with a checked draft and a plain note."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from langchain.agents.middleware import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage
from langchain_core.messages.tool import ToolCall

from agent.context import TurnContext
from agent.events import TextDelta
from agent.middleware import GroundedTurn
from agent.release import Report
from agent.service.cases import KEPT, WHEN, WHO, Case
from agent.service.context import ServiceContext
from agent.service.events import CustomerShown, Draft, Sources
from agent.service.evidence import DraftReply, ServicePayload
from agent.service.templates import by_id

ONE_MORE = "There was nothing left to look up with, so the draft is the template as it is."


class ServiceTurn(GroundedTurn):
    """Shows none of the model's own words: they become a draft, and the draft is checked."""

    def wrap_model_call(
        self,
        request: ModelRequest[TurnContext],
        handler: Callable[[ModelRequest[TurnContext]], ModelResponse[Any]],
    ) -> AIMessage:
        """Ask the model for calls; when it writes instead, its text is what `draft_reply` is called with."""
        turn = cast("ServiceContext", request.runtime.context)
        write = request.runtime.stream_writer
        draft = next((p.draft for p in reversed(turn.found) if p.draft is not None), None)
        if draft is not None:
            return self._end(turn, draft, write)

        def only_steps(event: Any) -> None:  # noqa: ANN401 - whatever a turn writes
            if isinstance(event, Report):
                turn.cut.extend(event.cut)
            elif not isinstance(event, TextDelta):
                write(event)

        quiet = replace(request.runtime, stream_writer=only_steps)
        answer = super().wrap_model_call(replace(request, runtime=quiet), handler)
        turn.shown.clear()
        if answer.tool_calls:
            return answer
        if any(p.tool == "draft_reply" for p in turn.found):
            # It could not be made; the model was told, and the human writes.
            return answer
        text = answer.text.strip() if turn.found and self._source.is_language_model else ""
        call = ToolCall(
            name="draft_reply",
            args={"text": text[:4000]},
            id=f"draft-{uuid.uuid4().hex[:12]}",
            type="tool_call",
        )
        return AIMessage("", tool_calls=[call])

    def _end(self, turn: ServiceContext, draft: DraftReply, write: Callable[[Any], None]) -> AIMessage:
        shown = [p for p in turn.found if p.customer is not None]
        if shown:
            orders = {card.id: card for payload in turn.found for card in payload.orders}
            customer = shown[-1].customer
            assert customer is not None
            write(CustomerShown(customer=customer, orders=list(orders.values())))
        hits = [hit for payload in turn.found for hit in payload.templates]
        write(Sources(citations=draft.citations, templates=hits))
        write(Draft(draft=draft))
        note = note_of(turn.found, draft)
        write(TextDelta(text=note))
        write(Report(claims=draft.claims, cut=draft.cut))
        items = [card for payload in turn.found for card in payload.items]
        kept = after(turn.case, draft, turn.operator, again=turn.again)
        turn.case = kept.model_copy(update={"templates": hits, "items": items})
        told = {
            KEPT: turn.case.model_dump(mode="json"),
            WHEN: datetime.now(UTC).isoformat(),
            WHO: turn.operator,
        }
        return AIMessage(note, additional_kwargs=told)


def after(case: Case, draft: DraftReply, operator: str, *, again: bool = False) -> Case:
    """Return the case as it stands with this draft, or with one that takes the place of the newest (`again`)."""
    operators = case.operators if operator in case.operators else [*case.operators, operator]
    before = case.intents[:-1] if again and case.draft is not None and case.draft.intent else case.intents
    return case.model_copy(
        update={
            "intent": draft.intent or case.intent,
            "intents": [*before, draft.intent] if draft.intent else case.intents,
            "operators": operators,
            "order": draft.order or case.order,
            "draft": draft,
        }
    )


def note_of(found: list[ServicePayload], draft: DraftReply) -> str:
    """Return what the human is told of a draft: what it is, what they must do, on what it rests."""
    template = by_id().get(draft.template)
    lines = [
        f"Draft from the template “{template.title}”." if template else "Draft written by the language model."
    ]
    lines += [payload.say for payload in found if not payload.ok and payload.say]
    lines += [note for payload in found for note in payload.notes if payload.tool == "answer_template"]
    lines += [f"{k}. {one}" for k, one in enumerate(draft.to_do, 1)]
    if draft.citations:
        lines.append("Policy: " + "; ".join(one.title for one in draft.citations) + ".")
    if draft.cut:
        lines.append(f"Left out, as nothing supports it: {' '.join(draft.cut)}")
    return "\n".join(lines)
