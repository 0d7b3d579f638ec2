"""Find what the shop's written policy says."""

from __future__ import annotations

from agent.evidence import Fact
from agent.service.context import ServiceScope, service_tool
from agent.service.evidence import ServicePayload
from agent.service.tools.arguments import PolicyQuestion

NAME = "policy"


def run(scope: ServiceScope, given: PolicyQuestion) -> ServicePayload:
    """Return the nearest sections, best first, with the sentences that bear on the question."""
    found = scope.desk.policy.find(given.question, topic=given.topic)
    if not found:
        return ServicePayload(tool=NAME, notes=["This shop has no written policy."])
    facts = [Fact(text=f"Policy, {one.title}: {one.text}", names=[one.title]) for one in found]
    return ServicePayload(tool=NAME, citations=found, facts=facts)


policy = service_tool(NAME, PolicyQuestion, run)
