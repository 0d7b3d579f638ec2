"""What goes wrong with an OpenAI-style server: it is away, refuses, or gives tool calls back as text."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection
from typing import Any

import httpx
from langchain_core.messages import ToolCall
from langchain_core.utils.json import parse_partial_json

from agent.errors import ChatModelUnavailable
from agent.settings import Settings

_TAGGED = re.compile(r"<tool_call>\s*(?P<body>.*?)\s*(?:</tool_call>|$)", re.DOTALL)
_FENCED = re.compile(r"^```(?:json)?\s*(?P<body>.*?)\s*(?:```|$)", re.DOTALL)


def discover(settings: Settings) -> tuple[str, int | None]:
    """Return the served model's name and its context length in tokens, where the server says it.

    Raises `ChatModelUnavailable` when the server is away, refuses the key, or does not speak the protocol.
    """
    response = ask_server(settings, "GET", "/models")
    try:
        served = {str(one["id"]): one.get("max_model_len") for one in response["data"]}
    except (KeyError, TypeError, AttributeError) as error:
        raise ChatModelUnavailable(
            f"{settings.llm_base_url} answers, but not with a list of models. Is it an OpenAI-style "
            "server, and does the address end in /v1?"
        ) from error
    if not served:
        raise ChatModelUnavailable(f"The server at {settings.llm_base_url} serves no model.")
    name = settings.llm_model or next(iter(served))
    if name not in served:
        raise ChatModelUnavailable(
            f"The server at {settings.llm_base_url} does not serve {name!r}; it serves "
            f"{', '.join(sorted(served))}. Set TASTEGRAPH_LLM_MODEL to one of these, or leave it empty."
        )
    context = served[name]
    return name, int(context) if isinstance(context, int) else None


def repair_tool_calls(text: str, tools: Collection[str]) -> list[ToolCall]:
    """Return the tool calls that a server gave back as text: bare or fenced JSON, or `<tool_call>` tags.

    Raw control characters in strings and an end that is cut off are tolerated, but of several calls one that is cut off
    is left out: its title may be half of one. Text that is no call of one of `tools` gives an empty list.
    """
    stripped = text.strip()
    tagged = [match["body"] for match in _TAGGED.finditer(stripped)]
    if len(tagged) > 1 and not _is_json(tagged[-1]):
        tagged.pop()
    fenced = _FENCED.match(stripped)
    bodies = tagged or ([fenced["body"]] if fenced else [stripped])
    calls: list[ToolCall] = []
    for body in bodies:
        if not body.startswith(("{", "[")):
            continue
        found = _parse(body)
        for one in found if isinstance(found, list) else [found]:
            call = _as_call(one, tools)
            if call is not None:
                calls.append(call)
    return calls


def repair_arguments(text: str) -> dict[str, Any] | None:
    """Read the arguments of a call that a strict parser refused; None when they are no JSON object."""
    found = _parse(text)
    return found if isinstance(found, dict) else None


def may_be_call(text: str) -> bool:
    """Whether a text so far may turn out to be a tool call, so that none of it may be shown yet."""
    start = text.lstrip()
    return (
        not start or start.startswith(("{", "[{", "```")) or "<tool_" in start or "<tool_".startswith(start)
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except ValueError:
        return False
    return True


def _parse(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text, strict=False)
    except ValueError:
        pass
    try:
        return parse_partial_json(text, strict=False)
    except ValueError:
        return None


def _as_call(found: Any, tools: Collection[str]) -> ToolCall | None:  # noqa: ANN401 - any JSON
    if not isinstance(found, dict):
        return None
    inner = found.get("function")
    if isinstance(inner, dict):
        found = inner
    arguments = found.get("arguments", found.get("parameters", found.get("args", {})))
    if isinstance(arguments, str):
        arguments = _parse(arguments)
    name = found.get("name")
    if name not in tools or not isinstance(arguments, dict):
        return None
    return ToolCall(name=str(name), args=arguments, id=f"call-{uuid.uuid4().hex[:12]}", type="tool_call")


def ask_server(settings: Settings, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
    """Return what the server answers as JSON. `path` starts with a slash and stands after the base address.

    Raises `ChatModelUnavailable` with what to do: the server is away or slow, refuses the key or the request, or
    answers with something else.
    """
    url = settings.llm_base_url.rstrip("/") + path
    headers = {"Authorization": f"Bearer {settings.llm_api_key.get_secret_value()}"}
    try:
        answer = httpx.request(
            method, url, json=body, headers=headers, timeout=min(settings.llm_timeout, 30.0)
        )
    except httpx.TimeoutException as error:
        raise ChatModelUnavailable(
            f"The server at {settings.llm_base_url} did not answer in time. It may still be loading."
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChatModelUnavailable(
            f"No server answers at {settings.llm_base_url}. If it was just started, it is still loading its model: "
            "wait a minute or two. Otherwise start one with `tastegraph llm serve`, or set TASTEGRAPH_LLM_BASE_URL "
            "to where it is."
        ) from error
    if answer.status_code in (401, 403):
        raise ChatModelUnavailable(
            f"The server at {settings.llm_base_url} refuses the key. Set TASTEGRAPH_LLM_API_KEY."
        )
    if answer.status_code == 503:
        raise ChatModelUnavailable(
            f"The server at {settings.llm_base_url} is not ready (503): it is still loading its model, or a gateway "
            "before it does not reach it."
        )
    if answer.status_code >= 400:
        raise ChatModelUnavailable(
            f"{settings.llm_base_url}{path} answered {answer.status_code}: {_reason(answer)}"
        )
    try:
        return answer.json()
    except ValueError as error:
        raise ChatModelUnavailable(
            f"The server at {settings.llm_base_url} answered {path} with something that is no JSON."
        ) from error


def _reason(answer: httpx.Response) -> str:
    text = " ".join(answer.text.split())[:300]
    lowered = text.lower()
    if "context length" in lowered or "maximum context" in lowered or "max_model_len" in lowered:
        return f"{text} Start it with a longer `--max-model-len`."
    if "tool choice" in lowered or "tool_choice" in lowered or "tool-call-parser" in lowered:
        return f"{text} Start it with `--enable-auto-tool-choice --tool-call-parser NAME`."
    if "template" in lowered:
        return f"{text} Give it the model's chat template with `--chat-template`."
    if "tool" in lowered:
        return f"{text} Start it with `--enable-auto-tool-choice --tool-call-parser NAME`."
    return text
