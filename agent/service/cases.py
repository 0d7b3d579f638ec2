"""What is a case, and where is it kept? One conversation of one customer with the shop, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel, Field, ValidationError

from agent.evidence import ItemCard
from agent.memory.dialogues import Dialogues
from agent.service.evidence import DraftReply, TemplateHit
from agent.settings import Settings
from recsys.workspace import Workspace

KEPT = "tastegraph_case"
"""Key of an answer's extra data: the case as it stood after that turn."""
WHEN = "tastegraph_at"
"""Key of a message's extra data: when it was stored, as ISO 8601 with the zone."""
WHO = "tastegraph_by"
"""Key of a message's extra data: the operator who stored it."""
AGAIN = "tastegraph_again"
"""Key of a message's extra data, true where the customer's newest message is only drafted for anew."""
TEMPLATE = "tastegraph_template"
"""Key of a message's extra data: id of the template that the operator chose for the draft."""
DESK = "service-desk"
"""The owner of all cases in their store: operators share them."""
MOST_FAILURES = 5
"""Look-ups without a match after which a case must be identified by hand."""


class Case(BaseModel):
    """What is known of a case; kept with its conversation, so that a restart loses nothing."""

    id: str
    customer: str | None = None
    """Id of the customer under service, once they were identified; it never changes to another one."""
    identified_by: Literal["email", "name and postcode", "operator"] | None = None
    order: str = ""
    """Number of the order that was spoken of last."""
    intent: str = ""
    """Of the last message that asked for something."""
    intents: list[str] = Field(default_factory=list)
    """Of all messages, in order."""
    operators: list[str] = Field(default_factory=list)
    """Who worked on it, in order of appearance."""
    failures: int = 0
    """Look-ups without a match so far."""
    draft: DraftReply | None = None
    """The newest draft."""
    templates: list[TemplateHit] = Field(default_factory=list)
    """Templates that were ranked for the newest draft, best first."""
    items: list[ItemCard] = Field(default_factory=list)
    """Products that were found for the newest draft."""


def last_case(messages: Sequence[BaseMessage], case_id: str) -> Case:
    """Return the case as its newest answer keeps it; a new one where there is none."""
    for message in reversed(messages):
        kept = message.additional_kwargs.get(KEPT) if isinstance(message, AIMessage) else None
        if kept is not None:
            try:
                return Case.model_validate(kept)
            except ValidationError:
                # Written by another version: the conversation is whole, and the customer is identified anew.
                return Case(id=case_id)
    return Case(id=case_id)


def customer_messages(messages: Sequence[BaseMessage]) -> list[HumanMessage]:
    """Return what the customer wrote, oldest first; a message for which a draft was made anew counts once."""
    return [m for m in messages if isinstance(m, HumanMessage) and not m.additional_kwargs.get(AGAIN)]


def open_cases(settings: Settings, workspace: Workspace) -> Dialogues:
    """Open the conversations of the service desk, apart from those of people who chat.

    Raises `DialogueStoreError` as `Dialogues.open` does.
    """
    url = settings.dialogues_url.get_secret_value()
    if url:
        from agent.memory.postgres import PostgresDialogues

        return PostgresDialogues(url, f"{workspace.id}-cases")
    from agent.memory.sqlite import SqliteDialogues

    return SqliteDialogues(workspace.people_dir / "cases.sqlite")
