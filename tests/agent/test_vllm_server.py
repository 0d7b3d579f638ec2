"""The agent and the chat model behind a real vLLM server, with the small instruction model."""

import threading
import time

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.json import parse_partial_json

from agent.chat_models import make_served
from agent.events import Notice, StepFinished, TurnEnded
from agent.probe import probe
from agent.session import Agent
from agent.settings import Settings
from agent.small_model import SmallChatModel
from agent.tools import ALL_TOOLS
from agent.tools.arguments import Wishes
from agent.vllm import ask_server, discover, repair_tool_calls
from tests.agent.conftest import FILMS, talk
from tests.agent.forwarder import Forwarder

NAMES = [tool.name for tool in ALL_TOOLS]
pytestmark = [pytest.mark.slow, pytest.mark.vllm]


@pytest.fixture(scope="module")
def settings(vllm_server) -> Settings:
    return Settings(
        chat_model="vllm",
        llm_base_url=vllm_server.base_url,
        llm_timeout=60,
        llm_max_tokens=96,
        llm_tool_choice="required",
    )


def client(settings: Settings) -> BaseChatModel:
    """Return the client itself, without what shortens dialogues for our small model."""
    made = make_served(settings)
    return made.inner if isinstance(made, SmallChatModel) else made


def test_probe_finds_model_context_and_tool_calls(settings):
    report = probe(settings)
    assert report.ok, report.problems
    assert report.context == 4096


def test_probe_says_that_the_context_is_too_short(settings):
    report = probe(settings.model_copy(update={"llm_context": 8192}))
    assert not report.ok
    assert "--max-model-len 8192" in report.problems[0]


def test_guided_decoding_gives_arguments_that_the_tool_accepts(settings):
    model = client(settings).bind_tools(
        [t for t in ALL_TOOLS if t.name == "recommend"], tool_choice="recommend"
    )
    answer = model.invoke([("human", "Something like Heat but less violent.")])
    assert [call["name"] for call in answer.tool_calls] == ["recommend"]
    Wishes.model_validate(answer.tool_calls[0]["args"])


def test_words_stream(settings):
    pieces = [piece.content for piece in client(settings).stream([("human", "Say hello.")])]
    assert len([piece for piece in pieces if piece]) > 3


def test_a_turn_calls_a_tool_and_shows_only_what_the_catalogue_holds(workspace_path, settings):
    with Agent.open(workspace_path, settings) as agent:
        events = talk(agent, "something like Heat but less violent")
    end = events[-1]
    assert isinstance(end, TurnEnded)
    assert end.text.strip()
    assert any(isinstance(event, StepFinished) for event in events)
    assert not [event for event in events if isinstance(event, Notice) and event.level == "error"]
    assert {card.title for card in end.items} <= {item.title for item in FILMS}


def test_a_required_tool_call_streams_in_pieces(settings):
    model = client(settings).bind_tools(ALL_TOOLS, tool_choice="required")
    pieces = list(model.stream([("system", "Call a tool."), ("human", "Something like Heat.")]))
    assert len([piece for piece in pieces if piece.tool_call_chunks]) > 1
    whole = sum(pieces[1:], pieces[0])
    asked = [call["name"] for call in whole.tool_calls] + [call["name"] for call in whole.invalid_tool_calls]
    asked += [call["name"] for call in repair_tool_calls(str(whole.content), NAMES)]
    assert asked
    assert set(asked) <= set(NAMES)


def test_guided_decoding_keeps_to_a_schema(settings):
    schema = {
        "type": "object",
        "properties": {"polarity": {"enum": ["like", "dislike"]}, "stars": {"type": "integer"}},
        "required": ["polarity", "stars"],
        "additionalProperties": False,
    }
    answer = client(settings).invoke(
        [("human", "I hated Heat. Polarity and stars, as JSON.")],
        response_format={"type": "json_schema", "json_schema": {"name": "verdict", "schema": schema}},
    )
    # The model may write white space until its tokens are used up; what it wrote must begin the right object.
    found = parse_partial_json(str(answer.content), strict=False)
    assert set(found) <= {"polarity", "stars"}
    assert found.get("polarity", "like") in ("like", "dislike")


def test_probe_tells_a_wrong_name_from_a_wrong_key_and_from_an_empty_port(settings):
    named = probe(settings.model_copy(update={"llm_model": "somebody-else"}))
    assert "TASTEGRAPH_LLM_MODEL" in named.problems[0]
    away = probe(settings.model_copy(update={"llm_base_url": "http://127.0.0.1:9/v1"}))
    assert "No server answers" in away.problems[0]
    not_the_api = probe(
        settings.model_copy(update={"llm_base_url": settings.llm_base_url.removesuffix("/v1")})
    )
    assert not not_the_api.ok


def test_the_template_of_the_small_model_shows_the_tools(settings):
    name, _ = discover(settings)
    body = {"model": name, "messages": [{"role": "user", "content": "Why Heat?"}], "max_tokens": 1}
    tools = [convert_to_openai_tool(tool) for tool in ALL_TOOLS]
    without, with_tools = (
        ask_server(settings, "POST", "/chat/completions", body | more)["usage"]["prompt_tokens"]
        for more in ({}, {"tools": tools, "tool_choice": "none"})
    )
    assert with_tools > without + 10 * len(ALL_TOOLS)
    assert with_tools < 2500


@pytest.mark.parametrize("moment", ["between turns", "in the middle of an answer"])
def test_a_server_that_goes_away_is_said_and_used_again_when_it_is_back(
    workspace_path, settings, vllm_server, moment
):
    door = Forwarder(vllm_server.port)
    behind_it = settings.model_copy(update={"llm_base_url": door.base_url})
    try:
        with Agent.open(workspace_path, behind_it) as agent:
            agent.warm_up()
            if moment == "between turns":
                door.shut()
                away = talk(agent, "something like Heat but less violent")
            else:
                timer = threading.Timer(0.7, door.shut)
                timer.start()
                away = talk(agent, "something like Heat but less violent")
                timer.join()
            notices = [event.text for event in away if isinstance(event, Notice)]
            assert any("builtin" in text for text in notices)
            assert away[-1].items
            assert away[-1].chat_model == "vllm, then builtin"
            door.open()
            deadline = time.monotonic() + 60
            # A model that has just failed is given a rest, and then asked again.
            while moment == "between turns" and talk(agent, "thanks", thread="t2")[-1].chat_model != "vllm":
                assert time.monotonic() < deadline
                time.sleep(1)
    finally:
        door.shut()
