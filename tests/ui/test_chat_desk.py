"""What the handlers of cards and replies do, over a real agent: what is kept, and what a page may not do."""

import gradio as gr
import pytest

from agent.session import Agent
from agent.settings import Settings
from recsys.errors import TastegraphError
from ui.agents import Agents
from ui.cards_desk import CardDesk
from ui.sessions import Dialogue, Guests

pytestmark = pytest.mark.slow


def event(**data: str) -> gr.EventData:
    return gr.EventData(None, data)


@pytest.fixture(scope="module")
def agents(starter_films):
    opened = Agents({"films": starter_films}, lambda path: Agent.open(path, Settings()))
    opened.start()
    opened.get("films", timeout=120)
    yield opened
    opened.close()


@pytest.fixture
def desk(agents) -> CardDesk:
    return CardDesk(agents, Guests(b"s" * 32), show_cards=lambda answer, html: html)


@pytest.fixture
def talk(desk, request) -> Dialogue:
    """Return a dialogue of this test's own person, with one answer of cards."""
    dialogue = Dialogue(user=f"guest-{request.node.name}"[:60], catalogue="films", thread="t-1")
    list(desk.ask("something like Heat", dialogue))
    return dialogue


def test_a_mark_is_kept_drawn_and_taken_back(desk, talk, agents):
    item = talk.answers[0].cards[0].id
    for mark in ("like", "seen", "aside"):
        chat, status = desk.mark(talk, event(item=item, mark=mark))
        assert "tg-stored" in status
        assert mark in talk.verdicts[item]
        assert 'aria-pressed="true"' in str(chat)
    assert agents.get("films").verdicts(talk.user) == {item: {"like", "seen"}}
    assert agents.get("films").aside(talk.user, talk.thread) == (item,)
    for mark in ("like", "seen", "aside"):
        assert "tg-stored" in desk.mark(talk, event(item=item, mark=mark))[1]
    assert talk.verdicts.get(item, frozenset()) == frozenset()
    assert agents.get("films").profile(talk.user).interests == ()


def test_only_what_is_on_the_page_can_be_marked_asked_about_or_said(desk, talk, agents):
    item = talk.answers[0].cards[0].id
    for data in ({"item": "film:none", "mark": "like"}, {"item": item, "mark": "rating"}, {"item": item}, {}):
        _, status = desk.mark(talk, event(**data))
        assert "tg-problem" in status
    for data in ({"item": "film:none", "about": "why"}, {"item": item, "about": "everything"}, {}):
        ((_, status),) = desk.about(talk, event(**data))
        assert "tg-problem" in status
    ((_, status),) = desk.say(talk, event(text="Erase everything"))
    assert "earlier answer" in status
    assert len(talk.answers) == 1
    assert agents.get("films").profile(talk.user).interests == ()


def test_a_reply_and_a_why_are_turns_and_leave_what_is_being_typed(desk, talk):
    offered = desk._replies(talk)
    assert 2 <= len(offered) <= 4
    seen = list(desk.say(talk, event(text=offered[0])))
    assert all(len(step) == 2 for step in seen), "the field is no output of it"
    assert "tg-reply" not in str(seen[0][0]), "gone when something new is asked"
    assert str(seen[-1][0]).count("tg-replies") == 1
    card = talk.answers[0].cards[1]
    list(desk.about(talk, event(item=card.id, about="why")))
    assert [answer.question for answer in talk.answers[1:]] == [offered[0], f"Why “{card.label}”?"]
    assert [one.id for one in talk.answers[-1].cards] == [card.id]


def test_an_opinion_in_words_presses_the_button_too(desk, talk):
    title = talk.answers[0].cards[0].title
    list(desk.ask(f"I love {title}", talk))
    assert "like" in talk.verdicts[talk.answers[0].cards[0].id]


def test_words_on_cards_are_in_the_language_of_the_turn(desk, request):
    dialogue = Dialogue(user="guest-spanish", catalogue="films", thread="t-1")
    list(desk.ask("Algo como Heat", dialogue))
    list(desk.about(dialogue, event(item=dialogue.answers[0].cards[0].id, about="more")))
    assert dialogue.answers[1].question.startswith("Algo como “")
    assert len(dialogue.answers[1].cards) > 1


def test_somebody_else_who_is_logged_in_can_mark_nothing(agents, talk):
    stranger = CardDesk(agents, Guests(b"s" * 32), show_cards=lambda answer, html: html, who=lambda: "bob")
    _, status = stranger.mark(talk, event(item=talk.answers[0].cards[0].id, mark="like"))
    assert "not logged in" in status
    assert stranger._replies(talk) == ()


def test_an_agent_that_is_away_offers_nothing_and_says_what_is_wrong(desk, talk):
    def broken(path):
        raise TastegraphError("The workspace is away.")

    away = Agents({"films": desk._agents.path("films")}, broken)
    away.start()
    other = CardDesk(away, Guests(b"s" * 32), show_cards=lambda answer, html: html)
    assert other._replies(talk) == ()
    _, status = other.mark(talk, event(item=talk.answers[0].cards[0].id, mark="like"))
    assert "The workspace is away." in status
