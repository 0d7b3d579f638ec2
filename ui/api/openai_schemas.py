"""OpenAI's chat completions as shapes: what of a request counts here, and what an answer holds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.evidence import ItemCard
from ui.api.words import MOST_CHARACTERS

PREFIX = "tastegraph/"
"""Before the name of a catalogue in the name of a model."""
MOST_MESSAGES = 1000


class TextPart(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str | None = Field(default=None, max_length=MOST_CHARACTERS)


class ChatMessage(BaseModel):
    """A message of the dialogue."""

    model_config = ConfigDict(extra="allow")

    role: Literal["user", "assistant", "system", "developer", "tool", "function"]
    content: str | list[TextPart] | None = None


class StreamOptions(BaseModel):
    """What a stream holds beside the words."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool = False


class CompletionRequest(BaseModel):
    """A dialogue whose last message is the person's.

    Fields that change nothing here come back in `tastegraph.ignored`.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "model": "tastegraph/films",
                    "messages": [{"role": "user", "content": "Something like Heat but less violent"}],
                }
            ]
        },
    )

    model: Annotated[str, Field(max_length=200, description="A model of `GET /v1/models`.")]
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=128)
    metadata: dict[str, str] | None = Field(
        default=None, description="`thread` names the dialogue, like the header `Tastegraph-Thread`."
    )


class StepTold(BaseModel):
    """A tool call of the turn."""

    id: str
    tool: str
    label: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    ok: bool | None = None
    summary: str = ""
    seconds: float = 0.0


class NoticeTold(BaseModel):
    """Something to know about the answer."""

    level: Literal["info", "warning", "error"]
    text: str


class TurnTold(BaseModel):
    """What an answer is made of, beside its words."""

    thread: str
    """Send it as `Tastegraph-Thread` to go on in this dialogue."""
    steps: list[StepTold] = Field(default_factory=list)
    items: list[ItemCard] = Field(default_factory=list)
    notices: list[NoticeTold] = Field(default_factory=list)
    ignored: list[str] = Field(default_factory=list)
    """Fields of the request that change nothing here."""
    claims: int = 0
    """Claims that were checked against the evidence."""
    cut: int = 0
    """Sentences that were left out, because nothing supports them."""
    chat_model: str = ""
    seconds: float = 0.0


class AnswerMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    tastegraph: TurnTold


class Choice(BaseModel):
    """The one answer that there is."""

    index: int = 0
    message: AnswerMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Usage(BaseModel):
    """Words and punctuation marks of the dialogue and of the answer, which stand in for a model's tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(BaseModel):
    """An answer in OpenAI's form; the turn's steps, items and notices are in `choices[0].message.tastegraph`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class Model(BaseModel):
    """A catalogue that can be talked to."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "tastegraph"


class ModelList(BaseModel):
    """Every catalogue that is open."""

    object: Literal["list"] = "list"
    data: list[Model]
