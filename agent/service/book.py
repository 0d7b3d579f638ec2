"""What is written in the cases? Their course, what people did in them, and the queue; one writer at a time a case."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from agent.errors import InvalidRequest
from agent.memory import check_name
from agent.memory.dialogues import Dialogues
from agent.service.cases import DESK, KEPT, Case, last_case
from agent.service.course import DEED, Deed, Did, Entry, Row, entries, row_of, standing, urgency
from agent.session import clean

MOST_CHARACTERS = 20_000
"""Longest reply, note or hand-over that is stored."""
_SAID: dict[str, str] = {
    "sent": "Sent to the customer by {by}:\n{text}",
    "note": "Note by {by}, not for the customer:\n{text}",
    "handed over": "Handed over by {by} to {to}.\n{text}",
}


class CaseMovedOn(InvalidRequest):
    """Something was sent, written or closed in the case after the operator last saw it."""


class CaseBook:
    """Reads and writes the conversations of the service desk. Threads may share it."""

    def __init__(
        self,
        cases: Dialogues,
        graph: CompiledStateGraph[Any, Any, Any, Any],
        name_of: Callable[[str], str],
        glad: Callable[[Sequence[str]], float | None],
    ) -> None:
        """Keep the store and the graph that writes to it.

        Args:
            cases: where the conversations are.
            graph: the agent's graph, with `cases` as its checkpointer.
            name_of: customer id to name.
            glad: the customer's messages, oldest first, to how glad they sound.
        """
        self._cases = cases
        self._graph = graph
        self._name_of = name_of
        self._glad = glad
        self._rows: dict[str, Row] = {}
        self._guard = threading.Lock()
        self._version = 0

    @property
    def version(self) -> int:
        """Grows with every change that this process makes in any case."""
        return self._version

    def names(self) -> list[str]:
        """Return the names of all stored cases, sorted."""
        return self._cases.threads(DESK)

    def messages(self, key: str) -> list[AnyMessage]:
        """Return what is stored under a key of the store, oldest first."""
        state = self._graph.get_state(RunnableConfig(configurable={"thread_id": key}))
        return list(state.values.get("messages", []))

    def course(self, case: str) -> list[Entry]:
        """Return what happened in a case, oldest first; empty where there is none."""
        return entries(self.messages(self._cases.key(DESK, check_name(case, "case"))))

    def queue(self) -> list[Row]:
        """Return all cases: those whose customer waits longest first, then the rest, newest change first.

        Rows are kept until this process changes their case: what another process writes is seen after a restart.
        """
        names = self.names()
        with self._guard:
            self._rows = {name: row for name, row in self._rows.items() if name in names}
        return sorted((self.row(name) for name in names), key=urgency)

    def row(self, case: str) -> Row:
        """Return a case as the queue shows it."""
        with self._guard:
            found, version = self._rows.get(case), self._version
        if found is not None:
            return found
        messages = self.messages(self._cases.key(DESK, case))
        kept, course = last_case(messages, case), entries(messages)
        name = self._name_of(kept.customer) if kept.customer else ""
        said = [one.text for one in course if one.kind == "customer"]
        row = row_of(case, name, course, self._glad(said))
        with self._guard:
            if version == self._version:
                self._rows[case] = row
        return row

    def changed(self, case: str) -> None:
        """Forget what is kept of a case that was written to."""
        with self._guard:
            self._version += 1
            self._rows.pop(case, None)

    def send(self, operator: str, case: str, text: str, seen: int | None = None) -> Case:
        """Record a reply that the operator sends, with who, when and whether it was edited; returns the case.

        Args:
            operator: who sends it, from the login.
            case: the conversation.
            text: the reply as the customer gets it. Handing it to the customer is for a channel, not for this store.
            seen: how many entries of the course the operator has seen; None where that does not matter.

        Raises `CaseMovedOn` when the customer wrote, or anybody sent, handed over or closed, after `seen` entries, and
        `InvalidRequest` when the text is empty or the case has no message to answer or is closed.
        """
        text = self._checked(text, "reply")

        def deed(kept: Case, course: list[Entry]) -> Deed:
            if not any(one.kind == "customer" for one in course):
                raise InvalidRequest("There is nothing to answer yet: add what the customer wrote first.")
            _fresh(course, seen)
            if standing(course)[0] == "closed":
                raise InvalidRequest("This case is closed. Open it again to send a reply.")
            draft = kept.draft
            edited = draft is None or _words(draft.text) != _words(text)
            template = draft.template if draft is not None else ""
            return _deed("sent", operator, text=text, edited=edited, template=template)

        return self._write(operator, case, deed)

    def note(self, operator: str, case: str, text: str) -> Case:
        """Keep a note that colleagues read and the customer never gets; returns the case.

        Raises `InvalidRequest` when it is empty or too long.
        """
        text = self._checked(text, "note")
        return self._write(operator, case, lambda kept, course: _deed("note", operator, text=text))

    def hand_over(self, operator: str, case: str, to: str, text: str) -> Case:
        """Hand the case to a colleague with a note; returns the case.

        Raises `InvalidRequest` when the name or the text cannot be used, or it is the operator's own name.
        """
        to = " ".join(to.split())
        if not to:
            raise InvalidRequest("Write the name of the colleague who takes the case over.")
        check_name(to, "colleague")
        if to.casefold() == operator.casefold():
            raise InvalidRequest("You have this case already. Write the name of somebody else.")
        text = self._checked(text, "hand-over note")
        return self._write(
            operator, case, lambda kept, course: _deed("handed over", operator, text=text, to=to)
        )

    def mark(self, operator: str, case: str, kind: Literal["opened", "taken", "closed", "reopened"]) -> Case:
        """Record that the operator opened, took over, closed or reopened the case; returns the case.

        Raises `InvalidRequest` when it is so already.
        """

        def deed(kept: Case, course: list[Entry]) -> Deed:
            state, owner = standing(course)
            if kind == "opened" and course:
                raise InvalidRequest("There is a case of this name already.")
            if (kind == "closed") == (state == "closed") and kind in ("closed", "reopened"):
                raise InvalidRequest(
                    "This case is closed already." if kind == "closed" else "This case is open already."
                )
            if kind == "taken" and owner == operator and state != "handed over":
                raise InvalidRequest("You have this case already.")
            return _deed(kind, operator)

        return self._write(operator, case, deed)

    def identify(self, operator: str, case: str, customer: str) -> Case:
        """Open the case on a customer; returns the case. The caller checks that there is such a customer.

        Raises `InvalidRequest` when the case serves somebody else already.
        """
        with self._cases.turn(DESK, check_name(case, "case")) as key:
            kept = last_case(self.messages(key), case)
            if kept.customer not in (None, customer):
                raise InvalidRequest("This case serves another customer. Open a new case.")
            if kept.customer is None:
                kept = kept.model_copy(update={"customer": customer, "identified_by": "operator"})
                kept = self._store(key, kept, _deed("identified", operator))
        self.changed(case)
        return kept

    def _write(self, operator: str, case: str, make: Callable[[Case, list[Entry]], Deed]) -> Case:
        check_name(operator, "operator")
        with self._cases.turn(DESK, check_name(case, "case")) as key:
            messages = self.messages(key)
            kept = last_case(messages, case)
            kept = self._store(key, kept, make(kept, entries(messages)))
        self.changed(case)
        return kept

    def _store(self, key: str, kept: Case, deed: Deed) -> Case:
        if deed.by not in kept.operators:
            kept = kept.model_copy(update={"operators": [*kept.operators, deed.by]})
        said = _SAID.get(deed.kind, f"{deed.kind.capitalize()} by {{by}}.")
        message = AIMessage(
            said.format(by=deed.by, to=deed.to, text=deed.text),
            additional_kwargs={KEPT: kept.model_dump(mode="json"), DEED: deed.model_dump(mode="json")},
        )
        config = RunnableConfig(configurable={"thread_id": key})
        self._graph.update_state(config, {"messages": [message]}, as_node="model")
        self._cases.prune(key)
        return kept

    def _checked(self, text: str, what: str) -> str:
        if len(text) > MOST_CHARACTERS:
            raise InvalidRequest(
                f"This {what} has {len(text):,} characters, and at most {MOST_CHARACTERS:,} are kept."
            )
        text = clean(text)
        if not text:
            raise InvalidRequest(f"The {what} is empty.")
        return text


def _words(text: str) -> list[str]:
    """Return the words of a reply without emphasis: a letter may leave it out."""
    return text.replace("**", "").split()


def _fresh(course: Sequence[Entry], seen: int | None) -> None:
    """Raise `CaseMovedOn` when something that an answer must know of came after `seen` entries."""
    for one in course[seen:] if seen is not None else ():
        at = f" at {one.at:%H:%M} UTC" if one.at else ""
        what = {
            "sent": f"{one.by} sent a reply{at} while you were writing.",
            "customer": f"The customer wrote again{at} while you were writing.",
            "closed": f"{one.by} closed this case{at}.",
            "handed over": f"{one.by} handed this case to {one.to}{at}.",
        }.get(one.kind)
        if what:
            raise CaseMovedOn(
                f"{what} Your reply was not sent and is still here: read the case, then send it again."
            )


def _deed(kind: Did, by: str, **more: Any) -> Deed:  # noqa: ANN401 - fields of a deed
    return Deed(kind=kind, by=by, at=datetime.now(UTC), **more)
