"""How does a reply come to be on the page? The turn of the desk, shown step by step to everybody in the case."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from agent.errors import InvalidRequest
from agent.service.session import ServiceAgent
from ui.render import GETTING_READY, Step
from ui.service.board import Board, Live, after
from ui.service.panels import Panels, Update, line, plain, problem
from ui.service.seat import Seat

logger = logging.getLogger(__name__)
SMOOTH_SECONDS = 0.05
"""Words that come closer together than this are shown together."""
STOPPED = "The draft stopped before its end and the log says why. If the message is in the case, make the draft anew."


@dataclass
class Drafting:
    """One draft for one page. The turn runs on a thread of its own: a page that is closed does not end it."""

    board: Board
    panels: Panels
    seat: Seat
    agent: ServiceAgent
    operator: str
    case: str
    warming: threading.Thread
    """Loads what a draft needs; waited for, so that nothing is loaded twice."""
    _grown: queue.SimpleQueue[bool] = field(default_factory=queue.SimpleQueue)
    """True for each time that the draft grew, then False once."""
    _made: bool = False
    _ended: str = ""
    """What the last event of the turn says."""

    def run(self, reply: str, said: str, template: str) -> Iterator[Update]:
        """Yield what changes on the page; a reply that was edited is put aside first.

        Args:
            reply: what stands in the reply now.
            said: a new message of the customer; empty: the newest one is drafted for anew.
            template: id of the template to draft from; empty: what fits best.

        Raises `InvalidRequest` when a draft is under way in this case.
        """
        seat = self.seat
        if not self.board.begin(seat.shop, self.case, Live(self.operator, said=said)):
            raise InvalidRequest("A draft is being prepared in this case already. It is here in a moment.")
        seat.aside = reply if seat.edited(reply) else seat.aside
        seat.drafting = self.case
        before = len(self.agent.book.course(self.case))
        work = threading.Thread(target=self._work, args=(seat.shop, said, template), daemon=True)
        work.start()
        try:
            yield {**self.panels.case(seat, self.agent), **({"message": ""} if said else {}), "status": ""}
            at = 0.0
            while self._grown.get():
                if seat.case == self.case and time.monotonic() - at >= SMOOTH_SECONDS:
                    at = time.monotonic()
                    yield self._growing()
        finally:
            seat.drafting = ""
        if seat.case == self.case:
            yield self._outcome(said, stored=len(self.agent.book.course(self.case)) > before)

    def _work(self, shop: str, said: str, template: str) -> None:
        live = Live(self.operator, said=said)
        try:
            if self.warming.is_alive():
                step = Step(id="ready", label=GETTING_READY)
                self._show(shop, replace(live, steps=(step,)))
                began = time.monotonic()
                self.warming.join()
                done = replace(step, ok=True, summary="ready", seconds=time.monotonic() - began)
                live = replace(live, steps=(done,))
            events = (
                self.agent.assist(self.operator, self.case, said)
                if said
                else self.agent.redraft(self.operator, self.case, template)
            )
            for event in events:
                live = after(live, event)
                self._made = self._made or event.type == "draft"
                self._ended = event.text if event.type == "turn_ended" else self._ended
                self._show(shop, live)
        except Exception:
            # Nobody else would hear of it: this is the whole of a thread.
            logger.exception("A draft broke")
        finally:
            self.board.put(shop, self.case, replace(live, said="", done=True))
            self._grown.put(False)

    def _show(self, shop: str, live: Live) -> None:
        self.board.put(shop, self.case, live)
        self._grown.put(True)

    def _growing(self) -> Update:
        live = self.board.live(self.seat.shop, self.case)
        found = self.panels.live(self.seat)
        return {**found, "reply": plain(live.text)} if live is not None and live.text else found

    def _outcome(self, said: str, *, stored: bool) -> Update:
        seat = self.seat
        found = self.panels.head(seat, self.agent) | self.panels.case(seat, self.agent)
        if not self._made:
            back = {"message": said} if said and not stored else {}
            return {**found, **back, "status": problem(self._ended or STOPPED)}
        found |= self.panels.reply(seat, self.agent, fresh=True)
        if seat.aside:
            return {
                **found,
                "status": line("The draft is ready. The text you had was put aside.", "takeback"),
            }
        return {**found, "status": line("The draft is ready. Read it, edit it, and send it.")}
