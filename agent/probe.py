"""Does a server do what the agent needs of it? Asked once at start-up, answered in plain words."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, Field

from agent.errors import ChatModelUnavailable
from agent.settings import Settings
from agent.vllm import ask_server, discover, repair_arguments, repair_tool_calls

_TOOL = {
    "type": "function",
    "function": {
        "name": "explain",
        "description": "Say why an item was recommended. Call it when somebody asks why.",
        "parameters": {
            "type": "object",
            "properties": {"title": {"type": "string", "description": "Title of the item"}},
            "required": ["title"],
        },
    },
}
_QUESTION = [
    {"role": "system", "content": "Answer with a call of the tool explain."},
    {"role": "user", "content": "Why was Heat recommended to me?"},
]
_MARKUP = re.compile(
    r"<tool_call>|<\|tool_call|<tool_calls>|<function|\[TOOL_CALLS\]|<\|python_tag\|>|functools\[|<start_function_call>"
    r"|<\|tool▁call|\bexplain\(\s*title\s*=|\"name\"\s*:\s*\"explain\"",
)
"""How models of several families begin a tool call."""
_THOUGHT = re.compile(r"<think>|</think>|\[THINK\]|<\|channel\|>")
_TOKENS = 96


class ProbeReport(BaseModel):
    """What the start-up probe found."""

    ok: bool
    model: str = ""
    """Name under which the server serves its model."""
    context: int | None = None
    """Tokens that the server takes, where it says so."""
    problems: list[str] = Field(default_factory=list)
    """What is wrong and what to do, in words."""


def probe(settings: Settings) -> ProbeReport:
    """Ask the server for its models and for one tool call, as the agent asks for it.

    Looks at the context, the tool parser, the chat template (a prompt with a tool must be longer than one without)
    and thought that is not kept apart. Never raises: what is wrong is in the report.
    """
    try:
        model, context = discover(settings)
    except ChatModelUnavailable as error:
        return ProbeReport(ok=False, problems=[str(error)])
    problems = []
    if context is not None and context < settings.llm_context:
        problems.append(
            f"The server takes {context} tokens and the agent needs {settings.llm_context}. Start it with "
            f"`--max-model-len {settings.llm_context}`, or set TASTEGRAPH_LLM_CONTEXT to {context}."
        )
    problems += _tool_call(settings, model)
    return ProbeReport(ok=not problems, model=model, context=context, problems=problems)


def _tool_call(settings: Settings, model: str) -> list[str]:
    asked = {"tools": [_TOOL], "tool_choice": settings.llm_tool_choice, "max_tokens": _TOKENS}
    try:
        answer = _ask(settings, model, asked)
        message = answer["choices"][0]["message"]
        calls, content = message.get("tool_calls") or [], str(message.get("content") or "")
    except ChatModelUnavailable as error:
        return [str(error)]
    except (KeyError, IndexError, TypeError, AttributeError):
        return [f"The server at {settings.llm_base_url} answered a chat request without a message."]
    if calls:
        arguments = (calls[0].get("function") or {}).get("arguments") or ""
        if repair_arguments(arguments) is not None:
            return []
        return [
            "The server answered a tool call whose arguments are no JSON. Its tool parser does not fit the model; "
            "choose another with `--tool-call-parser`."
        ]
    if repair_tool_calls(content, ["explain"]):
        # The agent reads such text itself.
        return []
    return [_why_text(settings, model, content, answer)]


def _why_text(settings: Settings, model: str, content: str, answer: dict[str, Any]) -> str:
    """Say why there was text where a tool call was asked for."""
    if _MARKUP.search(content):
        return (
            "The model wrote a tool call and the server gave it back as text, so its tool parser does not fit the "
            "model. Start it with the `--tool-call-parser` of the model's family; `tastegraph llm serve MODEL --print` "
            "names it."
        )
    if _THOUGHT.search(content):
        return (
            "The model thinks before it answers, and its thought comes back as the answer. Start the server with the "
            "model's `--reasoning-parser`, or turn thinking off with `--default-chat-template-kwargs "
            "'{\"enable_thinking\": false}'`."
        )
    with_tool = _prompt_tokens(answer)
    try:
        without = _prompt_tokens(_ask(settings, model, {"max_tokens": 1}))
    except ChatModelUnavailable as error:
        return str(error)
    if with_tool is not None and with_tool == without:
        return (
            f"The server's chat template leaves the tools out: the prompt has {with_tool} tokens with a tool and "
            "without one. Give it a template that renders tools with `--chat-template`."
        )
    if settings.llm_tool_choice == "auto":
        return (
            "The server answered with text where a tool call was asked for, although its template shows the tools. The "
            "model may be too small to choose by itself: set TASTEGRAPH_LLM_TOOL_CHOICE=required. Or its "
            "`--tool-call-parser` is that of another family."
        )
    return (
        "The server answered with text although a tool call was required: it does not hold the model to "
        "`tool_choice`. Use vLLM 0.8.3 or later, or another server that does, or set TASTEGRAPH_LLM_TOOL_CHOICE=auto."
    )


def _ask(settings: Settings, model: str, more: dict[str, Any]) -> dict[str, Any]:
    body = {"model": model, "messages": _QUESTION, "temperature": 0, "seed": settings.llm_seed, **more}
    found: dict[str, Any] = ask_server(settings, "POST", "/chat/completions", body)
    return found


def _prompt_tokens(answer: dict[str, Any]) -> int | None:
    usage = answer.get("usage")
    found = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return found if isinstance(found, int) else None
