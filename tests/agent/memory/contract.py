"""What every place for dialogues must do: inherit `DialoguesContract` and give it the fixture `reopen`."""

import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from agent.memory import UnknownConversation

HOSTILE = [
    "ann",
    "ann/x",
    "ann%2Fx",
    "ann/",
    "an",
    "Ann",
    "ann' OR '1'='1",
    "%",
    "_nn",
    "ann_",
    "ann%",
    "阿安",
    "🙂",
]


def echo(state):
    return {"messages": [AIMessage("you said " + state["messages"][-1].text)]}


def graph_of(dialogues):
    graph = StateGraph(MessagesState)
    graph.add_node("echo", echo)
    graph.add_edge(START, "echo")
    graph.add_edge("echo", END)
    return graph.compile(checkpointer=dialogues.saver)


def say(dialogues, user, thread, text):
    with dialogues.turn(user, thread) as key:
        config = {"configurable": {"thread_id": key}}
        graph_of(dialogues).invoke({"messages": [HumanMessage(text)]}, config, durability="exit")
        dialogues.prune(key)


def said(dialogues, user, thread):
    state = graph_of(dialogues).get_state({"configurable": {"thread_id": dialogues.key(user, thread)}})
    return [m.text for m in state.values.get("messages", []) if isinstance(m, HumanMessage)]


class DialoguesContract:
    """The promises of `agent.memory.Dialogues`."""

    @pytest.fixture
    def dialogues(self, reopen):
        """Return an open place that is empty; `reopen()` opens the same one again."""
        return reopen()

    def test_a_dialogue_goes_on_after_a_restart(self, dialogues, reopen):
        say(dialogues, "ann", "t", "été 🙂 \u0142")
        say(dialogues, "ann", "t", "two")
        dialogues.close()
        again = reopen()
        say(again, "ann", "t", "three")
        assert said(again, "ann", "t") == ["été 🙂 \u0142", "two", "three"]

    def test_only_the_newest_checkpoint_is_kept(self, dialogues):
        for k in range(4):
            say(dialogues, "ann", "t", f"word {k}")
        config = {"configurable": {"thread_id": dialogues.key("ann", "t")}}
        assert len(list(dialogues.saver.list(config))) == 1
        assert said(dialogues, "ann", "t") == [f"word {k}" for k in range(4)]
        dialogues.prune(dialogues.key("ann", "never was"))

    def test_threads_are_listed_of_one_person_whatever_their_name(self, dialogues):
        for user in HOSTILE:
            for thread in ("b", "a/b", "ü %"):
                say(dialogues, user, thread, f"of {user}")
        for user in HOSTILE:
            assert dialogues.threads(user) == sorted(["b", "a/b", "ü %"])
            assert said(dialogues, user, "a/b") == [f"of {user}"]
        assert dialogues.threads("nobody") == []

    def test_erasing_takes_every_dialogue_of_one_person_only(self, dialogues):
        for user in HOSTILE:
            say(dialogues, user, "one", "x")
            say(dialogues, user, "two", "y")
        assert dialogues.erase("ann") == 2
        assert dialogues.erase("ann") == 0
        assert dialogues.threads("ann") == []
        assert said(dialogues, "ann", "one") == []
        for user in HOSTILE[1:]:
            assert dialogues.threads(user) == ["one", "two"]
        say(dialogues, "ann", "one", "again")
        assert said(dialogues, "ann", "one") == ["again"]

    def test_conversations_are_listed_newest_first_by_their_first_words(self, dialogues, reopen):
        for thread, text in (("a", "été 🙂\n first"), ("b", "word " * 40), ("a", "later")):
            say(dialogues, "ann", thread, text)
            dialogues.note("ann", thread, text)
        dialogues.close()
        again = reopen()
        listed = again.conversations("ann")
        assert [one.thread for one in listed] == ["a", "b"]
        assert listed[0].title == "été 🙂 first"
        assert listed[1].title == "word " * 14 + "word…"
        assert listed[0].last > listed[1].last >= listed[1].began > listed[0].began
        assert again.rename("ann", "a", " My\nown ").title == "My own"
        again.note("ann", "a", "more")
        assert next(one.title for one in again.conversations("ann")) == "My own"

    def test_a_conversation_from_before_there_were_notes_is_listed_too(self, dialogues):
        say(dialogues, "ann", "old", "told long ago")
        first = dialogues.conversations("ann")
        assert [(one.thread, one.title) for one in first] == [("old", "told long ago")]
        assert dialogues.conversations("ann") == first

    def test_nobody_renames_or_deletes_the_conversation_of_another(self, dialogues):
        for user in HOSTILE:
            say(dialogues, user, "t", f"of {user}")
            dialogues.note(user, "t", f"of {user}")
        say(dialogues, "ann", "only ann's", "hers")
        for thread in ("only ann's", "ann/t", "../ann/t", ""):
            for act in (dialogues.delete, lambda user, thread: dialogues.rename(user, thread, "mine now")):
                with pytest.raises(UnknownConversation):
                    act("bob", thread)
        assert dialogues.delete("ann/x", "t").title == "of ann/x"
        for user in HOSTILE:
            left = [one.title for one in dialogues.conversations(user) if one.thread == "t"]
            assert left == ([] if user == "ann/x" else [f"of {user}"])
        assert said(dialogues, "ann/x", "t") == []
        assert said(dialogues, "ann", "only ann's") == ["hers"]
        assert dialogues.erase("ann") == 2
        assert dialogues.conversations("ann") == []

    def test_a_conversation_is_deleted_once_its_turn_is_over(self, dialogues):
        say(dialogues, "ann", "t", "first")
        inside = threading.Event()

        def talk():
            with dialogues.turn("ann", "t") as key:
                inside.set()
                time.sleep(0.2)
                graph_of(dialogues).invoke(
                    {"messages": [HumanMessage("late")]}, {"configurable": {"thread_id": key}}
                )
                dialogues.note("ann", "t", "late")

        thread = threading.Thread(target=talk)
        thread.start()
        assert inside.wait(5)
        dialogues.delete("ann", "t")
        thread.join(10)
        assert dialogues.threads("ann") == []
        assert dialogues.conversations("ann") == []

    def test_turns_of_one_dialogue_wait_and_others_go_on(self, dialogues):
        inside, order = threading.Event(), []

        def slow():
            with dialogues.turn("ann", "t"):
                inside.set()
                time.sleep(0.3)
                order.append("slow")

        def second():
            with dialogues.turn("ann", "t"):
                order.append("second")

        threads = [threading.Thread(target=slow), threading.Thread(target=second)]
        threads[0].start()
        assert inside.wait(5)
        threads[1].start()
        with dialogues.turn("ann", "other"), dialogues.turn("bob", "t"):
            order.append("others")
        for thread in threads:
            thread.join(10)
        assert order == ["others", "slow", "second"]

    def test_erasing_waits_for_a_turn_and_an_error_in_a_turn_frees_it(self, dialogues):
        with pytest.raises(RuntimeError, match="broken"), dialogues.turn("ann", "t"):
            raise RuntimeError("broken")
        inside = threading.Event()

        def talk():
            with dialogues.turn("ann", "t") as key:
                inside.set()
                time.sleep(0.2)
                config = {"configurable": {"thread_id": key}}
                graph_of(dialogues).invoke({"messages": [HumanMessage("late")]}, config)

        thread = threading.Thread(target=talk)
        thread.start()
        assert inside.wait(5)
        assert dialogues.erase("ann") == 1
        thread.join(10)
        assert dialogues.threads("ann") == []

    def test_fifty_people_at_once_see_nothing_of_each_other(self, dialogues):
        wrong = []

        def live(user):
            try:
                for k in range(3):
                    say(dialogues, user, f"t{k % 2}", f"{user} says {k}")
                    words = said(dialogues, user, "t0") + said(dialogues, user, "t1")
                    if any(not word.startswith(f"{user} says") for word in words):
                        wrong.append((user, words))
                    if not set(dialogues.threads(user)) <= {"t0", "t1"}:
                        wrong.append((user, dialogues.threads(user)))
                if int(user[1:]) % 5 == 0 and dialogues.erase(user) != 2:
                    wrong.append((user, "erase"))
            except Exception as error:
                wrong.append((user, repr(error)))

        people = [f"u{k}" for k in range(50)]
        threads = [threading.Thread(target=live, args=(user,)) for user in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert wrong == []
        for user in people:
            gone = int(user[1:]) % 5 == 0
            assert said(dialogues, user, "t0") == ([] if gone else [f"{user} says 0", f"{user} says 2"])

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        steps=st.lists(
            st.tuples(
                st.sampled_from(["say", "erase"]), st.sampled_from(HOSTILE[:5]), st.sampled_from(["a", "b"])
            ),
            max_size=10,
        )
    )
    def test_any_order_of_turns_and_erasing_keeps_people_apart(self, reopen, steps):
        dialogues, expected = reopen(), {}
        for user in HOSTILE[:5]:
            dialogues.erase(user)
        for number, (what, user, thread) in enumerate(steps):
            if what == "say":
                say(dialogues, user, thread, f"{number}")
                expected.setdefault((user, thread), []).append(f"{number}")
            else:
                dialogues.erase(user)
                expected = {key: words for key, words in expected.items() if key[0] != user}
        for user in HOSTILE[:5]:
            assert dialogues.threads(user) == sorted(t for u, t in expected if u == user)
            for thread in ("a", "b"):
                assert said(dialogues, user, thread) == expected.get((user, thread), [])
