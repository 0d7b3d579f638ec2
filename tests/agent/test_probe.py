"""The start-up probe: each way in which a server is set up wrongly is named, with what to do."""

import pytest

from agent.probe import probe
from agent.settings import Settings
from tests.agent.openai_server import TinyServer
from ui.chat_model_check import tell, words

CALL = [{"id": "1", "type": "function", "function": {"name": "explain", "arguments": '{"title": "Heat"}'}}]


@pytest.fixture
def server():
    tiny = TinyServer(reply=CALL)
    yield tiny
    tiny.close()


def settings(server, **more) -> Settings:
    return Settings(chat_model="vllm", llm_base_url=server.base_url, **more)


def test_a_server_that_calls_tools_is_well_and_was_asked_as_the_agent_asks(server):
    report = probe(settings(server))
    assert (report.ok, report.model, report.context) == (True, "tiny", 4096)
    assert server.requests[0]["tool_choice"] == "auto"
    assert probe(settings(server, llm_tool_choice="required")).ok
    assert server.requests[-1]["tool_choice"] == "required"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("behave", "advice"),
    [
        ("no parser", "--enable-auto-tool-choice --tool-call-parser"),
        ("no template", "--chat-template"),
        ("too long", "--max-model-len"),
        ("garbage", "no JSON"),
        ("not openai", "/v1"),
        ("no key", "TASTEGRAPH_LLM_API_KEY"),
        ("loading", "still loading"),
        ("error", "out of memory"),
    ],
)
def test_what_a_server_refuses_is_said_with_what_to_do(server, behave, advice):
    server.behave = behave
    report = probe(settings(server))
    assert not report.ok
    assert advice in report.problems[0]


@pytest.mark.parametrize(
    "written",
    [
        '[TOOL_CALLS][{"name": "explain", "arguments": {"title": "Heat"}}]',
        '<|python_tag|>{"name": "explain", "parameters": {"title": "Heat"}}',
        "<tool_call>\n<function=explain>\n<parameter=title>\nHeat\n</parameter>\n</function>\n</tool_call>",
        'functools[{"name": "explain", "arguments": {"title": "Heat"}}]',
        '[explain(title="Heat")]',
    ],
)
def test_a_call_that_comes_back_as_text_means_another_parser(server, written):
    server.reply = written
    (problem,) = probe(settings(server)).problems
    assert "parser does not fit" in problem
    assert "tastegraph llm serve" in problem


def test_a_call_as_text_that_the_agent_reads_itself_is_no_problem(server):
    server.reply = '<tool_call>{"name": "explain", "arguments": {"title": "He\nat"}}</tool_call>'
    assert probe(settings(server)).ok


def test_arguments_that_are_no_json_mean_another_parser(server):
    server.reply = [
        {"id": "1", "type": "function", "function": {"name": "explain", "arguments": "title is Heat"}}
    ]
    assert "parser does not fit" in probe(settings(server)).problems[0]


def test_thought_in_the_answer_means_that_the_reasoning_parser_is_missing(server):
    server.reply = "<think>\nThe person asks why, so I should"
    assert "--reasoning-parser" in probe(settings(server)).problems[0]


def test_a_template_that_leaves_the_tools_out_is_told_from_a_model_that_does_not_call(server):
    server.reply = "I would say it is popular."
    assert "TASTEGRAPH_LLM_TOOL_CHOICE=required" in probe(settings(server)).problems[0]
    assert "tool_choice" in probe(settings(server, llm_tool_choice="required")).problems[0]
    server.renders_tools = False
    assert "--chat-template" in probe(settings(server)).problems[0]


def test_a_short_context_is_told_beside_other_problems(server):
    server.context, server.reply = 1024, "It is popular."
    first, second = probe(settings(server)).problems
    assert "--max-model-len 4096" in first
    assert "tool call" in second


def test_wrong_name_slow_and_away(server):
    assert "serves tiny" in probe(settings(server, llm_model="other")).problems[0]
    server.behave = "slow"
    assert "in time" in probe(settings(server, llm_timeout=1)).problems[0]
    away = Settings(chat_model="vllm", llm_base_url="http://127.0.0.1:9/v1")
    assert "still loading" in probe(away).problems[0]
    assert "tastegraph llm serve" in probe(away).problems[0]


def test_who_starts_a_chat_is_told(server):
    assert words(Settings()) == []
    (line,) = words(settings(server))
    assert "answers with tool calls" in line
    server.behave = "no key"
    said = []
    tell(settings(server), said.append).join(10)
    assert "TASTEGRAPH_LLM_API_KEY" in said[0]
    assert "builtin" in said[-1]
