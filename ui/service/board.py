"""What do all browsers of the console share beside the cases? Drafts under way, who is where, texts not sent yet.

Kept in memory: a restart of the server loses it, and no case with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from agent.service.events import ServiceEvent
from ui.render import Step

PRESENT_SECONDS = 12.0
"""Seconds after its last sign at which a browser counts as gone."""
Place = tuple[str, str]
"""Shop and case."""


@dataclass(frozen=True)
class Live:
    """A draft as far as it has come."""

    operator: str
    said: str = ""
    """The customer's message that is being answered, where it is new."""
    steps: tuple[Step, ...] = ()
    text: str = ""
    problems: tuple[str, ...] = ()
    done: bool = False


@dataclass
class _Present:
    operator: str
    place: Place
    at: float


@dataclass
class Board:
    """One for all browsers. Threads share it."""

    version: int = 0
    """Grows with every change of a draft under way."""
    _live: dict[Place, Live] = field(default_factory=dict)
    _present: dict[str, _Present] = field(default_factory=dict)
    _unsent: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def live(self, shop: str, case: str) -> Live | None:
        """Return the newest draft under way or done in a case since the server started."""
        return self._live.get((shop, case))

    def put(self, shop: str, case: str, live: Live) -> None:
        """Show how far a draft has come."""
        with self._guard:
            self.version += 1
            self._live[shop, case] = live

    def begin(self, shop: str, case: str, live: Live) -> bool:
        """Show that a draft is under way; False where one is already, which then goes on alone."""
        with self._guard:
            before = self._live.get((shop, case))
            if before is not None and not before.done:
                return False
            self.version += 1
            self._live[shop, case] = live
            return True

    def here(self, token: str, operator: str, shop: str, case: str) -> None:
        """Take note that a browser shows this case."""
        with self._guard:
            self._present[token] = _Present(operator, (shop, case), time.monotonic())

    def others(self, token: str, shop: str, case: str) -> list[str]:
        """Return the names of those whose browsers show this case too, sorted; the own browser does not count."""
        now = time.monotonic()
        with self._guard:
            self._present = {k: v for k, v in self._present.items() if now - v.at < PRESENT_SECONDS}
            return sorted(
                {v.operator for k, v in self._present.items() if k != token and v.place == (shop, case)}
                - {""}
            )

    def keep(self, shop: str, operator: str, case: str, text: str) -> None:
        """Keep what an operator wrote and did not send; an empty text forgets it."""
        with self._guard:
            if text.strip():
                self._unsent[shop, operator, case] = text
            else:
                self._unsent.pop((shop, operator, case), None)

    def unsent(self, shop: str, operator: str, case: str) -> str:
        """Return what an operator wrote and did not send, or an empty string."""
        return self._unsent.get((shop, operator, case), "")


def after(live: Live, event: ServiceEvent) -> Live:
    """Return the draft with one more event taken in."""
    match event.type:
        case "step_started":
            step = Step(id=event.id, label=event.label, tool=event.tool, arguments=event.arguments)
            return replace(live, steps=(*live.steps, step))
        case "step_finished":
            return replace(live, steps=tuple(_finished(live.steps, event)))
        case "draft_text":
            return replace(live, text=live.text + event.text)
        case "draft":
            return replace(live, text=event.draft.text)
        case "notice" if event.level != "info":
            return replace(live, problems=(*live.problems, event.text))
        case "turn_ended":
            return replace(live, done=True)
    return live


def _finished(steps: Iterable[Step], event: object) -> Iterable[Step]:
    for step in steps:
        if step.id == getattr(event, "id", None):
            yield replace(
                step,
                ok=bool(getattr(event, "ok", False)),
                summary=str(getattr(event, "summary", "")),
                seconds=float(getattr(event, "seconds", 0.0)),
            )
        else:
            yield step
