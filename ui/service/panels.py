"""Which parts of the page changed? Reads a case and gives its panels, only those that look different now."""

from __future__ import annotations

import logging
from typing import Any

from agent.service.course import Entry
from agent.service.session import ServiceAgent
from recsys.errors import TastegraphError
from ui.service.board import Board
from ui.service.case_view import (
    EMPTY_COURSE,
    course_html,
    customer_html,
    glad_html,
    head_html,
    interest_line,
    live_html,
    products_html,
    sources_html,
    template_choices,
)
from ui.service.queue_view import chosen, queue_html
from ui.service.seat import Seat, bought_most
from ui.text import escape

logger = logging.getLogger(__name__)
Update = dict[str, Any]
"""Part of the page to its new value; parts that are not named stay as they are."""
_OFFERS = {"takeback": "Bring my text back", "newest": "Use the new draft"}
_MOST_INTERESTS = 8


class Panels:
    """The panels of the console over one board."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def hello(self, seat: Seat) -> str:
        """Return who the page takes the operator for."""
        return f'<p class="sv-hello">You are <b>{escape(seat.operator)}</b></p>' if seat.operator else ""

    def queue(self, seat: Seat, agent: ServiceAgent, search: str, only: str) -> Update:
        """Return the queue, where it looks different."""
        seat.looks_for = (search, only)
        rows = agent.book.queue()
        fitting = chosen(rows, search, only, seat.operator)
        return _changed(seat, "queue", queue_html(fitting, len(rows), seat.case))

    def head(self, seat: Seat, agent: ServiceAgent) -> Update:
        """Return the heading of the case, where it looks different."""
        row = agent.book.row(seat.case) if seat.case else None
        others = self._board.others(seat.token, seat.shop, seat.case) if seat.case else []
        return _changed(seat, "head", head_html(row, others))

    def live(self, seat: Seat) -> Update:
        """Return the steps of the newest draft, where they look different."""
        live = self._board.live(seat.shop, seat.case) if seat.case else None
        return _changed(seat, "live", live_html(live))

    def case(self, seat: Seat, agent: ServiceAgent) -> Update:
        """Return the conversation, the customer and what the draft rests on, where they look different."""
        if not seat.case:
            found = _changed(seat, "course", EMPTY_COURSE) | _changed(seat, "live", "")
            for name in ("customer", "sources", "products", "glad"):
                found |= _changed(seat, name, '<p class="sv-none">No case open.</p>')
            return found
        live = self._board.live(seat.shop, seat.case)
        kept, course = agent.case(seat.case), agent.book.course(seat.case)
        pending = live.said if live is not None and not live.done else ""
        found = _changed(seat, "course", course_html(course, pending)) | self.live(seat)
        found |= _changed(seat, "customer", self._customer(agent, seat.case, kept.customer, kept.order))
        found |= _changed(seat, "sources", sources_html(kept))
        found |= _changed(seat, "products", products_html(kept.items))
        found |= _changed(seat, "glad", glad_html(agent.book.row(seat.case).satisfaction))
        choices = template_choices(kept)
        if seat.shown.get("templates") != str(choices):
            seat.shown["templates"] = str(choices)
            found["templates"] = choices
        return found

    def reply(self, seat: Seat, agent: ServiceAgent, *, fresh: bool = False) -> Update:
        """Return what the operator began to write, else the draft that was not sent yet; `fresh`: the draft."""
        if not seat.case:
            seat.loaded, seat.seen, seat.told = "", 0, 0
            return {"reply": ""}
        kept, course = agent.case(seat.case), agent.book.course(seat.case)
        seat.seen = seat.told = len(course)
        seat.loaded = plain(kept.draft.text) if kept.draft and _draft_is_newest(course) else ""
        if fresh:
            self._board.keep(seat.shop, seat.operator, seat.case, "")
            return {"reply": seat.loaded}
        begun = self._board.unsent(seat.shop, seat.operator, seat.case)
        return {"reply": begun or seat.loaded}

    def _customer(self, agent: ServiceAgent, case: str, customer: str | None, order: str) -> str:
        if customer is None:
            return customer_html(None, [], [])
        try:
            known = agent.services.interests.profile(customer).interests[:_MOST_INTERESTS]
            liked = [interest_line(one) for one in known]
        except TastegraphError as error:
            logger.warning("%s", error)
            liked = ["What they told us of their taste cannot be read now."]
        return customer_html(agent.customer(case), liked, bought_most(agent, customer), order)


def plain(text: str) -> str:
    """Return a draft as it goes to a customer: emphasis is for pages, not for letters."""
    return text.replace("**", "")


def line(text: str, offer: str = "") -> str:
    """Return what went well, for the status line; `offer` adds a button: `takeback` or `newest`."""
    button = (
        f' <button type="button" data-do="{offer}" data-id="" data-key="{offer}">{_OFFERS[offer]}</button>'
        if offer
        else ""
    )
    return f'<p class="sv-done" role="status">{escape(text)}{button}</p>'


def problem(text: str) -> str:
    """Return what did not work, for the status line."""
    return f'<p class="sv-problem" role="alert">{escape(text)}</p>'


def _draft_is_newest(course: list[Entry]) -> bool:
    last = next((one for one in reversed(course) if one.kind in ("customer", "draft", "sent")), None)
    return last is not None and last.kind == "draft"


def _changed(seat: Seat, name: str, html: str) -> Update:
    if seat.shown.get(name) == html:
        return {}
    seat.shown[name] = html
    return {name: html}
