"""The small instruction model as it came and as it was tuned, beside the builtin model, on people's own turns.

The turns and what counts as right are those of `next_tool.py`. Answers are measured in whole turns of the agent.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ValidationError

from agent.answers import payload_of
from agent.brief import brief
from agent.builtin.model import BuiltinChatModel
from agent.completion import completed
from agent.events import TurnEnded
from agent.local_model import LocalChatModel
from agent.prompts import system_prompt
from agent.serving.weights import ADAPTER, prepare_weights
from agent.session import Agent
from agent.settings import Settings
from agent.small_model import SmallChatModel
from agent.tools import ALL_TOOLS
from agent.vllm import repair_tool_calls
from eval.agent_figures.next_tool import Calls, Tally, builtin_answers, judge_model
from eval.agent_figures.next_tool_data import LabelledTurn, Part, labelled_turns
from eval.agent_figures.next_tool_films import films_knowledge, films_workspace, same_film
from eval.agent_figures.next_tool_labels import NONE, Judge
from eval.figures import Figure, MeasureOptions, Section, Table
from kg.files import write_text
from kg.text import fold_name, split_year

_QUICK = 16
_ANSWERS, _QUICK_ANSWERS = 8, 2
"""Whole turns from which answers are measured."""
_TIMED = 8
_MOST = 112
"""Tokens of the calls of a turn at most: three of them fit."""
_MOST_ANSWER = 160
_NAMED = re.compile(r"\*\*(?P<bold>[^*\n]+)\*\*|(?P<dated>[A-Z][^.;:!?*\n]{0,60}? \((?:19|20)\d\d\))")
_MODELS: tuple[tuple[str, Path | None], ...] = (("base", None), ("tuned", ADAPTER))
_TOOLS = {tool.name: tool for tool in ALL_TOOLS}


@dataclass
class Written:
    """What one model did; kept in a file, since it takes minutes."""

    texts: list[str] = field(default_factory=list)
    """Written on each turn; of a model that writes."""
    valid: int = 0
    """Turns whose calls are all accepted by their tools; of those that called something."""
    calling: int = 0
    tokens: float = 0.0
    """Written a turn, mean."""
    seconds: float = 0.0
    """For the next tool of one turn alone, mean."""
    claims: int = 0
    """In the whole turns' answers, before anything was cut."""
    cut: int = 0
    """Sentences that were cut."""
    sentences: int = 0
    invented_before: int = 0
    invented_after: int = 0
    answers: int = 0


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Measure base, tuned and builtin on the labelled turns; with `quick` on a few development turns only.

    Raises `SourceError` when the data is missing and `ServingError` when the weights or the adapter are.
    """
    part: Part = "dev" if options.quick else "test"
    turns = labelled_turns(options.data, part)[: _QUICK if options.quick else None]
    knowledge = films_knowledge(options.data, options.out, progress)
    workspace = films_workspace(options.data, options.out, progress)
    judge = Judge(same_film(knowledge.linker))
    told = [turn for turn in turns if turn.opening and turn.label.first == "recommend"]
    openings = [turn.text for turn in told[: _QUICK_ANSWERS if options.quick else _ANSWERS]]
    found: dict[str, Written] = {}
    tallies: dict[str, Tally] = {}
    rules = SystemMessage(system_prompt(knowledge))
    for name, adapter in _MODELS:
        folder = prepare_weights(progress=progress, adapter=adapter)
        local = LocalChatModel(folder=folder, max_tokens=_MOST_ANSWER, wait=600)
        tools = [convert_to_openai_tool(tool) for tool in ALL_TOOLS]
        prompts = [local.prompt_tokens(brief([rules, *turn.messages]), tools) for turn in turns]
        card = (folder / "card.json").read_text(encoding="utf-8")
        key = hashlib.sha256(json.dumps([card, prompts]).encode()).hexdigest()
        kept = options.out / f"instruction-model-{name}.json"
        one = _kept(kept, key)
        if one is None:
            progress(f"{name}: the next tool on {len(turns)} turns")
            one = _next_tool(local, rules, turns, prompts, progress)
            write_text(kept, json.dumps({"key": key, "written": asdict(one)}))
        progress(f"{name}: {len(openings)} answers")
        _answers(one, workspace, SmallChatModel(inner=local), openings)
        found[name], tallies[name] = one, _judged(one, rules, turns, judge)
    builtin = BuiltinChatModel(knowledge)
    found["builtin"], tallies["builtin"] = _builtin(builtin, turns, judge)
    _answers(found["builtin"], workspace, builtin, openings)
    return _section(found, tallies, part, len(turns), len(openings))


def _kept(file: Path, key: str) -> Written | None:
    if not file.is_file():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Written(**kept["written"]) if kept["key"] == key else None


def _next_tool(
    local: LocalChatModel,
    rules: SystemMessage,
    turns: Sequence[LabelledTurn],
    prompts: Sequence[Sequence[int]],
    progress: Callable[[str], None],
) -> Written:
    from eval.agent_figures.batched import written

    tokenizer, model = local.loaded()
    answers, _ = written(
        model, prompts, local.ends(), _MOST, progress=lambda n: progress(f"  {n} of {len(prompts)}")
    )
    one = Written([tokenizer.decode(tokens, skip_special_tokens=True) for tokens in answers])
    one.tokens = sum(map(len, answers)) / len(answers)
    bound = SmallChatModel(inner=local).bind_tools(list(ALL_TOOLS))
    started = 0.0
    timed = turns[: _TIMED + 1]
    for k, turn in enumerate(timed):
        # The first call reads the rules and tools, which are kept.
        started = time.perf_counter() if k == 1 else started
        bound.invoke([rules, *turn.messages])
    one.seconds = (time.perf_counter() - started) / max(len(timed) - 1, 1)
    return one


def _judged(one: Written, rules: SystemMessage, turns: Sequence[LabelledTurn], judge: Judge) -> Tally:
    said = {id(turn): text for turn, text in zip(turns, one.texts, strict=True)}

    def answer(turn: LabelledTurn) -> Calls:
        calls = repair_tool_calls(said[id(turn)], set(_TOOLS))
        return [(call["name"], call["args"]) for call in completed(calls, [rules, *turn.messages])]

    one.valid = one.calling = 0
    for turn in turns:
        _count_valid(one, answer(turn), "<tool_call>" in said[id(turn)])
    return judge_model(turns, answer, judge)


def _builtin(model: BuiltinChatModel, turns: Sequence[LabelledTurn], judge: Judge) -> tuple[Written, Tally]:
    answer = builtin_answers(model)
    one, tally = Written(), judge_model(turns, answer, judge)
    one.seconds = sum(tally.milliseconds) / len(turns) / 1000
    for turn in turns:
        calls = answer(turn)
        _count_valid(one, calls, bool(calls))
    return one, tally


def _count_valid(one: Written, calls: Calls, tried: bool) -> None:
    if not tried and not calls:
        return
    one.calling += 1
    one.valid += bool(calls) and all(_is_valid(name, arguments) for name, arguments in calls)


def _is_valid(name: str, arguments: Mapping[str, Any]) -> bool:
    schema: Any = _TOOLS[name].tool_call_schema
    try:
        schema.model_validate(arguments)
    except ValidationError:
        return False
    return set(arguments) <= set(schema.model_fields)


@dataclass
class _Heard:
    """Final texts that a model wrote, with the messages before."""

    texts: list[tuple[list[BaseMessage], str]] = field(default_factory=list)


def _answers(one: Written, workspace: Path, model: BaseChatModel, openings: Sequence[str]) -> None:
    settings = Settings(chat_model="builtin", graph="embedded")
    with TemporaryDirectory(prefix="tastegraph-answers-") as folder:
        copied = Path(folder) / "films"
        shutil.copytree(workspace, copied, ignore=shutil.ignore_patterns("people", "neo4j", ".*"))
        heard = _Heard()
        with Agent.open(copied, settings, _recording(model, heard)) as agent:
            for number, opening in enumerate(openings):
                heard.texts.clear()
                end = [e for e in agent.turn(f"person-{number}", "one", opening) if isinstance(e, TurnEnded)][
                    -1
                ]
                one.answers += 1
                one.claims += end.claims
                one.cut += len(end.cut)
                for messages, text in heard.texts[-1:]:
                    one.sentences += _sentences(text)
                    one.invented_before += _invented(text, messages)
                    one.invented_after += _invented(end.text, messages)


def _recording(model: BaseChatModel, heard: _Heard) -> BaseChatModel:
    kind: Any = type(model)

    class Recording(kind):  # type: ignore[misc]
        def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            text, calls = "", False
            piece: ChatGenerationChunk
            for piece in super()._stream(messages, *args, **kwargs):
                text += str(piece.message.content)
                calls = calls or bool(getattr(piece.message, "tool_call_chunks", ()))
                yield piece
            if not calls and len(messages) > 1:
                heard.texts.append((list(messages), text))

    recording: BaseChatModel = Recording(
        **{name: getattr(model, name) for name in ("inner", "knowledge") if hasattr(model, name)}
    )
    return recording


def _sentences(text: str) -> int:
    return len([part for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()])


def _invented(text: str, messages: Sequence[BaseMessage]) -> int:
    """Count titles in an answer that neither a result, with its reasons, facts and notes, nor the person named."""
    payloads = [p for m in messages if isinstance(m, ToolMessage) and (p := payload_of(m))]
    known = {fold_name(card.title) for payload in payloads for card in payload.items}
    reasons = [reason for payload in payloads for card in payload.items for reason in card.reasons]
    facts = [fact for payload in payloads for fact in payload.facts]
    told = [name for reason in reasons for name in reason.names] + [
        name for fact in facts for name in fact.names
    ]
    known |= {fold_name(split_year(name)[0]) for name in told}
    notes = [note for payload in payloads for note in payload.notes]
    said = " ".join(
        fold_name(text) for text in [*notes, *(str(m.text) for m in messages if m.type == "human")]
    )
    names = {match["bold"] or match["dated"] for match in _NAMED.finditer(text)}
    # A mark inside a title (`M*A*S*H`) tears it apart: what stands in a result as it stands here is no invention.
    written = "\n".join(payload.model_dump_json() for payload in payloads)
    titles = {fold_name(split_year(name)[0]) for name in names if name not in written}
    return sum(title not in known and title not in said for title in titles if title)


def _section(
    found: dict[str, Written], tallies: dict[str, Tally], part: str, turns: int, answers: int
) -> Section:
    on = f"{turns} turns of ReDial {part}"
    tuned = found["tuned"]
    figures = (
        Figure(name="Next tool, tuned", value=tallies["tuned"].tool(), reach=">= .85", note=on),
        Figure(
            name="Arguments exactly right, tuned", value=tallies["tuned"].arguments(), reach=">= .75", note=on
        ),
        Figure(
            name="Valid calls, tuned",
            value=tuned.valid / max(tuned.calling, 1),
            note=f"{tuned.calling} turns on which it tried to call",
        ),
        Figure(
            name="Invented items after grounding, tuned",
            value=float(tuned.invented_after),
            reach="0",
            note=f"{answers} whole turns",
        ),
    )
    columns = (
        "model", "next tool", "arguments", "arguments where needed", "whole turn", "called nothing", "valid call",
        "claims an answer", "sentences cut", "invented before", "invented after", "tokens a call", "seconds a call",
    )  # fmt: skip
    rows = tuple(
        (
            name,
            f"{tallies[name].tool():.3f}",
            f"{tallies[name].arguments():.3f}",
            f"{tallies[name].arguments(True):.3f}",
            f"{tallies[name].whole():.3f}",
            f"{sum(score.tool == NONE for _, score in tallies[name].scores) / turns:.3f}",
            f"{one.valid / max(one.calling, 1):.3f}",
            f"{one.claims / max(one.answers, 1):.1f}",
            f"{one.cut} of {one.sentences}",
            str(one.invented_before),
            str(one.invented_after),
            f"{one.tokens:.0f}" if one.tokens else "",
            f"{one.seconds:.3f}",
        )
        for name, one in found.items()
    )
    note = (
        f"Next tool and arguments: {on}, as in the section on the next tool. Valid call: of the turns on which a call "
        f"was tried, those whose calls all name a tool and pass its schema. Answers: {answers} whole turns over ml-1m "
        "that open with a wish; cut are sentences that the evidence does not support, invented are titles that "
        "neither a result nor the person named. Tokens and seconds: for the choice of the next tool, one turn at a "
        "time, in process in float32."
    )
    return Section(
        title="The small instruction model",
        question="What does tuning teach the small model, and is it better than the builtin one?",
        figures=figures,
        tables=(Table(title="Base, tuned and builtin", columns=columns, rows=rows, note=note),),
        config={"part": part, "turns": turns, "answers": answers},
    )
