"""What does a request in OpenAI's form say? The last message, what was said before, and what does not count here."""

from __future__ import annotations

from dataclasses import dataclass

from agent.session import clean
from ui.api.errors import ApiError
from ui.api.openai_schemas import ChatMessage, CompletionRequest
from ui.api.threads import Said
from ui.api.words import MOST_CHARACTERS

_REFUSED = {
    "tools": "The tools are the server's own; its calls come back in `tastegraph.steps`.",
    "functions": "The tools are the server's own; its calls come back in `tastegraph.steps`.",
    "response_format": "Answers are text; the items come as data in `tastegraph.items`.",
    "logprobs": "There are no token probabilities; scores and shares are in `tastegraph.items`.",
    "audio": "Answers are text.",
}
"""Fields with which an answer would have another form, and what to use instead."""
_KNOWN = frozenset({"model", "messages", "stream", "stream_options", "n", "metadata", "user", "store"})
_PLAIN_FORMATS = ({"type": "text"}, None)
_SYSTEM = "System messages are not followed: what this server says rests on its catalogue and on what the user says."


@dataclass(frozen=True)
class Asked:
    """A dialogue as it counts here."""

    text: str
    """The last message, the user's."""
    earlier: list[Said]
    """User and assistant messages before it."""
    ignored: list[str]
    """Fields of the request that change nothing."""
    notes: list[str]
    """What the caller should know of it."""


def read_dialogue(body: CompletionRequest) -> Asked:
    """Return what the request asks. Raises `ApiError` 422 where it cannot be answered as it is meant."""
    extra = body.model_extra or {}
    for field, instead in _REFUSED.items():
        value = extra.get(field)
        if value and not (field == "response_format" and value in _PLAIN_FORMATS):
            raise ApiError(422, "unsupported", f"Leave out `{field}`. {instead}", field)
    if body.n not in (None, 1):
        raise ApiError(422, "unsupported", "Leave out `n`: there is one answer to a message.", "n")
    if body.messages[-1].role != "user":
        raise ApiError(422, "invalid_request", "The last message must have the role `user`.", "messages")
    said = [
        (message.role, _text(message, place))
        for place, message in enumerate(body.messages)
        if message.role in ("user", "assistant")
    ]
    text = said[-1][1]
    if not text.strip():
        raise ApiError(422, "invalid_request", "The last message is empty. Say what is wanted.", "messages")
    told = [] if all(m.role in ("user", "assistant") for m in body.messages) else [_SYSTEM]
    ignored = sorted(
        field
        for field, value in extra.items()
        if field not in _KNOWN and value is not None and field.isidentifier()
    )
    return Asked(text, [one for one in said[:-1] if one[1].strip()], ignored[:40], told)


def _text(message: ChatMessage, place: int) -> str:
    content = message.content
    if isinstance(content, list):
        if any(part.type not in ("text", "refusal") for part in content):
            raise ApiError(
                422,
                "unsupported",
                "Messages are read as text only. Leave out pictures, sounds and files.",
                f"messages.{place}.content",
            )
        content = "\n".join(part.text or "" for part in content)
    if len(content or "") > MOST_CHARACTERS:
        raise ApiError(
            422,
            "text_too_long",
            f"A message has at most {MOST_CHARACTERS:,} characters. Shorten it.",
            f"messages.{place}.content",
        )
    return clean(content or "")
