"""What one turn has found so far: the person's own words from before, and the evidence for its answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from agent.answers import payloads_of, text_of
from agent.context import TurnContext
from agent.events import Notice
from agent.evidence import ToolPayload
from agent.grounding.support import Support, support_of
from agent.tools.show_profile import statement
from recsys.errors import TastegraphError

log = logging.getLogger(__name__)
NOTHING_RECALLED = "What you told me before could not be looked up, so this answer may leave it out."
_RECALLED = 6
"""Interests that a chat model is told of."""


def support_so_far(
    turn: TurnContext,
    before: Sequence[BaseMessage],
    payloads: Sequence[ToolPayload],
    messages: Sequence[BaseMessage],
    told: Sequence[str],
) -> Support:
    """Return the evidence so far; made anew only when a tool has returned something since."""
    made = turn.support
    if made is not None and made[0] == len(payloads):
        return made[1]
    earlier = [card for payload in payloads_of(before) for card in payload.items]
    said = [text_of(message) for message in messages if isinstance(message, HumanMessage)]
    support = support_of(payloads, earlier, [*said, *told])
    turn.support = (len(payloads), support)
    return support


@contextmanager
def in_order(turn: TurnContext, request: ToolCallRequest, seconds: float) -> Iterator[None]:
    """Wait for the calls that stand before this one in its message, each at most as long as a tool may take."""
    asked = next((m for m in reversed(request.state["messages"]) if isinstance(m, AIMessage)), None)
    message = str(asked.id) if asked is not None else ""
    ids = [str(call["id"]) for call in asked.tool_calls] if asked is not None else []
    own = str(request.tool_call["id"])
    before = {(message, one) for one in ids[: ids.index(own)]} if own in ids else set()
    with turn.progress:
        turn.progress.wait_for(lambda: before <= turn.finished, timeout=seconds)
    try:
        yield
    finally:
        with turn.progress:
            turn.finished.add((message, own))
            turn.progress.notify_all()


def recall(turn: TurnContext, write: Callable[[Any], None]) -> tuple[str, ...]:
    """Return what the person told before that bears on what they say now; looked up once a turn.

    When it cannot be looked up, a `Notice` says so, once a turn.
    """
    if turn.recalled is None:
        try:
            found = turn.services.interests.recall(turn.user, turn.said, _RECALLED)
            turn.recalled = tuple(statement(one) for one in found)
        except TastegraphError as error:
            # Without the interests a search still works.
            log.warning("nothing could be recalled: %s", error)
            write(Notice(level="warning", text=NOTHING_RECALLED))
            turn.recalled = ()
    return turn.recalled
