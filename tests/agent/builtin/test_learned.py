"""What the trained readers add where the rules made little of a message."""

import logging

import pytest
from langchain_core.messages import HumanMessage

from agent.builtin.acts import Act
from agent.builtin.dialogue import Dialogue
from agent.builtin.learned import LearnedReader
from agent.builtin.model import BuiltinChatModel
from agent.builtin.understand import Understanding
from agent.nlu.reader import NluReader
from tests.agent.builtin.world import CONTEXTS, FILMS, SYSTEM, knowledge_of

KNOWLEDGE = knowledge_of(FILMS, "films")
MODEL = BuiltinChatModel(KNOWLEDGE)


def calls(context: str, said: str) -> list[tuple[str, dict[str, object]]]:
    answer = MODEL.answer([SYSTEM, *CONTEXTS[context], HumanMessage(said)])
    return [(call["name"], call["args"]) for call in answer.tool_calls]


@pytest.mark.parametrize(
    "said",
    [
        "book an uber from here to the airport",
        "how many teaspoons are in an ounce",
        "add a dentist appointment to my calendar for friday",
        "what is the exchange rate between dollars and yen",
    ],
)
def test_other_subjects_make_no_list(said):
    assert calls("", said) == []
    assert "beyond me" in MODEL.answer([SYSTEM, HumanMessage(said)]).text


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("I fell asleep halfway through", "dislike"),
        ("couldn't finish it", "dislike"),
        ("beautifully shot, I was hooked", "like"),
        ("I had a great time with it", "like"),
    ],
)
def test_an_opinion_without_a_name_is_about_what_was_just_shown(said, verdict):
    assert calls("one", said) == [("give_feedback", {"title": "Playtime (1967)", "verdict": verdict})]


@pytest.mark.parametrize("said", ["I have not heard of it", "I will watch it tonight then", "maybe", "hm ok"])
def test_what_is_no_opinion_is_not_kept(said):
    assert not [name for name, _ in calls("one", said) if name == "give_feedback"]


def test_an_opinion_of_nothing_is_not_kept():
    assert not [name for name, _ in calls("", "I fell asleep halfway through") if name == "give_feedback"]


def test_wishes_in_words_are_still_wishes():
    for said in ("something with a twist at the end", "a film about people who get lost at sea"):
        assert calls("", said)[0][0] in ("recommend", "search_catalogue")


def test_without_weights_the_rules_go_on_and_the_log_says_so(tmp_path, caplog):
    learned = LearnedReader(NluReader(folder=tmp_path))
    understanding = Understanding(KNOWLEDGE, learned)
    with caplog.at_level(logging.WARNING, logger="agent.builtin.learned"):
        for _ in range(2):
            request = understanding.read("book an uber to the airport", Dialogue.read([HumanMessage("x")]))
    assert Act.OFF_TOPIC not in request.acts
    assert [record.message for record in caplog.records if "rules alone" in record.message][1:] == []
    assert caplog.records
