"""ReDial's dialogues (Li et al. 2018, CC BY 4.0) as our chat models would see them.

Its dialogues are between two people. The seeker's words are human messages, the recommender's words are answers. When a
recommender names films that nobody had named before, the answer is preceded by a call of `recommend` whose result lists
them, so that `that one` and `the second` point at something.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.evidence import ItemCard, ToolPayload
from agent.tools.payloads import to_json
from kg.text import split_year
from recsys.errors import SourceError

HELD_OUT_DIGITS = "01"
"""A training dialogue whose id has a SHA-256 that ends in one of these is kept for development, never for training."""
_FILM = re.compile(r"@(\d+)")


def is_held_out(conversation: str) -> bool:
    """Whether a dialogue of the train file is kept out of training."""
    return hashlib.sha256(conversation.encode()).hexdigest()[-1] in HELD_OUT_DIGITS


def read_dialogues(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the dialogues of a file of ReDial. Raises `SourceError` when it is missing or has another form."""
    if not file.is_file():
        raise SourceError(f"There is no {file}. Put ReDial's dialogues there, or name another folder.")
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                dialogue = json.loads(line)
                _ = dialogue["messages"], dialogue["initiatorWorkerId"], dialogue["conversationId"]
            except (ValueError, KeyError, TypeError) as error:
                raise SourceError(f"{file}, line {number} is no dialogue of ReDial.") from error
            yield dialogue


def titles_of(dialogue: dict[str, Any]) -> dict[str, str]:
    """Return the title of each film by its number in the dialogue."""
    return {key: _title(name) for key, name in (dialogue["movieMentions"] or {}).items()}


def seeker_turns(dialogue: dict[str, Any]) -> Iterator[tuple[int, tuple[BaseMessage, ...]]]:
    """Yield each turn of the seeker: the 0-based place of its first message, and the dialogue up to it.

    The last message of each is the turn's, a `HumanMessage`. Messages that one person wrote in a row are one turn. What
    a message names is in its `additional_kwargs["named"]`.
    """
    titles = titles_of(dialogue)
    messages: list[BaseMessage] = []
    said: list[str] = []
    for start, seeks, texts in _turns(dialogue):
        named = _named(texts, titles)
        if seeks:
            messages.append(HumanMessage(_words(texts, titles), additional_kwargs={"named": named}))
            yield start, tuple(messages)
        else:
            messages += _reply(texts, titles, messages, said)
        said += [title for title in named if title not in said]


def _turns(dialogue: dict[str, Any]) -> list[tuple[int, bool, list[str]]]:
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
