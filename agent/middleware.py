"""Around each call of the chat model and of a tool: bounds, fallback, repair, grounding, and the events of
a turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NotRequired, cast

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import AgentState, ToolCallRequest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)
from langchain_core.runnables import Runnable
from langgraph.types import Command

from agent.answers import (
    CUT,
    cards_for,
    payload_of,
    payloads_of,
    plain_answer,
    shown_ids,
    split_turn,
    text_of,
)
from agent.bounded import TookTooLong, until, within
from agent.chat_models import ModelSource
from agent.circuit import Circuit
from agent.consent import UNASKED, asked_for
from agent.context import TurnContext
from agent.errors import ChatModelUnavailable
from agent.events import Cards, Notice, StepFinished, StepStarted
from agent.evidence import ToolPayload
from agent.grounding import check_sentence
from agent.labels import label, plain_label, summary
from agent.prompts import OUT_OF_STEPS, with_tastes
from agent.release import Release, Report
from agent.settings import Settings
from agent.tools.base import failed
from agent.tools.payloads import to_json
from agent.turn_evidence import in_order, recall, support_so_far
from agent.vllm import may_be_call, repair_tool_calls
from agent.window import fit, recent
from agent.written_calls import calls_of, looks_like_call, message_of, size_of_calls

log = logging.getLogger(__name__)
_CHARACTERS_A_TOKEN = 8
"""More than any tokenizer's pieces have on average: for the length at which an answer is broken off."""
_PROBED = 16
"""Pieces of an answer after which a model counts as back."""
TOO_LONG = "That took too long to look up, so I stopped waiting. Please try again, or ask for less at once."
AWAY = "The language model is away at the moment; the builtin model answers until it is back."
_OUT_OF_TIME = "The language model took too long; this is what was found so far."
Write = Callable[[Any], None]


@dataclass
class _Heard:
    """What a model said so far in one call."""

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)


class DialogueState(AgentState[Any]):
    """What is kept of a dialogue beside its messages."""

    aside: NotRequired[list[str]]
    """Ids of items that are not to be recommended in it."""


class GroundedTurn(AgentMiddleware[DialogueState, TurnContext, Any]):
    """Runs the chat model itself, sentence by sentence; keeps nothing of a turn outside the turn's
    context."""

    state_schema = DialogueState

    def __init__(self, source: ModelSource, settings: Settings) -> None:
        super().__init__()
        self._source = source
        self._settings = settings
        self.circuit = Circuit(settings.llm_cooldown, self._probe)
        """Whether the chosen model is asked; it is not for a while after it failed."""

    def wrap_model_call(
        self,
        request: ModelRequest[TurnContext],
        handler: Callable[[ModelRequest[TurnContext]], ModelResponse[Any]],
    ) -> AIMessage:
        """Stream an answer or tool calls; what is shown was checked, and what is stored is what was shown."""
        turn, write = request.runtime.context, request.runtime.stream_writer
        before, current = split_turn(request.messages)
        payloads = payloads_of(current)
        before = recent(before, self._settings.dialogue_turns)
        left = self._settings.max_steps - sum(isinstance(m, ToolMessage) for m in current)
        support = support_so_far(turn, before, payloads, request.messages, recall(turn, write))
        release = Release(turn, support, self._settings.max_rewrites, write)
        release.evidence = "\n".join(to_json(payload) for payload in payloads)
        heard = self._hear(request, turn, release, left > 0, write)
        calls = heard.calls[: max(left, 0)]
        if calls:
            release.finish()
            return AIMessage(release.text.strip(), tool_calls=calls)
        release.finish()
        if not release.text.strip():
            if heard.text.strip() or heard.calls:
                log.warning("nothing that the chat model wrote could be shown; answering from the payloads")
            release.show(plain_answer(payloads))
        cards = cards_for(release.text, payloads)
        if cards:
            write(Cards(items=cards))
        write(Report(claims=release.claims, cut=release.cut, unsupported=release.unsupported))
        extra = shown_ids(cards) | ({CUT: release.cut} if release.cut else {})
        return AIMessage(release.text.strip(), additional_kwargs=extra)

    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        """Report the step, and turn a refused call into a payload like any other.

        Calls of one message run in their order: feedback must be stored before the list that follows it.
        """
        turn = cast("TurnContext", request.runtime.context)
        with in_order(turn, request, self._settings.tool_seconds * self._settings.max_steps):
            return self._run_tool(turn, request, handler)

    def _run_tool(
        self,
        turn: TurnContext,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        name, arguments = request.tool_call["name"], request.tool_call["args"]
        step = str(request.tool_call["id"])
        write = request.runtime.stream_writer
        noun = turn.services.knowledge.noun
        write(StepStarted(id=step, tool=name, label=self._label(turn, request), arguments=arguments))
        started = time.perf_counter()
        answer = self._answer_of(turn, request, handler)
        if not isinstance(answer, ToolMessage):
            return answer
        payload = payload_of(answer)
        if payload is None:
            log.warning("the call of %s was refused: %s", name, answer.content)
            payload = failed(name, "I could not look that up. Please put it in other words.")
            payload.notes.append(f"The arguments were refused: {' '.join(str(answer.content).split())[:300]}")
            answer = ToolMessage(
                to_json(payload),
                artifact=payload,
                tool_call_id=answer.tool_call_id,
                name=name,
                status="error",
            )
        seconds = time.perf_counter() - started
        write(
            StepFinished(id=step, tool=name, ok=payload.ok, summary=summary(payload, noun), seconds=seconds)
        )
        return answer

    def _answer_of(
        self,
        turn: TurnContext,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        """Run the tool within its time; what nobody asked for is not run at all."""
        name = request.tool_call["name"]
        if not self._wanted(turn, request):
            log.warning("a call of %s was not run: the person did not ask for it", name)
            payload = ToolPayload(tool=name, notes=[UNASKED])
        else:
            try:
                return within(self._settings.tool_seconds, lambda: handler(request))
            except TookTooLong:
                log.warning("the tool %s took more than %g seconds", name, self._settings.tool_seconds)
                payload = failed(name, TOO_LONG)
        return ToolMessage(
            to_json(payload), artifact=payload, tool_call_id=str(request.tool_call["id"]), name=name
        )

    def _label(self, turn: TurnContext, request: ToolCallRequest) -> str:
        """Return the step's label; without the model's words where they name something that nobody said."""
        name, noun = request.tool_call["name"], turn.services.knowledge.noun
        text = label(name, request.tool_call["args"], noun)
        before, current = split_turn(request.state["messages"])
        support = support_so_far(
            turn, before, payloads_of(current), request.state["messages"], turn.recalled or ()
        )
        known = check_sentence(text, support, turn.services.language).supported
        return text if known and self._wanted(turn, request) else plain_label(name, noun)

    def _wanted(self, turn: TurnContext, request: ToolCallRequest) -> bool:
        """Whether a call may run: what a language model changes for the person, they must have asked for."""
        if not self._source.is_language_model or turn.model_failed:
            return True
        call = request.tool_call
        return asked_for(call["name"], call["args"], turn.said, request.state["messages"])

    def _hear(
        self,
        request: ModelRequest[TurnContext],
        turn: TurnContext,
        release: Release,
        tools: bool,
        write: Write,
    ) -> _Heard:
        late = self._source.is_language_model and turn.seconds > self._settings.turn_seconds
        if late and not self._source.has_fallback:
            write(Notice(level="warning", text=_OUT_OF_TIME))
            return _Heard()
        if not turn.model_failed and not late:
            if not self._source.has_fallback or self.circuit.admits():
                try:
                    return self._first(request, turn, release, tools)
                except Exception as error:
                    # Clients of a server raise many unrelated types; with another model at hand each means "go on".
                    if not self._source.has_fallback:
                        if not isinstance(error, TookTooLong):
                            raise
                        write(Notice(level="warning", text=_OUT_OF_TIME))
                        return _Heard()
                    self._note_failure(error)
                    write(Notice(level="warning", text=_why(error)))
            else:
                write(Notice(level="warning", text=AWAY))
        turn.model_failed = True
        release.restart()
        model = self._source.second()
        turn.chat_model = f"{self._source.name}, then builtin"
        return self._listen(model, request, turn, release, tools)

    def _first(
        self, request: ModelRequest[TurnContext], turn: TurnContext, release: Release, tools: bool
    ) -> _Heard:
        model = self._source.first()
        turn.chat_model = self._source.name
        if self._source.is_language_model:
            release.rewriter = model
            release.rewrite_seconds = min(self._settings.llm_timeout, self._settings.turn_seconds)
        heard = self._listen(model, request, turn, release, tools)
        self.circuit.worked()
        return heard

    def _note_failure(self, error: Exception) -> None:
        log.warning("the chat model failed, the builtin one goes on: %s: %s", type(error).__name__, error)
        self._source.forget_first()
        status = getattr(error, "status_code", None)
        if status is None or status >= 500 or status in (408, 429):
            # A server that refuses a request answers at once, and may take the next one.
            self.circuit.failed()

    def _probe(self) -> None:
        """Ask the chosen model for a few words; raises when they do not come."""
        deadline = time.monotonic() + self._settings.llm_timeout
        pieces = self._source.first().stream([HumanMessage("Hello")])
        for heard, piece in enumerate(until(deadline, pieces), 1):
            if heard >= _PROBED or piece.response_metadata.get("finish_reason"):
                return
        raise ChatModelUnavailable("The language model broke off.")

    def _listen(
        self,
        model: BaseChatModel,
        request: ModelRequest[TurnContext],
        turn: TurnContext,
        release: Release,
        tools: bool,
    ) -> _Heard:
        served = self._source.has_fallback and not turn.model_failed
        bounded = self._source.is_language_model and not turn.model_failed
        bound: Runnable[Any, Any] = model
        if tools and request.tools:
            first = not any(isinstance(m, ToolMessage) for m in split_turn(request.messages)[1])
            forced = served and first and self._settings.llm_tool_choice == "required"
            bound = model.bind_tools(request.tools, tool_choice="required" if forced else None)
        names = [str(getattr(tool, "name", "")) for tool in request.tools]
        heard = _Heard()
        parts: list[BaseMessage] = []
        written = 0
        pieces = bound.stream(self._messages(request, turn, tools))
        if bounded:
            left = min(self._settings.llm_timeout, max(1.0, self._settings.turn_seconds - turn.seconds))
            pieces = until(time.monotonic() + left, pieces)
        most = self._settings.llm_max_tokens * _CHARACTERS_A_TOKEN
        endless = False
        for piece in pieces:
            parts.append(piece)
            heard.text += text_of(piece)
            written += size_of_calls(piece)
            if not may_be_call(heard.text):
                release.catch_up(heard.text)
            if bounded and len(heard.text) + written > most:
                log.warning("the chat model was stopped after %d characters", most)
                endless = True
                break
        if not parts:
            raise ChatModelUnavailable("The chat model answered with nothing.")
        message = message_of(parts)
        if served and not endless and not message.response_metadata.get("finish_reason"):
            # A server that dies closes the stream, which looks like an end but for the missing reason.
            raise ChatModelUnavailable("The language model broke off.")
        heard.calls = calls_of(message)
        if not heard.calls and may_be_call(heard.text):
            heard.calls = repair_tool_calls(heard.text, names)
        if not heard.calls and not looks_like_call(heard.text):
            release.catch_up(heard.text)
        return heard

    def _messages(
        self, request: ModelRequest[TurnContext], turn: TurnContext, tools: bool
    ) -> list[AnyMessage]:
        messages = recent(request.messages, self._settings.dialogue_turns)
        rules = request.system_prompt or ""
        system: list[AnyMessage] = [SystemMessage(with_tastes(rules, turn.recalled or ()))]
        reads_little = self._source.is_language_model and not turn.model_failed
        if reads_little:
            spare = self._settings.llm_context - self._settings.llm_max_tokens
            messages = fit(messages, max(512, spare - 1200))
        if not tools:
            messages = [*messages, HumanMessage(OUT_OF_STEPS)] if reads_little else messages
        return [*system, *messages]


def _why(error: Exception) -> str:
    slow = (
        isinstance(error, TookTooLong)
        or "timeout" in type(error).__name__.lower()
        or "too long" in str(error)
    )
    reason = "took too long" if slow else "did not answer"
    return f"The language model {reason}; the builtin model finished this answer."
