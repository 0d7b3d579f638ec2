"""Which tool the builtin chat model calls next on people's own turns, beside plain baselines.

300 turns of ReDial test, labelled by hand; `next_tool_guide.md` says how, and what counts as right. Choices were made
on 150 turns of ReDial train and on reading other training dialogues.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage, SystemMessage

from agent.builtin.model import BuiltinChatModel
from agent.prompts import system_prompt
from eval.agent_figures.next_tool_data import LabelledTurn, Part, labelled_turns
from eval.agent_figures.next_tool_films import films_knowledge, same_film
from eval.agent_figures.next_tool_labels import NONE, Judge, Score, parse_label
from eval.figures import Figure, MeasureOptions, Section, Table

Calls = Sequence[tuple[str, Mapping[str, Any]]]
Answer = Callable[[LabelledTurn], Calls]
"""The calls that a model makes on a turn, in their order; none when it only replies."""

_QUICK = 60
_TOOLS = (
    "recommend",
    "search_catalogue",
    "similar_items",
    "item_facts",
    "give_feedback",
    "remember_taste",
    NONE,
)
_GENRES = (
    "action adventure animated comedy crime documentary drama family fantasy horror musical mystery romance"
)
_WISH = re.compile(r"\b(?:recom\w+|suggest\w*|looking for|something|any|another|mood|want|need)\b")
_PRAISE = re.compile(r"\b(?:love|loved|like|liked|enjoyed|great|good|favorite)\b")
_SEEN = re.compile(r"(?<!not )(?<!n't )\b(?:seen|saw|watched)\b")


@dataclass
class Tally:
    """What a model's answers to a set of turns were worth."""

    scores: list[tuple[LabelledTurn, Score]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def tool(self) -> float:
        """Share of turns whose next tool is right."""
        return self._share(lambda _, s: s.tool_right)

    def arguments(self, needed: bool = False) -> float:
        """Share of turns with the right next tool and exactly its arguments.

        `needed` leaves the turns out on which calling nothing is right.
        """
        return self._share(lambda _, s: s.arguments_right, needed)

    def whole(self) -> float:
        """Share of turns on which every call is right and none is missing."""
        return self._share(lambda _, s: s.turn_right)

    def by_tool(self, tool: str) -> tuple[float, float, int]:
        """Return precision, recall and number of turns of the tool that a label names first.

        A right call of another accepted tool counts for that label, so recall is the share of those turns that
        are answered rightly; precision is the share of calls of this tool that are right.
        """
        called = [s.tool_right for _, s in self.scores if s.tool == tool]
        asked = [s.tool_right for t, s in self.scores if t.label.first == tool]
        return _mean(called), _mean(asked), len(asked)

    def balanced(self) -> float:
        """Mean recall over the tools that the labels name first."""
        return _mean([self.by_tool(tool)[1] for tool in _TOOLS if self.by_tool(tool)[2]])

    def confusion(self) -> Counter[tuple[str, str]]:
        """Return (first tool of the label, tool that was called) to how often, for wrong answers only."""
        return Counter((t.label.first, s.tool) for t, s in self.scores if not s.tool_right)

    def _share(self, right: Callable[[LabelledTurn, Score], bool], needed: bool = False) -> float:
        return _mean([right(t, s) for t, s in self.scores if not (needed and t.label.none)])


def judge_model(turns: Sequence[LabelledTurn], answer: Answer, judge: Judge) -> Tally:
    """Ask a model for its next step on every turn and judge what it calls."""
    tally = Tally()
    for turn in turns:
        started = time.perf_counter()
        calls = answer(turn)
        tally.milliseconds.append(1000 * (time.perf_counter() - started))
        score = judge.score(calls, turn.label, turn.shown, turn.named_before, turn.said_before)
        tally.scores.append((turn, score))
    return tally


def builtin_answers(model: BuiltinChatModel) -> Answer:
    """Return what the builtin chat model calls."""
    rules = SystemMessage(system_prompt(model.knowledge))

    def answer(turn: LabelledTurn) -> Calls:
        messages: list[BaseMessage] = [rules, *turn.messages]
        return [(call["name"], call["args"]) for call in model.answer(messages).tool_calls]

    return answer


def always(tool: str) -> Answer:
    """Return the baseline that takes the same step on every turn."""
    return lambda turn: [] if tool == NONE else [(tool, {"text": turn.text})]


def keywords(turn: LabelledTurn) -> Calls:
    """The baseline of a few words: wishes first, then questions, then praise and `seen` of what was shown last."""
    text = turn.text.casefold()
    genres = [genre for genre in _GENRES.split() if genre in text]
    last = turn.shown[-1] if turn.shown else ""
    if _WISH.search(text) or genres:
        return [("recommend", {"include": genres})]
    if "?" in text and last:
        return [("item_facts", {"title": last})]
    if _PRAISE.search(text) and last:
        return [("give_feedback", {"title": last, "verdict": "like"})]
    if _SEEN.search(text) and last:
        return [("give_feedback", {"title": last, "verdict": "seen"})]
    return []


def agreement() -> tuple[float, float, float, int]:
    """Return how a second labelling of test turns agrees with the first.

    Share with the same tool named first, Cohen's kappa of that, share with the same set of accepted tools, and the
    number of turns.
    """
    first = {(row["conversation"], row["at"]): row["label"] for row in _rows("test")}
    pairs = [
        (
            parse_label(first[row["conversation"], row["at"]], _Numbers()),
            parse_label(row["label"], _Numbers()),
        )
        for row in _rows("second")
    ]
    same = _mean([one.first == two.first for one, two in pairs])
    ones, twos = Counter(one.first for one, _ in pairs), Counter(two.first for _, two in pairs)
    chance = sum(ones[tool] * twos[tool] for tool in ones) / len(pairs) ** 2
    kappa = 1.0 if chance == 1 else (same - chance) / (1 - chance)
    return same, kappa, _mean([one.tools == two.tools for one, two in pairs]), len(pairs)


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Measure the builtin chat model on the labelled turns; with `quick` on some of the development turns only.

    Raises `SourceError` when ReDial or ml-1m is not in the data.
    """
    knowledge = films_knowledge(options.data, options.out, progress)
    judge = Judge(same_film(knowledge.linker))
    part: Part = "dev" if options.quick else "test"
    turns = labelled_turns(options.data, part)[: _QUICK if options.quick else None]
    builtin = builtin_answers(BuiltinChatModel(knowledge))
    progress(f"{len(turns)} turns")
    judge_model(turns[:5], builtin, judge)
    majority = Counter(turn.label.first for turn in labelled_turns(options.data, "dev")).most_common(1)[0][0]
    tallies = {
        f"always `{majority}`": judge_model(turns, always(majority), judge),
        "keywords": judge_model(turns, keywords, judge),
        "builtin": judge_model(turns, builtin, judge),
    }
    ours = tallies["builtin"]
    on = f"{len(turns)} turns of ReDial {part}"
    calling = sum(not turn.label.none for turn in turns)
    same, kappa, sets, twice = agreement()
    figures = (
        Figure(
            name="Next tool, builtin",
            value=ours.tool(),
            reach=">= .85",
            note=f"{on}; 95 % interval {_interval(ours.tool(), len(turns))}",
        ),
        Figure(
            name="Arguments exactly right, builtin",
            value=ours.arguments(),
            reach=">= .75",
            note=f"{on}; the first call's tool and arguments; 95 % interval {_interval(ours.arguments(), len(turns))}",
        ),
        Figure(
            name="Arguments exactly right where a call is needed, builtin",
            value=ours.arguments(needed=True),
            reach=">= .75",
            note=f"the {calling} turns on which answering without a tool is wrong; "
            f"95 % interval {_interval(ours.arguments(True), calling)}",
        ),
        Figure(
            name="Whole turn right, builtin", value=ours.whole(), note="every call right and none missing"
        ),
        Figure(
            name="Labels given twice, same tool first",
            value=same,
            note=f"{twice} turns, by the same labeller",
        ),
        Figure(name="Labels given twice, Cohen's kappa", value=kappa, note="of the tool named first"),
        Figure(name="Labels given twice, same set of right tools", value=sets, note=f"{twice} turns"),
        Figure(name="Time a turn, builtin, p95", value=_p95(ours.milliseconds), unit="ms", note="one thread"),
    )
    return Section(
        title="The next tool on people's own turns",
        question="Does the agent take the right next step when people talk as people do?",
        figures=figures,
        tables=(_models(tallies, on), _per_tool(ours), _confusions(ours)),
        config={"catalogue": "ml-1m", "part": part, "turns": len(turns), "turns that need a call": calling},
    )


def _models(tallies: Mapping[str, Tally], on: str) -> Table:
    columns = ("model", "next tool", "balanced", "arguments", "arguments where needed", "whole turn")
    rows = tuple(
        (name, *(f"{v:.3f}" for v in (t.tool(), t.balanced(), t.arguments(), t.arguments(True), t.whole())))
        for name, t in tallies.items()
    )
    note = (
        f"{on}, over ml-1m, whose films end in 2000: most films that people name are not in it. Balanced: the mean "
        "over the tools that labels name first. Arguments: the next tool and its arguments. Where needed: without the "
        "turns on which calling nothing is right."
    )
    return Table(title="Models", columns=columns, rows=rows, note=note)


def _per_tool(tally: Tally) -> Table:
    rows = []
    for tool in _TOOLS:
        precision, recall, asked = tally.by_tool(tool)
        called = sum(s.tool == tool for _, s in tally.scores)
        rows.append(
            (
                tool,
                str(asked),
                str(called),
                f"{precision:.3f}" if called else "",
                f"{recall:.3f}" if asked else "",
            )
        )
    return Table(
        title="Builtin, by tool",
        columns=("tool", "labels that name it first", "calls", "precision", "recall"),
        rows=tuple(rows),
        note="Precision: of the turns on which it was called first, where it is right. Recall: of the turns whose "
        "label names it first, those answered with an accepted tool.",
    )


def _confusions(tally: Tally) -> Table:
    rows = tuple((wanted, called, str(times)) for (wanted, called), times in tally.confusion().most_common())
    return Table(title="Builtin, wrong next tools", columns=("label", "called", "turns"), rows=rows)


class _Numbers(dict[str, str]):
    """Titles by their numbers where only the labels are compared."""

    def __missing__(self, key: str) -> str:
        return key


def _rows(name: str) -> list[dict[str, Any]]:
    found = json.loads(Path(__file__).with_name(f"next_tool_{name}.json").read_text(encoding="utf-8"))
    return list(found)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _interval(share: float, n: int) -> str:
    """Return Wilson's 95 % interval of a share."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f"{middle - half:.3f} to {middle + half:.3f}"


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]
