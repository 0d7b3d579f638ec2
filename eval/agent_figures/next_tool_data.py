"""Turns of ReDial that were labelled by hand with the tool that should come next.

The labels and the ids of the turns are in `next_tool_dev.json` and `next_tool_test.json` beside this file; the
sentences are read from the data set. `next_tool_guide.md` says how they were labelled and how a label is written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage

from agent.evidence import ToolPayload
from agent.training.redial import read_dialogues, seeker_turns, titles_of
from eval.agent_figures.next_tool_labels import Label, parse_label
from recsys.errors import SourceError

Part = Literal["dev", "test"]
FILES: dict[Part, str] = {
    "dev": "crs/redial/train_union_partial.jsonl",
    "test": "crs/redial/test_data.jsonl",
}
"""Where the sentences of a part are, in the folder of the data sets."""


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
    rows = json.loads(Path(__file__).with_name(f"next_tool_{part}.json").read_text(encoding="utf-8"))
    wanted = {row["conversation"] for row in rows}
    dialogues = {d["conversationId"]: d for d in read_dialogues(file) if d["conversationId"] in wanted}
    missing = wanted - set(dialogues)
    if missing:
        raise SourceError(
            f"{file} lacks {len(missing)} of the labelled dialogues: another version of ReDial?"
        )
    return [_turn(dialogues[row["conversation"]], int(row["at"]), str(row["label"])) for row in rows]


def _turn(dialogue: dict[str, Any], at: int, label: str) -> LabelledTurn:
    messages = next(messages for start, messages in seeker_turns(dialogue) if start == at)
    opening = sum(isinstance(m, HumanMessage) for m in messages) == 1
    parsed = parse_label(label, titles_of(dialogue))
    return LabelledTurn(str(dialogue["conversationId"]), at, messages, parsed, opening)
