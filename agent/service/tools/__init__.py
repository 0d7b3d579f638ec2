"""The tools of the service mode. None of them changes an order, an account or a payment: there is no such tool."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from agent.service.tools.answer_template import answer_template
from agent.service.tools.draft_reply import draft_reply
from agent.service.tools.find_customer import find_customer
from agent.service.tools.order_details import order_details
from agent.service.tools.orders_of_customer import orders_of_customer
from agent.service.tools.policy import policy
from agent.service.tools.recommend_for_customer import recommend_for_customer

SERVICE_TOOLS: tuple[BaseTool, ...] = (
    find_customer,
    orders_of_customer,
    order_details,
    policy,
    answer_template,
    recommend_for_customer,
    draft_reply,
)
