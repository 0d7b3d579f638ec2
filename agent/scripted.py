"""A chat model that replays written messages. Public: for tests of agents, of this project and of those that use it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import Field, PrivateAttr

from agent.model_base import WholeAnswerModel

Reply = AIMessage | str | Exception
Policy = Callable[[Sequence[BaseMessage]], Reply]


def call(tool: str, **arguments: Any) -> AIMessage:  # noqa: ANN401 - arguments of any tool
    """Return a message that asks for one tool call."""
    return AIMessage(
        "", tool_calls=[{"name": tool, "args": arguments, "id": f"call-{tool}", "type": "tool_call"}]
    )


class ScriptedChatModel(WholeAnswerModel):
    """Answers from a list, in order, or from a function of the messages. Streams word by word.

    An exception in the script is raised in the place of an answer. When the list is used up it starts anew.
    One instance may serve many threads when it is given a function.
    """

    script: list[Any] = Field(default_factory=list)
    """Messages, texts or exceptions, in order."""
    policy: Any = None
    """A function of the messages so far; used instead of `script` when given."""
    is_language_model: bool = True
    """Whether the agent should treat it as a language model, which may be asked to write a sentence again."""
    _next: Iterator[Any] = PrivateAttr()
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _seen: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    def __init__(
        self,
        script: Iterable[Reply] = (),
        policy: Policy | None = None,
        **options: Any,  # noqa: ANN401 - fields of the class
    ) -> None:
        super().__init__(script=list(script), policy=policy, **options)
        self._next = itertools.cycle(self.script)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def seen(self) -> list[list[BaseMessage]]:
        """The messages of every call so far."""
        return self._seen

    def respond(
        self, messages: Sequence[BaseMessage], tools: list[dict[str, Any]] | None = None
    ) -> AIMessage:
        """Return what comes next in the script, whatever tools there are."""
        with self._lock:
            self._seen.append(list(messages))
            reply = self.policy(messages) if self.policy is not None else next(self._next)
        if isinstance(reply, Exception):
            raise reply
        return AIMessage(reply) if isinstance(reply, str) else reply.model_copy(update={"id": None})

    def pieces(self, text: str) -> Iterator[str]:
        """Yield word by word."""
        *words, last = text.split(" ")
        yield from (word + " " for word in words)
        yield last


def last_words(messages: Sequence[BaseMessage]) -> str:
    """Return what the person said last."""
    return next((str(m.content) for m in reversed(messages) if isinstance(m, HumanMessage)), "")
