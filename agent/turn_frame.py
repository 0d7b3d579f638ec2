"""What frames every turn, whatever it is about: a beginning, an end in plain words, and what the end tells."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.errors import InvalidRequest
from agent.events import Cards, Notice, TextDelta, TurnEnded, TurnStarted
from agent.evidence import ItemCard
from agent.memory import DialogueStoreError
from agent.release import Report
from recsys.errors import TastegraphError

log = logging.getLogger(__name__)
SORRY = "Something went wrong on our side while answering. Nothing you said is lost; please try again."


@dataclass
class Ending:
    """Collects what the last event of a turn says."""

    chat_model: str
    parts: list[str] = field(default_factory=list)
    items: list[ItemCard] = field(default_factory=list)
    claims: int = 0
    unsupported: int = 0
    cut: list[str] = field(default_factory=list)

    @property
    def is_silent(self) -> bool:
        """Whether nothing was said so far."""
        return not "".join(self.parts).strip()

    def note(self, event: object) -> bool:
        """Take in an event or a report of the stream; whether it is one to hand on."""
        if isinstance(event, Report):
            self.claims += event.claims
            self.unsupported += event.unsupported
            self.cut += event.cut
            return False
        if isinstance(event, TextDelta):
            self.parts.append(event.text)
        elif isinstance(event, Cards):
            self.items = event.items
        return True

    def say(self, text: str) -> Iterator[TextDelta]:
        """Say something in the turn's name."""
        self.parts.append(text)
        yield TextDelta(text=text)


def framed(thread: str, chat_model: str, run: Callable[[Ending], Iterator[Any]]) -> Iterator[Any]:
    """Yield `TurnStarted`, the events of `run`, and `TurnEnded`, whatever happens between them.

    An error becomes a `Notice` and, where nothing was said yet, a sentence; its cause is in the log alone.
    """
    started = time.monotonic()
    yield TurnStarted(turn=uuid.uuid4().hex, thread=thread[:128])
    ended = Ending(chat_model)
    try:
        yield from run(ended)
    except InvalidRequest as error:
        yield from ended.say(str(error))
    except TastegraphError as error:
        log.warning("turn failed: %s", error)
        told = error.told if isinstance(error, DialogueStoreError) else ""
        yield Notice(level="error", text=told or str(error))
        if ended.is_silent:
            # Where the dialogue could not be kept it would be untrue that nothing is lost.
            yield from ended.say(told or SORRY)
    except Exception:
        log.exception("turn failed")
        yield Notice(level="error", text=SORRY)
        if ended.is_silent:
            yield from ended.say(SORRY)
    if ended.cut:
        count = len(ended.cut)
        what = "sentence was" if count == 1 else "sentences were"
        yield Notice(
            level="info",
            text=f"{count} {what} left out, because the catalogue does not support what was said.",
        )
    yield TurnEnded(
        text="".join(ended.parts).strip(),
        items=ended.items,
        claims=ended.claims,
        unsupported=ended.unsupported,
        cut=ended.cut,
        chat_model=ended.chat_model,
        seconds=time.monotonic() - started,
    )
