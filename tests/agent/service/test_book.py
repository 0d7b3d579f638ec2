"""What people do in cases: replies that are sent, notes, hand-overs, and the queue that shows them."""

from datetime import UTC, datetime

import pytest

from agent.errors import InvalidRequest
from agent.service.book import CaseMovedOn
from agent.service.course import Entry, standing, waiting_since
from agent.service.session import ServiceAgent
from agent.session import Agent
from agent.settings import Settings
from tests.agent.service.conftest import draft_of

ANNA = "I am writing from anna.smeets@shop.invalid. "
CANCEL = ANNA + "Please cancel order T-100001, I no longer need it."


def test_a_reply_is_sent_by_a_person_and_kept_with_who_when_and_whether_it_was_edited(desk):
    draft = draft_of(desk, CANCEL)
    assert desk.book.row("k1").state == "drafted"
    before = datetime.now(UTC)
    desk.book.send("olga", "k1", draft.text)
    sent = desk.book.course("k1")[-1]
    assert (sent.kind, sent.by, sent.text, sent.edited) == ("sent", "olga", draft.text, False)
    assert sent.template == draft.template
    assert before <= sent.at <= datetime.now(UTC)
    row = desk.book.row("k1")
    assert (row.state, row.owner, row.waiting_since) == ("sent", "olga", None)
    draft_of(desk, "And the money?")
    desk.book.send("pia", "k1", "It is on its way.")
    assert desk.book.course("k1")[-1].edited
    assert [turn.said for turn in desk.history("k1")] == [CANCEL, "And the money?"]
    assert desk.history("k1")[0].note.startswith("Draft from the template")
    assert "Last reply, by pia: It is on its way." in desk.summary("k1").note


def test_whoever_sends_second_is_told_what_came_between(desk):
    draft_of(desk, CANCEL)
    seen = len(desk.book.course("k1"))
    desk.book.note("olga", "k1", "She is an old customer.")
    desk.book.send("olga", "k1", "From Olga", seen=seen)
    with pytest.raises(CaseMovedOn, match=r"olga sent a reply at .* still here"):
        desk.book.send("pia", "k1", "From Pia", seen=seen)
    assert [one.text for one in desk.book.course("k1") if one.kind == "sent"] == ["From Olga"]
    desk.book.send("pia", "k1", "From Pia", seen=len(desk.book.course("k1")))
    draft_of(desk, "Thanks, one more thing.")
    with pytest.raises(CaseMovedOn, match="customer wrote again"):
        desk.book.send("pia", "k1", "Late", seen=seen + 3)


def test_of_two_who_send_at_once_one_is_told(desk):
    from concurrent.futures import ThreadPoolExecutor

    draft_of(desk, CANCEL)
    seen = len(desk.book.course("k1"))

    def send(who):
        try:
            desk.book.send(who, "k1", f"From {who}", seen=seen)
        except CaseMovedOn:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(send, ["olga", "pia", "rob", "sam"])) == 1


def test_a_case_is_handed_over_taken_closed_and_opened_again_by_a_new_message(desk):
    draft_of(desk, CANCEL)
    desk.book.hand_over("olga", "k1", " Pia ", "Please look at the refund.")
    assert desk.book.row("k1").state == "handed over"
    assert desk.book.row("k1").owner == "Pia"
    assert desk.book.row("k1").waiting_since is not None
    desk.book.mark("Pia", "k1", "taken")
    assert desk.book.row("k1").state == "drafted"
    desk.book.mark("Pia", "k1", "closed")
    assert desk.book.row("k1").state == "closed"
    with pytest.raises(InvalidRequest, match="closed"):
        desk.book.send("Pia", "k1", "Hello")
    draft_of(desk, "One more question: where is my order T-100002?", operator="Pia")
    assert desk.book.row("k1").state == "drafted"
    assert desk.case("k1").operators == ["olga", "Pia"]


@pytest.mark.parametrize(
    ("do", "why"),
    [
        (lambda b: b.send("olga", "k1", "  "), "empty"),
        (lambda b: b.send("olga", "k1", "x" * 20_001), "characters"),
        (lambda b: b.send("olga", "new", "Hello"), "nothing to answer"),
        (lambda b: b.send("", "k1", "Hello"), "operator"),
        (lambda b: b.hand_over("olga", "k1", "Olga", "note"), "already"),
        (lambda b: b.hand_over("olga", "k1", " ", "note"), "name of the colleague"),
        (lambda b: b.mark("olga", "k1", "reopened"), "open already"),
        (lambda b: b.mark("olga", "k1", "opened"), "of this name"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(desk, do, why):
    draft_of(desk, CANCEL)
    before = desk.book.course("k1")
    with pytest.raises(InvalidRequest, match=why):
        do(desk.book)
    assert desk.book.course("k1") == before
    assert desk.cases() == ["k1"]


def test_another_template_makes_the_draft_anew_without_a_second_message(desk):
    first = draft_of(desk, CANCEL)
    kept = desk.case("k1")
    assert first.template == kept.templates[0].id
    other = next(hit.id for hit in kept.templates if hit.id != first.template)
    events = list(desk.redraft("pia", "k1", other))
    draft = next(e.draft for e in events if e.type == "draft")
    assert draft.template == other
    assert draft.text != first.text
    assert "".join(e.text for e in events if e.type == "draft_text").strip() == draft.text
    course = desk.book.course("k1")
    assert [one.kind for one in course] == ["customer", "draft", "draft"]
    assert [turn.said for turn in desk.history("k1")] == [CANCEL]
    assert desk.case("k1").intents == [draft.intent]
    assert desk.case("k1").customer == "c1"


def test_a_draft_made_anew_knows_the_customer_identified_by_hand(desk):
    draft_of(desk, "Please cancel my order of the pan.")
    desk.open_case("olga", "k1", "c1")
    (draft,) = [e.draft for e in desk.redraft("olga", "k1") if e.type == "draft"]
    assert draft.text.startswith("Dear Anna,")
    assert draft.order == "T-100001"
    assert [one.kind for one in desk.book.course("k1")] == ["customer", "draft", "identified", "draft"]


@pytest.mark.parametrize(("case", "template"), [("k1", "no-such"), ("empty", "")])
def test_a_draft_that_cannot_be_made_anew_is_said(desk, case, template):
    draft_of(desk, CANCEL)
    events = list(desk.redraft("olga", case, template))
    assert events[-1].text
    assert not any(e.type == "draft" for e in events)


def test_the_queue_begins_with_whoever_waits_longest_and_follows_changes(desk):
    for name in ("a", "b", "c"):
        draft_of(desk, CANCEL, case=name)
    desk.book.send("olga", "a", "Done")
    assert [row.case for row in desk.book.queue()] == ["b", "c", "a"]
    assert {row.customer for row in desk.book.queue()} == {"Anna Smeets"}
    version = desk.book.version
    desk.forget("b")
    assert desk.book.version > version
    assert [row.case for row in desk.book.queue()] == ["c", "a"]
    assert 0 <= desk.book.queue()[0].satisfaction <= 1


def test_what_people_did_survives_a_restart(shop_path):
    with ServiceAgent.open(shop_path) as agent:
        draft_of(agent, CANCEL)
        agent.book.send("olga", "k1", "Done")
        course, row = agent.book.course("k1"), agent.book.row("k1")
    with ServiceAgent.open(shop_path) as agent:
        assert agent.book.course("k1") == course
        assert agent.book.row("k1") == row


def test_the_desk_stands_beside_an_open_chat_and_leaves_it_open(shop_path):
    with Agent.open(shop_path) as chat:
        with ServiceAgent.beside(chat.services, Settings()) as agent:
            assert draft_of(agent, CANCEL).order == "T-100001"
            assert agent.services.graph is chat.services.graph
        assert list(chat.turn("u1", "t", "I need a pan"))[-1].text


def test_where_a_case_stands_is_read_from_its_course():
    at = datetime(2026, 1, 2, tzinfo=UTC)
    said = Entry(kind="customer", at=at)
    assert standing([]) == ("new", "")
    assert standing([said, Entry(kind="sent", by="a"), Entry(kind="draft", by="b")]) == ("sent", "a")
    assert (
        standing([said, Entry(kind="handed over", by="a", to="b"), Entry(kind="draft", by="b")])[0]
        == "drafted"
    )
    assert standing([said, Entry(kind="closed"), said])[0] == "new"
    assert waiting_since([said, Entry(kind="draft")]) == at
    assert waiting_since([said, Entry(kind="closed")]) is None
