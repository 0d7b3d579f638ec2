"""The service mode: hand it an operator, a case and what the customer wrote; it yields the events of one turn."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from pydantic import BaseModel

from agent.answers import text_of
from agent.chat_models import ModelSource, UncalledModel, make_served
from agent.context import Services
from agent.errors import InvalidRequest
from agent.memory import check_name
from agent.service.book import CaseBook
from agent.service.cases import (
    AGAIN,
    DESK,
    KEPT,
    TEMPLATE,
    WHEN,
    WHO,
    Case,
    customer_messages,
    last_case,
    open_cases,
)
from agent.service.context import DeskServices, ServiceContext
from agent.service.course import DEED
from agent.service.events import ServiceEvent
from agent.service.evidence import CustomerCard, DraftReply, OrderCard, customer_card, order_card
from agent.service.handover import HandOver, hand_over, satisfaction
from agent.service.model import DeskChatModel
from agent.service.prompts import service_prompt
from agent.service.templates import by_id
from agent.service.tools import SERVICE_TOOLS
from agent.service.turn import ServiceTurn
from agent.session import clean
from agent.settings import Settings
from agent.turn_frame import Ending, framed
from recsys.errors import TastegraphError
from recsys.sentiment import Sentiment

log = logging.getLogger(__name__)
_STEPS = 12
"""Tool calls a turn at least: who, which orders, which template, policy, details, products, draft, and some more."""


class CaseTurn(BaseModel):
    """One message of the customer with what was prepared for it."""

    said: str
    note: str = ""
    draft: DraftReply | None = None


class ServiceAgent:
    """Serves many operators and cases at once. Holds only what all turns share."""

    def __init__(self, services: DeskServices, settings: Settings, source: ModelSource) -> None:
        self.services = services
        self.settings = settings.model_copy(update={"max_steps": max(_STEPS, settings.max_steps)})
        self.source = source
        self._cases = open_cases(settings, services.workspace)
        self._sentiment = Sentiment(services.encoder)
        self._graph = self._graph_of(source)
        # A template that a person chose is filled as it is; a language model would write its own.
        self._by_template = self._graph_of(ModelSource("builtin", DeskChatModel, None, False))
        self._owns_services = True
        self.book = CaseBook(
            self._cases, self._graph, self._name_of, lambda said: satisfaction(said, self._sentiment)
        )
        """The course of each case, what people did in it, and the queue."""

    @classmethod
    def open(
        cls, workspace_path: Path, settings: Settings | None = None, chat_model: BaseChatModel | None = None
    ) -> ServiceAgent:
        """Open the workspace for its service desk; a given `chat_model` replaces the one in the settings.

        Raises `InvalidRequest` when the workspace is no shop with customers or a written policy, and what
        `Agent.open` raises when a part cannot be opened.
        """
        settings = settings or Settings()
        services = cast("DeskServices", DeskServices.open(workspace_path, settings))
        try:
            return cls(_served(services), settings, service_source(settings, chat_model))
        except BaseException:
            services.close()
            raise

    @classmethod
    def beside(cls, services: Services, settings: Settings) -> ServiceAgent:
        """Open the service desk over the parts of a chat that is open already; closing it leaves them open.

        Raises `InvalidRequest` as `open` does, and `DialogueStoreError` when the cases cannot be opened.
        """
        shared = DeskServices(**{one.name: getattr(services, one.name) for one in fields(Services)})
        agent = cls(_served(shared), settings, service_source(settings))
        agent._owns_services = False
        return agent

    def assist(self, operator: str, case: str, customer_message: str) -> Iterator[ServiceEvent]:
        """Prepare a reply. `TurnStarted` comes first and `TurnEnded` last, whatever happens between them.

        Args:
            operator: who works on the case, from the login.
            case: identifies the conversation; a new one is opened when there is none.
            customer_message: what the customer wrote. It decides nothing but what is looked up.

        Turns of one case wait for each other. Errors become a `Notice`. A turn ends with a `Draft`, unless it failed.
        """

        def run(ended: Ending) -> Iterator[ServiceEvent]:
            said = self._checked(operator, case, customer_message)
            with self._cases.turn(DESK, case) as key:
                yield from self._run(operator, case, key, said, ended)

        return framed(case, self.source.name, run)

    def redraft(self, operator: str, case: str, template: str = "") -> Iterator[ServiceEvent]:
        """Prepare another reply to the customer's newest message; the events are those of `assist`.

        Args:
            operator: who works on the case, from the login.
            case: a case in which the customer wrote something.
            template: id of the template to fill; empty: as for a new message, with what is known by now.
        """

        def run(ended: Ending) -> Iterator[ServiceEvent]:
            self._checked_names(operator, case)
            if template and template not in by_id():
                raise InvalidRequest("There is no such template. Choose one of the list.")
            with self._cases.turn(DESK, case) as key:
                said = customer_messages(self.book.messages(key))
                if not said:
                    raise InvalidRequest("There is nothing to answer yet: add what the customer wrote first.")
                yield from self._run(operator, case, key, text_of(said[-1]), ended, template, again=True)

        return framed(case, self.source.name, run)

    def open_case(self, operator: str, case: str, customer: str) -> Case:
        """Open a case on a customer whom the shop's own login or the operator has identified; returns the case.

        Raises `InvalidRequest` when there is no such customer, or the case serves somebody else already.
        """
        self._checked_names(operator, case)
        found = self.services.customers.get(customer)
        if found is None:
            raise InvalidRequest("There is no such customer in this workspace.")
        return self.book.identify(operator, case, found.id)

    def case(self, case: str) -> Case:
        """Return what is known of a case; an empty one when nothing was said in it."""
        return last_case(self.book.messages(self._cases.key(DESK, check_name(case, "case"))), case)

    def cases(self) -> list[str]:
        """Return the names of all stored cases, sorted."""
        return self.book.names()

    def history(self, case: str) -> list[CaseTurn]:
        """Return the turns of a case, oldest first."""
        turns: list[CaseTurn] = []
        for message in self.book.messages(self._cases.key(DESK, check_name(case, "case"))):
            extra = message.additional_kwargs
            if isinstance(message, HumanMessage) and not extra.get(AGAIN):
                turns.append(CaseTurn(said=text_of(message)))
            elif isinstance(message, AIMessage) and KEPT in extra and DEED not in extra and turns:
                turns[-1].note = text_of(message)
                turns[-1].draft = last_case([message], case).draft
        return turns

    def customer(self, case: str) -> tuple[CustomerCard, list[OrderCard]] | None:
        """Return the customer of a case with all their orders, newest first; None before they were identified."""
        kept = self.case(case)
        found = self.services.customers.get(kept.customer) if kept.customer else None
        if found is None:
            return None
        orders = self.services.customers.orders_of(found.id)
        today, currency = self.services.today, self.services.currency
        return customer_card(found), [order_card(one, currency, today) for one in orders]

    def summary(self, case: str) -> HandOver:
        """Return the note with which a case is handed to another person, and how glad the customer sounds."""
        return hand_over(self.case(case), self.customer(case), self.book.course(case), self._sentiment)

    def forget(self, case: str) -> None:
        """Erase one case with its conversation; nothing happens when there is none."""
        with self._cases.turn(DESK, check_name(case, "case")) as key:
            self._cases.saver.delete_thread(key)
        self.book.changed(case)

    def erase(self, customer: str) -> int:
        """Erase every case of a customer, with its conversation; returns how many there were."""
        gone = 0
        for name in self.cases():
            with self._cases.turn(DESK, name) as key:
                if last_case(self.book.messages(key), name).customer == customer:
                    self._cases.saver.delete_thread(key)
                    self.book.changed(name)
                    gone += 1
        return gone

    def warm_up(self) -> None:
        """Load what is loaded at first use."""
        self.services.warm_up()
        try:
            self.source.first()
        except TastegraphError as error:
            log.warning("%s", error)

    def close(self) -> None:
        """Release the files and the graph; parts that a chat shares stay open."""
        self._cases.close()
        if self._owns_services:
            self.services.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked_names(self, operator: str, case: str) -> None:
        check_name(operator, "operator")
        check_name(case, "case")

    def _checked(self, operator: str, case: str, text: str) -> str:
        self._checked_names(operator, case)
        most = self.settings.max_input_characters
        if len(text) > most:
            raise InvalidRequest(
                f"That is {len(text):,} characters, and at most {most:,} are read at once. Give the part that asks."
            )
        said = clean(text)
        if not said:
            raise InvalidRequest("The message is empty. Paste what the customer wrote.")
        return said

    def _run(
        self,
        operator: str,
        case: str,
        key: str,
        said: str,
        ended: Ending,
        template: str = "",
        *,
        again: bool = False,
    ) -> Iterator[ServiceEvent]:
        before = self.book.messages(key)
        kept = last_case(before, case)
        earlier = [text_of(m) for m in customer_messages(before)]
        context = ServiceContext(
            # Nobody has this name: names of people are never empty.
            user=kept.customer or "",
            thread=case,
            services=self.services,
            said=said,
            recalled=(),
            operator=operator,
            case=kept,
            said_before=tuple(earlier[:-1] if again else earlier),
            again=again,
        )
        config = RunnableConfig(
            configurable={"thread_id": key}, recursion_limit=4 * self.settings.max_steps + 10
        )
        extra: dict[str, Any] = {WHEN: datetime.now(UTC).isoformat(), WHO: operator}
        if again:
            extra |= {AGAIN: True, TEMPLATE: template}
        stream = (self._by_template if template else self._graph).stream(
            {"messages": [HumanMessage(said, additional_kwargs=extra)]},
            config,
            context=context,
            stream_mode="custom",
            durability="exit",
        )
        try:
            for event in cast("Iterator[ServiceEvent]", stream):
                if ended.note(event):
                    yield event
        finally:
            self.book.changed(case)
        ended.chat_model = context.chat_model or ended.chat_model
        self._cases.prune(key)

    def _graph_of(self, source: ModelSource) -> CompiledStateGraph[Any, Any, Any, Any]:
        return create_agent(
            UncalledModel(),
            list(SERVICE_TOOLS),
            system_prompt=service_prompt(self.services.knowledge),
            middleware=[ServiceTurn(source, self.settings)],
            context_schema=ServiceContext,
            checkpointer=self._cases.saver,
        )

    def _name_of(self, customer: str) -> str:
        found = self.services.customers.get(customer)
        return found.name if found else ""


def _served(services: DeskServices) -> DeskServices:
    """Return `services` of a shop that has something to serve with; raises `InvalidRequest` for any other."""
    if not services.customers and not services.workspace.policy:
        raise InvalidRequest(
            f"{services.knowledge.name} has neither customers nor a written policy, so there is nothing to serve "
            "with. Build a shop: `tastegraph starter --catalogue shop`, or "
            "`tastegraph ingest tau-retail --from FOLDER --workspace NAME`."
        )
    return services


def service_source(settings: Settings, model: BaseChatModel | None = None) -> ModelSource:
    """Return the chat models of the service desk; `model`, when given, takes the place of the chosen one."""
    if model is not None:
        name = getattr(model, "_llm_type", type(model).__name__)
        return ModelSource(name, lambda: model, None, bool(getattr(model, "is_language_model", True)))
    if settings.chat_model != "vllm":
        # The small tuned model was not taught the desk's tools.
        return ModelSource("builtin", DeskChatModel, None, False)
    return ModelSource(settings.chat_model, lambda: make_served(settings), DeskChatModel, True)
