"""What all tools share: the run's context goes in, a payload comes out, and no exception gets past."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from langchain.tools import ToolRuntime
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool
from pydantic import BaseModel, PlainSerializer, create_model

from agent.context import Services, TurnContext
from agent.evidence import ToolPayload
from agent.grounding.support import fold
from agent.tools.payloads import to_json
from kg.graph import GraphError
from recsys.errors import TastegraphError
from recsys.interests import InterestStoreError

log = logging.getLogger(__name__)
ArgumentsT = TypeVar("ArgumentsT", bound=BaseModel)


@dataclass(frozen=True)
class Scope:
    """What a tool may see: whose turn it is, the shared parts, and the dialogue so far."""

    user: str
    thread: str
    said: str
    """The person's own words of this turn."""
    services: Services
    messages: Sequence[BaseMessage]
    aside: tuple[str, ...] = field(default=(), kw_only=True)
    """Ids of items that are not to be recommended in this dialogue."""

    def did_say(self, words: str) -> bool:
        """Whether the person used these words, here or earlier in the dialogue.

        What a model put into its arguments may come back in an answer only when it did: else a made-up title
        would become evidence by way of "... is not in this catalogue".
        """
        wanted = _singular(words)
        texts = [self.said, *(m.text for m in self.messages if isinstance(m, HumanMessage))]
        return bool(wanted.strip()) and any(wanted in _singular(text) for text in texts)


def _singular(text: str) -> str:
    return f" {' '.join(word.rstrip('s') for word in fold(text))} "


def make_tool(
    name: str, arguments: type[ArgumentsT], run: Callable[[Scope, ArgumentsT], ToolPayload]
) -> BaseTool:
    """Return a LangChain tool: content is the payload as JSON, artifact the payload itself.

    The user comes from the run's context. Whatever `run` raises becomes a payload with `ok=False` and words
    for the person; the log has the error.
    """

    def call(runtime: ToolRuntime[TurnContext, Any], given: ArgumentsT) -> ToolPayload:
        context = runtime.context
        state = runtime.state
        aside = tuple(state.get("aside", ()))
        scope = Scope(
            context.user, context.thread, context.said, context.services, state["messages"], aside=aside
        )
        return guarded(name, lambda: run(scope, given))

    return wrap_tool(name, arguments, call)


def wrap_tool(
    name: str,
    arguments: type[ArgumentsT],
    run: Callable[[ToolRuntime[TurnContext, Any], ArgumentsT], ToolPayload],
) -> BaseTool:
    """Return a LangChain tool of a function that takes the run's context; `run` raises nothing."""

    def call(runtime: ToolRuntime[TurnContext, Any], **given: Any) -> tuple[str, ToolPayload]:  # noqa: ANN401
        payload = guarded(name, lambda: run(runtime, arguments.model_validate(given)))
        return to_json(payload), payload

    # The model may send no argument that is not named, yet the run's context comes in beside them: the
    # tool's own schema names it as injected, which the model never sees. The arguments are dumped once to see
    # which there are; without a serializer that would write out the whole dialogue and the services.
    schema = create_model(
        arguments.__name__,
        __base__=arguments,
        __doc__=arguments.__doc__,
        runtime=(Annotated[Any, InjectedToolArg, PlainSerializer(lambda _: None)], ...),
    )
    return StructuredTool.from_function(
        func=call,
        name=name,
        description=" ".join((arguments.__doc__ or name).split()),
        args_schema=schema,
        response_format="content_and_artifact",
    )


def guarded(tool: str, run: Callable[[], ToolPayload]) -> ToolPayload:
    """Run a tool; an exception becomes a payload that says what to tell the person."""
    try:
        return run()
    except GraphError as error:
        # What it says is for whoever runs the server, not for who chats.
        log.warning("tool %s: %s", tool, error)
        return failed(
            tool, "The knowledge graph does not answer at the moment. Please try again in a little while."
        )
    except InterestStoreError as error:
        log.warning("tool %s: %s", tool, error)
        return failed(
            tool,
            "What is remembered of you is out of reach at the moment, so nothing was looked up or changed there. "
            "Please try again in a little while; suggestions and search still work.",
        )
    except TastegraphError as error:
        log.warning("tool %s: %s", tool, error)
        return failed(tool, str(error))
    except Exception:
        # A tool must never end a dialogue; the model is told what to say and the log keeps the cause.
        log.exception("tool %s failed", tool)
        return failed(
            tool, "Something went wrong while looking that up. Please try again, or put it in other words."
        )


def failed(tool: str, say: str) -> ToolPayload:
    """Return the payload of a tool that could not do its work."""
    return ToolPayload(tool=tool, ok=False, say=say)
