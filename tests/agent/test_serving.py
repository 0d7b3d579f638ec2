"""The flags and files of a local vLLM server, without starting one."""

import json
from pathlib import Path

import jinja2
import pytest

from agent.serving.plan import ServePlan
from agent.serving.server import serve_environment, server_settings, vllm_python
from agent.serving.weights import CHAT_TEMPLATE, ServingError
from agent.tools.arguments import Wishes


def render(**values) -> str:
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(CHAT_TEMPLATE.read_text(encoding="utf-8")).render(**values)


def test_cpu_server_listens_on_loopback_in_float32_with_tools():
    arguments = ServePlan(model="folder", dtype="float32").arguments(8000)
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert arguments[arguments.index("--dtype") + 1] == "float32"
    assert "--enable-auto-tool-choice" in arguments


def test_gpu_server_leaves_the_precision_to_the_model():
    assert "--dtype" not in ServePlan(model="folder", gpu=True).arguments(8000)


def test_a_model_that_is_here_is_not_looked_for_on_the_hub(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert serve_environment(ServePlan(model="folder", local=True))["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in serve_environment(ServePlan(model="a/b"))
    # Without a card vLLM would ask for most of the memory, whatever else runs.
    assert int(server_settings(ServePlan(model="a/b", gpu=False))["VLLM_CPU_KVCACHE_SPACE"]) > 0
    assert "VLLM_CPU_KVCACHE_SPACE" not in server_settings(ServePlan(model="a/b", gpu=True))


def test_missing_vllm_names_the_command_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.delenv("TASTEGRAPH_VLLM_PYTHON", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServingError, match="make vllm-env"):
        vllm_python()


def test_chosen_interpreter_is_used(tmp_path, monkeypatch):
    python = Path(tmp_path) / "python"
    python.touch()
    monkeypatch.setenv("TASTEGRAPH_VLLM_PYTHON", str(python))
    assert vllm_python() == python


def test_template_renders_each_tool_as_one_line_and_the_dialogue_in_order():
    tool = {
        "function": {
            "name": "recommend",
            "description": "Wishes.\nMore",
            "parameters": Wishes.model_json_schema(),
        }
    }
    call = {"function": {"name": "recommend", "arguments": {"like": ["Heat"]}}}
    text = render(
        messages=[
            {"role": "system", "content": "Rules.\nKnown: likes crime."},
            {"role": "user", "content": "like Heat"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": '{"items": []}'},
        ],
        tools=[tool],
        add_generation_prompt=True,
    )
    lines = [line for line in text.splitlines() if line.startswith("recommend(")]
    assert len(lines) == 1
    assert lines[0].startswith("recommend(like?, include?, exclude?")
    assert '<tool_call>{"name": "recommend", "arguments": {"like": ["Heat"]}}</tool_call>' in text
    assert (
        text.index("Rules.")
        < text.index("recommend(")
        < text.index("Known: likes crime.")
        < text.index("like Heat<")
        < text.index("</tool_call><")
        < text.index("<tool_response>")
    )
    assert text.endswith("<|im_start|>assistant\n")


def test_template_without_tools_names_none():
    text = render(messages=[{"role": "user", "content": "hi"}], tools=None, add_generation_prompt=False)
    assert "(" not in text
    assert text.startswith("<|im_start|>system\nYou recommend from a catalogue.")
