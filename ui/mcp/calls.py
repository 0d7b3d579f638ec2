"""How is a call of a tool answered? Checked, run for the person of this server, and kept in the conversation."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from pydantic import ValidationError

from agent.bounded import TookTooLong, within
from agent.consent import CHANGES, UNASKED, asked_for
from agent.context import TurnContext
from agent.events import Notice, StepFinished, StepStarted, TurnEnded
from agent.evidence import ToolPayload
from agent.middleware import TOO_LONG
from agent.session import Agent, clean
from agent.tools.base import failed
from ui.mcp.catalogue import MOST_SAID, SAID, ChatAnswer, ChatMessage, ChatStep
from ui.mcp.conversation import Conversation

log = logging.getLogger(__name__)
_HOW_TO_ASK = f"Put the sentence in which the person asks for it into `{SAID}`."


class BadArguments(Exception):  # noqa: N818 - says what was sent
    """The arguments of a call do not fit its schema; the message names them and never their values."""


def run_tool(
    agent: Agent,
    user: str,
    conversation: Conversation,
    tool: BaseTool,
    schema: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> ToolPayload:
    """Return what a tool of the agent returns to this person; raises `BadArguments`, and nothing that a tool raises.

    `said` is what the person said, where the tool changes something of theirs; elsewhere the call's own words stand
    for it, as in a search box.
    """
    known = schema.get("properties", {})
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        raise BadArguments(_listed([f"`{name[:40]}` is no argument of this tool" for name in unknown[:5]]))
    given = dict(arguments)
    said = _said(given.pop(SAID, None)) if tool.name in CHANGES else _words(given)
    before = conversation.so_far()
    messages = [*before, HumanMessage(said)]
    if not asked_for(tool.name, given, said, messages):
        log.warning("a call of %s was not run: the person's words do not ask for it", tool.name)
        return ToolPayload(tool=tool.name, ok=False, say=f"{UNASKED} {_HOW_TO_ASK}")
    runtime = ToolRuntime(
        state={"messages": messages},
        context=TurnContext(user=user, thread="", services=agent.services, said=said),
        config=RunnableConfig(),
        stream_writer=lambda _: None,
        tool_call_id=uuid.uuid4().hex,
        store=None,
    )
    call = {
        "type": "tool_call",
        "id": runtime.tool_call_id,
        "name": tool.name,
        "args": {**given, "runtime": runtime},
    }
    try:
        result = within(agent.settings.tool_seconds, lambda: tool.invoke(call))
    except ValidationError as error:
        raise BadArguments(refused(error)) from None
    except TookTooLong:
        log.warning("the tool %s took more than %g seconds", tool.name, agent.settings.tool_seconds)
        return failed(tool.name, TOO_LONG)
    if not isinstance(result, ToolMessage) or not isinstance(result.artifact, ToolPayload):
        raise TypeError(f"The tool {tool.name} returned {type(result).__name__} without a payload.")
    conversation.keep(said, given, result)
    return result.artifact


def run_turn(
    agent: Agent, user: str, arguments: Mapping[str, Any], progress: Callable[[str], None]
) -> ChatAnswer:
    """Answer a message as the chat does; `progress` is told each step. Raises `BadArguments`."""
    try:
        asked = ChatMessage.model_validate(arguments)
    except ValidationError as error:
        raise BadArguments(refused(error)) from None
    answer = ChatAnswer(text="", conversation=asked.conversation or f"mcp-{uuid.uuid4().hex[:16]}")
    labels: dict[str, str] = {}
    for event in agent.turn(user, answer.conversation, asked.message):
        if isinstance(event, StepStarted):
            labels[event.id] = event.label
            progress(event.label)
        elif isinstance(event, StepFinished):
            label = labels.get(event.id, event.tool)
            answer.steps.append(ChatStep(label=label, ok=event.ok, summary=event.summary))
        elif isinstance(event, Notice):
            answer.notices.append(event.text)
        elif isinstance(event, TurnEnded):
            answer.text, answer.items = event.text, event.items
    return answer


def refused(error: ValidationError) -> str:
    """Say which arguments were wrong and how; the values are the person's and stay out."""
    return _listed(
        [
            f"`{'.'.join(str(part) for part in one['loc'])[:80] or 'arguments'}`: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False, include_context=False)
            if one["loc"] != ("runtime",)
        ]
    )


def _listed(problems: list[str]) -> str:
    return f"The arguments were refused. {'; '.join(problems)}. Call it again with arguments that fit its schema."


def _said(given: object) -> str:
    said = clean(given) if isinstance(given, str) else ""
    if not said or len(said) > MOST_SAID:
        raise BadArguments(
            _listed([f"`{SAID}` must be the person's own sentence, 1 to {MOST_SAID} characters"])
        )
    return said


def _words(arguments: Mapping[str, Any]) -> str:
    """Return the words of a call that only looks something up."""
    words: list[str] = []
    for value in arguments.values():
        words += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
    return clean(", ".join(words))[:MOST_SAID]
