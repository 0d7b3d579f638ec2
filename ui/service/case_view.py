"""How does one case look? Pure: what the desk knows in, HTML out; every text of others is escaped."""

from __future__ import annotations

from collections.abc import Sequence

from agent.evidence import ItemCard
from agent.service.cases import Case
from agent.service.course import Entry, Row
from agent.service.evidence import Citation, CustomerCard, OrderCard
from agent.service.handover import BASIS
from agent.service.templates import all_templates, by_id
from recsys.customers import Customer
from recsys.schema import Interest
from ui.cards_cover import cover_svg
from ui.render import Step, shown, words
from ui.service.board import Live
from ui.service.queue_view import ago, badge, glad_words
from ui.text import escape

_FIRST_ORDERS = 4
"""Orders that are shown at once; the rest opens."""
_DEEDS = {
    "opened": "{by} opened the case",
    "identified": "{by} identified the customer",
    "handed over": "{by} handed the case to {to}",
    "taken": "{by} took the case over",
    "closed": "{by} closed the case",
    "reopened": "{by} opened the case again",
}
EMPTY_COURSE = (
    '<p class="sv-none">Open a case, or paste what a customer wrote below: that makes a new one.</p>'
)


def head_html(row: Row | None, others: Sequence[str]) -> str:
    """Return the heading of a case: who, where it stands, who else is here, and what can be done with it."""
    if row is None:
        return '<h2 class="sv-title">No case open</h2>'
    name = escape(row.customer or "Customer not identified")
    also = f'<span class="sv-also">Also here: {escape(", ".join(others))}</span>' if others else ""
    owner = f'<span class="sv-small">with {escape(row.owner)}</span>' if row.owner else ""
    if row.state == "closed":
        buttons = _button("reopened", "", "Open again")
    else:
        take = _button("taken", "", "Take over") if row.state == "handed over" else ""
        buttons = take + _button("closed", "", "Close case")
    return (
        f'<div class="sv-headline"><h2 class="sv-title">{name}</h2>{badge(row.state)}{owner}{also}'
        f'<span class="sv-small sv-id">{escape(row.case)}</span><span class="sv-do">{buttons}</span></div>'
    )


def course_html(course: Sequence[Entry], pending: str = "") -> str:
    """Return the conversation, oldest first; `pending` is a message of the customer that is being stored."""
    lines = "".join(_entry(one) for one in course)
    if pending:
        lines += _bubble("customer", "Customer", "", pending)
    if not lines:
        return '<p class="sv-none">Nothing written yet. Paste what the customer wrote below.</p>'
    return (
        '<div class="sv-course" role="log" aria-label="Conversation" tabindex="0" data-key="course">'
        f"<ol>{lines}</ol></div>"
    )


def live_html(live: Live | None) -> str:
    """Return the steps of a draft, open while they run; and what went wrong."""
    if live is None or not (live.steps or live.problems or not live.done):
        return ""
    title = "Steps of this draft" if live.done else f"{live.operator} is having a draft prepared…"
    steps = "".join(_step(one) for one in live.steps)
    problems = "".join(f'<p class="sv-problem">{escape(one)}</p>' for one in live.problems)
    return (
        f'<details class="sv-steps"{"" if live.done else " open"}><summary data-key="steps">{escape(title)}'
        f"</summary><ol>{steps}</ol></details>{problems}"
    )


def customer_html(
    served: tuple[CustomerCard, Sequence[OrderCard]] | None,
    interests: Sequence[str],
    bought: Sequence[str],
    about: str = "",
) -> str:
    """Return who the customer is, what is known of their taste, and their orders: the one the case is about, open,
    then the newest."""
    if served is None:
        return '<p class="sv-none">Not identified yet. Find the customer below, or draft: an email address helps.</p>'
    card, orders = served
    facts = "".join(
        f"<dt>{name}</dt><dd>{escape(value)}</dd>"
        for name, value in (
            ("Email", card.email),
            ("Address", card.address),
            ("Pays by", ", ".join(card.payment)),
        )
        if value
    )
    liked = "".join(f"<li>{escape(one)}</li>" for one in interests)
    buys = f'<p class="sv-small">Bought most: {escape(", ".join(bought))}.</p>' if bought else ""
    taste = f"<ul>{liked}</ul>" if liked else '<p class="sv-small">They told us nothing of their taste.</p>'
    orders = sorted(orders, key=lambda one: one.id != about)
    listed = (
        "".join(_order(one, about) for one in orders[:_FIRST_ORDERS]) or '<p class="sv-small">No orders.</p>'
    )
    older = "".join(_order(one, about) for one in orders[_FIRST_ORDERS:])
    more = (
        f'<details class="sv-older"><summary data-key="older">{len(orders) - _FIRST_ORDERS} older orders</summary>'
        f"{older}</details>"
        if older
        else ""
    )
    return (
        f"<h3>{escape(card.name)}</h3><dl>{facts}</dl><h4>Interests</h4>{taste}{buys}"
        f"<h4>Orders ({len(orders)})</h4>{listed}{more}"
    )


def found_html(found: Sequence[Customer], asked: str) -> str:
    """Return the customers that a search found, each with a button that opens the case on them."""
    if not asked.strip():
        return ""
    if not found:
        return '<p class="sv-none">Nobody is found by that. Try the email address or an order number.</p>'
    rows = "".join(
        f"<li><span><b>{escape(one.name)}</b><br>{escape(one.email)}, {escape(one.address.city)}</span>"
        f"{_button('identify', one.id, 'Serve', f'Serve {one.name}, {one.email}')}</li>"
        for one in found
    )
    return f'<ul class="sv-found" aria-label="Customers found">{rows}</ul>'


def sources_html(case: Case) -> str:
    """Return the policy that is cited and the templates ranked for the message, best first."""
    draft = case.draft
    if draft is None:
        return '<p class="sv-none">Comes with a draft.</p>'
    to_do = "".join(f"<li>{escape(one)}</li>" for one in draft.to_do)
    cut = "".join(f"<li>{escape(one)}</li>" for one in draft.cut)
    parts = [
        f"<h3>For you to do</h3><ul class='sv-todo'>{to_do}</ul>" if to_do else "",
        f"<h3>Left out of the draft</h3><p class='sv-small'>Nothing supports it, or it claims what nobody did.</p>"
        f"<ul>{cut}</ul>"
        if cut
        else "",
        "<h3>Policy</h3>",
        "".join(_citation(one) for one in draft.citations)
        or '<p class="sv-small">No section of the policy bears on this message.</p>',
        "<h3>Answer templates</h3>",
        "".join(
            _template(k, hit.id, hit.title, hit.score, used=hit.id == draft.template)
            for k, hit in enumerate(case.templates, 1)
        )
        or '<p class="sv-small">No template fits well. Choose one below.</p>',
    ]
    return "".join(parts)


def products_html(items: Sequence[ItemCard]) -> str:
    """Return the products that fit, each with its reasons and a button that adds it to the reply."""
    if not items:
        return '<p class="sv-none">Comes with a draft for an exchange, a replacement or an addition.</p>'
    return f'<ul class="sv-products">{"".join(_product(one) for one in items)}</ul>'


def glad_html(value: float | None) -> str:
    """Return how glad the customer sounds, and what that rests on."""
    if value is None:
        return '<p class="sv-none">The customer wrote nothing yet.</p>'
    word = glad_words(value)
    return (
        f'<p class="sv-glad"><meter min="0" max="1" low="0.4" high="0.6" optimum="1" value="{value:.2f}" '
        f'aria-label="Satisfaction, estimated">{value:.2f}</meter> <b>{value:.2f}</b> of 1: sounds {word}</p>'
        f'<p class="sv-small">{escape(BASIS)}</p>'
    )


def template_choices(case: Case) -> list[tuple[str, str]]:
    """Return (title, id) of all templates, those ranked for the message first."""
    ranked = [hit.id for hit in case.templates]
    rest = sorted((one.title, one.id) for one in all_templates() if one.id not in ranked)
    return [(by_id()[one].title, one) for one in ranked if one in by_id()] + rest


def interest_line(interest: Interest) -> str:
    """Return an interest as it is told of a third person, with their own words."""
    verb = {"seen": "knows", "skipped": "did not want"}.get(
        interest.kind, "likes" if interest.polarity > 0 else "does not like"
    )
    said = f": “{interest.sentence}”" if interest.sentence else ""
    return f"{verb} {interest.subject}{said}"


def _entry(one: Entry) -> str:
    when = ago(one.at)
    if one.kind == "customer":
        return _bubble("customer", "Customer", when, one.text)
    if one.kind == "sent":
        how = "edited" if one.edited else "as drafted"
        return _bubble("sent", f"{one.by}, sent, {how}", when, one.text)
    if one.kind == "note":
        return _bubble("note", f"Note by {one.by}, not for the customer", when, one.text)
    if one.kind == "draft":
        template = by_id().get(one.template)
        title = f"from the template “{template.title}”" if template else "written by the language model"
        return f'<li class="sv-event">Draft for {escape(one.by or "the desk")} {escape(title)} {when}</li>'
    said = escape(_DEEDS.get(one.kind, one.kind).format(by=one.by, to=one.to))
    note = f'<span class="sv-text">{escape(one.text)}</span>' if one.text else ""
    return f'<li class="sv-event">{said} {when}{note}</li>'


def _bubble(kind: str, who: str, when: str, text: str) -> str:
    return (
        f'<li class="sv-said sv-by-{kind}"><span class="sv-who">{escape(who)} {when}</span>'
        f'<span class="sv-text">{escape(text)}</span></li>'
    )


def _step(step: Step) -> str:
    mark = "running" if step.ok is None else "done" if step.ok else "did not work"
    about = ", ".join(f"{name}: {words(value)}" for name, value in shown(step.arguments))
    tail = f"{step.summary} ({step.seconds:.2f} s)" if step.ok is not None else "…"
    arguments = f'<span class="sv-small sv-args">{escape(about)}</span>' if about else ""
    return (
        f'<li class="sv-step sv-step-{mark.split()[0]}"><span>{escape(step.label)}</span> '
        f'<span class="sv-small">{escape(mark)}: {escape(tail)}</span>'
        f"{arguments}</li>"
    )


def _order(order: OrderCard, spoken_of: str) -> str:
    mark = '<span class="sv-used">this case</span>' if order.id == spoken_of else ""
    lines = "".join(
        f"<tr><td>{escape(line.label)}{f' × {line.quantity}' if line.quantity > 1 else ''}</td>"
        f'<td class="sv-price">{escape(line.price)}</td></tr>'
        for line in order.lines
    )
    about = [
        f"placed {order.placed}" if order.placed else "",
        f"delivered {order.delivered}" if order.delivered else "",
    ]
    about += [
        f"paid with {order.paid_with}" if order.paid_with else "",
        *(f"tracking {one}" for one in order.tracking),
    ]
    return (
        f'<details class="sv-order"{" open" if mark else ""}>'
        f'<summary data-key="order-{escape(order.id)}"><b>{escape(order.id)}</b> '
        f'<span class="sv-small">{escape(order.status)} · {escape(order.total)}</span> {mark}</summary>'
        f"<table><caption>Lines of order {escape(order.id)}</caption><tbody>{lines}</tbody></table>"
        f'<p class="sv-small">{escape(", ".join(filter(None, about)))}</p></details>'
    )


def _citation(one: Citation) -> str:
    return (
        f'<details class="sv-source" open><summary data-key="cite-{escape(one.anchor)}"><b>{escape(one.title)}</b> '
        f'<span class="sv-small">fits {one.score:.2f}</span></summary><p>{escape(one.text)}</p></details>'
    )


def _template(number: int, template: str, title: str, score: float, *, used: bool) -> str:
    one = by_id().get(template)
    body = " ".join(one.body.split()) if one else ""
    mark = (
        '<span class="sv-used">in use</span>'
        if used
        else _button("template", template, "Use this", f"Draft anew from the template {title}")
    )
    return (
        f'<div class="sv-template"><div class="sv-line"><span>{number}. <b>{escape(title)}</b> '
        f'<span class="sv-small">fits {score:.2f}</span></span>{mark}</div>'
        f"<p>{escape(body)}</p></div>"
    )


def _product(card: ItemCard) -> str:
    price = ", ".join(card.facts.get("price", [])[:1])
    reasons = "".join(f"<li>{escape(one.text[:1].upper() + one.text[1:])}</li>" for one in card.reasons[:3])
    return (
        f'<li><div class="sv-cover">{cover_svg(card)}</div><div><b>{escape(card.label)}</b>'
        f'<p class="sv-small">{escape(price)}</p><ul aria-label="Why">{reasons}</ul>'
        f"{_button('add', card.id, 'Add to the reply', f'Add {card.label} to the reply')}</div></li>"
    )


def _button(do: str, about: str, text: str, label: str = "") -> str:
    spoken = f' aria-label="{escape(label)}"' if label else ""
    return (
        f'<button type="button" data-do="{escape(do)}" data-id="{escape(about)}" '
        f'data-key="{escape(do)}-{escape(about)}"{spoken}>{escape(text)}</button>'
    )
