"""Turns of ReDial that were labelled by hand with the tool that should come next.

The labels and the ids of the turns are in `next_tool_dev.json` and `next_tool_test.json` beside this file; the
sentences are read from the data set. `next_tool_guide.md` says how they were labelled and how a label is written.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.evidence import ItemCard, ToolPayload
from agent.tools.payloads import to_json
from eval.agent_figures.next_tool_labels import Label, parse_label
from kg.text import split_year
from recsys.errors import SourceError

Part = Literal["dev", "test"]
FILES: dict[Part, str] = {
    "dev": "crs/redial/train_union_partial.jsonl",
    "test": "crs/redial/test_data.jsonl",
}
"""Where the sentences of a part are, in the folder of the data sets."""
HELD_OUT_DIGITS = "01"
"""A training dialogue whose id has a SHA-256 that ends in one of these is for development only, never for training."""

_FILM = re.compile(r"@(\d+)")


@dataclass(frozen=True)
class LabelledTurn:
    """A seeker's turn after its dialogue, as a chat model of ours sees it, and what should come next."""

    conversation: str
    at: int
    """0-based place of the turn's first message in its dialogue."""
    messages: tuple[BaseMessage, ...]
    """The dialogue so far without a system message; the last one is the turn's, a `HumanMessage`."""
    label: Label
    """Titles are written out, not as numbers."""
    opening: bool
    """Whether it is the seeker's first turn."""

    @property
    def text(self) -> str:
        """What the seeker says in this turn."""
        return str(self.messages[-1].content)

    @cached_property
    def said_before(self) -> str:
        """What the seeker said in the turns before, in lower case."""
        return "\n".join(m.text for m in self.messages[:-1] if isinstance(m, HumanMessage)).casefold()

    @cached_property
    def named_before(self) -> tuple[str, ...]:
        """The titles that either side has named in the turns before."""
        return tuple(
            title for m in self.messages[:-1] for title in m.additional_kwargs.get("named", ()) if title
        )

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """The labels of the newest list, in its order; empty before the first."""
        for message in reversed(self.messages):
            if isinstance(message, ToolMessage):
                return tuple(card.label for card in ToolPayload.model_validate_json(message.text).items)
        return ()


def labelled_turns(data: Path, part: Part) -> list[LabelledTurn]:
    """Return the labelled turns of a part: 150 for development, 300 held out; the order is that of the files.

    Raises `SourceError` when the dialogues are not in `data`.
    """
    file = data / FILES[part]
    if not file.is_file():
        raise SourceError(
            f"There is no {file}. Put ReDial's dialogues there, or give their folder with --data."
        )
    rows = json.loads(Path(__file__).with_name(f"next_tool_{part}.json").read_text(encoding="utf-8"))
    wanted = {row["conversation"] for row in rows}
    dialogues: dict[str, dict[str, Any]] = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            dialogue = json.loads(line)
            if dialogue["conversationId"] in wanted:
                dialogues[dialogue["conversationId"]] = dialogue
    missing = wanted - set(dialogues)
    if missing:
        raise SourceError(
            f"{file} lacks {len(missing)} of the labelled dialogues: another version of ReDial?"
        )
    return [_turn(dialogues[row["conversation"]], int(row["at"]), str(row["label"])) for row in rows]


def _turn(dialogue: dict[str, Any], at: int, label: str) -> LabelledTurn:
    titles = {key: _title(name) for key, name in (dialogue["movieMentions"] or {}).items()}
    messages: list[BaseMessage] = []
    said: list[str] = []
    for start, seeks, texts in _turns(dialogue):
        if seeks:
            messages.append(
                HumanMessage(_words(texts, titles), additional_kwargs={"named": _named(texts, titles)})
            )
        else:
            messages += _reply(texts, titles, messages, said)
        said += [title for title in _named(texts, titles) if title not in said]
        if start == at:
            break
    opening = sum(isinstance(m, HumanMessage) for m in messages) == 1
    parsed = parse_label(label, titles)
    return LabelledTurn(str(dialogue["conversationId"]), at, tuple(messages), parsed, opening)


def _turns(dialogue: dict[str, Any]) -> list[tuple[int, bool, list[str]]]:
    """Return (place of the first message, whether the seeker speaks, texts): neighbours of one person are one turn."""
    found: list[tuple[int, bool, list[str]]] = []
    for place, message in enumerate(dialogue["messages"]):
        seeks = message["senderWorkerId"] == dialogue["initiatorWorkerId"]
        if found and found[-1][1] == seeks:
            found[-1][2].append(message["text"])
        else:
            found.append((place, seeks, [message["text"]]))
    return found


def _reply(
    texts: Sequence[str], titles: dict[str, str], before: Sequence[BaseMessage], said: Sequence[str]
) -> list[BaseMessage]:
    """Return a recommender's turn: its words, after a list of the films that nobody had named before."""
    named = _named(texts, titles)
    answer = AIMessage(_words(texts, titles), additional_kwargs={"named": named})
    fresh = [title for title in named if title not in said]
    if not fresh:
        return [answer]
    asked = before[-1].text if before and isinstance(before[-1], HumanMessage) else ""
    key = f"shown_{len(before)}"
    call = {
        "name": "recommend",
        "args": {"text": asked[:2000]} if asked else {},
        "id": key,
        "type": "tool_call",
    }
    cards = []
    for number, title in enumerate(fresh, 1):
        bare, year = split_year(title)
        cards.append(ItemCard(number=number, id=f"redial:{title}", title=bare, year=year, kind="film"))
    payload = ToolPayload(tool="recommend", items=cards)
    return [
        AIMessage("", tool_calls=[call]),
        ToolMessage(to_json(payload), tool_call_id=key, name="recommend"),
        answer,
    ]


def _named(texts: Sequence[str], titles: dict[str, str]) -> list[str]:
    return list(dict.fromkeys(titles[key] for text in texts for key in _FILM.findall(text) if key in titles))


def _words(texts: Sequence[str], titles: dict[str, str]) -> str:
    plain = "\n".join(_FILM.sub(lambda m: titles.get(m[1], ""), html.unescape(text)) for text in texts)
    return "\n".join(" ".join(line.split()) for line in plain.splitlines() if line.strip())


def _title(name: str | None) -> str:
    return " ".join(html.unescape(name or "").replace("%3F", "?").split())
