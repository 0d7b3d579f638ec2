"""The handlers of the console over a real desk and plain values."""

import threading
import time

import pytest

from ui.service.console import FULL_EVERY
from ui.service.seat import Seat, find_customers, kept_of, named

MESSAGE = "I am writing from anna.smeets@shop.invalid. Please cancel order T-100001, I no longer need it."
ALL = ("", "all")


def parts(updates):
    """Return the page after a stream of updates."""
    page = {}
    for update in updates:
        page |= update
    return page


def write(console, seat, text=MESSAGE, reply=""):
    return parts(console.write(seat, text, seat.case, reply, *ALL))


def poll(console, seat, reply):
    return console.poll(seat, seat.case, reply, *ALL)


def test_a_message_becomes_a_case_with_a_draft_that_only_a_person_sends(console, sit, desks):
    seat = sit()
    updates = list(console.write(seat, MESSAGE, "", "", *ALL))
    page = parts(updates)
    steps = [update["live"] for update in updates if "live" in update]
    assert any("is having a draft prepared" in one for one in steps)
    assert '<details class="sv-steps"><summary' in page["live"]
    assert page["reply"].startswith("Dear Anna,")
    assert page["on"] == seat.case
    assert page["message"] == ""
    assert "Anna Smeets" in page["customer"]
    assert "T-100001" in page["customer"]
    assert "€20.00" in page["customer"]
    assert "Cancel pending order" in page["sources"]
    assert "Cancel" in page["sources"]
    book = desks.get("shop").book
    assert [one.kind for one in book.course(seat.case)] == ["opened", "customer", "draft"]

    page |= console.send(seat, seat.case, page["reply"] + "\nP.S.", *ALL)
    assert "Sent." in page["status"]
    assert page["reply"] == ""
    assert "sv-sent" in page["queue"]
    sent = book.course(seat.case)[-1]
    assert (sent.kind, sent.by, sent.edited) == ("sent", "olga", True)
    assert "olga, sent, edited" in page["course"]


def test_a_draft_that_is_sent_as_it_is_counts_as_unedited(console, sit, desks):
    seat = sit()
    reply = write(
        console, seat, "I am writing from anna.smeets@shop.invalid. I want to exchange the lamp of T-100002."
    )
    console.send(seat, seat.case, reply["reply"], *ALL)
    assert "**" not in reply["reply"]
    assert not desks.get("shop").book.course(seat.case)[-1].edited


def test_a_change_by_one_reaches_the_other_and_nothing_is_lost(console, sit):
    olga, pia = sit("olga"), sit("pia")
    first = write(console, olga)
    seen = console.poll(pia, "", "", *ALL)
    assert "Anna Smeets" in seen["queue"]
    page = console.open(pia, olga.case, "", "", *ALL)
    assert page["reply"] == first["reply"]
    assert "Also here: olga" in page["head"]
    assert "course" not in poll(console, pia, page["reply"]), "nothing changed"

    console.send(olga, olga.case, "From Olga", *ALL)
    mine = page["reply"] + " And from Pia."
    news = poll(console, pia, mine)
    assert "From Olga" in news["course"]
    assert "olga sent a reply" in news["status"]
    assert "reply" not in news, "what is being written stays"
    warned = console.send(pia, pia.case, mine, *ALL)
    assert "while you were writing" in warned["status"]
    assert "reply" not in warned
    assert "Sent." in console.send(pia, pia.case, mine, *ALL)["status"]


def test_everything_is_shown_anew_now_and_then_but_nothing_that_is_being_written_or_chosen(console, sit):
    seat = sit()
    page = write(console, seat)
    shown = [poll(console, seat, page["reply"]) for _ in range(FULL_EVERY)]
    assert {"queue", "head", "course", "customer", "sources"} <= set(shown[-1])
    for kept in ("reply", "message", "templates", "summary", "note", "status"):
        assert not any(kept in one for one in shown)


def test_an_untouched_draft_goes_when_somebody_else_has_answered(console, sit):
    olga, pia = sit("olga"), sit("pia")
    write(console, olga)
    page = console.open(pia, olga.case, "", "", *ALL)
    console.send(olga, olga.case, "From Olga", *ALL)
    assert poll(console, pia, page["reply"])["reply"] == ""


def test_what_was_edited_is_put_aside_for_a_new_draft_and_comes_back(console, sit):
    seat = sit()
    page = write(console, seat)
    mine = page["reply"] + " My own words."
    other = parts(console.redraft(seat, "return-item", seat.case, mine, *ALL))
    assert "in use" in other["sources"]
    assert other["reply"] != page["reply"]
    assert 'data-do="takeback"' in other["status"]
    back = console.take_back(seat, seat.case, other["reply"])
    assert back["reply"] == mine
    assert console.take_back(seat, seat.case, mine)["reply"] == other["reply"]


def test_an_unsent_reply_waits_for_its_writer_in_its_own_case(console, sit):
    seat = sit()
    first = write(console, seat)["on"]
    console.new(seat, first, "Half a reply", *ALL)
    assert console.open(seat, first, seat.case, "", *ALL)["reply"] == "Half a reply"
    poll(console, seat, "Half a reply, longer")
    again = sit("olga", case=first)
    assert again.case == first
    assert (
        console.arrive(Seat(), {"operator": "olga", "case": first}, None)["reply"] == "Half a reply, longer"
    )
    assert console.arrive(Seat(), {"operator": "pia", "case": first}, None)["reply"].startswith("Dear Anna")


def test_a_reply_never_goes_to_a_case_that_was_opened_meanwhile(console, sit, desks):
    seat = sit()
    first = write(console, seat)["on"]
    console.new(seat, first, "", *ALL)
    assert "Another case was opened" in console.send(seat, first, "For the first", *ALL)["status"]
    assert all(one.kind != "sent" for one in desks.get("shop").book.course(first))


def test_a_customer_is_found_and_identified_by_hand(console, sit, desks):
    seat = sit()
    page = write(console, seat, "Please cancel my order of the pan.")
    assert "Not identified yet" in page["customer"]
    for asked in ("smeets", "ANNA.SMEETS@", "t-100001", "1001 ab"):
        assert "Serve Anna Smeets" in console.find(seat, asked)["found"]
    assert "Nobody is found" in console.find(seat, "nobody")["found"]
    assert [one.id for one in find_customers(desks.get("shop"), "T-100003")] == ["c2"]
    page |= console.identify(seat, seat.case, "c1")
    assert "Anna Smeets" in page["head"]
    assert "another customer" in console.identify(seat, seat.case, "c2")["status"]
    assert parts(console.redraft(seat, "", seat.case, page["reply"], *ALL))["reply"].startswith("Dear Anna")


def test_notes_summary_hand_over_and_the_states_of_a_case(console, sit):
    seat, pia = sit("olga"), sit("pia")
    write(console, seat)
    assert "An old customer" in console.note(seat, seat.case, "An old customer")["course"]
    note = console.summarise(seat, seat.case)["summary"]
    assert "Anna Smeets" in note
    assert "Note by olga: An old customer" in note
    assert "Write the name" in console.hand_over(seat, seat.case, " ", note)["status"]
    page = console.hand_over(seat, seat.case, "pia", note)
    assert "Handed over to pia" in page["status"]
    assert "Take over" in page["head"]
    assert "handed over" in console.filter(pia, "", "mine")["queue"]
    console.open(pia, seat.case, "", "", *ALL)
    assert "You have this case now" in console.pressed(pia, "taken", "", pia.case, "", *ALL)["status"]
    assert "Open again" in console.pressed(pia, "closed", "", pia.case, "", *ALL)["head"]
    assert "No case fits" in console.filter(pia, "", "open")["queue"]
    assert "closed" in console.send(pia, pia.case, "Hello", *ALL)["status"]
    assert "cannot be done" in console.pressed(pia, "erase", "", pia.case, "", *ALL)["status"]


def test_a_product_goes_into_the_reply(console, sit, desks):
    seat = sit()
    page = write(
        console, seat, "I am writing from anna.smeets@shop.invalid. I want to exchange the lamp of T-100002."
    )
    card = desks.get("shop").case(seat.case).items[0]
    assert card.title in page["products"]
    assert 'aria-label="Why"' in page["products"]
    added = console.pressed(seat, "add", card.id, seat.case, page["reply"], *ALL)["reply"]
    assert added.startswith(page["reply"])
    assert added.splitlines()[-1].startswith(f"- {card.label} at €")
    assert "no longer" in console.add(seat, seat.case, "", "product:none")["status"]


@pytest.mark.parametrize("text", ["", "  \n", "x" * 5000])
def test_a_message_that_cannot_be_read_stays_in_its_field(console, sit, text):
    seat = sit()
    page = write(console, seat, text)
    assert "sv-problem" in page["status"]
    assert page.get("message", text) == text
    assert "sv-by-customer" not in page.get("course", "")


def test_nothing_is_done_in_nobodys_name(console, sit):
    seat = sit("")
    assert console.arrive(seat, {}, None)["asked"]
    assert "Write your name" in console.new(seat, "", "", *ALL)["status"]
    assert "Write your name" in console.name(seat, " \u200b\n ")["status"].replace(
        "Write your name,", "Write your name"
    )
    assert console.name(seat, "  Olga  de Vries ")["browser"]["operator"] == "Olga de Vries"
    assert "A new case" in console.new(seat, "", "", *ALL)["status"]


def test_the_name_of_a_login_cannot_be_changed(console):
    seat = Seat()
    page = console.arrive(seat, {"operator": "mallory"}, "olga")
    assert "olga" in page["hello"]
    assert not page["asked"]
    console.name(seat, "mallory")
    assert seat.operator == "olga"
    assert not console.rename(seat)["asked"]


@pytest.mark.parametrize("state", [None, [], "x", {"operator": 3, "case": ["a"], "shop": "x" * 999}])
def test_a_browser_may_send_anything(console, state):
    assert console.arrive(Seat(), state, None)["asked"]
    assert kept_of(state) == {}
    assert named({"a": 1}) == ""


def test_a_draft_waits_for_the_parts_of_the_desk_and_says_so(console, sit, desks, monkeypatch):
    go = threading.Event()
    slow = threading.Thread(target=go.wait, daemon=True)
    slow.start()
    seat = sit()
    monkeypatch.setitem(desks._warming, "shop", slow)
    seen = []
    for update in console.write(seat, MESSAGE, "", "", *ALL):
        seen.append(update)
        if "Getting ready" in update.get("live", ""):
            go.set()
    assert parts(seen)["reply"].startswith("Dear Anna,")
    assert "Getting ready" in parts(seen)["live"]


def test_two_drafts_of_one_case_do_not_run_at_once(console, sit, desks, monkeypatch):
    seat, pia = sit("olga"), sit("pia")
    write(console, seat)
    console.open(pia, seat.case, "", "", *ALL)
    go = threading.Event()
    slow = threading.Thread(target=go.wait, daemon=True)
    slow.start()
    monkeypatch.setitem(desks._warming, "shop", slow)
    running = console.redraft(seat, "", seat.case, "", *ALL)
    next(running)
    assert "already" in parts(console.redraft(pia, "", pia.case, "", *ALL))["status"]
    go.set()
    assert "draft is ready" in parts(running)["status"]
    assert "draft is ready" in parts(console.redraft(pia, "", pia.case, "", *ALL))["status"]


def test_a_page_that_is_closed_loses_no_message(console, sit, desks):
    seat = sit()
    leaving = console.write(seat, MESSAGE, "", "", *ALL)
    next(leaving)
    next(leaving)
    leaving.close()
    book = desks.get("shop").book
    until = time.monotonic() + 20
    while book.row(seat.case).state != "drafted" and time.monotonic() < until:
        time.sleep(0.05)
    assert [one.kind for one in book.course(seat.case)] == ["opened", "customer", "draft"]
    assert console.open(sit("pia"), seat.case, "", "", *ALL)["reply"].startswith("Dear Anna,")
