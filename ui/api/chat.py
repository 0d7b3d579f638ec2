"""`POST /v1/chat`: one message, and the events of its turn as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import StreamingResponse

from agent.events import Event
from agent.session import Agent
from ui.agents import Agents
from ui.api.callers import Caller, allowed
from ui.api.catalogues import opened
from ui.api.errors import ApiError, as_api_error, error_body, responses
from ui.api.keys import Scope
from ui.api.record import Record, record_of
from ui.api.schemas import ChatRequest
from ui.api.streams import EVENTS, LINES, STILL_HERE, compact, sent, streamed
from ui.api.turns import Job, Turns
from ui.sessions import new_thread

THREAD_HEADER = "Tastegraph-Thread"
router = APIRouter(tags=["chat"])
_EXAMPLE = (
    '{"type":"turn_started","turn":"5b1c…","thread":"evening-1"}\n'
    '{"type":"step_started","id":"call_1","tool":"similar_items","label":"Looking for films like Heat",'
    '"arguments":{"title":"Heat"}}\n'
)


@router.post(
    "/chat",
    summary="Send a message; the turn's events come as they happen",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events one a line, or server-sent events where `Accept` names them. "
            "`turn_started` is the first and `turn_ended` the last; where the server breaks, an `error` is.",
            "content": {
                LINES: {"schema": {"type": "string"}, "example": _EXAMPLE},
                EVENTS: {"schema": {"type": "string"}},
            },
            "headers": {THREAD_HEADER: {"description": "The dialogue.", "schema": {"type": "string"}}},
        },
        **responses(404),
    },
)
async def chat(
    body: ChatRequest, request: Request, caller: Annotated[Caller, Depends(allowed(Scope.CHAT))]
) -> StreamingResponse:
    """Answer one message of a dialogue. The same `thread` goes on with it; without one a new dialogue begins.

    The dialogue is kept by the server, for the person of the key.
    """
    agents: Agents = request.app.state.agents
    turns: Turns = request.app.state.turns
    name, agent = opened(agents, body.catalogue)
    check_length(agent, body.text)
    thread = body.thread or new_thread()
    record = record_of(request.scope)
    job = Job(agent, name, caller.user, thread, body.text, record)
    events = turns.begin(job)
    as_events = EVENTS in request.headers.get("accept", "")
    content = _as_events(events, record) if as_events else _as_lines(events, record)
    return streamed(content, EVENTS if as_events else LINES, {THREAD_HEADER: thread})


def check_length(agent: Agent, text: str, param: str = "text") -> None:
    """Raise `ApiError` 422 for a message that is longer than the agent reads."""
    most = agent.settings.max_input_characters
    if len(text) > most:
        raise ApiError(
            422,
            "text_too_long",
            f"The message has more than {most:,} characters. Say in a few sentences what is wanted.",
            param,
        )


async def _as_lines(events: AsyncIterator[Event | None], record: Record) -> AsyncIterator[str]:
    try:
        async for event in events:
            # An empty line is no JSON, but readers of such streams pass over it.
            yield "\n" if event is None else f"{event.model_dump_json()}\n"
    except Exception as error:
        # The turn wrote it to the log; the answer has begun, so that its status can no longer say it.
        yield f"{compact(error_body(as_api_error(error), record.id))}\n"


async def _as_events(events: AsyncIterator[Event | None], record: Record) -> AsyncIterator[str]:
    try:
        async for event in events:
            yield STILL_HERE if event is None else sent(event.model_dump_json(), event.type)
    except Exception as error:
        yield sent(compact(error_body(as_api_error(error), record.id)), "error")
