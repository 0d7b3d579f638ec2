"""What stands beside the chat, as HTML; and who may do what with which conversation."""

import re
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from agent.memory import Conversation, UnknownConversation
from recsys.counterfactual import Carried
from recsys.schema import Interest, Item, Profile, Recommendation
from tests.ui.samples import EVIL, small_workspace, turn
from ui.agents import Agents
from ui.conversation_list import MOST_LISTED, conversation_list_html
from ui.interest_graph import MOST_INTERESTS, interest_graph
from ui.interest_graph_view import interest_graph_html
from ui.known import known_html
from ui.sessions import Dialogue, Guests
from ui.side_desk import SideDesk

NOW = datetime.now(UTC)


def told(subject, polarity=1, **more):
    more = {"id": f"i-{subject}", "facet": "genre", "time": NOW} | more
    return Interest(user="ann", subject=subject, polarity=polarity, **more)


HEAT = Item(id="film:heat", title="Heat", kind="film", year=1995, attributes={"genre": ("Crime",)})


def test_titles_of_conversations_are_text_and_the_open_one_is_marked():
    talks = [Conversation(thread=f"t{k}", title=EVIL, began=NOW, last=NOW) for k in range(MOST_LISTED + 2)]
    html = conversation_list_html(talks, "t1")
    assert "<script>" not in html
    assert "${" not in html
    assert re.findall(r'data-do="open" data-thread="(\w+)" aria-current', html) == ["t1"]
    assert "2 older ones are kept too" in html
    assert "Nothing yet" in conversation_list_html([], "t1")


def test_a_line_shows_its_sentence_and_strength_and_what_changes_it():
    half = told("Horror", -1, strength=0.4, sentence=EVIL, scene="kids")
    seen = told("Heat (1995)", kind="seen", facet="item", subject_id="film:heat")
    html = known_html(Profile(user="ann", interests=(half, seen)), "Films", changed="Corrected", undo=True)
    assert "<script>" not in html
    assert "You do not like <b>Horror</b> for the kids" in html
    assert 'value="40"' in html
    assert "genre · you said" in html
    assert 'aria-pressed="true" aria-label="Avoid Horror"' in html
    assert 'data-do="undo"' in html
    # What was seen is no opinion.
    assert html.count('type="range"') == 1
    assert "You have seen <b>Heat (1995)</b>" in html


def graph_of(interests, gains):
    led = (Recommendation(item=HEAT, score=2.0, contributions=()),)
    return interest_graph(interests, Carried(recommendations=led, gains=gains), {"film:heat": HEAT}.get)


def test_the_picture_ties_the_person_their_interests_occasions_and_what_these_lead_to():
    crime, kids, heat = told("Crime"), told("Horror", -1, scene="kids"), told("Heat (1995)", facet="item")
    heat = heat.model_copy(update={"subject_id": "film:heat"})
    old = told("War", time=NOW - timedelta(days=900))
    given = [crime, kids, heat, old], {crime.id: (0.8,), kids.id: (-0.3,), heat.id: (0.01,)}
    graph = graph_of(*given)
    ties = {(graph.name(one.start), one.way, graph.name(one.end)) for one in graph.edges}
    assert ties == {
        ("You", "likes", "Crime"),
        ("You", "likes", "Heat (1995)"),
        ("You", "likes", "War"),
        ("You", "scene", "For the kids"),
        ("For the kids", "avoids", "Horror"),
        ("Heat (1995)", "belongs", "Crime"),
        ("Crime", "lifts", "Heat (1995)"),
        ("Horror", "lowers", "Heat (1995)"),
    }
    assert (
        graph.layout == graph_of([crime, kids, heat, old], {crime.id: (0.8,)}).layout or len(graph.nodes) == 7
    )
    assert next(node.strength for node in graph.nodes if node.name == "War") < 60
    assert "simulated behaviour" in interest_graph_html(graph, simulated=True)
    html = interest_graph_html(graph)
    assert "simulated" not in html
    assert html.count("<tr>") == 1 + len(ties)
    assert html.count('class="tg-node') == len(graph.nodes)
    assert html.count('tabindex="0"') == 2


def test_a_picture_of_nothing_and_of_very_much():
    assert "nothing to draw yet" in interest_graph_html(graph_of([], {}))
    many = graph_of([told(f"{EVIL} {k}", id=f"i{k}", sentence=EVIL) for k in range(MOST_INTERESTS + 3)], {})
    assert many.left_out == 3
    html = interest_graph_html(many)
    assert "3 older lines are in the list" in html
    assert "<script>" not in html
    assert "${" not in html


class FakeAgent:
    """Conversations and taste of two people; what a page may ask for goes by the user that it hands over."""

    def __init__(self):
        self.talks = {"ann": ["t-ann"], "bob": ["t-bob"]}
        self.answered = []
        self.services = SimpleNamespace(workspace=SimpleNamespace(item=lambda item_id: None))

    def warm_up(self):
        pass

    def close(self):
        pass

    def turn(self, user, thread, text):
        yield from turn()
        self.answered.append((user, thread, text))

    def profile(self, user):
        return Profile(user=user)

    def conversations(self, user):
        return [Conversation(thread=t, title=t, began=NOW, last=NOW) for t in self.talks[user]]

    def rename(self, user, thread, title):
        return self.delete(user, thread, gone=False).model_copy(update={"title": title})

    def delete(self, user, thread, gone=True):
        if thread not in self.talks[user]:
            raise UnknownConversation("not kept any more")
        if gone:
            self.talks[user].remove(thread)
        return Conversation(thread=thread, title=thread, began=NOW, last=NOW)


@pytest.fixture
def desk(tmp_path):
    agent = FakeAgent()

    def opener(path):
        if path.name == "worn":
            raise RuntimeError("no idea")
        return agent

    paths = {name: small_workspace(tmp_path / name).path for name in ("films", "worn")}
    (tmp_path / "gone").mkdir()
    agents = Agents(paths | {"gone": tmp_path / "gone"}, opener=opener)
    made = SideDesk(agents, Guests(b"s" * 32), show_cards=lambda answer, html: html)
    assert "opening…" in made.catalogues(Dialogue(user="ann", catalogue="films"))
    agents.start()
    agents.get("films", timeout=20)
    yield made, agent
    agents.close()


def event(**data):
    return SimpleNamespace(_data=data)


def test_nobody_opens_renames_or_deletes_the_conversation_of_another(desk):
    made, agent = desk
    page = Dialogue(user="bob", catalogue="films", thread="t-new")
    for status in (
        made.open(page, {}, event(thread="t-ann"))[2],
        made.rename(page, event(thread="t-ann", title="mine")),
        made.drop(page, {}, event(thread="t-ann"))[2],
    ):
        assert "tg-problem" in status
        assert "not kept any more" in status
    assert page.thread == "t-new"
    assert "t-ann" not in made.talks(page)
    kept, _, _ = made.open(page, {"threads": {"shop": "t-shop"}}, event(thread="t-bob"))
    assert kept["threads"] == {"shop": "t-shop", "films": "t-bob"}
    assert "Deleted: t-bob" in made.drop(page, kept, event(thread="t-bob"))[2]
    assert page.thread != "t-bob"
    assert agent.talks == {"ann": ["t-ann"], "bob": []}


def test_a_broken_workspace_is_named_with_what_to_do_and_hinders_no_other(desk):
    made, _ = desk
    with pytest.raises(RuntimeError):
        made._agents.get("worn", timeout=20)
    html = made.catalogues(Dialogue(user="ann", catalogue="films"))
    assert re.findall(r'data-name="(\w+)"', html) == ["films"]
    assert html.count("cannot be opened") == 2
    assert "tastegraph doctor" in html
    assert "There is no workspace in" in html
    assert "Films · 2 items" in html


def test_an_answer_that_is_left_is_finished_and_kept_unless_its_conversation_goes(desk):
    made, agent = desk
    page = Dialogue(user="ann", catalogue="films", thread="t-ann")
    asked = made.ask("left by a new chat", page)
    next(asked)
    made.restart(page, {})
    assert list(asked) == []
    closed = made.ask("left by closing the page", page)
    next(closed)
    second = page.thread
    closed.close()
    deadline = time.monotonic() + 10
    while len(agent.answered) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(agent.answered) == {
        ("ann", "t-ann", "left by a new chat"),
        ("ann", second, "left by closing the page"),
    }
    gone = made.ask("deleted while it is answered", page)
    next(gone)
    agent.talks["ann"].append(second)
    made.drop(page, {}, event(thread=second))
    assert list(gone) == []
    time.sleep(0.2)
    assert len(agent.answered) == 2


def test_with_a_login_the_list_follows_the_name_to_another_browser(desk):
    made, _ = desk
    logged_in = ["ann"]
    page = SideDesk(made._agents, Guests(b"s" * 32), lambda answer, html: html, who=lambda: logged_in[0])
    # Two browsers that hold nothing, or the token of somebody else.
    for state in ({}, {"guest": Guests(b"s" * 32).new(), "threads": {}}):
        _, dialogue, _, _ = page.arrive(state)
        assert dialogue.user == "ann"
        assert 'data-thread="t-ann"' in page.talks(dialogue)
    logged_in[0] = "bob"
    assert "t-ann" not in page.talks(dialogue)
    assert "not logged in as the person of this page" in page.drop(dialogue, {}, event(thread="t-ann"))[2]
