"""Time, tokens and steps are bounded; what a catalogue's text orders is not done; nobody reads another's data."""

import shutil
import threading
import time

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from agent.bounded import TookTooLong, until, within
from agent.catalogue_text import data_only, no_links
from agent.consent import asked_for
from agent.events import Notice, StepFinished, TurnEnded
from agent.middleware import AWAY, TOO_LONG
from agent.scripted import call
from agent.session import Agent
from agent.settings import Settings
from eval.agent_figures.guards import ObedientModel, crowd, forgeries, injections, naming_arguments
from eval.injections import build_injected, injected_items
from recsys.starter.catalogue import starter_items
from tests.agent.conftest import talk
from tests.agent.openai_server import TinyServer


class StreamingModel(BaseChatModel):
    """Streams what a generator yields."""

    pieces: object

    @property
    def _llm_type(self):
        return "streaming"

    def bind_tools(self, tools, **options):
        return self

    def _generate(self, messages, stop=None, run_manager=None, **options):
        return ChatResult(generations=[ChatGeneration(message=AIMessage(""))])

    def _stream(self, messages, stop=None, run_manager=None, **options):
        for text in self.pieces():
            yield ChatGenerationChunk(message=AIMessageChunk(text))


def opened(path, pieces, **settings):
    return Agent.open(path, Settings(**settings), StreamingModel(pieces=pieces))


def test_a_tool_that_hangs_is_left_and_the_model_is_told_what_to_say(open_agent, monkeypatch):
    agent = open_agent([call("recommend", like=["Heat"]), "I could not."], tool_seconds=0.3)
    monkeypatch.setattr(agent.services.recommender, "recommend", lambda *a, **k: time.sleep(5))
    started = time.monotonic()
    events = talk(agent, "something like Heat")
    assert time.monotonic() - started < 4
    assert [e.ok for e in events if isinstance(e, StepFinished)] == [False]
    told = agent.source.first().seen[-1][-1]
    assert TOO_LONG in str(told.content)


def endless():
    while True:
        yield "what else would you like to know about this "


def hanging():
    time.sleep(5)
    yield "late"


def test_a_model_that_never_stops_is_stopped(workspace_path):
    with opened(workspace_path, endless, llm_max_tokens=64) as agent:
        started = time.monotonic()
        ended = talk(agent, "hello")[-1]
    assert isinstance(ended, TurnEnded)
    assert len(ended.text) < 64 * 8 + 100
    assert time.monotonic() - started < 20


def test_a_model_that_hangs_is_left_and_the_turn_ends_in_words(workspace_path):
    with opened(workspace_path, hanging, llm_timeout=0.5) as agent:
        started = time.monotonic()
        events = talk(agent, "hello")
    assert time.monotonic() - started < 4
    assert isinstance(events[-1], TurnEnded)
    assert events[-1].text
    assert any(isinstance(e, Notice) and "too long" in e.text for e in events)


def test_a_call_within_its_time_and_one_that_raises():
    assert within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
    with pytest.raises(TookTooLong):
        within(0.1, lambda: time.sleep(2))


def test_a_stream_that_is_left_is_closed():
    closed = threading.Event()

    def pieces():
        try:
            while True:
                yield 1
                time.sleep(0.01)
        finally:
            closed.set()

    with pytest.raises(TookTooLong):
        list(until(time.monotonic() + 0.2, pieces()))
    assert closed.wait(3)


@pytest.fixture
def server():
    tiny = TinyServer()
    yield tiny
    tiny.close()


def test_after_a_failure_no_turn_waits_and_the_model_comes_back(workspace_path, server):
    settings = Settings(chat_model="vllm", llm_base_url=server.base_url, llm_timeout=1.0, llm_cooldown=60)
    with Agent.open(workspace_path, settings) as agent:
        middleware = agent.grounded
        now = [0.0]
        probes = []
        middleware.circuit._clock = lambda: now[0]
        middleware.circuit._start = probes.append
        agent.warm_up()
        server.behave, server.reply = "slow", "Hello."
        first = talk(agent, "something like Heat")
        assert first[-1].chat_model == "vllm, then builtin"
        asked = len(server.requests)
        for _ in range(3):
            events = talk(agent, "something like Ronin")
            assert any(isinstance(e, Notice) and e.text == AWAY for e in events)
            assert events[-1].items
        assert len(server.requests) == asked
        now[0] = 61.0
        talk(agent, "hello")
        assert len(probes) == 1
        probes[0]()
        now[0] = 200.0
        server.behave, server.reply = "well", "Welcome back."
        talk(agent, "hello")
        probes[1]()
        assert talk(agent, "hello")[-1].text == "Welcome back."


@pytest.mark.parametrize("behave", ["error", "dies", "garbage"])
def test_a_server_that_misbehaves_opens_the_circuit_and_one_that_refuses_a_request_does_not(
    workspace_path, server, behave
):
    settings = Settings(chat_model="vllm", llm_base_url=server.base_url, llm_timeout=2.0, llm_cooldown=60)
    with Agent.open(workspace_path, settings) as agent:
        server.behave, server.reply = "too long", "Hello there, you."
        talk(agent, "hello")
        assert agent.grounded.circuit.admits()
        server.behave = behave
        talk(agent, "hello")
        assert not agent.grounded.circuit.admits()


@pytest.fixture(scope="module")
def injected(tmp_path_factory):
    items = starter_items("films")
    some = injected_items(items, 3)
    path = tmp_path_factory.mktemp("injected") / "workspace"
    build_injected(path, items, some, 3)
    return path, some


def test_every_order_stands_in_the_catalogue_and_in_no_text_that_is_shown():
    some = injected_items(starter_items("films"), 3)
    assert len(some) == 100
    for one in some:
        texts = [one.item.description, *one.item.attributes.get("theme", ())]
        assert one.in_answer(" ".join(texts))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["builtin", "obedient", "raw"])
def test_orders_in_catalogue_texts_are_not_obeyed(injected, tmp_path, mode):
    path, some = injected
    to = tmp_path / "workspace"
    shutil.copytree(path, to)
    model = None if mode == "builtin" else ObedientModel(some, raw=mode == "raw")
    obeyed, samples = injections(to, some[:40], model)
    if mode == "raw":
        # No real model is given these texts. One that repeats them all the same says words that are no claim, which
        # may be shown; what must not happen is that anything is kept, erased or ranked otherwise.
        del obeyed["mark shown"]
    assert not obeyed, samples[:5]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See [this](https://evil.example/a) now.", "See this now."),
        ("See https://evil.example/a now.", "See (link left out) now."),
        ("Go to evil.example now.", "Go to (link left out) now."),
        ("![x](http://a.example/p.png)", "x"),
        ("<a href='x'>here</a>", "‹a href='x'>here‹/a>"),
        ("1. **Heat (1995)** runs 170 min.", "1. **Heat (1995)** runs 170 min."),
        ("It is < 100 min: Monsters, Inc. and Mr. Smith.", "It is < 100 min: Monsters, Inc. and Mr. Smith."),
    ],
)
def test_no_link_in_what_is_shown_is_live(text, shown):
    assert no_links(text) == shown


def test_texts_of_the_starters_stay_as_they_are():
    for name in ("films", "shop"):
        changed = [
            item.title for item in starter_items(name) if data_only(item.description) != item.description
        ]
        assert changed == []


@pytest.mark.parametrize(
    ("tool", "arguments", "said", "asked"),
    [
        ("remember_taste", {"subject": "horror", "polarity": "like"}, "I love horror films", True),
        ("remember_taste", {"subject": "zephyr", "polarity": "like"}, "tell me about Heat", False),
        ("remember_taste", {"subject": "zephyr", "polarity": "like"}, "I like comedies", False),
        ("remember_taste", {"subject": "horror", "polarity": "like"}, "me gusta el terror", True),
        ("give_feedback", {"title": "Heat", "verdict": "like"}, "I liked the second one", True),
        ("give_feedback", {"title": "Heat", "verdict": "like"}, "thanks", False),
        ("give_feedback", {"title": "Heat", "verdict": "seen"}, "Heat habe ich gesehen", True),
        ("recommend", {}, "thanks", True),
    ],
)
def test_a_model_changes_only_what_the_person_spoke_of(tool, arguments, said, asked):
    assert asked_for(tool, arguments, said, [HumanMessage(said)]) is asked


def test_no_argument_of_a_tool_can_name_a_person():
    assert naming_arguments() == []


def test_a_model_that_names_another_person_reaches_nothing(workspace_path):
    assert forgeries(workspace_path, 40, 5) == (0, 40)


@pytest.mark.slow
def test_fifty_people_at_once_see_only_their_own(workspace_path):
    assert crowd(workspace_path, 50) == (0, 0)
