"""The builtin chat model: understands with rules, calls tools, writes from what they return."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import ToolCall, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, PrivateAttr

from agent.builtin.dialogue import Dialogue
from agent.builtin.policy import Policy
from agent.builtin.write import Writer
from agent.knowledge import Knowledge

_CHUNK = re.compile(r"\S+\s*|\s+")


class BuiltinChatModel(BaseChatModel):
    """A chat model that needs no server, no graphics card and no download.

    Everything it knows of a dialogue comes from the messages, so one instance serves many people at once.
    The same
    messages always get the same answer.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

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

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return the model with these tools; it calls no other."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

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

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> ChatResult:
        message = self.answer(messages, kwargs.get("tools"))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Iterator[ChatGenerationChunk]:
        message = self.answer(messages, kwargs.get("tools"))
        if message.tool_calls:
            calls = [
                tool_call_chunk(
                    name=call["name"],
                    args=json.dumps(call["args"], ensure_ascii=False),
                    id=call["id"],
                    index=k,
                )
                for k, call in enumerate(message.tool_calls)
            ]
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=calls))
            return
        for match in _CHUNK.finditer(message.text):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=match[0]))
            if run_manager:
                run_manager.on_llm_new_token(match[0], chunk=chunk)
            yield chunk
