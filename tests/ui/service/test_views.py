"""Texts of customers and of the catalogue are data on every panel."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.evidence import ItemCard, Reason
from agent.service.cases import Case
from agent.service.course import Entry, Row
from agent.service.evidence import Citation, CustomerCard, DraftReply, LineCard, OrderCard, TemplateHit
from recsys.customers import Address, Customer
from ui.render import Step
from ui.service.board import PRESENT_SECONDS, Board, Live
from ui.service.case_view import (
    course_html,
    customer_html,
    found_html,
    glad_html,
    head_html,
    live_html,
    products_html,
    sources_html,
)
from ui.service.panels import line, problem
from ui.service.queue_view import chosen, queue_html

EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> ![p](http://evil.invalid/p) ${alert(3)} \"' {{x}}"
)
AT = datetime(2026, 1, 2, 10, tzinfo=UTC)
PLACE = Address(street=EVIL, city=EVIL, postcode="1", country=EVIL)
CARD = CustomerCard(id=EVIL, name=EVIL, first_name=EVIL, email=EVIL, address=EVIL, payment=[EVIL])
ORDER = OrderCard(
    id=EVIL, status=EVIL, lines=[LineCard(item=EVIL, title=EVIL, price=EVIL)], total=EVIL, tracking=[EVIL]
)
DRAFT = DraftReply(
    text=EVIL, to_do=[EVIL], cut=[EVIL], citations=[Citation(anchor=EVIL, title=EVIL, text=EVIL)]
)
HIT = TemplateHit(id=EVIL, intent=EVIL, title=EVIL, score=1)
ITEM = ItemCard(id=EVIL, title=EVIL, reasons=[Reason(kind="text", text=EVIL)], facts={"price": [EVIL]})
ROW = Row(case=EVIL, customer=EVIL, words=EVIL, owner=EVIL, waiting_since=AT, satisfaction=0.2)
PANELS = {
    "queue": queue_html([ROW], 1, EVIL),
    "head": head_html(ROW, [EVIL]),
    "course": course_html(
        [Entry(kind=kind, at=AT, by=EVIL, text=EVIL, to=EVIL) for kind in
         ("customer", "sent", "note", "draft", "handed over", "opened")], EVIL
    ),
    "live": live_html(Live(EVIL, steps=(Step(EVIL, EVIL, EVIL, {EVIL: EVIL}, True, EVIL),), problems=(EVIL,))),
    "customer": customer_html((CARD, [ORDER] * 9), [EVIL], [EVIL]),
    "found": found_html([Customer(id=EVIL, first_name=EVIL, last_name=EVIL, email=EVIL, address=PLACE)], EVIL),
    "sources": sources_html(Case(id="k", draft=DRAFT, templates=[HIT])),
    "products": products_html([ITEM]),
    "line": line(EVIL),
    "problem": problem(EVIL),
}  # fmt: skip


@pytest.mark.parametrize("name", PANELS)
def test_what_others_wrote_is_shown_and_is_no_markup(name):
    html = PANELS[name]
    assert "<script" not in html
    assert "<img" not in html
    assert "${" not in html
    assert "{{" not in html
    assert "&lt;script&gt;" in html


def test_every_button_says_what_it_is_about():
    page = (
        PANELS["queue"]
        + PANELS["found"]
        + PANELS["products"]
        + sources_html(
            Case(
                id="k",
                draft=DRAFT,
                templates=[TemplateHit(id="return-item", intent="", title="Return", score=0.5)],
            )
        )
    )
    assert 'aria-label="Serve ' in page
    assert 'aria-label="Add ' in page
    assert 'aria-label="Draft anew from the template Return"' in page


@pytest.mark.parametrize(
    ("only", "cases"),
    [
        ("open", "abcd"),
        ("waiting", "ab"),
        ("mine", "d"),
        ("closed", "e"),
        ("all", "abcde"),
        ("handed over", "d"),
    ],
)
def test_the_queue_is_filtered_and_searched(only, cases):
    rows = [
        Row(case="a", customer="Anna Smeets", words="my lamp", state="new", waiting_since=AT),
        Row(case="b", words="the pan", state="drafted", waiting_since=AT),
        Row(case="c", words="the bag", state="sent", owner="pia"),
        Row(case="d", words="a lamp", state="handed over", owner="Olga"),
        Row(case="e", words="x", state="closed", owner="olga"),
    ]
    assert "".join(row.case for row in chosen(rows, "", only, "olga")) == cases
    assert [row.case for row in chosen(rows, "LAMP anna", "all", "")] == ["a"]


def test_satisfaction_says_what_it_rests_on():
    assert "wrote nothing" in glad_html(None)
    assert "sounds unhappy" in glad_html(0.1)
    assert "Nobody was asked" in glad_html(0.9)


def test_whoever_left_is_no_longer_there(monkeypatch):
    import time

    board = Board()
    board.here("t1", "olga", "shop", "k")
    board.here("t2", "pia", "shop", "k")
    board.here("t3", "rob", "shop", "other")
    assert board.others("t1", "shop", "k") == ["pia"]
    later = time.monotonic() + timedelta(seconds=PRESENT_SECONDS + 1).total_seconds()
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert board.others("t1", "shop", "k") == []
