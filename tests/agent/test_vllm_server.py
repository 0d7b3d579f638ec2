"""The agent and the chat model behind a real vLLM server, with the small instruction model."""

import pytest

from agent.chat_models import make_served
from agent.events import Notice, StepFinished, TurnEnded
from agent.session import Agent
from agent.settings import Settings
from agent.tools import ALL_TOOLS
from agent.tools.arguments import Wishes
from agent.vllm import probe
from tests.agent.conftest import FILMS, talk

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


def test_probe_finds_model_context_and_tool_calls(settings):
    report = probe(settings)
    assert report.ok, report.problems
    assert report.context == 4096


def test_probe_says_that_the_context_is_too_short(settings):
    report = probe(settings.model_copy(update={"llm_context": 8192}))
    assert not report.ok
    assert "--max-model-len 8192" in report.problems[0]


def test_guided_decoding_gives_arguments_that_the_tool_accepts(settings):
    model = make_served(settings).bind_tools(
        [t for t in ALL_TOOLS if t.name == "recommend"], tool_choice="recommend"
    )
    answer = model.invoke([("human", "Something like Heat but less violent.")])
    assert [call["name"] for call in answer.tool_calls] == ["recommend"]
    Wishes.model_validate(answer.tool_calls[0]["args"])


def test_words_stream(settings):
    pieces = [piece.content for piece in make_served(settings).stream([("human", "Say hello.")])]
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


def test_a_server_that_stops_between_turns_is_said_and_the_builtin_model_answers(
    workspace_path, settings, vllm_server
):
    """Comes last in this module: it stops the server, and who needs it next starts it again."""
    with Agent.open(workspace_path, settings) as agent:
        before = talk(agent, "something like Heat but less violent")
        vllm_server.stop()
        after = talk(agent, "something like Heat but less violent", thread="t2")
    assert before[-1].chat_model == "vllm"
    assert any("builtin" in event.text for event in after if isinstance(event, Notice))
    assert after[-1].items
