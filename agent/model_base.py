"""What our chat models share: how tools are bound, and how an answer becomes the pieces of a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ToolCall,
    ToolCallChunk,
    message_chunk_to_message,
)
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict


class ToolBoundModel(BaseChatModel):
    """A chat model that is handed its tools in OpenAI's form, as `tools` among the keyword arguments of a call."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - as in the base
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return the model with these tools; it calls no other."""
        return self.bind(
            tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs
        )


class WholeAnswerModel(ToolBoundModel):
    """Knows the whole answer before it says a word of it; a stream gives it in pieces. Override `respond`."""

    def respond(self, messages: Sequence[BaseMessage], tools: list[dict[str, Any]] | None) -> AIMessage:
        """Return tool calls or a text; `tools` is None when none were bound."""
        raise NotImplementedError

    def pieces(self, text: str) -> Iterator[str]:
        """Yield a text as it is streamed."""
        yield text

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - as in the base
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.respond(messages, kwargs.get("tools")))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - as in the base
    ) -> Iterator[ChatGenerationChunk]:
        message = self.respond(messages, kwargs.get("tools"))
        text = str(message.text)
        for piece in self.pieces(text) if text else ():
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
            if run_manager:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk
        if message.tool_calls or not text:
            yield ChatGenerationChunk(
                message=AIMessageChunk(content="", tool_call_chunks=call_chunks(message.tool_calls))
            )


class StreamedModel(ToolBoundModel):
    """Writes piece by piece; a whole answer is its pieces put together. Override `_stream`."""

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - as in the base
    ) -> ChatResult:
        whole: AIMessageChunk | None = None
        for piece in self._stream(messages, stop, None, **kwargs):
            chunk = piece.message
            if isinstance(chunk, AIMessageChunk):
                whole = chunk if whole is None else whole + chunk
        message = message_chunk_to_message(whole) if whole is not None else AIMessage("")
        return ChatResult(generations=[ChatGeneration(message=message)])


def call_chunks(calls: Sequence[ToolCall]) -> list[ToolCallChunk]:
    """Return whole tool calls as pieces of a stream."""
    return [
        tool_call_chunk(
            name=call["name"], args=json.dumps(call["args"], ensure_ascii=False), id=call["id"], index=k
        )
        for k, call in enumerate(calls)
    ]
