"""What the small model is taught: calls that the tools accept, nothing that is held out, short and plain."""

import json
from pathlib import Path

import numpy as np
import pytest

from agent.tools import tools_for
from agent.training.fill import Filler, written_lines
from agent.training.phrases import AFTER_A_LIST, ALWAYS, FILMS, SHOP
from agent.training.redial import is_held_out, read_dialogues, seeker_turns
from agent.training.transcripts import redial_examples, written_examples
from agent.vllm import repair_tool_calls
from recsys.errors import SourceError
from recsys.schema import Item
from tests.parts import ROOT

TOOLS = {tool.name: tool for tool in tools_for(has_help=True)}
ITEMS = [
    Item(id="film:a", title="Up", kind="film", year=2009,
         attributes={"genre": ("Animation",), "director": ("Pete Docter",), "mood": ("warm",)}),
    Item(id="film:b", title="Heat", kind="film", year=1995,
         attributes={"genre": ("Crime", "Drama"), "cast": ("Al Pacino",), "mood": ("tense",)}),
    Item(id="film:c", title="Alien", kind="film", year=1979,
         attributes={"genre": ("Horror",), "director": ("Ridley Scott",), "mood": ("dark",)}),
]  # fmt: skip


@pytest.mark.parametrize("table", [FILMS, SHOP, AFTER_A_LIST, ALWAYS])
def test_every_written_phrase_asks_for_calls_that_the_tools_accept(table):
    filler = Filler(ITEMS, True, np.random.default_rng(0))
    for line in written_lines(table):
        written = filler.fill(line, ITEMS)
        assert written.calls or written.reply, line
        assert "{" not in written.said, line
        for name, arguments in written.calls:
            TOOLS[name].tool_call_schema.model_validate(arguments)


def dialogue(conversation: str) -> dict:
    said = [(1, "Hi! I want a scary movie"), (2, "Try @7"), (1, "I have seen it, it was great. Any others?")]
    messages = [{"senderWorkerId": who, "text": text, "messageId": k} for k, (who, text) in enumerate(said)]
    return {
        "conversationId": conversation,
        "initiatorWorkerId": 1,
        "messages": messages,
        "movieMentions": {"7": "Alien (1979)"},
    }


def ids(held_out: bool, count: int) -> list[str]:
    return [str(k) for k in range(1000) if is_held_out(str(k)) is held_out][:count]


def test_a_film_that_the_other_names_becomes_a_list():
    turns = [messages for _, messages in seeker_turns(dialogue("1"))]
    assert [m.type for m in turns[1]] == ["human", "ai", "tool", "ai", "human"]
    assert "Alien" in turns[1][2].text


def test_held_out_dialogues_teach_nothing(open_agent, tmp_path):
    file = tmp_path / "dialogues.jsonl"
    services = open_agent().services
    file.write_text("".join(json.dumps(dialogue(one)) + "\n" for one in ids(True, 5)), encoding="utf-8")
    assert list(redial_examples(services, file, 50, np.random.default_rng(0))) == []
    file.write_text("".join(json.dumps(dialogue(one)) + "\n" for one in ids(False, 5)), encoding="utf-8")
    found = list(redial_examples(services, file, 50, np.random.default_rng(0)))
    assert found
    for one in found:
        for call in repair_tool_calls(one.answer, TOOLS):
            TOOLS[call["name"]].tool_call_schema.model_validate(call["args"])
            assert "text" not in call["args"]


def test_the_turns_for_development_are_held_out():
    rows = json.loads((ROOT / "eval" / "agent_figures" / "next_tool_dev.json").read_text(encoding="utf-8"))
    assert rows
    assert all(is_held_out(str(row["conversation"])) for row in rows)


def test_the_same_seed_gives_the_same_examples(open_agent):
    services = open_agent().services
    one, two, other = (
        list(written_examples(services, 12, np.random.default_rng(seed))) for seed in (1, 1, 2)
    )
    assert one == two
    assert one != other
    assert {example.source for example in one} == {"written"}


def test_a_file_that_is_missing_or_no_dialogue_is_told(tmp_path):
    with pytest.raises(SourceError, match="another folder"):
        list(read_dialogues(tmp_path / "none.jsonl"))
    file = Path(tmp_path / "other.jsonl")
    file.write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(SourceError, match="line 1"):
        list(read_dialogues(file))
