"""The builtin chat model of the service mode: which tools a customer's message needs, in which order. No server."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.messages.tool import ToolCall

from agent.answers import payloads_of, split_turn, text_of
from agent.model_base import WholeAnswerModel
from agent.service.cases import AGAIN, TEMPLATE, customer_messages, last_case
from agent.service.evidence import OrderCard, ServicePayload
from agent.service.identify import only_identifies, order_numbers, read_credentials
from agent.service.templates import OTHER, Template, by_id
from agent.service.wording import content_words
from recsys.customers import order_key

Call = tuple[str, dict[str, Any]]
_SURE = 0.45
"""Template score below which a short message goes on with what was spoken of before."""
_SHORT = 14
"""Words."""


class DeskChatModel(WholeAnswerModel):
    """Calls tools for the newest message and ends with a draft. The same messages always get the same calls."""

    is_language_model: bool = False
    """False: it writes no text of its own; drafts are filled templates."""

    @property
    def _llm_type(self) -> str:
        return "builtin"

    def answer(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """Return the next tool calls for the newest human message; no calls once there is a draft."""
        calls = next_calls(messages)
        text = next((text_of(m) for m in reversed(messages) if isinstance(m, HumanMessage)), "")
        key = hashlib.sha256(f"{len(messages)}\n{text}".encode("utf-8", "replace")).hexdigest()[:12]
        return AIMessage(
            "",
            tool_calls=[
                ToolCall(name=name, args=arguments, id=f"call_{key}_{k}", type="tool_call")
                for k, (name, arguments) in enumerate(calls)
            ],
        )

    def respond(self, messages: Sequence[BaseMessage], tools: list[dict[str, Any]] | None) -> AIMessage:
        """As `answer`."""
        return self.answer(messages)


def next_calls(messages: Sequence[BaseMessage]) -> list[Call]:
    """Return the calls that come next: who writes and what about, then the details, then the draft."""
    before, current = split_turn(messages)
    said = text_of(current[0]) if current else ""
    payloads = [p for p in payloads_of(current) if isinstance(p, ServicePayload)]
    done = {payload.tool for payload in payloads}
    if "draft_reply" in done:
        return []
    if not done:
        return _first(said)
    case = last_case(before, "")
    extra = current[0].additional_kwargs
    chosen = by_id().get(str(extra.get(TEMPLATE, "")))
    template = chosen or _template(payloads, said, case.intent)
    orders = [card for payload in payloads if payload.tool == "orders_of_customer" for card in payload.orders]
    refused = any(payload.tool == "find_customer" and not payload.ok for payload in payloads)
    # What only says who writes was asked in the message before.
    earlier = [text_of(m) for m in customer_messages(before)]
    if extra.get(AGAIN):
        earlier = earlier[:-1]
    asked = f"{''.join(earlier[-1:])}\n{said}" if only_identifies(said) else said
    order = "" if refused else which_order(asked, orders, template, case.order)
    if not done & {"policy", "order_details", "recommend_for_customer"}:
        calls: list[Call] = []
        if template.policy or template.id == OTHER:
            calls.append(("policy", {"question": asked[:2000], "topic": template.policy}))
        identified = any(payload.customer for payload in payloads)
        if order and identified:
            calls.append(("order_details", {"order": order}))
        if template.products and identified and (order or template.products == "addition") and not refused:
            wish = {
                "need": template.products,
                "order": order,
                "item": _item(asked, orders, order),
                "wish": said[:1000],
            }
            calls.append(("recommend_for_customer", wish))
        if calls:
            return calls
    return [("draft_reply", {"template": template.id, "order": order})]


def _first(said: str) -> list[Call]:
    given = read_credentials(said)
    calls: list[Call] = []
    if given.email or (given.name and given.postcode):
        wanted = {"email": given.email, "name": given.name, "postcode": given.postcode, "order": given.order}
        calls.append(("find_customer", {key: value for key, value in wanted.items() if value}))
    return [*calls, ("orders_of_customer", {}), ("answer_template", {"message": said[:4000]})]


def _template(payloads: Sequence[ServicePayload], said: str, before: str) -> Template:
    """Return the template that fits, or that of the earlier messages when this one only adds to them."""
    hits = [hit for payload in payloads for hit in payload.templates]
    templates = by_id()
    earlier = next((one for one in templates.values() if one.intent == before), None)
    adds = only_identifies(said) or (len(said.split()) <= _SHORT and (not hits or hits[0].score < _SURE))
    if earlier is not None and earlier.id != OTHER and adds:
        return earlier
    return templates[hits[0].id] if hits else templates[OTHER]


def which_order(said: str, orders: Sequence[OrderCard], template: Template, before: str) -> str:
    """Return the number of the order that a message is about, or an empty string where that cannot be told.

    A number in the message comes first, then the order whose products it names, the one spoken of before, and the
    only one in a state that the request fits.
    """
    numbers = order_numbers(said)
    if numbers:
        known = {order_key(card.id): card.id for card in orders}
        return next((known[order_key(one)] for one in numbers if order_key(one) in known), numbers[0])
    words = content_words(said)
    named = [
        (len(words & content_words(" ".join(line.title for line in card.lines))), card.id) for card in orders
    ]
    most = max((n for n, _ in named), default=0)
    best = [one for n, one in named if n == most and most]
    wanted = template.about or template.possible
    fitting = [card.id for card in orders if not wanted or card.status in wanted]
    if before and (before in best or (not best and before in fitting)):
        return before
    if len(best) == 1:
        return best[0]
    fitting = [one for one in fitting if not best or one in best]
    return fitting[0] if len(fitting) == 1 else ""


def _item(said: str, orders: Sequence[OrderCard], order: str) -> str:
    words = content_words(said)
    lines = [line.title for card in orders if card.id == order for line in card.lines]
    named = [(len(words & content_words(title)), title) for title in lines]
    most = max((n for n, _ in named), default=0)
    return next((title for n, title in named if n == most), "") if most else ""
