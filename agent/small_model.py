"""The project's own small model, wherever it runs: it reads dialogues in short, and its calls are completed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, ToolCall
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import Runnable

from agent.brief import brief
from agent.completion import completed
from agent.model_base import StreamedModel, call_chunks
from agent.prompts import REWRITE
from agent.vllm import may_be_call, repair_tool_calls

NOTHING = "NOTHING"
"""What is written where a sentence is to be put in other words, which the model was not taught: the sentence goes."""

_REWRITE = REWRITE.partition("\n")[0]


class SmallChatModel(StreamedModel):
    """Stands before a client of the small model."""

    inner: BaseChatModel
    """Writes from the short form: a `LocalChatModel`, or a client of a server."""

    @property
    def _llm_type(self) -> str:
        return "small"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Iterator[ChatGenerationChunk]:
        tools: list[dict[str, Any]] = kwargs.get("tools") or []
        if not tools and str(messages[-1].text).startswith(_REWRITE):
            yield _chunk(NOTHING, reason="stop")
            return
        bound: Runnable[Any, Any] = self.inner
        if tools:
            bound = self.inner.bind_tools(tools, tool_choice=kwargs.get("tool_choice"))
        whole: AIMessageChunk | None = None
        told = ""
        for piece in bound.stream(brief(messages)):
            whole = piece if whole is None else whole + piece
            text = str(whole.text)
            if not whole.tool_call_chunks and not (tools and may_be_call(text)) and len(text) > len(told):
                chunk = _chunk(text[len(told) :])
                told = text
                if run_manager:
                    run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
                yield chunk
        if whole is None:
            return
        reason = str(whole.response_metadata.get("finish_reason") or "")
        names = {str(tool["function"]["name"]) for tool in tools}
        calls = list(whole.tool_calls) or (repair_tool_calls(str(whole.text), names) if tools else [])
        if calls:
            yield _call_chunk(completed(calls, messages), reason, whole)
        else:
            yield _chunk(str(whole.text)[len(told) :], reason, whole)


def _chunk(text: str, reason: str = "", whole: AIMessageChunk | None = None) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text, **_told(reason, whole)))


def _call_chunk(calls: Sequence[ToolCall], reason: str, whole: AIMessageChunk) -> ChatGenerationChunk:
    message = AIMessageChunk(content="", tool_call_chunks=call_chunks(calls), **_told(reason, whole))
    return ChatGenerationChunk(message=message)


def _told(reason: str, whole: AIMessageChunk | None) -> dict[str, Any]:
    told: dict[str, Any] = {"response_metadata": {"finish_reason": reason}} if reason else {}
    if whole is not None and whole.usage_metadata:
        told["usage_metadata"] = whole.usage_metadata
    return told
