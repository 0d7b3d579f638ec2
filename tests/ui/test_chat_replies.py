"""Suggested replies: what is offered after which answer, and that each one is understood when it is sent."""

import uuid

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig

from agent.builtin.dialogue import Dialogue
from agent.evidence import ItemCard, ToolPayload
from agent.session import Agent
from agent.settings import Settings
from agent.tools.wishes import GIVEN_UP, GRAPH_AWAY
from recsys.schema import HelpAnswer
from tests.agent.service.conftest import built_shop
from ui.cards_desk import surroundings
from ui.page import EXAMPLES
from ui.replies import MOST, Surroundings, language_of, replies, replies_html, shelves_of
from ui.replies_words import ENGLISH, OTHERS

__all__ = ["built_shop"]
EN = {"Why the first one?", "Something shorter", "The same without Crime", "Only from the 1970s"}


def card(title: str, year: int = 1970, minutes: int = 120, **facts: list[str]) -> ItemCard:
    told = {"genre": ["Crime", "Drama"], "runtime": [f"{minutes} min"], "director": ["Ann Other"]} | facts
    return ItemCard(id=f"film:{title}", title=title, year=year, kind="film", facts=told)


CARDS = [card("One", 1971), card("Two", 1975), card("Three", 1999, genre=["Western"])]


def after(text: str, tool: str = "", reply: str = "Here you are.", before: str = "", **payload) -> Dialogue:
    """Return a dialogue whose newest turn called one tool, or none; `args` are the call's."""
    arguments = payload.pop("args", {})
    messages = [HumanMessage(before), AIMessage("Yes.")] if before else []
    messages.append(HumanMessage(text))
    if tool:
        found = ToolPayload(tool=tool, **payload)
        messages.append(
            AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": "c", "type": "tool_call"}])
        )
        messages.append(ToolMessage(found.model_dump_json(), tool_call_id="c", name=tool))
    return Dialogue.read([*messages, AIMessage(reply)])


def test_a_list_is_refined_by_what_is_in_it():
    assert set(replies(after("something like Heat", "recommend", items=CARDS), Surroundings())) == EN
    short = [one.model_copy(update={"facts": one.facts | {"runtime": ["80 min"]}}) for one in CARDS]
    assert "Something shorter" not in replies(after("x", "recommend", items=short), Surroundings())
    crime = after("crime", "recommend", items=CARDS, args={"include": ["crime"], "year_from": 1960})
    assert replies(crime, Surroundings()) == (
        "Why the first one?",
        "Something shorter",
        "The same without Drama",
    )
    searched = replies(after("films by Ann Other", "search_catalogue", items=CARDS), Surroundings())
    assert searched[:2] == ("Something like the first one", "What is the first one about?")
    priced = [one.model_copy(update={"kind": "product", "facts": {"price": ["9.00 €"]}}) for one in CARDS]
    assert "Something cheaper" in replies(after("a lamp", "recommend", items=priced), Surroundings("shop"))


def test_wishes_that_could_not_all_be_met_are_offered_singly():
    wish = {"include": ["Western", "Musical", "1930s"]}
    given_up = after("x", "recommend", items=CARDS, notes=[f"{GIVEN_UP} Musical."], args=wish)
    assert replies(given_up, Surroundings())[:2] == ("Show me “Western”", "Show me “Musical”")
    assert replies(after("x", "recommend", args=wish), Surroundings())[:2] == (
        "Show me “Western”",
        "Show me “Musical”",
    )


def test_one_item_is_asked_about_further():
    why = replies(after("why Two?", "explain", items=[CARDS[1]], args={"title": "Two"}), Surroundings())
    assert why[0] == "Something like “Two (1975)”"
    assert "Who directed “Two (1975)”?" in why
    asked = after(
        "who directed Two?", "item_facts", items=[CARDS[1]], args={"title": "Two", "facets": ["director"]}
    )
    assert "Why “Two (1975)”?" in replies(asked, Surroundings())
    assert "Who directed “Two (1975)”?" not in replies(asked, Surroundings())
    compared = replies(after("compare", "compare", items=CARDS[:2]), Surroundings())
    assert compared == ("Something like “One (1971)”", "Something like “Two (1975)”")


def test_a_question_of_ours_is_answered_by_what_it_names():
    asked = after("Solaris", "item_facts", question="Do you mean Solaris (1972) or Solaris (2002)?")
    around = Surroundings(named=lambda text: ["Solaris (1972)", "Solaris (2002)"] if "1972" in text else [])
    assert replies(asked, around) == ("Solaris (1972)", "Solaris (2002)")
    clash = after("x", reply="You asked for horror and also for no horror. Which one counts?")
    assert replies(clash, Surroundings()) == ("Horror", "No horror")


def test_what_failed_may_be_sent_again():
    for dialogue, around in (
        (after("like Heat", "recommend", items=CARDS, notes=[GRAPH_AWAY]), Surroundings()),
        (after("like Heat", "recommend", ok=False, say="Try again."), Surroundings()),
        (after("like Heat", "recommend", items=CARDS), Surroundings(troubled=True)),
    ):
        assert replies(dialogue, around)[0] == "like Heat"
    assert "like Heat" not in replies(after("like Heat", "recommend", items=CARDS), Surroundings())
    assert len(replies(after("x" * 90, "recommend", ok=False), Surroundings())[0]) < 90


def test_nothing_is_offered_twice_before_the_first_answer_or_more_than_four():
    assert replies(Dialogue.read([]), Surroundings()) == ()
    again = after("something else", "recommend", items=CARDS, before="Why the first one?")
    assert "Why the first one?" not in replies(again, Surroundings())
    everything = [
        replies(after("x", tool, items=CARDS), Surroundings()) for tool in ("", "recommend", "explain")
    ]
    assert all(0 < len(offered) <= MOST and len(set(offered)) == len(offered) for offered in everything)


def test_help_leads_to_help_of_the_same_topic():
    known = tuple(
        HelpAnswer(id=name, topic=topic, question=name, answer="a")
        for name, topic in (("How?", "returns"), ("When?", "returns"), ("Who?", "orders"))
    )
    around = Surroundings("shop", ("Tents",), known)
    assert replies(after("How?", "answer_help", args={"question": "how?"}), around) == (
        "When?",
        "Show me “Tents”",
    )


def test_replies_are_in_the_language_of_the_turn_and_never_markup():
    assert language_of(["Algo como Heat"]) == "es"
    assert language_of(["Etwas wie Heat", "Warum der erste?"]) == "de"
    assert language_of(["你好", "推荐喜剧"]) == "zh"
    assert language_of(["Bonjour, je cherche un film"]) == "en", (
        "answers are in English where we have no other"
    )
    spanish = replies(after("Algo como Heat", "recommend", items=CARDS), Surroundings())
    assert set(spanish) == {
        "¿Por qué la primera?",
        "Algo más corto",
        "Lo mismo sin Crime",
        "Solo de los años 70",
    }
    assert replies_html(()) == ""
    assert "<b>" not in replies_html(['<b>"x"</b>'])
    assert shelves_of({"category": {"Tents": 9, "Lamps": 3}, "genre": {"Crime": 1}}) == ("Tents", "Lamps")
    assert ENGLISH.decade(1910) == ""


class Walk:
    """Real turns of the builtin agent; each reply is sent from the dialogue that offered it."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.user = f"guest-{uuid.uuid4().hex[:8]}"
        self.sent: list[str] = []

    def turn(self, before: list, text: str) -> tuple[list, tuple[str, ...]]:
        """Say `text` after the messages `before`; return the dialogue and what is offered then."""
        thread = uuid.uuid4().hex
        if before:
            key = self.agent._dialogues.key(self.user, thread)
            config = RunnableConfig(configurable={"thread_id": key})
            self.agent._graph.update_state(config, {"messages": before}, as_node="model")
        ended = list(self.agent.turn(self.user, thread, text))[-1]
        messages = self.agent.messages(self.user, thread)
        said = Dialogue.read(messages)
        if before:
            self.sent.append(text)
            newest = said.past[-1]
            assert newest.calls, f"{text!r} was not understood: {ended.text[:120]}"
            assert all(one.ok and not one.question for one in newest.payloads), (
                f"{text!r}: {ended.text[:120]}"
            )
        return messages, replies(said, surroundings(self.agent))

    def all_from(self, text: str, depth: int, before: list | None = None) -> None:
        messages, offered = self.turn(before or [], text)
        assert offered, f"nothing is offered after {text!r}"
        for reply in offered if depth else ():
            self.all_from(reply, depth - 1, messages)


@pytest.fixture(scope="module")
def films(starter_films):
    with Agent.open(starter_films, Settings()) as agent:
        yield agent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "depth"),
    [("Something like Heat but less violent", 2), ("Something like Scarface", 1),
     ("Hello", 1), ("Which films did Akira Kurosawa direct?", 1),
     ("a western musical from the 1930s with Al Pacino", 1), ("a horror film without horror", 1),
     ("Algo como Heat", 1), ("¿De qué trata Heat?", 1), ("Etwas wie Heat", 1), ("Hallo", 1),
     ("类似“Heat”的电影", 1), ("你好", 1)],
)  # fmt: skip
def test_every_reply_about_films_is_understood(films, start, depth):
    walk = Walk(films)
    walk.all_from(start, depth)
    assert len(walk.sent) >= 2


@pytest.mark.slow
def test_what_an_empty_chat_offers_is_understood(films):
    for text in EXAMPLES["films"]:
        messages, offered = Walk(films).turn([], text)
        newest = Dialogue.read(messages).past[-1]
        assert newest.calls, f"{text!r} was not understood: {newest.reply[:120]}"
        assert offered


@pytest.mark.slow
def test_every_reply_about_products_is_understood(built_shop):
    with Agent.open(built_shop, Settings()) as agent:
        for start in (
            "A backpack under 120 euros",
            "How do I return something?",
            "Hello",
            "Ich suche ein Zelt",
        ):
            walk = Walk(agent)
            walk.all_from(start, 1)
            assert len(walk.sent) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("words", [ENGLISH, *OTHERS.values()], ids=lambda words: words.code)
def test_what_is_said_about_a_card_is_understood_for_any_title(films, words):
    walk = Walk(films)
    start = {
        "en": "something like Heat",
        "es": "Algo como Heat",
        "de": "Etwas wie Heat",
        "zh": "类似“Heat”的电影",
    }
    before, _ = walk.turn([], start[words.code])
    items = films.services.workspace.items
    awkward = [one for one in items if any(c in one.title for c in "?!:&'’") or one.title.isdigit()]
    for one, form, tool in ((awkward[3], words.like, "similar_items"), (awkward[-4], words.why, "explain")):
        messages, _ = walk.turn(before, form.format(title=one.label))
        newest = Dialogue.read(messages).past[-1]
        assert [call.name for call in newest.calls] == [tool]
        assert newest.calls[0].args["title"] == one.label
