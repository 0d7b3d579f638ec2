"""The builtin chat model: understands with rules, calls tools, writes from what they return."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.tool import ToolCall
from pydantic import Field, PrivateAttr

from agent.builtin.dialogue import Dialogue
from agent.builtin.policy import Policy
from agent.builtin.write import Writer
from agent.knowledge import Knowledge
from agent.model_base import WholeAnswerModel

_CHUNK = re.compile(r"\S+\s*|\s+")


class BuiltinChatModel(WholeAnswerModel):
    """A chat model that needs no server, no graphics card and no download.

    Everything it knows of a dialogue comes from the messages, so one instance serves many people at once.
    The same
    messages always get the same answer.
    """

    knowledge: Knowledge = Field(repr=False, exclude=True)
    is_language_model: bool = False
    """False: it cannot rewrite a sentence on request."""
    _policy: Policy = PrivateAttr()
    _writer: Writer = PrivateAttr()

    def __init__(self, knowledge: Knowledge, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(knowledge=knowledge, **kwargs)
        self._policy = Policy(knowledge)
        self._writer = Writer(knowledge, self._policy.smalltalk)

    @property
    def _llm_type(self) -> str:
        return "builtin"

    def answer(
        self, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] | None = None
    ) -> AIMessage:
        """Return tool calls for the newest human message, or the final text once their results are there.

        Args:
            messages: system, human, AI and tool messages in order; at least one.
            tools: tools in OpenAI's format, or None when every tool of ours may be called.
        """
        names = None if tools is None else {str(tool["function"]["name"]) for tool in tools}
        dialogue = Dialogue.read(messages)
        if dialogue.now.payloads:
            request = self._policy.understanding.read(dialogue.now.text, dialogue)
            return AIMessage(self._writer.write(request, dialogue, self._policy.seed(dialogue)))
        request, plan = self._policy.plan(dialogue, names)
        if not plan.calls:
            return AIMessage(self._writer.reply(request, plan.reply))
        key = hashlib.sha256(f"{len(messages)}\n{dialogue.now.text}".encode("utf-8", "replace")).hexdigest()[
            :12
        ]
        calls = [
            ToolCall(name=call.name, args=call.args, id=f"call_{key}_{k}", type="tool_call")
            for k, call in enumerate(plan.calls)
        ]
        return AIMessage("", tool_calls=calls)

    def respond(self, messages: Sequence[BaseMessage], tools: list[dict[str, Any]] | None) -> AIMessage:
        """As `answer`."""
        return self.answer(messages, tools)

    def pieces(self, text: str) -> Iterator[str]:
        """Yield word by word."""
        return (match[0] for match in _CHUNK.finditer(text))
