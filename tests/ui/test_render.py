"""Events become an answer, and an answer becomes chat messages."""

import re

from agent.events import Notice, StepFinished, TextDelta, TurnEnded
from tests.ui.samples import turn
from ui.render import Answer, answer_messages, failed, grow, messages
from ui.text import chat_markdown, plain_markdown


def test_an_answer_grows_event_by_event():
    states = list(grow(Answer(question="like Heat"), turn("Try this.")))
    assert [state.text for state in states] == ["", "", "", "Try ", *["Try this."] * 4]
    assert states[1].steps[0].ok is None
    assert states[2].steps[0].ok is True
    assert [card.number for card in states[-1].cards] == [1, 2]
    assert [state.ended for state in states] == [False] * 7 + [True]
    assert states[-1].chat_model == "builtin"


def test_growing_leaves_earlier_states_as_they_were():
    start = Answer(question="q")
    list(grow(start, turn()))
    assert start == Answer(question="q")


def test_messages_come_in_reading_order():
    answer = list(grow(Answer(question="like *Heat*"), turn("Try **this**.")))[-1]
    shown = list(answer_messages(answer, lambda a: f"CARDS {len(a.cards)}"))
    assert [message["role"] for message in shown] == ["user"] + ["assistant"] * 4
    assert shown[0]["content"] == "like \\*Heat\\*"
    assert shown[1]["metadata"] == {
        "title": "Looking for films like Heat",
        "id": "s1",
        "status": "done",
        "duration": 0.25,
        "log": "2 films",
    }
    assert "seeds: Heat" in shown[1]["content"]
    assert "less" not in shown[1]["content"], "an empty argument says nothing"
    assert shown[2]["content"] == "Try **this**."
    assert shown[3]["content"] == "CARDS 2"
    assert "The graph did not answer" in shown[4]["content"]


def test_a_running_step_is_pending_and_a_failed_one_says_so():
    running = list(grow(Answer(question="q"), turn()[:2]))[-1]
    assert list(answer_messages(running))[1]["metadata"]["status"] == "pending"
    wrong = StepFinished(id="s1", tool="recommend", ok=False, summary="no such film", seconds=0.1)
    broken = list(grow(running, [wrong]))[-1]
    assert "did not work" in list(answer_messages(broken))[1]["metadata"]["log"]


def test_a_finish_without_a_start_is_still_a_step():
    answer = list(grow(Answer(question="q"), [turn()[2]]))[-1]
    assert [(step.id, step.ok) for step in answer.steps] == [("s1", True)]


def test_the_end_corrects_the_words_that_were_streamed():
    answer = list(grow(Answer(question="q"), [TextDelta(text="abc"), TurnEnded(text="abd")]))[-1]
    assert answer.text == "abd"


def test_an_answer_without_words_says_that_there_was_none():
    answer = list(grow(Answer(question="q"), [TurnEnded(text="")]))[-1]
    assert "no answer" in list(answer_messages(answer))[-1]["content"]


def test_a_failure_ends_the_answer_and_its_running_steps():
    running = list(grow(Answer(question="q"), turn()[:2]))[-1]
    over = failed(running, "The graph is away.")
    assert over.ended
    assert over.steps[0].ok is False
    assert over.notices == (Notice(level="error", text="The graph is away."),)


def test_several_answers_follow_each_other():
    first, second = Answer(question="one", text="1", ended=True), Answer(question="two", text="2", ended=True)
    assert [m["content"] for m in messages([first, second])] == ["one", "1", "two", "2"]


def test_chat_text_keeps_lists_and_emphasis_but_no_markup_links_or_pictures():
    text = (
        "1. **Heat**\n2. <b>x</b> ![p](https://evil.invalid/p.png) [a](javascript:alert(1)) www.evil.invalid"
    )
    safe = chat_markdown(text)
    assert safe.startswith("1. **Heat**\n2. &lt;b&gt;")
    assert "![" not in safe
    assert not re.search(r"(?<!\\)\]\(", safe)
    assert "https://" not in safe
    assert "www." not in safe


def test_what_a_person_typed_is_shown_as_typed():
    assert plain_markdown("# *x* <i>") == "\\# \\*x\\* &lt;i&gt;"
