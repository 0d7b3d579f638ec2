"""The gallery docs/conversations.md: conversations that really took place, with the builtin chat model.

`tastegraph eval conversations` builds the starter workspaces in a temporary folder, lets each person of
`eval.conversation_scripts` say their lines, and writes what happened. The same build gives the same file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent.events import Notice, StepFinished, TurnEnded
from agent.evidence import ItemCard
from agent.service.events import Draft
from agent.service.session import ServiceAgent
from agent.session import Agent
from agent.settings import Settings
from eval.conversation_scripts import NEW_DIALOGUE, SCRIPTS, Script
from eval.replay import check_reason, unknown_items
from kg.text import tokenize
from recsys.build import build_workspace
from recsys.starter import load_starter
from recsys.workspace import Workspace

SEED = 7
_COMMAND = "tastegraph eval conversations"
_DATED = re.compile(r"\*\*([^*]+?) \(((?:1[89]|20)\d\d)\)\*\*")
_SPACE = re.compile(r"[ \t]+$", re.MULTILINE)


@dataclass
class Exchange:
    """One turn as it is shown."""

    dialogue: int
    said: str
    answer: str
    steps: list[str] = field(default_factory=list)
    """Tool and what came out, in order."""
    notices: list[str] = field(default_factory=list)
    items: list[ItemCard] = field(default_factory=list)
    claims: int = 0
    cut: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    """Service desk: sections of the policy that were read for the draft."""
    to_do: list[str] = field(default_factory=list)
    """Service desk: what the human must do."""
    problems: list[str] = field(default_factory=list)
    """What the catalogue and the graph do not bear out, by a check that shares nothing with the agent's own."""


@dataclass
class Conversation:
    """A script and what came of it."""

    script: Script
    exchanges: list[Exchange]


def build(folder: Path, progress: Callable[[str], None] = lambda line: None) -> dict[str, Path]:
    """Build both starter workspaces in `folder`; returns their paths by name."""
    return {name: build_one(name, folder / name, progress) for name in ("films", "shop")}


def build_one(name: str, folder: Path, progress: Callable[[str], None] = lambda line: None) -> Path:
    """Build one starter workspace, as `tastegraph starter` does; returns its folder."""
    progress(f"Building {name}")
    folder.mkdir(parents=True, exist_ok=True)
    build_workspace(folder, load_starter("shop" if name == "shop" else "films", SEED), SEED, progress)
    return folder


def hold(workspaces: dict[str, Path], scripts: Sequence[Script] = SCRIPTS) -> list[Conversation]:
    """Hold the conversations, each by a person of its own, in copies of the workspaces without anybody's data."""
    with TemporaryDirectory(prefix="tastegraph-conversations-") as folder:
        copies = {
            name: _copy(workspaces[name], Path(folder) / name) for name in {s.workspace for s in scripts}
        }
        settings = Settings(chat_model="builtin")
        found: dict[str, Conversation] = {}
        for name, copy in copies.items():
            with Agent.open(copy, settings) as agent:
                for number, script in enumerate(scripts, 1):
                    if script.workspace == name and not script.desk:
                        found[script.title] = Conversation(
                            script, list(_chat(agent, f"reader-{number}", script))
                        )
            if any(script.desk and script.workspace == name for script in scripts):
                with ServiceAgent.open(copy, settings) as desk:
                    for script in scripts:
                        if script.workspace == name and script.desk:
                            found[script.title] = Conversation(script, list(_serve(desk, script)))
        return [found[script.title] for script in scripts]


def markdown(conversations: Sequence[Conversation]) -> str:
    """Write the gallery."""
    turns = sum(len(one.exchanges) for one in conversations)
    claims = sum(turn.claims for one in conversations for turn in one.exchanges)
    head = [
        "# Conversations",
        "",
        f"{len(conversations)} conversations with the builtin chat model, {turns} turns. Nothing here was written by "
        f"hand but what the people say: `{_COMMAND}` builds the starter catalogues with seed {SEED}, holds the "
        "conversations and writes this file. Beneath each line stands what was looked up; a test holds the "
        f"conversations again and checks every answer against the catalogue. {claims} claims (titles, names, numbers) "
        "were checked while they were written.",
        "",
        "The starter catalogues' behaviour is simulated, and the answers say so.",
        "",
    ]
    return "\n".join([*head, *(line for k, one in enumerate(conversations, 1) for line in _section(k, one))])


def _section(number: int, one: Conversation) -> Iterator[str]:
    where = "the starter films" if one.script.workspace == "films" else "the starter shop"
    where += ", at the service desk" if one.script.desk else ""
    yield from (f"## {number}. {one.script.title}", "", f"*Over {where}. {one.script.about}*", "")
    for k, turn in enumerate(one.exchanges):
        if k and turn.dialogue != one.exchanges[k - 1].dialogue:
            yield from ("*Another dialogue, later.*", "")
        yield from (f"**{'Customer' if one.script.desk else 'Person'}:** {turn.said}", "")
        for step in turn.steps:
            yield f"- `{step}`"
        if turn.steps:
            yield ""
        yield from ("\n".join(f"> {line}".rstrip() for line in turn.answer.splitlines()), "")
        if turn.sources:
            yield from (f"*Read in the policy: {', '.join(turn.sources)}.*", "")
        if turn.to_do:
            yield from ("*For the human to do:*", "", *(f"- {words}" for words in turn.to_do), "")
        for words in turn.notices:
            yield from (f"*Note: {words}*", "")


def _chat(agent: Agent, user: str, script: Script) -> Iterator[Exchange]:
    dialogue = 1
    for line in script.says:
        if line == NEW_DIALOGUE:
            dialogue += 1
            continue
        events = list(agent.turn(user, f"dialogue-{dialogue}", line))
        turn = _exchange(events, dialogue, line)
        said = script.says[: script.says.index(line) + 1]
        turn.problems += _problems(agent, user, turn, said)
        yield turn


def _problems(agent: Agent, user: str, turn: Exchange, said: Sequence[str]) -> Iterator[str]:
    """Yield what an answer says that is not so: its items, its titles with their years, and every reason."""
    services = agent.services
    yield from unknown_items(services.workspace, turn.answer, turn.items)
    liked = {one.subject_id for one in agent.profile(user).interests if one.subject_id}
    words = " ".join(said)
    for card in turn.items:
        for reason in card.reasons:
            yield from check_reason(services.graph, card, reason, words, liked)
    for title, year in _DATED.findall(turn.answer):
        if not any(item.year == int(year) for item in services.workspace.items if _same(item.title, title)):
            yield f"{title} is not of {year}"


def _same(one: str, other: str) -> bool:
    return [token.text for token in tokenize(one)] == [token.text for token in tokenize(other)]


def _serve(desk: ServiceAgent, script: Script) -> Iterator[Exchange]:
    for line in script.says:
        events = list(desk.assist("operator", "case-1", line))
        turn = _exchange(events, 1, line)
        for event in events:
            if isinstance(event, Draft):
                turn.answer = event.draft.text
                turn.sources = list(dict.fromkeys(citation.title for citation in event.draft.citations))
                turn.to_do = list(event.draft.to_do)
                turn.claims, turn.cut = event.draft.claims, event.draft.cut
        yield turn


def _exchange(events: Sequence[Any], dialogue: int, said: str) -> Exchange:
    ended = events[-1]
    if not isinstance(ended, TurnEnded):
        raise TypeError(f"the turn ended with {ended.type}, not with turn_ended")
    return Exchange(
        dialogue,
        said,
        _SPACE.sub("", ended.text),
        [f"{event.tool}: {event.summary}" for event in events if isinstance(event, StepFinished)],
        [event.text for event in events if isinstance(event, Notice)],
        ended.items,
        ended.claims,
        ended.cut,
    )


def _copy(workspace: Path, target: Path) -> Path:
    source = Workspace.open(workspace).path
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("people", "neo4j", ".*"))
    return target
