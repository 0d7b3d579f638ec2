"""Make a draft: fill a template from the evidence of a turn, or take a model's text; keep only what is supported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.grounding import check_sentence
from agent.grounding.support import Support, support_of
from agent.service.context import ServiceContext
from agent.service.evidence import Citation, CustomerCard, DraftReply, OrderCard, ServicePayload
from agent.service.policy import for_customers
from agent.service.templates import OTHER, Template, by_id
from agent.service.tools.arguments import WriteDraft
from agent.service.wording import claims_a_change, sentences_of
from agent.tools.payloads import to_json, words_list

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CITED = 3
_CITED_FROM = 0.3
"""Score from which a section is cited; the best one's sentences are written into the reply."""
_CITED_NEAR = 0.75
"""A further section is cited when its score is at least this share of the best one's."""
_LISTED_ORDERS = 3
_OURS = ", as you asked"
"""End of a reason that repeats what we asked the recommender for, not the customer."""
IDENTIFY = (
    "Thank you for your message. So that I look at the right orders, please tell me the email address of your account, "
    "or your first and last name together with your postcode. {policy}"
)
ONLY_OWN = (
    "Thank you for your message. In this conversation I can only help with your own orders. "
    "If somebody else needs help, they are welcome to write to us themselves."
)
WHICH_ORDER = "Which order is it about, please? Your newest orders are {orders}."
NO_SUCH_ORDER = "I find no order with that number among yours; please look it up once more."
_LEAD = {
    "replacement": "These could take its place:",
    "addition": "These go with it:",
    "": "These could fit:",
}


@dataclass(frozen=True)
class Known:
    """What the tools of a turn found, in the parts that a template needs."""

    customer: CustomerCard | None
    order: OrderCard | None
    orders: Sequence[OrderCard] = ()
    citations: Sequence[Citation] = ()
    products: str = ""
    refused: bool = False
    """Whether somebody else's data was asked for."""
    no_such_order: bool = False


@dataclass
class _Checked:
    text: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    claims: int = 0


def make_draft(
    turn: ServiceContext, given: WriteDraft, tell: Callable[[str], None] = lambda words: None
) -> DraftReply:
    """Return a draft in which every name and number is in the turn's evidence, and that claims no change.

    Where a model wrote the text, the template that ranks first still says what the human has to do. `tell` gets each
    sentence once it is checked.
    """
    known = read_evidence(turn, given.order)
    hits = [hit for payload in turn.found for hit in payload.templates]
    chosen = given.template if given.template in by_id() else hits[0].id if hits else OTHER
    template = by_id()[chosen]
    values = values_of(known)
    by_model = bool(given.text.strip()) and not known.refused
    questions = [] if by_model or known.refused else list(_questions(template, known))
    text = given.text.strip() if by_model else letter(template, known, values, questions)
    support = support_of(turn.found, (), (*turn.said_before, turn.said))
    checked = _check(turn, text, support, tell)
    to_do = list(_filled_all(template.to_do, values))
    if known.order is not None and blocked(template, known):
        to_do = [
            f"Do not {template.change}: {known.order.id} is {known.order.status}, and the policy asks for "
            f"{words_list(template.possible, 'or')}. See that the status is right before you send this."
        ]
    if template.needs and known.customer is None:
        to_do = ["Identify the customer before anything else: email, or name and postcode.", *to_do]
    if known.refused:
        to_do = ["Give the other person a case of their own, and show nothing of theirs here."]
    return DraftReply(
        text="".join(checked.text).strip(),
        citations=list(known.citations)[:_CITED],
        questions=questions,
        to_do=to_do,
        template="" if by_model else template.id,
        intent=template.intent,
        order=known.order.id if known.order else "",
        cut=[*turn.cut, *checked.cut],
        claims=checked.claims,
    )


def read_evidence(turn: ServiceContext, order_id: str = "") -> Known:
    """Return what the tools of this turn found, newest first where several speak of the same."""
    customer: CustomerCard | None = None
    orders: dict[str, OrderCard] = {}
    detailed: OrderCard | None = None
    citations: dict[str, Citation] = {}
    products = ""
    for payload in turn.found:
        best = max((one.score for one in payload.citations), default=0.0)
        customer = payload.customer or customer
        orders |= {card.id: card for card in payload.orders}
        if payload.tool == "order_details" and payload.orders:
            detailed = payload.orders[0]
        for one in payload.citations:
            if one.score >= max(_CITED_FROM, _CITED_NEAR * best):
                citations.setdefault(one.anchor, one)
        products = products_text(payload) or products
    named = turn.own_order(order_id) if order_id else None
    order = orders.get(named.id) if named is not None else None
    return Known(
        customer=customer,
        order=order or detailed,
        orders=list(orders.values()),
        citations=list(citations.values()),
        products=products,
        refused=any(p.tool == "find_customer" and not p.ok for p in turn.found),
        no_such_order=any(
            p.tool == "order_details" and p.customer is None and not p.question for p in turn.found
        ),
    )


def products_text(payload: ServicePayload) -> str:
    """Return a recommendation as lines of a letter, each item with its price and a reason."""
    if payload.tool != "recommend_for_customer" or not (payload.items or payload.options):
        return ""
    lines = [f"- {one.label} at {one.price}" for one in payload.options]
    for card in payload.items:
        price = "".join(f" at {value}" for value in card.facts.get("price", [])[:1])
        reasons = [reason.text for reason in card.reasons if not reason.text.endswith(_OURS)]
        why = f": {reasons[0]}" if reasons else ""
        lines.append(f"- **{card.label}**{price}{why}")
    return "\n".join([_LEAD[payload.need], *lines])


def values_of(known: Known) -> dict[str, str]:
    """Return what the placeholders of a template stand for; an empty string where nothing is known."""
    order, customer = known.order, known.customer
    values = {"products": known.products, "policy": "", "email": customer.email if customer else ""}
    for citation in known.citations[:1]:
        said = for_customers(citation)
        values["policy"] = f"Our policy on “{citation.title}” says: {said}" if said else ""
    if order is not None:
        values |= {
            "order": order.id,
            "status": order.status,
            "items": words_list(line.label for line in order.lines),
            "placed": order.placed,
            "delivered": order.delivered,
            "days": str(order.days) if order.days is not None else "",
            "tracking": words_list(order.tracking),
            "total": order.total,
            "paid_with": order.paid_with,
            "address": order.address,
        }
    return values


def letter(template: Template, known: Known, values: Mapping[str, str], questions: Sequence[str]) -> str:
    """Return the template as a letter: greeting, body, questions, end."""
    greeting = f"Dear {known.customer.first_name}," if known.customer else "Hello,"
    if known.refused:
        body = ONLY_OWN
    elif template.needs and known.customer is None:
        body = IDENTIFY
    elif known.no_such_order and known.order is None:
        body = "Thank you for your message."
    else:
        body = template.otherwise if blocked(template, known) and template.otherwise else template.body
    paragraphs = [greeting, *_filled(body, values)]
    if questions:
        paragraphs.append(" ".join(questions))
    return "\n\n".join([*paragraphs, "Kind regards"])


def blocked(template: Template, known: Known) -> bool:
    """Whether the order is in a state in which the change that is asked for cannot be made."""
    return known.order is not None and bool(template.possible) and known.order.status not in template.possible


def _questions(template: Template, known: Known) -> Iterator[str]:
    if template.needs and known.customer is None:
        return
    if known.no_such_order and known.order is None:
        yield NO_SUCH_ORDER
        return
    if template.needs == "order" and known.order is None:
        newest = words_list(_summary(card) for card in known.orders[:_LISTED_ORDERS])
        if newest:
            yield WHICH_ORDER.format(orders=newest)
    if not blocked(template, known):
        yield from template.ask


def _summary(card: OrderCard) -> str:
    return f"{card.id} ({card.status}: {words_list(line.title for line in card.lines)})"


def _filled(body: str, values: Mapping[str, str]) -> list[str]:
    """Return the paragraphs of a body; a sentence with a placeholder that has no value is left out."""
    paragraphs = []
    for line in body.strip().splitlines():
        kept = []
        for sentence in sentences_of(line):
            names = _PLACEHOLDER.findall(sentence)
            if all(values.get(name) for name in names):
                kept.append(_PLACEHOLDER.sub(lambda m: values[m[1]], sentence).strip())
        if kept:
            paragraphs.append(" ".join(kept))
    return paragraphs


def _filled_all(texts: Sequence[str], values: Mapping[str, str]) -> Iterator[str]:
    for text in texts:
        without = _PLACEHOLDER.sub(lambda m: values.get(m[1]) or "the " + m[1].replace("_", " "), text)
        yield without


def _check(turn: ServiceContext, text: str, support: Support, tell: Callable[[str], None]) -> _Checked:
    """Cut each sentence that nothing supports, and each that claims a change."""
    evidence = "\n".join(to_json(payload) for payload in turn.found)
    checked = _Checked()
    for sentence in sentences_of(text):
        verdict = check_sentence(sentence, support, turn.services.language)
        checked.claims += verdict.claims
        if verdict.supported and not claims_a_change(sentence, evidence):
            checked.text.append(sentence)
            tell(sentence)
            continue
        checked.cut.append(sentence.strip())
        if sentence.endswith("\n") and checked.text and not checked.text[-1].endswith("\n"):
            checked.text.append("\n" * (len(sentence) - len(sentence.rstrip("\n"))))
            tell(checked.text[-1])
    return checked
