"""What must the next person know of a case, and how glad does the customer sound?"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from agent.service.cases import Case
from agent.service.course import Entry
from agent.service.evidence import CustomerCard, OrderCard
from agent.service.templates import all_templates
from recsys.sentiment import Sentiment

_FADES = 0.6
"""A message counts this much less than the one after it."""
BASIS = (
    "Estimated from the customer's own messages by the sentiment head, newer ones counting more; "
    "0 is very unhappy, .5 neither, 1 very glad. Nobody was asked."
)


class HandOver(BaseModel):
    """A note that hands a case to another person."""

    case: str
    note: str
    """In plain words: who, what was asked, how it stands, what is to do."""
    customer: str = ""
    requests: list[str] = Field(default_factory=list)
    """What the customer asked for, in order, each once."""
    orders: list[str] = Field(default_factory=list)
    to_do: list[str] = Field(default_factory=list)
    questions: list[str] = Field(default_factory=list)
    """What the customer was asked in the newest draft."""
    satisfaction: float | None = None
    """In [0, 1]; None before the customer wrote anything. See `basis`."""
    basis: str = BASIS


def satisfaction(said: Sequence[str], sentiment: Sentiment) -> float | None:
    """Return how glad somebody sounds who wrote these messages, oldest first, in [0, 1]; None for no messages."""
    if not said:
        return None
    opinions = sentiment.of(list(said))
    weights = [_FADES ** (len(opinions) - 1 - k) for k in range(len(opinions))]
    mean = sum(w * one.polarity for w, one in zip(weights, opinions, strict=True)) / sum(weights)
    return round((mean + 1) / 2, 2)


def hand_over(
    case: Case,
    served: tuple[CustomerCard, list[OrderCard]] | None,
    course: Sequence[Entry],
    sentiment: Sentiment,
) -> HandOver:
    """Return the note from what happened in the case, oldest first."""
    said = [one.text for one in course if one.kind == "customer"]
    titles = {one.intent: one.title for one in all_templates()}
    requests = [titles.get(intent, intent) for intent in dict.fromkeys(case.intents)]
    glad = satisfaction(said, sentiment)
    lines = []
    card = served[0] if served else None
    if card is not None:
        lines.append(f"Customer: {card.name}, {card.email}, identified by {case.identified_by}.")
    else:
        lines.append("Customer: not identified yet.")
    if requests:
        lines.append(f"Asked for: {'; '.join(requests)}.")
    order = next((one for one in served[1] if one.id == case.order), None) if served else None
    if order is not None:
        lines.append(f"Order {order.id}: {order.status}, {'; '.join(line.label for line in order.lines)}.")
    if said:
        lines.append(f"Last message: {' '.join(said[-1].split())[:300]}")
    sent = [one for one in course if one.kind == "sent"]
    if sent:
        lines.append(f"Last reply, by {sent[-1].by}: {' '.join(sent[-1].text.split())[:300]}")
    lines += [f"Note by {one.by}: {' '.join(one.text.split())[:300]}" for one in course if one.kind == "note"]
    draft = case.draft
    if draft is not None:
        lines += [f"To do: {one}" for one in draft.to_do]
        lines += [f"Asked the customer: {one}" for one in draft.questions]
        if draft.citations:
            lines.append(f"Policy: {'; '.join(one.title for one in draft.citations)}.")
    if glad is not None:
        lines.append(f"Satisfaction, estimated: {glad:.2f} of 1.")
    return HandOver(
        case=case.id,
        note="\n".join(lines),
        customer=card.name if card else "",
        requests=requests,
        orders=[case.order] if case.order else [],
        to_do=draft.to_do if draft else [],
        questions=draft.questions if draft else [],
        satisfaction=glad,
    )
