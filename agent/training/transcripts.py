"""What the small model learns from: dialogues in the short form, and what it is to write next.

Three sources, none of them a held-out turn: phrases written for this project, filled from the starter catalogues, whose
calls are known; turns of ReDial's training dialogues, with the builtin model as teacher; and whole turns of the agent
over the starter workspaces, from which the answers come.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    convert_to_openai_messages,
)

from agent.brief import brief
from agent.builtin.model import BuiltinChatModel
from agent.chat_models import ModelSource
from agent.completion import shown_labels
from agent.context import Services
from agent.evidence import ItemCard, ToolPayload
from agent.session import Agent
from agent.settings import Settings
from agent.tools.payloads import to_json
from agent.training.fill import Filler, Written, written_lines
from agent.training.phrases import AFTER_A_LIST, ALWAYS, FILMS, SHOP
from agent.training.redial import is_held_out, read_dialogues, seeker_turns
from recsys.schema import Item

_LEFT_OUT = {"text", "count"}
"""Arguments that the small model is not taught: the words are there anyway, and copying them costs time."""
_LISTED = 3
_SKIPPED = 0.2
"""Share of ReDial's turns that call nothing which is left out, so that there are not too many."""


@dataclass(frozen=True)
class Example:
    """One thing to write."""

    messages: tuple[dict[str, Any], ...]
    """The dialogue in short, in OpenAI's form."""
    answer: str
    """What the assistant writes: calls in tags, or text."""
    has_help: bool
    """Whether the tool that answers questions about the shop is at hand."""
    source: str
    """`written`, `redial` or `answered`."""


def call_text(calls: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """Return calls as the chat template writes them."""
    bodies = (
        f'{{"name": "{name}", "arguments": {json.dumps(arguments, ensure_ascii=False)}}}'
        for name, arguments in calls
    )
    return "\n".join(f"<tool_call>{body}</tool_call>" for body in bodies)


def short(messages: Sequence[BaseMessage]) -> tuple[dict[str, Any], ...]:
    """Return the short form of a dialogue as plain dictionaries."""
    return tuple(convert_to_openai_messages(brief(messages)))


def written_examples(
    services: Services, count: int, rng: np.random.Generator, has_list: float = 0.45
) -> Iterator[Example]:
    """Yield `count` requests of the written phrases, filled from the catalogue of `services`.

    `has_list` is the share that follows a list.
    """
    films = services.knowledge.domain == "films"
    filler = Filler(services.workspace.items, films, rng)
    fresh = [*written_lines(FILMS if films else SHOP), *written_lines(ALWAYS)]
    weights = np.array(
        [1.0 if line in fresh[: len(fresh) - len(written_lines(ALWAYS))] else 0.6 for line in fresh]
    )
    after = written_lines(AFTER_A_LIST)
    for _ in range(count):
        shown = filler.items(_LISTED) if rng.random() < 0.6 else []
        use_list = bool(shown) and rng.random() < has_list / 0.6
        lines = after if use_list else fresh
        chosen = rng.choice(len(lines), p=None if use_list else weights / weights.sum())
        written = filler.fill(lines[int(chosen)], shown)
        before = _before(shown, filler.opening())
        messages = [SystemMessage(""), *before, HumanMessage(written.said)]
        yield Example(short(messages), _answer(written), services.knowledge.has_help, "written")


def redial_examples(
    services: Services, file: Path, count: int, rng: np.random.Generator
) -> Iterator[Example]:
    """Yield at most `count` turns of training dialogues, labelled by the builtin model.

    Of each dialogue two turns at most; those kept for development are left out. Raises `SourceError`.
    """
    teacher = BuiltinChatModel(services.knowledge)
    dialogues = [d for d in read_dialogues(file) if not is_held_out(str(d["conversationId"]))]
    made = 0
    for place in rng.permutation(len(dialogues)):
        turns = [messages for _, messages in seeker_turns(dialogues[int(place)])]
        for k in sorted(rng.permutation(len(turns))[:2]):
            messages = turns[int(k)]
            answer = teacher.answer(messages)
            calls = [(call["name"], _taught(call["args"], messages)) for call in answer.tool_calls]
            if not calls and rng.random() < _SKIPPED:
                continue
            if made == count:
                return
            made += 1
            text = call_text(calls) if calls else _first_sentences(answer.text)
            yield Example(short(messages), text, False, "redial")


def answered_examples(
    workspace: Path, count: int, rng: np.random.Generator, progress: Callable[[], None] = lambda: None
) -> Iterator[Example]:
    """Yield `count` answers that the builtin model wrote in real turns over a copy of the workspace."""
    with TemporaryDirectory(prefix="tastegraph-transcripts-") as folder:
        copy = Path(folder) / "workspace"
        shutil.copytree(workspace, copy, ignore=shutil.ignore_patterns("people", "neo4j", ".*"))
        with _opened(copy) as (agent, recorder):
            services = agent.services
            filler = Filler(services.workspace.items, services.knowledge.domain == "films", rng)
            films = services.knowledge.domain == "films"
            lines = written_lines(FILMS if films else SHOP)
            made = 0
            while made < count:
                written = filler.fill(lines[int(rng.integers(len(lines)))], [])
                recorder.heard.clear()
                list(agent.turn(f"person-{made}-{rng.integers(1 << 30)}", "one", written.said))
                for messages, answer in recorder.heard:
                    if answer.tool_calls or not any(isinstance(m, ToolMessage) for m in messages):
                        continue
                    made += 1
                    progress()
                    yield Example(
                        short(messages), answer.text.strip(), services.knowledge.has_help, "answered"
                    )


class _Recorder(BuiltinChatModel):
    """The builtin model, and what it was asked and wrote."""

    heard: list[tuple[list[BaseMessage], AIMessage]] = []  # noqa: RUF012 - a field of a pydantic class

    def answer(
        self, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] | None = None
    ) -> AIMessage:
        found = super().answer(messages, tools)
        self.heard.append((list(messages), found))
        return found


class _opened:  # noqa: N801 - a context manager
    def __init__(self, workspace: Path) -> None:
        settings = Settings(chat_model="builtin", graph="embedded")
        self.services = Services.open(workspace, settings)
        self.recorder = _Recorder(knowledge=self.services.knowledge)
        source = ModelSource("builtin", lambda: self.recorder, None, False)
        self.agent = Agent(self.services, settings, source)

    def __enter__(self) -> tuple[Agent, _Recorder]:
        return self.agent, self.recorder

    def __exit__(self, *_: object) -> None:
        self.agent.close()


def _answer(written: Written) -> str:
    return call_text(written.calls) if written.calls else written.reply


def _before(shown: Sequence[Item], opening: str) -> list[AnyMessage]:
    if not shown:
        return []
    cards = [
        ItemCard(number=k, id=item.id, title=item.title, year=item.year, kind=item.kind)
        for k, item in enumerate(shown, 1)
    ]
    payload = ToolPayload(tool="recommend", items=cards)
    call = {"name": "recommend", "args": {}, "id": "shown", "type": "tool_call"}
    return [
        HumanMessage(opening),
        AIMessage("", tool_calls=[call]),
        ToolMessage(to_json(payload), tool_call_id="shown", name="recommend"),
        AIMessage("Here they are."),
    ]


def _taught(arguments: dict[str, Any], messages: Sequence[BaseMessage]) -> dict[str, Any]:
    """Leave out the words, which are there anyway, and what was shown before, which `completed` excludes again."""
    taught = {name: value for name, value in arguments.items() if name not in _LEFT_OUT}
    shown = shown_labels(messages)
    if "exclude" in taught:
        taught["exclude"] = [value for value in taught["exclude"] if value not in shown]
    return {name: value for name, value in taught.items() if value != []}


def _first_sentences(text: str, most: int = 160) -> str:
    plain = " ".join(text.split())
    if len(plain) <= most:
        return plain
    end = max(plain.rfind(mark, 0, most) for mark in ".!?")
    return plain[: end + 1] if end > 0 else plain[:most]
