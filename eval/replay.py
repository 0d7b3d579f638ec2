"""Opening requests of real seekers, put to the agent, and every item and reason of its answers checked.

The requests are read from ReDial's test dialogues (Li et al. 2018, CC BY 4.0), which stay where they are.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.events import Notice, TurnEnded
from agent.evidence import ItemCard, Reason
from agent.session import Agent
from kg.files import write_text
from kg.graph import KnowledgeGraph
from kg.text import fold_name
from recsys.errors import SourceError
from recsys.workspace import Workspace

_REQUEST = re.compile(
    r"\b(looking for|recommend|suggest|in the mood|any good|want to (see|watch)|would like|i (like|love|enjoy))",
    re.IGNORECASE,
)
_REPLY = re.compile(r"\W*(yes|no|nope|yeah|ok|i have|i did|i haven|not yet)\b", re.IGNORECASE)
_MENTION = re.compile(r"@(\d+)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
MIN_WORDS = 5


@dataclass(frozen=True)
class Opening:
    """The first thing that one seeker asked for."""

    dialogue: str
    text: str


@dataclass
class Replayed:
    """What came back for one opening, and what is wrong with it."""

    opening: Opening
    answer: str
    items: list[ItemCard]
    notices: list[str]
    seconds: float
    problems: list[str] = field(default_factory=list)


def openings(file: Path, count: int = 20) -> list[Opening]:
    """Return the first `count` requests, one a dialogue, in the file's order.

    A request is the first of the seeker's first two messages with at least `MIN_WORDS` words that asks for something or
    tells a liking and does not begin as a reply; film marks such as `@111776` are replaced by the title. Each seeker
    is heard once, since many open every dialogue alike.
    """
    found: list[Opening] = []
    heard: set[object] = set()
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if len(found) == count:
                break
            try:
                dialogue = json.loads(line)
                text, seeker = next(_requests(dialogue), None), dialogue["initiatorWorkerId"]
            except (ValueError, KeyError, TypeError) as error:
                raise SourceError(
                    f"{file}, line {number} is no dialogue of ReDial ({type(error).__name__}). Name the file "
                    "test_data.jsonl of the ReDial data."
                ) from error
            if text is not None and seeker not in heard:
                heard.add(seeker)
                found.append(Opening(str(dialogue["conversationId"]), text))
    return found


def replay(agent: Agent, workspace: Workspace, graph: KnowledgeGraph, opening: Opening) -> Replayed:
    """Put one opening to the agent as a person of its own and check the answer."""
    user = f"seeker-{opening.dialogue}"
    events = list(agent.turn(user, "opening", opening.text))
    end = events[-1]
    if not isinstance(end, TurnEnded):
        raise TypeError(f"the turn ended with {end.type}, not with turn_ended")
    notices = [event.text for event in events if isinstance(event, Notice)]
    result = Replayed(opening, end.text, end.items, notices, end.seconds)
    result.problems += [f"error: {e.text}" for e in events if isinstance(e, Notice) and e.level == "error"]
    if not end.text.strip():
        result.problems.append("the answer is empty")
    result.problems += unknown_items(workspace, end.text, end.items)
    liked = {i.subject_id for i in agent.profile(user).interests}
    for card in end.items:
        for reason in card.reasons:
            result.problems += check_reason(graph, card, reason, opening.text, {x for x in liked if x})
    return result


def replay_all(
    workspace: Path, dialogues: Path, count: int, progress: Callable[[str], None] = lambda line: None
) -> list[Replayed]:
    """Open the workspace and replay its first `count` openings, each by a person of its own.

    People's interests and dialogues go into a copy of the workspace that is removed at the end. Raises
    `WorkspaceError` or `SourceError` with what to do.
    """
    if not dialogues.is_file():
        raise SourceError(f"There is no file {dialogues}. Name ReDial's test_data.jsonl.")
    found = openings(dialogues, count)
    if not found:
        raise SourceError(f"{dialogues} holds no dialogue in which a seeker asks for something.")
    with TemporaryDirectory(prefix="tastegraph-replay-") as folder:
        copy = Path(folder) / "workspace"
        shutil.copytree(
            Workspace.open(workspace).path, copy, ignore=shutil.ignore_patterns("people", "neo4j", ".*")
        )
        with Agent.open(copy) as agent:
            agent.warm_up()
            results = []
            for opening in found:
                result = replay(agent, agent.services.workspace, agent.services.graph, opening)
                progress(f"{opening.dialogue}: {len(result.items)} items, {result.seconds:.2f} s")
                results.append(result)
            return results


def summary(results: Sequence[Replayed]) -> str:
    """Return one sentence with the counts of a replay."""
    items = sum(len(result.items) for result in results)
    reasons = sum(len(card.reasons) for result in results for card in result.items)
    with_items = sum(bool(result.items) for result in results)
    problems = sum(len(result.problems) for result in results)
    seconds = sorted(result.seconds for result in results)
    return (
        f"{len(results)} requests, {with_items} answered with items, {items} items, {reasons} reasons, "
        f"{problems} problems; seconds a turn: median {seconds[len(seconds) // 2]:.2f}, most {seconds[-1]:.2f}"
    )


def write_transcript(results: Sequence[Replayed], file: Path) -> None:
    """Write requests, answers and problems as Markdown."""
    parts = [f"# Replayed requests\n\n{summary(results)}\n"]
    for result in results:
        parts.append(f"## {result.opening.dialogue}\n\n> {result.opening.text}\n\n{result.answer}\n")
        parts += [f"*{notice}*\n" for notice in result.notices]
        parts += [f"**Problem:** {problem}\n" for problem in result.problems]
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, "\n".join(parts))


def _requests(dialogue: dict[str, object]) -> Iterator[str]:
    seeker, messages, mentions = (dialogue[k] for k in ("initiatorWorkerId", "messages", "movieMentions"))
    titles = mentions if isinstance(mentions, dict) else {}
    own = [m for m in messages if m["senderWorkerId"] == seeker] if isinstance(messages, list) else []
    for message in own[:2]:
        text = _MENTION.sub(lambda m: re.sub(r"\s+", " ", titles.get(m[1]) or ""), message["text"]).strip()
        if len(text.split()) >= MIN_WORDS and _REQUEST.search(text) and not _REPLY.match(text):
            yield text


def unknown_items(workspace: Workspace, text: str, cards: Sequence[ItemCard]) -> Iterator[str]:
    """Yield every card and every title in bold that the catalogue does not hold."""
    known = {fold_name(item.label) for item in workspace.items} | {
        fold_name(item.title) for item in workspace.items
    }
    for card in cards:
        item = workspace.item(card.id)
        if item is None or (item.title, item.year) != (card.title, card.year):
            yield f"the card {card.label} is not in the catalogue"
    for title in _BOLD.findall(text):
        if fold_name(title) not in known:
            yield f"the answer names {title}, which is not in the catalogue"


def _by_another_name(graph: KnowledgeGraph, name: str, asked: str) -> bool:
    """Whether the request calls a thing of this name by another one: *El laberinto del fauno* for *Pan's Labyrinth*."""
    same = [entity for entity in graph.search(name) if fold_name(entity.name) == fold_name(name)]
    return any(fold_name(alias) in asked for entity in same for alias in entity.aliases)


def check_reason(
    graph: KnowledgeGraph, card: ItemCard, reason: Reason, request: str, liked: set[str]
) -> Iterator[str]:
    """Yield what is wrong: every name must be a neighbour of the item, something liked, or in the request."""
    around = {fold_name(n.entity.name) for n in graph.neighbours(card.id, limit=1000)}
    liked_names = {fold_name(entity.name) for entity in graph.get(sorted(liked))}
    asked = fold_name(request)
    unsupported = [
        name
        for name in reason.names
        if fold_name(name) not in around
        and fold_name(name) not in liked_names
        and fold_name(name) not in asked
        and not _by_another_name(graph, name, asked)
    ]
    if unsupported:
        yield f"{card.label}: '{reason.text}' names {', '.join(unsupported)}, which nothing supports"
    if reason.kind == "path" and not any(fold_name(name) in around for name in reason.names):
        yield f"{card.label}: '{reason.text}' names nothing that the graph ties to it"
