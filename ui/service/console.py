"""What happens when somebody uses the console? Handlers over plain values; each returns the parts that change."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Concatenate, Literal, ParamSpec

from agent.errors import InvalidRequest
from agent.service.book import CaseMovedOn
from agent.service.session import ServiceAgent
from kg.graph import GraphError
from recsys.errors import TastegraphError
from ui.service.board import Board
from ui.service.case_view import found_html
from ui.service.desks import Desks
from ui.service.panels import Panels, Update, line, plain, problem
from ui.service.seat import Seat, find_customers, kept_of, named

logger = logging.getLogger(__name__)
P = ParamSpec("P")
BROKEN = (
    "Something broke on this side and was written to the log. Nothing you wrote is lost; try again, and if it stays, "
    "`tastegraph doctor` says which part is at fault."
)
MARKS: tuple[Literal["opened", "taken", "closed", "reopened"], ...] = ("taken", "closed", "reopened")
"""What the buttons at the head of a case record."""
FULL_EVERY = 5
"""Ticks after which everything is shown anew, so that an answer that came too late does not stay."""


def said_plainly(
    handler: Callable[Concatenate[Console, Seat, P], Update],
) -> Callable[Concatenate[Console, Seat, P], Update]:
    """Turn what a handler raises into a sentence in the status line."""

    def run(self: Console, seat: Seat, /, *args: P.args, **kwargs: P.kwargs) -> Update:
        try:
            return handler(self, seat, *args, **kwargs)
        except (TastegraphError, GraphError) as error:
            return {"status": problem(str(error))}
        except Exception:
            # The last line of defence of a page: a person gets a sentence, the log gets the trace.
            logger.exception("The console failed in %s", handler.__name__)
            return {"status": problem(BROKEN)}

    return run


class Console:
    """The handlers of the service console. What one page holds is in its `Seat`, what all share in the `Board`.

    `on` is the case that the browser shows together with `reply`: both come from the page in one piece, so that a
    reply never goes to a case that was opened meanwhile.
    """

    def __init__(self, desks: Desks, board: Board) -> None:
        self._desks = desks
        self._board = board
        self._panels = Panels(board)

    @said_plainly
    def arrive(self, seat: Seat, state: object, login: str | None) -> Update:
        """Recognise the operator and take up the case they had; waits until the desk is open."""
        kept = kept_of(state)
        seat.token = uuid.uuid4().hex
        seat.operator, seat.by_login = named(login or kept.get("operator")), bool(login)
        shop = kept.get("shop", "")
        seat.shop = shop if shop in self._desks.names else self._desks.names[0]
        agent = self._agent(seat)
        self._desks.warm(seat.shop)
        case = kept.get("case", "")
        seat.case = case if case in agent.cases() else ""
        return {"shop": seat.shop, "status": "", **self._who(seat), **self._load(seat, agent, "", "open")}

    @said_plainly
    def name(self, seat: Seat, given: str) -> Update:
        """Take the operator's name; one from the login stays."""
        if seat.by_login:
            return self._who(seat)
        name = named(given)
        if not name:
            raise InvalidRequest("Write your name, as your colleagues know it.")
        seat.operator = name
        return {**self._who(seat), "status": line(f"Welcome, {name}.")}

    def rename(self, seat: Seat) -> Update:
        """Ask for the operator's name anew."""
        return {"asked": not seat.by_login}

    @said_plainly
    def switch(self, seat: Seat, shop: str) -> Update:
        """Go to another shop."""
        if shop not in self._desks.names or shop == seat.shop:
            return {}
        seat.shop, seat.case = shop, ""
        return {**self._load(seat, self._agent(seat), "", "open"), "browser": self._kept(seat)}

    @said_plainly
    def filter(self, seat: Seat, search: str, only: str) -> Update:
        """Show the cases that fit."""
        return self._panels.queue(seat, self._agent(seat), search, only)

    @said_plainly
    def poll(self, seat: Seat, on: str, reply: str, search: str, only: str) -> Update:
        """Show what others changed; keep what is being written. Nothing when nothing changed."""
        if not seat.shop or not self._desks.ready(seat.shop):
            return {}
        agent = self._agent(seat)
        self._board.here(seat.token, seat.operator, seat.shop, seat.case)
        seat.ticks += 1
        if seat.ticks % FULL_EVERY == 0:
            # What is chosen in the list of templates stays.
            seat.shown = {"templates": seat.shown.get("templates", "")}
            seat.version = (-1, -1)
        here = seat.case != "" and on == seat.case
        if here and seat.operator:
            self._board.keep(seat.shop, seat.operator, seat.case, reply if seat.edited(reply) else "")
        version = (agent.book.version, self._board.version)
        found = self._panels.queue(seat, agent, search, only)
        if here and seat.drafting != seat.case:
            found |= self._panels.head(seat, agent)
            if version != seat.version:
                found |= self._panels.case(seat, agent) | self._news(seat, agent, reply)
        seat.version = version
        return found

    @said_plainly
    def open(self, seat: Seat, case: str, on: str, reply: str, search: str, only: str) -> Update:
        """Show another case; an unsent reply of this one is kept."""
        agent = self._agent(seat)
        self._put_away(seat, on, reply)
        if case not in agent.cases():
            raise InvalidRequest("This case is gone: somebody erased it.")
        seat.case = case
        return {**self._load(seat, agent, search, only), "status": "", "browser": self._kept(seat)}

    @said_plainly
    def new(self, seat: Seat, on: str, reply: str, search: str, only: str) -> Update:
        """Open a new case."""
        agent, operator = self._agent(seat), self._operator(seat)
        self._put_away(seat, on, reply)
        case = f"case-{uuid.uuid4().hex[:8]}"
        agent.book.mark(operator, case, "opened")
        seat.case = case
        said = line("A new case. Paste what the customer wrote.")
        return {**self._load(seat, agent, search, only), "status": said, "browser": self._kept(seat)}

    def write(self, seat: Seat, said: str, on: str, reply: str, search: str, only: str) -> Iterator[Update]:
        """Add a message of the customer and have a reply drafted; opens a case where none is open."""
        if not said.strip():
            yield {"status": problem("Paste what the customer wrote first.")}
            return
        if not seat.case:
            yield {"message": said, **self.new(seat, on, reply, search, only)}
            on, reply = seat.case, ""
        yield from self._draft(seat, on, reply, search, only, said=said)

    def redraft(
        self, seat: Seat, template: str, on: str, reply: str, search: str, only: str
    ) -> Iterator[Update]:
        """Have another reply drafted to the newest message, from a template where one is named."""
        yield from self._draft(seat, on, reply, search, only, template=template)

    @said_plainly
    def send(self, seat: Seat, on: str, reply: str, search: str, only: str) -> Update:
        """Record the reply as sent by this operator; where the case went on meanwhile, say so and keep it."""
        agent, operator, case = self._agent(seat), self._operator(seat), self._case(seat, on)
        try:
            agent.book.send(operator, case, reply, seen=seat.seen)
        except CaseMovedOn as error:
            # From here on they have seen it: sending again is their decision.
            seat.seen = seat.told = len(agent.book.course(case))
            self._board.keep(seat.shop, operator, case, reply)
            found = self._panels.case(seat, agent) | self._panels.queue(seat, agent, search, only)
            return found | {"status": problem(str(error))}
        self._board.keep(seat.shop, operator, case, "")
        seat.aside = ""
        return {**self._load(seat, agent, search, only), "status": line("Sent.")}

    @said_plainly
    def note(self, seat: Seat, on: str, text: str) -> Update:
        """Keep a note for colleagues."""
        agent, operator, case = self._agent(seat), self._operator(seat), self._case(seat, on)
        agent.book.note(operator, case, text)
        return {
            **self._did(seat, agent),
            "note": "",
            "status": line("Note kept. The customer does not get it."),
        }

    @said_plainly
    def summarise(self, seat: Seat, on: str) -> Update:
        """Write the hand-over note from what is known of the case."""
        agent, case = self._agent(seat), self._case(seat, on)
        return {"summary": agent.summary(case).note, "status": line("The note is ready to edit.")}

    @said_plainly
    def hand_over(self, seat: Seat, on: str, to: str, text: str) -> Update:
        """Hand the case to a colleague, with the note."""
        agent, operator, case = self._agent(seat), self._operator(seat), self._case(seat, on)
        agent.book.hand_over(operator, case, to, text or agent.summary(case).note)
        return {
            **self._did(seat, agent),
            "summary": "",
            "to": "",
            "status": line(f"Handed over to {to.strip()}."),
        }

    @said_plainly
    def mark(self, seat: Seat, on: str, kind: str) -> Update:
        """Take over, close or reopen the case."""
        agent, operator, case = self._agent(seat), self._operator(seat), self._case(seat, on)
        wanted = next((one for one in MARKS if one == kind), None)
        if wanted is None:
            raise InvalidRequest("That cannot be done with a case.")
        agent.book.mark(operator, case, wanted)
        said = {"taken": "You have this case now.", "closed": "Closed.", "reopened": "Open again."}[kind]
        return {**self._did(seat, agent), "status": line(said)}

    @said_plainly
    def find(self, seat: Seat, asked: str) -> Update:
        """Show the customers that fit a name, an email address, a postcode or an order number."""
        return {"found": found_html(find_customers(self._agent(seat), asked), asked)}

    @said_plainly
    def identify(self, seat: Seat, on: str, customer: str) -> Update:
        """Open the case on a customer whom the operator identified."""
        agent, operator, case = self._agent(seat), self._operator(seat), self._case(seat, on)
        agent.open_case(operator, case, customer)
        said = "Identified. Make the draft anew to use what is known of them."
        return {**self._did(seat, agent), "found": "", "find": "", "status": line(said)}

    @said_plainly
    def add(self, seat: Seat, on: str, reply: str, item: str) -> Update:
        """Put a product into the reply."""
        agent, case = self._agent(seat), self._case(seat, on)
        card = next((one for one in agent.case(case).items if one.id == item), None)
        if card is None:
            raise InvalidRequest("This product is no longer among the suggestions.")
        price = "".join(f" at {one}" for one in card.facts.get("price", [])[:1])
        return {
            "reply": f"{reply.rstrip()}\n- {card.label}{price}".lstrip(),
            "status": line("Added to the reply."),
        }

    @said_plainly
    def take_back(self, seat: Seat, on: str, reply: str) -> Update:
        """Bring the reply back that a newer draft took the place of; the two change places."""
        self._case(seat, on)
        if not seat.aside:
            raise InvalidRequest("No text was put aside.")
        text, seat.aside = seat.aside, reply
        return {"reply": text, "status": line("Your text is back; the draft is put aside.", "takeback")}

    @said_plainly
    def use_newest(self, seat: Seat, on: str, reply: str) -> Update:
        """Put the newest draft into the reply; what was there is put aside."""
        agent, case = self._agent(seat), self._case(seat, on)
        seat.aside = reply if seat.edited(reply) else seat.aside
        draft = agent.case(case).draft
        seat.loaded = plain(draft.text) if draft else ""
        seat.seen = seat.told = len(agent.book.course(case))
        return {
            "reply": seat.loaded,
            "status": line("Your text was put aside.", "takeback" if seat.aside else ""),
        }

    def pressed(self, seat: Seat, do: str, about: str, on: str, reply: str, search: str, only: str) -> Update:
        """Do what a button inside a panel asks for; `about` is the id it carries."""
        match do:
            case "open":
                return self.open(seat, about, on, reply, search, only)
            case "identify":
                return self.identify(seat, on, about)
            case "add":
                return self.add(seat, on, reply, about)
            case "takeback":
                return self.take_back(seat, on, reply)
            case "newest":
                return self.use_newest(seat, on, reply)
        return self.mark(seat, on, do)

    def _draft(
        self, seat: Seat, on: str, reply: str, search: str, only: str, *, said: str = "", template: str = ""
    ) -> Iterator[Update]:
        from ui.service.drafts import Drafting

        try:
            agent, operator, case = self._agent(seat), self._operator(seat), self._case(seat, on)
            warming = self._desks.warm(seat.shop)
            drafting = Drafting(self._board, self._panels, seat, agent, operator, case, warming)
            yield from drafting.run(reply, said, template)
            if seat.case == case:
                yield self._panels.queue(seat, agent, search, only)
        except (TastegraphError, GraphError) as error:
            yield {"status": problem(str(error)), **({"message": said} if said else {})}
        except Exception:
            logger.exception("A draft failed")
            yield {"status": problem(BROKEN), **({"message": said} if said else {})}

    def _load(self, seat: Seat, agent: ServiceAgent, search: str, only: str) -> Update:
        """Show the case of the seat whole, with the reply that was begun or drafted."""
        seat.shown, seat.aside = {}, ""
        self._board.here(seat.token, seat.operator, seat.shop, seat.case)
        found = self._panels.queue(seat, agent, search, only) | self._panels.head(seat, agent)
        found |= self._panels.case(seat, agent) | self._panels.reply(seat, agent)
        return found | {"on": seat.case, "note": "", "summary": "", "to": "", "found": "", "find": ""}

    def _did(self, seat: Seat, agent: ServiceAgent) -> Update:
        """Show the case after a deed of this operator, which they need not be told of."""
        length = len(agent.book.course(seat.case))
        seat.seen = length if seat.seen == length - 1 else seat.seen
        seat.told = max(seat.told, length)
        found = self._panels.queue(seat, agent, *seat.looks_for)
        return found | self._panels.head(seat, agent) | self._panels.case(seat, agent)

    def _news(self, seat: Seat, agent: ServiceAgent, reply: str) -> Update:
        """Tell what others did since the operator was last told; take over a new draft where nothing was written."""
        course = agent.book.course(seat.case)
        news = course[seat.told :]
        seat.told = len(course)
        last = next((one for one in reversed(news) if one.kind in ("sent", "draft", "customer")), None)
        if last is None:
            return {}
        what = {"sent": f"{last.by} sent a reply.", "draft": f"{last.by} had a new draft prepared."}.get(
            last.kind, "The customer wrote again."
        )
        if not seat.edited(reply):
            return {**self._panels.reply(seat, agent), "status": line(what)}
        if last.kind == "draft":
            return {"status": line(f"{what} Your own text is untouched.", "newest")}
        return {"status": problem(f"{what} Your own text is untouched: read the case before you send it.")}

    def _put_away(self, seat: Seat, on: str, reply: str) -> None:
        """Keep the unsent reply of the case that is left."""
        if seat.operator and seat.case and on == seat.case and seat.edited(reply):
            self._board.keep(seat.shop, seat.operator, seat.case, reply)

    def _who(self, seat: Seat) -> Update:
        return {
            "hello": self._panels.hello(seat),
            "asked": not seat.operator,
            "browser": self._kept(seat),
        }

    def _kept(self, seat: Seat) -> dict[str, str]:
        operator = "" if seat.by_login else seat.operator
        return {"operator": operator, "shop": seat.shop, "case": seat.case}

    def _agent(self, seat: Seat) -> ServiceAgent:
        return self._desks.get(seat.shop or self._desks.names[0])

    def _operator(self, seat: Seat) -> str:
        if not seat.operator:
            raise InvalidRequest("Write your name at the top first: each reply and note says who it is from.")
        return seat.operator

    def _case(self, seat: Seat, on: str) -> str:
        if not seat.case:
            raise InvalidRequest("Open a case first.")
        if on != seat.case:
            raise InvalidRequest("Another case was opened meanwhile. Look at the page and do it again.")
        return seat.case
