"""`/v1/chat/completions` and `/v1/models`: OpenAI's form, so that its clients work unchanged."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from agent.events import Event, TextDelta
from ui.agents import Agents
from ui.api.callers import Caller, allowed
from ui.api.catalogues import opened
from ui.api.chat import THREAD_HEADER, check_length
from ui.api.dialogue import Asked, read_dialogue
from ui.api.errors import ApiError, as_api_error, error_body, responses
from ui.api.keys import Scope
from ui.api.openai_schemas import (
    PREFIX,
    AnswerMessage,
    Choice,
    Completion,
    CompletionRequest,
    Model,
    ModelList,
    Usage,
)
from ui.api.record import record_of
from ui.api.streams import EVENTS, STILL_HERE, compact, sent, streamed
from ui.api.threads import Said, Threads
from ui.api.told import Telling
from ui.api.turns import Job, Turns
from ui.api.words import is_thread
from ui.sessions import new_thread

router = APIRouter(tags=["OpenAI"])
_SHOWN = frozenset({"step_started", "step_finished", "cards", "notice"})
"""Events that a stream tells as they are; the others are in its words and in its last chunk."""
_MARKS = re.compile(r"\w+|[^\w\s]")
_SEEDED = (
    "The earlier messages came with the request and are known by their words only: name an item by its title rather "
    "than by its place in an earlier list."
)


@router.get("/models", summary="The catalogues that are open, as models", responses=responses())
def models(request: Request, caller: Annotated[Caller, Depends(allowed(Scope.CHAT))]) -> ModelList:
    """List one model for each catalogue that is open: `tastegraph/films`."""
    agents: Agents = request.app.state.agents
    return ModelList(data=[_model(agents, name) for name in agents.names if is_open(agents, name)])


@router.get("/models/{model:path}", summary="One catalogue, as a model", responses=responses(404))
def model(model: str, request: Request, caller: Annotated[Caller, Depends(allowed(Scope.CHAT))]) -> Model:
    """Say whether there is a model of this name."""
    agents: Agents = request.app.state.agents
    name, _ = opened(agents, model.removeprefix(PREFIX), "model")
    return _model(agents, name)


@router.post(
    "/chat/completions",
    summary="Go on with a dialogue, in OpenAI's form",
    response_model=Completion,
    responses={
        200: {
            "description": "The answer; with `stream` as server-sent events that end with `[DONE]`.",
            "content": {EVENTS: {"schema": {"type": "string"}}},
            "headers": {THREAD_HEADER: {"description": "The dialogue.", "schema": {"type": "string"}}},
        },
        **responses(404),
    },
)
async def completions(
    body: CompletionRequest,
    request: Request,
    caller: Annotated[Caller, Depends(allowed(Scope.CHAT))],
    tastegraph_thread: Annotated[
        str | None,
        Header(description="The dialogue to go on with; of the messages only the last one then counts."),
    ] = None,
) -> Response:
    """Answer the last message, which must be the user's.

    A dialogue is kept by the server. It goes on in the thread that is named, else in the one whose messages are
    exactly those before the last, else in a new one that takes up their words. The person is the key's, whatever
    the body says.
    """
    agents: Agents = request.app.state.agents
    threads: Threads = request.app.state.threads
    turns: Turns = request.app.state.turns
    name, agent = opened(agents, body.model.removeprefix(PREFIX), "model")
    asked = read_dialogue(body)
    check_length(agent, asked.text, "messages")
    named = _named_thread(tastegraph_thread, body.metadata)
    found = None if named else threads.take(caller.user, name, asked.earlier)
    thread = named or found or new_thread()
    telling = Telling(thread=thread, ignored=asked.ignored, notes=list(asked.notes))
    if asked.earlier and not (named or found):
        recent = asked.earlier[-2 * agent.settings.dialogue_turns :]
        await run_in_threadpool(agent.take_up, caller.user, thread, recent)
        telling.notes.append(_SEEDED)
    job = Job(agent, name, caller.user, thread, asked.text, record_of(request.scope))
    reply = _Reply(f"{PREFIX}{name}", asked, telling, record_of(request.scope).id)

    def keep() -> None:
        # What a client cannot have seen whole, it cannot go on with.
        if not named:
            said: list[Said] = [*asked.earlier, ("user", asked.text), ("assistant", telling.text)]
            threads.keep(caller.user, name, said, thread)

    if body.stream:
        usage = body.stream_options is not None and body.stream_options.include_usage
        return streamed(_chunks(turns.begin(job), reply, usage, keep), EVENTS, {THREAD_HEADER: thread})
    for event in await turns.whole(job):
        telling.note(event)
    keep()
    return JSONResponse(reply.whole().model_dump(mode="json"), headers={THREAD_HEADER: thread})


@dataclass
class _Reply:
    """One answer in OpenAI's form."""

    model: str
    asked: Asked
    telling: Telling
    request_id: str

    def __post_init__(self) -> None:
        self.id = f"chatcmpl-{self.request_id}"
        self.created = int(time.time())

    def usage(self) -> Usage:
        before = sum(_size(text) for _, text in self.asked.earlier) + _size(self.asked.text)
        after = _size(self.telling.text)
        return Usage(prompt_tokens=before, completion_tokens=after, total_tokens=before + after)

    def whole(self) -> Completion:
        message = AnswerMessage(content=self.telling.text, tastegraph=self.telling.told())
        return Completion(
            id=self.id,
            created=self.created,
            model=self.model,
            choices=[Choice(message=message)],
            usage=self.usage(),
        )

    def chunk(self, delta: dict[str, Any] | None, finish: str | None = None, **extra: Any) -> str:  # noqa: ANN401
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        head = {"id": self.id, "object": "chat.completion.chunk", "created": self.created}
        return sent(compact({**head, "model": self.model, "choices": choices, **extra}))


async def _chunks(
    events: AsyncIterator[Event | None],
    reply: _Reply,
    with_usage: bool,
    keep: Any,  # noqa: ANN401
) -> AsyncIterator[str]:
    """Yield the chunks: words as `delta.content`, every other event as `tastegraph.event`, and the whole at the end."""
    more: dict[str, Any] = {"usage": None} if with_usage else {}
    thread = reply.telling.thread
    yield reply.chunk({"role": "assistant", "content": ""}, tastegraph={"thread": thread}, **more)
    try:
        async for event in events:
            if event is None:
                yield STILL_HERE
                continue
            reply.telling.note(event)
            if isinstance(event, TextDelta):
                yield reply.chunk({"content": event.text}, **more)
            elif event.type in _SHOWN:
                yield reply.chunk({}, tastegraph={"event": event.model_dump(mode="json")}, **more)
    except Exception as error:
        # The turn wrote it to the log; OpenAI's clients raise what a stream calls an error.
        yield sent(compact(error_body(as_api_error(error), reply.request_id)))
        return
    keep()
    told = reply.telling.told().model_dump(mode="json")
    yield reply.chunk({}, "stop", tastegraph=told, **more)
    if with_usage:
        yield reply.chunk(None, usage=reply.usage().model_dump())
    yield sent("[DONE]")


def is_open(agents: Agents, name: str) -> bool:
    """Whether a catalogue can answer."""
    try:
        opened(agents, name)
    except ApiError:
        return False
    return True


def _model(agents: Agents, name: str) -> Model:
    return Model(id=f"{PREFIX}{name}", created=int(agents.manifests[name].created.timestamp()))


def _named_thread(header: str | None, metadata: dict[str, str] | None) -> str | None:
    given = {one for one in (header, (metadata or {}).get("thread")) if one is not None}
    if len(given) > 1 or any(not is_thread(one) for one in given):
        raise ApiError(
            422,
            "invalid_thread",
            f"Name one dialogue, in `{THREAD_HEADER}` or in `metadata.thread`, by 1 to 64 letters, digits and `._~-`.",
            THREAD_HEADER,
        )
    return given.pop() if given else None


def _size(text: str) -> int:
    return len(_MARKS.findall(text))
