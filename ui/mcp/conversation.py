"""What was shown so far? The calls of one connection, so that `the second` and `why` mean something."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.answers import LISTING, shown_ids

MOST_CALLS = 12
"""Calls that a conversation remembers."""
MOST_CONVERSATIONS = 64
"""Conversations that a server remembers; the one that was quiet longest goes first."""
_MESSAGES = 4
"""Messages that a call leaves: what was said, the call, its result, what was shown."""


@dataclass
class Conversation:
    """The newest calls of one connection, as the dialogue that the tools read."""

    messages: list[BaseMessage] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, said: str, arguments: dict[str, Any], result: ToolMessage) -> None:
        """Take in a call with what it showed; a list counts as seen by the person."""
        call = {"name": str(result.name), "args": arguments, "id": result.tool_call_id}
        payload = result.artifact
        seen = payload.items if payload.tool in LISTING or len(payload.items) == 1 else []
        # A numbered line makes a list of one a list, as in an answer of the agent.
        text = "1. " if payload.tool in LISTING and payload.items else ""
        with self.lock:
            self.messages += [
                HumanMessage(said),
                AIMessage("", tool_calls=[call]),
                result,
                AIMessage(text, additional_kwargs=shown_ids(seen)),
            ]
            del self.messages[: -MOST_CALLS * _MESSAGES]

    def so_far(self) -> list[BaseMessage]:
        """Return a copy of the messages, oldest first."""
        with self.lock:
            return list(self.messages)


class Conversations:
    """The conversations of a server by connection."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, connection: str | None) -> Conversation:
        """Return the conversation of a connection; a new one each time where the transport names none."""
        if connection is None:
            return Conversation()
        with self._lock:
            one = self._kept.setdefault(connection, Conversation())
            self._kept.move_to_end(connection)
            while len(self._kept) > MOST_CONVERSATIONS:
                self._kept.popitem(last=False)
            return one
