"""How does a reply come to be on the page? The turn of the desk, shown step by step to everybody in the case."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agent.errors import InvalidRequest
from agent.service.session import ServiceAgent
from ui.service.board import Board, Live, after
from ui.service.panels import Panels, Update, line, plain, problem
from ui.service.seat import Seat

SMOOTH_SECONDS = 0.05
"""Words that come closer together than this are shown together."""
STOPPED = "The draft stopped before its end. The message is kept; make the draft anew."


@dataclass
class Drafting:
    """One draft for one page."""

    board: Board
    panels: Panels
    seat: Seat
    agent: ServiceAgent
    operator: str
    case: str

    def run(self, reply: str, said: str, template: str) -> Iterator[Update]:
        """Yield what changes on the page; a reply that was edited is put aside first.

        Args:
            reply: what stands in the reply now.
            said: a new message of the customer; empty: the newest one is drafted for anew.
            template: id of the template to draft from; empty: what fits best.

        Raises `InvalidRequest` when a draft is under way in this case.
        """
        seat = self.seat
        shop = seat.shop
        if self.board.busy(shop, self.case):
            raise InvalidRequest("A draft is being prepared in this case already. It is here in a moment.")
        seat.aside = reply if seat.edited(reply) else seat.aside
        live = Live(self.operator, said=said)
        self.board.put(shop, self.case, live)
        seat.drafting = self.case
        before = len(self.agent.book.course(self.case))
        ended, made = "", False
        try:
            yield {**self.panels.case(seat, self.agent), **({"message": ""} if said else {}), "status": ""}
            events = (
                self.agent.assist(self.operator, self.case, said)
                if said
                else self.agent.redraft(self.operator, self.case, template)
            )
            at = 0.0
            for event in events:
                live = after(live, event)
                self.board.put(shop, self.case, live)
                if event.type == "turn_ended":
                    ended = event.text
                made = made or event.type == "draft"
                if seat.case == self.case and time.monotonic() - at >= SMOOTH_SECONDS:
                    at = time.monotonic()
                    yield self._growing(live)
        finally:
            seat.drafting = ""
            self.board.put(shop, self.case, replace(live, said="", done=True))
        if seat.case != self.case:
            return
        found = self.panels.head(seat, self.agent) | self.panels.case(seat, self.agent)
        if made:
            found |= self.panels.reply(seat, self.agent, fresh=True)
            if seat.aside:
                told = line("The draft is ready. The text you had was put aside.", "takeback")
            else:
                told = line("The draft is ready. Read it, edit it, and send it.")
            yield {**found, "status": told}
            return
        stored = len(self.agent.book.course(self.case)) > before
        back = {"message": said} if said and not stored else {}
        yield {**found, **back, "status": problem(ended or STOPPED)}

    def _growing(self, live: Live) -> Update:
        found = self.panels.live(self.seat)
        return {**found, "reply": plain(live.text)} if live.text else found
