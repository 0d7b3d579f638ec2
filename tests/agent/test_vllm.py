"""A server that is away, slow or wrong: the builtin model finishes the turn; the next one tries again."""

import pytest

from agent.events import Notice, StepFinished, TextDelta, TurnEnded
from agent.session import Agent
from agent.settings import Settings
from agent.vllm import may_be_call, repair_arguments, repair_tool_calls
from tests.agent.conftest import talk
from tests.agent.openai_server import TinyServer

TOOLS = ["recommend", "explain"]


@pytest.fixture
def server():
    tiny = TinyServer()
    yield tiny
    tiny.close()


@pytest.fixture
def agent(workspace_path, server):
    with Agent.open(
        workspace_path,
        Settings(chat_model="vllm", llm_base_url=server.base_url, llm_timeout=1.5, llm_cooldown=0),
    ) as opened:
        yield opened


def test_a_server_that_answers_is_used(agent, server):
    server.reply = "Hello, what are you in the mood for?"
    ended = talk(agent, "hello there")[-1]
    assert ended.text == server.reply
    assert ended.chat_model == "vllm"
    sent = server.requests[0]
    assert sent["model"] == "tiny"
    assert sent["temperature"] == 0.0
    assert sent["seed"] == Settings().llm_seed
    assert sent["messages"][0]["role"] == "system"
    assert {tool["function"]["name"] for tool in sent["tools"]} >= {"recommend", "explain", "forget"}
    parameters = next(
        t["function"]["parameters"] for t in sent["tools"] if t["function"]["name"] == "explain"
    )
    assert "title" in parameters["properties"]
    assert "runtime" not in parameters["properties"]


@pytest.mark.parametrize("behave", ["slow", "trickles", "error", "too long", "garbage", "dies"])
def test_a_failing_server_is_replaced_in_the_same_turn_and_tried_again_in_the_next(agent, server, behave):
    server.behave, server.reply = behave, "Hello there, what would you like to see tonight?"
    agent.warm_up()
    events = talk(agent, "something like Heat")
    ended = events[-1]
    assert isinstance(ended, TurnEnded)
    notices = [e for e in events if isinstance(e, Notice)]
    assert ["builtin model finished" in e.text for e in notices] == [True]
    assert notices[0].level == "warning"
    assert len(ended.items) > 1
    assert any(isinstance(e, StepFinished) and e.ok for e in events)
    assert ended.chat_model == "vllm, then builtin"
    server.behave, server.reply = "well", "Welcome back."
    assert talk(agent, "hello")[-1].text == "Welcome back."


def test_a_server_that_is_away_from_the_start(workspace_path):
    settings = Settings(chat_model="vllm", llm_base_url="http://127.0.0.1:9/v1", llm_timeout=1)
    with Agent.open(workspace_path, settings) as agent:
        events = talk(agent, "something like Heat")
        assert events[-1].items
        assert any(isinstance(e, Notice) and "did not answer" in e.text for e in events)


def test_a_tool_call_given_back_as_text_is_run_and_never_shown(agent, server):
    server.reply = '<tool_call>{"name": "search_catalogue", "arguments": {"query": "thief\n"}}</tool_call>'
    events = talk(agent, "find a thief")
    assert any(isinstance(e, StepFinished) and e.tool == "search_catalogue" and e.ok for e in events)
    shown = "".join(e.text for e in events if isinstance(e, TextDelta))
    assert "tool_call" not in shown
    assert "{" not in shown
    assert "Thief (1981)" in shown


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('{"name": "explain", "arguments": {"title": "Heat"}}', {"title": "Heat"}),
        ('```json\n{"name": "explain", "parameters": {"title": "Heat"}}\n```', {"title": "Heat"}),
        (
            '<tool_call>\n{"name": "explain", "arguments": {"title": "He\nat"}}\n</tool_call>',
            {"title": "He\nat"},
        ),
        ('<tool_call>{"name": "explain", "arguments": "{\\"title\\": \\"Heat\\"}"}', {"title": "Heat"}),
        ('{"name": "explain", "arguments": {"title": "Heat"', {"title": "Heat"}),
        ('[{"function": {"name": "explain", "arguments": {"title": "\x07Heat"}}}]', {"title": "\x07Heat"}),
    ],
)
def test_calls_written_as_text_are_read(text, arguments):
    (call,) = repair_tool_calls(text, TOOLS)
    assert (call["name"], call["args"]) == ("explain", arguments)


@pytest.mark.parametrize(
    "text",
    [
        "Hello.",
        "",
        '{"title": "Heat"}',
        '{"name": "rm", "arguments": {}}',
        "{broken",
        '{"name": "explain", "arguments": 3}',
    ],
)
def test_what_is_no_call_gives_none(text):
    assert repair_tool_calls(text, TOOLS) == []


def test_text_is_held_back_only_while_it_may_be_a_call():
    assert all(may_be_call(text) for text in ("", "  ", "{", "<", "<tool", '<tool_call>{"a', "```json"))
    assert not any(may_be_call(text) for text in ("Hello", "<b>", "1. **Heat**", "[a]"))


def test_arguments_with_control_characters_are_read():
    assert repair_arguments('{"title": "He\tat\n"}') == {"title": "He\tat\n"}
    assert repair_arguments("nonsense") is None


@pytest.mark.parametrize("text", ["<tool_response>\n{}", "<tool_res", "<tool_call>", "<to"])
def test_markup_of_tools_is_held_back(text):
    assert may_be_call(text)


def test_of_several_calls_the_one_that_is_cut_off_is_left_out():
    whole = '<tool_call>{"name": "explain", "arguments": {"title": "Heat"}}</tool_call>\n'
    cut_off = '<tool_call>{"name": "recommend", "arguments": {"like": ["The God'
    assert [call["name"] for call in repair_tool_calls(whole + cut_off, TOOLS)] == ["explain"]
    assert [call["args"] for call in repair_tool_calls(cut_off, TOOLS)] == [{"like": ["The God"]}]
