"""What the service mode shares, what belongs to one of its turns, and what its tools may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, TypeVar, cast

from langchain.tools import ToolRuntime
from langchain_core.tools import BaseTool
from pydantic import BaseModel

from agent.context import Services, TurnContext
from agent.evidence import ToolPayload
from agent.grounding import Language
from agent.grounding.plain_words import plain_words
from agent.nlu.reader import NluReader
from agent.service.cases import Case
from agent.service.evidence import ServicePayload, money
from agent.service.policy import PolicyIndex
from agent.service.templates import TemplateIndex, all_templates
from agent.tools.base import Scope, guarded, wrap_tool
from recsys.catalogue import AS_OF, CURRENCY
from recsys.customers import Customer, Customers, Order

A = TypeVar("A", bound=BaseModel)
_LETTER = (
    "dear hello kind regards thank thanks sorry please order orders nothing colleague policy section tracking"
)


class DeskServices(Services):
    """The shared parts of the chat, and those that only the service mode has."""

    @property
    def customers(self) -> Customers:
        """Customers and orders of the shop."""
        return self.workspace.customers

    @cached_property
    def templates(self) -> TemplateIndex:
        """The answer templates, ranked."""
        return TemplateIndex(self.encoder, NluReader(self.encoder))

    @cached_property
    def policy(self) -> PolicyIndex:
        """The written policy, ranked."""
        return PolicyIndex(self.workspace.policy, self.workspace.help_answers, self.encoder)

    @cached_property
    def language(self) -> Language:
        """What grounding knows beside the evidence: also the words of the templates and the policy."""
        base = super().language
        texts = [
            text
            for one in all_templates()
            for text in (one.title, one.body, one.otherwise, *one.ask, *one.to_do)
        ]
        return Language(base.find_items, base.plain | plain_words([_LETTER, self.workspace.policy, *texts]))

    @property
    def currency(self) -> str:
        """The sign of the shop's prices."""
        return str(self.workspace.manifest.config.get(CURRENCY, "€"))

    @property
    def today(self) -> date:
        """Today; in an invented shop the day on which its time stands still."""
        still = self.workspace.manifest.config.get(AS_OF)
        return date.fromisoformat(str(still)) if still else datetime.now(UTC).date()

    def money(self, value: float) -> str:
        """Return an amount with the shop's sign."""
        return money(value, self.currency)

    def warm_up(self) -> None:
        """Load what is loaded at first use."""
        super().warm_up()
        self.templates.warm_up()
        self.policy.warm_up()
        _ = bool(self.customers)


@dataclass
class ServiceContext(TurnContext):
    """One turn of the service desk: which operator, which case. The model cannot write it."""

    operator: str = ""
    case: Case = field(default_factory=lambda: Case(id=""))
    found: list[ServicePayload] = field(default_factory=list)
    """What the tools of this turn returned, in order."""
    cut: list[str] = field(default_factory=list)
    """Sentences of a model that were left out before they became a draft."""
    said_before: tuple[str, ...] = ()
    """Earlier messages of the customer in this case."""
    again: bool = False
    """Whether a draft is made anew for a message that had one."""

    @property
    def desk(self) -> DeskServices:
        """The shared parts."""
        return cast("DeskServices", self.services)

    def identify(self, customer: Customer, by: str) -> None:
        """Open the case on a customer; their own taste counts from now on."""
        self.case = Case.model_validate(
            self.case.model_dump() | {"customer": customer.id, "identified_by": by}
        )
        self.user = customer.id

    @property
    def customer(self) -> Customer | None:
        """The customer of the case, once they were identified."""
        return self.desk.customers.get(self.case.customer) if self.case.customer else None

    def own_order(self, order_id: str) -> Order | None:
        """Return an order of the customer of the case; None for anybody else's, as for one that is not there."""
        order = self.desk.customers.order(order_id)
        return order if order is not None and order.customer == self.case.customer else None


@dataclass(frozen=True)
class ServiceScope(Scope):
    """What a tool of the service mode may see."""

    turn: ServiceContext

    @property
    def desk(self) -> DeskServices:
        """The shared parts."""
        return self.turn.desk


def service_tool(name: str, arguments: type[A], run: Callable[[ServiceScope, A], ServicePayload]) -> BaseTool:
    """Return a LangChain tool of the service mode; operator and case come from the run's context."""

    def call(runtime: ToolRuntime[Any, Any], given: A) -> ToolPayload:
        turn = cast("ServiceContext", runtime.context)
        scope = ServiceScope(
            turn.user, turn.thread, turn.said, turn.services, runtime.state["messages"], turn
        )
        payload = guarded(name, lambda: run(scope, given))
        if isinstance(payload, ServicePayload):
            turn.found.append(payload)
        return payload

    return wrap_tool(name, arguments, call)
