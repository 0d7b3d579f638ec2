"""Which tools does the server offer? The agent's own, described for the protocol."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool
from mcp import types
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agent.consent import CHANGES
from agent.evidence import ItemCard, ToolPayload

CHAT = "chat"
SAID = "said"
"""The argument that the tools which change something of the person have here beside their own."""
MOST_SAID = 2000
"""Longest sentence of the person in `said`, in characters."""
_SAID_SCHEMA: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": MOST_SAID,
    "title": "Said",
    "description": "The person's own sentence that asks for this, word for word. It is kept as the source.",
}
_READS = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_CHANGES: dict[str, types.ToolAnnotations] = {
    # An older opinion on the same subject is kept and marked; a verdict is one more event each time.
    "remember_taste": types.ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
    ),
    "give_feedback": types.ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
    ),
    "forget": types.ToolAnnotations(
        read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
    ),
}


class ChatMessage(BaseModel):
    """Let Tastegraph's own agent answer a message: it looks up what it needs, and checks each sentence against it."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(min_length=1, max_length=20_000, description="The person's own message.")
    conversation: str = Field(
        default="",
        max_length=128,
        description="Go on with this conversation, as an earlier call named it. Empty: a new one.",
    )


class ChatStep(BaseModel):
    """Something that was looked up for an answer."""

    label: str
    ok: bool = True
    summary: str = ""


class ChatAnswer(BaseModel):
    """A whole turn."""

    text: str
    conversation: str
    """Hand it back to go on."""
    items: list[ItemCard] = Field(default_factory=list)
    steps: list[ChatStep] = Field(default_factory=list)
    notices: list[str] = Field(default_factory=list)
    """What the person should know of this answer: a part was away, a claim was left out."""


def tool_list(tools: list[BaseTool]) -> list[types.Tool]:
    """Return the tools as the protocol describes them; names, descriptions and arguments are the agent's own."""
    return [*(_described(tool) for tool in tools), _chat()]


def _described(tool: BaseTool) -> types.Tool:
    schema: dict[str, Any] = dict(_schema(tool))
    if tool.name in CHANGES:
        schema["properties"] = {**schema.get("properties", {}), SAID: _SAID_SCHEMA}
        schema["required"] = [*schema.get("required", ()), SAID]
    return types.Tool(
        name=tool.name,
        title=tool.name.replace("_", " ").capitalize(),
        description=tool.description,
        input_schema={**schema, "additionalProperties": False},
        output_schema=ToolPayload.model_json_schema(),
        annotations=_CHANGES[tool.name] if tool.name in CHANGES else _READS,
    )


def _schema(tool: BaseTool) -> dict[str, Any]:
    """Return the arguments that a model may send: without the run's context."""
    shown = tool.tool_call_schema
    if isinstance(shown, dict):
        return shown
    made: dict[str, Any] = TypeAdapter(shown).json_schema()
    return made


def _chat() -> types.Tool:
    return types.Tool(
        name=CHAT,
        title="Chat",
        description=" ".join((ChatMessage.__doc__ or "").split()),
        input_schema=ChatMessage.model_json_schema(),
        output_schema=ChatAnswer.model_json_schema(),
        # A turn does what the message asks for, and that may be to forget everything.
        annotations=types.ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False
        ),
    )
