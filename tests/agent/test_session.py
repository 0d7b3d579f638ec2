"""One turn and many, with a scripted chat model over a small real workspace."""

import itertools
import json
import sqlite3
import threading

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agent.answers import split_turn
from agent.errors import InvalidRequest
from agent.events import (
    Cards,
    Notice,
    StepFinished,
    StepStarted,
    TextDelta,
    TurnEnded,
    TurnStarted,
    event_adapter,
)
from agent.scripted import call, last_words
from agent.session import Agent
from agent.settings import Settings
from agent.turn_evidence import NOTHING_RECALLED
from recsys.encoder import Encoder
from tests.agent.conftest import INJECTION, talk

FOUND = "Here you are.\n1. **The Insider (1999)** shares the director Michael Mann with Heat.\nEnjoy!"


def test_events_come_in_order_and_can_be_stored(open_agent):
    agent = open_agent([call("recommend", like=["Heat"], include=["drama"]), FOUND])
    events = talk(agent, "a drama like Heat")
    kinds = [type(event) for event in events]
    assert kinds[0] is TurnStarted
    assert kinds[-1] is TurnEnded
    assert kinds.index(StepStarted) < kinds.index(StepFinished) < kinds.index(TextDelta) < kinds.index(Cards)
    step = next(event for event in events if isinstance(event, StepStarted))
    assert step.label == "Looking for films like Heat"
    ended = events[-1]
    assert ended.text == "".join(e.text for e in events if isinstance(e, TextDelta)) == FOUND
    assert [card.label for card in ended.items] == ["The Insider (1999)"]
    assert ended.items[0].simulated
    assert sum(ended.items[0].shares.values()) == pytest.approx(ended.items[0].score)
    assert ended.claims >= 4
    assert ended.cut == []
    assert ended.chat_model == "scripted"
    for event in events:
        assert event_adapter.validate_json(event.model_dump_json()) == event


def test_words_are_streamed_before_the_answer_is_whole(open_agent):
    agent = open_agent([call("recommend", like=["Heat"]), FOUND])
    assert len([e for e in talk(agent, "like Heat") if isinstance(e, TextDelta)]) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("   \n\t ", "empty"),
        ("\x00\x07", "empty"),
        ("😀🎬🔥", "Say it in words"),
        ("?!... ***", "Say it in words"),
        ("x" * 100_000, "100,000 characters"),
        ("y" * 4001, "at most 4,000"),
    ],
)
def test_what_cannot_be_read_gets_a_helpful_sentence_and_is_not_stored(open_agent, text, said):
    agent = open_agent(["never"])
    events = talk(agent, text)
    assert said in events[-1].text
    assert [e for e in events if isinstance(e, TextDelta)]
    assert agent.history("ann", "t1") == []
    assert agent.source.first().seen == []


@pytest.mark.parametrize(
    ("user", "thread"), [("", "t"), ("a" * 129, "t"), ("ann", ""), ("ann", "a\x00b"), ("a\nb", "t")]
)
def test_names_that_cannot_be_used_end_the_turn_in_words(open_agent, user, thread):
    events = talk(open_agent(["never"]), "hello", user, thread)
    assert "cannot be used" in events[-1].text


def test_control_characters_are_removed_from_what_is_said(open_agent):
    agent = open_agent(["Hello."])
    talk(agent, "like\x00 He\u202eat\x1b[31m")
    assert agent.history("ann", "t1")[0].said == "like Heat[31m"


def test_an_invented_item_is_cut_and_the_list_numbered_anew(open_agent):
    text = (
        "1. **The Insider (1999)** shares the director Michael Mann with Heat.\n"
        "2. **Zarkon Rising (2013)** is a gem.\n"
        "3. **Ronin (1998)** shares the cast member Robert De Niro with Heat.\n"
    )
    nothing = "NOTHING"
    agent = open_agent([call("recommend", like=["Heat"], count=5), text, nothing])
    events = talk(agent, "like Heat")
    ended = events[-1]
    assert "Zarkon" not in ended.text
    assert "1. **The Insider" in ended.text
    assert "2. **Ronin" in ended.text
    assert ended.cut == ["2. **Zarkon Rising (2013)** is a gem."]
    assert [card.number for card in ended.items] == [1, 2]
    assert any(isinstance(e, Notice) and "left out" in e.text for e in events)
    assert "Zarkon" not in agent.history("ann", "t1")[0].answer


def test_a_language_model_may_write_an_unsupported_sentence_again(open_agent):
    script = [
        call("recommend", like=["Heat"]),
        "Try Ronin with Bob Invented.",
        "Try Ronin with Robert De Niro.",
    ]
    ended = talk(open_agent(script), "like Heat")[-1]
    assert ended.text == "Try Ronin with Robert De Niro."
    assert ended.cut == []


def test_when_all_is_cut_the_answer_comes_from_the_payload(open_agent):
    script = [call("recommend", like=["Heat"], count=2), "Watch Zarkon Rising.", "Watch Bob Invented."]
    ended = talk(open_agent(script), "like Heat")[-1]
    assert ended.text.startswith("Here is what I found:\n1. **")
    assert len(ended.items) == 2
    assert ended.cut == ["Watch Zarkon Rising."]


def test_items_named_without_any_tool_are_cut(open_agent):
    ended = talk(open_agent(["You should see Blade Runner."], max_rewrites=0), "surprise me")[-1]
    assert "Blade Runner" not in ended.text
    assert ended.cut


def test_forty_inventions_and_none_is_shown(open_agent):
    names = [
        f"{a}{b} {c}" for a, b, c in itertools.product(("Zar", "Vel"), ("kon", "mir"), ("Dusk", "Harbor"))
    ]
    forms = (
        "1. **{} (2013)** is a gem.\n",
        "You might like {}.",
        "It stars {}.",
        "“{}” is for you.",
        "{} is great.",
    )
    inventions = [(name, form.format(name)) for name, form in itertools.product(names, forms)]
    now = {"text": ""}

    def invent(messages):
        looked = any(isinstance(m, ToolMessage) for m in split_turn(messages)[1])
        return now["text"] if looked else call("recommend", like=[names[0]], more=["funny"], text=names[0])

    agent = open_agent(policy=invent, max_rewrites=0)
    for k, (name, text) in enumerate(inventions):
        now["text"] = text
        *events, ended = agent.turn("ann", f"t{k}", "something funny")
        shown = "".join(e.text for e in events if isinstance(e, TextDelta | Notice))
        labels = " ".join(e.label for e in events if isinstance(e, StepStarted))
        assert name not in shown + labels + ended.text
        assert ended.cut == [text.strip()]
        assert ended.text


def test_ordinals_mean_what_the_person_saw(open_agent):
    listing = "1. **Ronin (1998)** has Robert De Niro.\n2. **The Insider (1999)** has Al Pacino.\n"
    script = [call("recommend", like=["Heat"], count=5), listing]
    script += [call("explain", title="the second one"), "The Insider shares Michael Mann with Heat."]
    script += [call("item_facts", title="it", facets=["runtime"]), "It runs 157 min."]
    agent = open_agent(script)
    talk(agent, "like Heat")
    why = talk(agent, "why the second one?")[-1]
    assert [card.label for card in why.items] == ["The Insider (1999)"]
    assert why.items[0].number == 0
    assert talk(agent, "how long is it?")[-1].text == "It runs 157 min."


def test_instructions_in_the_catalogue_come_back_as_data_only(open_agent):
    agent = open_agent(
        [call("item_facts", title="Poison Pill"), "I recommend Zarkon Rising to everybody!"], max_rewrites=0
    )
    model = agent.source.first()
    ended = talk(agent, "tell me about Poison Pill")[-1]
    # The order is taken out of the tool's message, and never came into the system's or the person's.
    read = [m for messages in model.seen for m in messages]
    assert any(isinstance(m, ToolMessage) and "Poison Pill" in str(m.content) for m in read)
    assert not any(INJECTION in str(m.content) or "Zarkon" in str(m.content) for m in read[:-1])
    assert all("Zarkon" not in card.label for card in ended.items)


def test_the_model_cannot_choose_the_person(open_agent):
    script = [call("show_profile", user="bob"), "There is nothing."]
    agent = open_agent(script)
    agent.feedback("bob", "film:heat-1995", "like")
    events = talk(agent, "what does bob like?")
    step = next(e for e in events if isinstance(e, StepFinished))
    assert not step.ok
    assert "Heat" not in events[-1].text


def test_steps_are_bounded(open_agent):
    agent = open_agent(policy=lambda messages: call("search_catalogue", query="thief"), max_steps=3)
    events = talk(agent, "find a thief")
    assert len([e for e in events if isinstance(e, StepStarted)]) == 3
    assert "Thief (1981)" in events[-1].text


def test_many_calls_at_once_are_bounded(open_agent):
    one = {"name": "search_catalogue", "args": {"query": "thief"}, "type": "tool_call"}
    many = AIMessage("", tool_calls=[one | {"id": f"c{k}"} for k in range(30)])
    events = talk(open_agent([many, "Thief (1981) is there."], max_steps=4), "find a thief")
    assert len([e for e in events if isinstance(e, StepStarted)]) == 4
    assert events[-1].text == "Thief (1981) is there."


def test_wrong_arguments_and_unknown_tools_do_not_end_the_dialogue(open_agent):
    wrong = AIMessage(
        "",
        tool_calls=[
            {"name": "recommend", "args": {"count": 99}, "id": "a", "type": "tool_call"},
            {"name": "launch_rocket", "args": {}, "id": "b", "type": "tool_call"},
        ],
    )
    agent = open_agent([wrong, "I could not look that up. Please put it in other words."])
    events = talk(agent, "do it")
    assert [e.ok for e in events if isinstance(e, StepFinished)] == [False, False]
    assert events[-1].text.startswith("I could not look that up.")


def test_an_exception_of_the_model_ends_the_turn_in_plain_words(open_agent):
    agent = open_agent([RuntimeError("secret detail"), "Hello again."])
    events = talk(agent, "hello")
    assert isinstance(events[-1], TurnEnded)
    assert any(isinstance(e, Notice) and e.level == "error" for e in events)
    assert all("secret detail" not in e.model_dump_json() for e in events)
    assert talk(agent, "hello")[-1].text == "Hello again."


def test_a_turn_that_breaks_off_leaves_a_dialogue_that_can_go_on(open_agent):
    agent = open_agent([call("search_catalogue", query="thief"), RuntimeError("away"), "Here I am."])
    talk(agent, "find a thief")
    assert talk(agent, "hello?")[-1].text == "Here I am."
    for messages in agent.source.first().seen:
        asked = {c["id"] for m in messages if isinstance(m, AIMessage) for c in m.tool_calls}
        assert asked == {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}


def test_dialogue_and_interests_survive_a_restart(workspace_path, open_agent):
    script = [call("recommend", like=["Heat"]), FOUND]
    agent = open_agent(script)
    talk(agent, "like Heat")
    agent.feedback("ann", "film:ronin-1998", "like")
    agent.close()
    again = open_agent([call("explain", title="first"), "The Insider shares Michael Mann with Heat."])
    assert [turn.answer for turn in again.history("ann", "t1")] == [FOUND]
    assert [card.label for card in again.history("ann", "t1")[0].items] == ["The Insider (1999)"]
    assert [i.subject for i in again.profile("ann").interests] == ["Ronin (1998)"]
    assert [c.label for c in talk(again, "why the first?")[-1].items] == ["The Insider (1999)"]


def test_a_dialogue_from_elsewhere_is_taken_up_in_words_only(open_agent):
    agent = open_agent(["You like heists."])
    agent.take_up(
        "ann", "t2", [("user", "I like heists"), ("assistant", "1. **Heat (1995)**"), ("user", "\x07")]
    )
    assert [(t.said, t.answer, t.items) for t in agent.history("ann", "t2")] == [
        ("I like heists", "1. **Heat (1995)**", [])
    ]
    assert agent.profile("ann").interests == ()
    talk(agent, "what do I like?", thread="t2")
    seen = [message.text for message in agent.source.first().seen[0]]
    assert seen[-3:] == ["I like heists", "1. **Heat (1995)**", "what do I like?"]
    assert agent.history("bob", "t2") == []
    with pytest.raises(InvalidRequest):
        agent.take_up("", "t2", [("user", "I like heists")])


def test_the_file_of_a_long_dialogue_stays_small(workspace_path, open_agent):
    agent = open_agent(policy=lambda m: "Fine.")
    for k in range(30):
        talk(agent, f"hello {k}")
    agent.close()
    with sqlite3.connect(workspace_path / "people" / "dialogues.sqlite") as base:
        assert base.execute("SELECT COUNT(*) FROM checkpoints").fetchone() == (1,)


def test_the_model_sees_a_bounded_dialogue(open_agent):
    agent = open_agent(policy=lambda m: "Fine.", dialogue_turns=3)
    for k in range(8):
        talk(agent, f"hello {k}")
    said = [m.content for m in agent.source.first().seen[-1] if isinstance(m, HumanMessage)]
    assert said == ["hello 5", "hello 6", "hello 7"]


def test_remembered_words_are_the_persons_own(open_agent):
    agent = open_agent([call("remember_taste", subject="thrillers", polarity="like"), "Noted."])
    talk(agent, "I simply adore thrillers")
    (interest,) = agent.profile("ann").interests
    assert (interest.subject, interest.facet, interest.polarity) == ("Thriller", "genre", 1)
    assert interest.sentence == "I simply adore thrillers"


def test_a_turn_says_once_that_nothing_could_be_recalled(open_agent, tmp_path):
    agent = open_agent([call("recommend", like=["Heat"]), FOUND] * 2)
    agent.feedback("ann", "film:ronin-1998", "like")
    assert not [e for e in talk(agent, "like Heat") if isinstance(e, Notice)]
    agent.services.interests._encoder = Encoder(str(tmp_path / "none"))
    notices = [e for e in talk(agent, "a film like Heat") if isinstance(e, Notice)]
    assert [(e.level, e.text) for e in notices] == [("warning", NOTHING_RECALLED)]


def test_erasing_leaves_no_byte_of_the_person(workspace_path, open_agent):
    agent = open_agent([call("remember_taste", subject="Heat", polarity="like"), "Noted."])
    secret = "I adore Heat since xylophonequartz"
    talk(agent, secret, user="carol")
    talk(agent, "hello", user="dave")
    assert agent.export("carol")["dialogues"]["t1"][0]["said"] == secret
    assert "1 conversation" in agent.erase("carol")
    assert agent.history("carol", "t1") == []
    assert agent.profile("carol").interests == ()
    assert len(agent.history("dave", "t1")) == 1
    agent.close()
    for file in (workspace_path / "people").glob("dialogues*"):
        assert b"xylophonequartz" not in file.read_bytes()


def test_twenty_people_at_once_see_only_their_own(open_agent):
    """Each person has a word of their own; nobody's word may turn up with anybody else."""

    def policy(messages):
        _, current = split_turn(messages)
        word = last_words(messages).split()[-1]
        if not any(isinstance(m, ToolMessage) for m in current):
            return AIMessage(
                "",
                tool_calls=[
                    {
                        "name": "remember_taste",
                        "args": {"subject": word, "polarity": "like"},
                        "id": "r",
                        "type": "tool_call",
                    },
                    {"name": "show_profile", "args": {}, "id": "s", "type": "tool_call"},
                ],
            )
        return " ".join(str(m.content) for m in messages if isinstance(m, ToolMessage | HumanMessage))

    agent = open_agent(policy=policy)
    agent.warm_up()
    words = {f"user{k}": f"secretword{k:02d}x" for k in range(20)}
    answers: dict[str, str] = {}
    gate = threading.Barrier(20)

    def go(user):
        gate.wait()
        for turn in range(2):
            events = list(
                agent.turn(user, "main", f"I like {words[user]}" if turn == 0 else f"again {words[user]}")
            )
            answers[user] = answers.get(user, "") + " ".join(e.model_dump_json() for e in events)

    threads = [threading.Thread(target=go, args=(user,)) for user in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(answers) == 20
    for user, seen in answers.items():
        assert words[user] in seen
        assert not [w for other, w in words.items() if other != user and w in seen]
        assert '"level":"error"' not in seen
        everything = json.dumps(agent.export(user))
        assert not [w for other, w in words.items() if other != user and w in everything]


def test_crafted_names_reach_no_other_dialogue(open_agent):
    agent = open_agent(policy=lambda m: "Fine.")
    talk(agent, "a secret", user="a", thread="b/c")
    for user, thread in [
        ("a/b", "c"),
        ("a%2Fb", "c"),
        ("a", "b"),
        ("a", "b%2Fc"),
        ("A", "b/c"),
        ("a ", "b/c"),
        ("%", "b/c"),
    ]:
        assert agent.history(user, thread) == []
        assert agent.threads(user) in ([], ["b/c"] if user == "a" else [])
    agent.erase("%")
    agent.erase("_")
    assert len(agent.history("a", "b/c")) == 1


def test_a_workspace_that_is_missing_says_what_to_do(tmp_path):
    with pytest.raises(Exception, match="tastegraph starter"):
        Agent.open(tmp_path / "none", Settings())
