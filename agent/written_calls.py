"""Tool calls as models write them: whole, broken, numbered anew, or as text that no person should see."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ToolCall,
    message_chunk_to_message,
)

from agent.vllm import repair_arguments


def size_of_calls(message: BaseMessage) -> int:
    """Return the characters of a message's calls so far."""
    chunks = message.tool_call_chunks if isinstance(message, AIMessageChunk) else []
    return sum(len(chunk.get("args") or "") for chunk in chunks)


def message_of(parts: Sequence[BaseMessage]) -> BaseMessage:
    """Return the message that the pieces of a stream, at least one, make up; joined once, not piece by piece."""
    chunks = [part for part in parts if isinstance(part, AIMessageChunk)]
    if not chunks:
        return parts[-1]
    return message_chunk_to_message(chunks[0] + chunks[1:])


def calls_of(message: BaseMessage) -> list[ToolCall]:
    """Return the calls of a message, broken ones repaired, each with an id of its own."""
    if not isinstance(message, AIMessage):
        return []
    calls = list(message.tool_calls)
    for broken in message.invalid_tool_calls:
        arguments = repair_arguments(broken["args"] or "{}")
        if broken["name"] and arguments is not None:
            calls.append(ToolCall(name=broken["name"], args=arguments, id=broken["id"], type="tool_call"))
    ids = [call["id"] for call in calls]
    return [
        ToolCall(
            name=call["name"],
            args=call["args"],
            # Some servers number the calls of every message from 0, or leave the ids out.
            id=call["id"] if call["id"] and ids.count(call["id"]) == 1 else f"call-{uuid.uuid4().hex[:12]}",
            type="tool_call",
        )
        for call in calls
    ]


def looks_like_call(text: str) -> bool:
    """Whether a text is JSON or call markup that no person should see."""
    start = text.strip()
    if "<tool_" in start:
        return True
    try:
        return isinstance(json.loads(start, strict=False), dict | list)
    except ValueError:
        return start.startswith("{")
