"""Rank the answer templates for what the customer wrote."""

from __future__ import annotations

from agent.evidence import Fact
from agent.service.context import ServiceScope, service_tool
from agent.service.evidence import ServicePayload
from agent.service.identify import without_credentials
from agent.service.templates import OTHER, THRESHOLD, by_id
from agent.service.tools.arguments import TemplateQuestion

NAME = "answer_template"


def run(scope: ServiceScope, given: TemplateQuestion) -> ServicePayload:
    """Return the nearest templates, best first; none where nothing fits.

    The customer's own message is ranked, whatever the model passed on of it, and without what says who they are.
    """
    hits = scope.desk.templates.find(without_credentials(scope.said or given.message))
    notes = [scope.desk.templates.degraded] if scope.desk.templates.degraded else []
    if not hits or hits[0].score < THRESHOLD:
        return ServicePayload(
            tool=NAME, notes=[*notes, f"No template fits; the template {OTHER} asks for more."]
        )
    facts = []
    for hit in hits:
        one = by_id()[hit.id]
        text = f"Template {one.id} (intent {one.intent}): {' '.join(one.body.split())}"
        facts.append(Fact(text=text, names=[one.title]))
    return ServicePayload(tool=NAME, templates=hits, facts=facts, notes=notes)


answer_template = service_tool(NAME, TemplateQuestion, run)
