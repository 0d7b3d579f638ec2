"""How does the one event stream become what a face shows? Pure: no page, no terminal, no agent in here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.events import Cards, Event, Notice, StepFinished, StepStarted, TextDelta, TurnEnded, TurnStarted
from agent.evidence import ItemCard
from ui.text import chat_markdown, escape, plain_markdown

Message = dict[str, Any]
"""A chat message of the page: `role`, `content`, and `metadata` for a step."""

GETTING_READY = "Getting ready"
"""Label of the step that is shown while the parts are still being opened."""


@dataclass(frozen=True)
class Step:
    """One thing the agent did."""

    id: str
    label: str
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    ok: bool | None = None
    """None while it runs."""
    summary: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Answer:
    """One turn as far as it has come."""

    question: str
    turn: str = ""
    steps: tuple[Step, ...] = ()
    text: str = ""
    cards: tuple[ItemCard, ...] = ()
    notices: tuple[Notice, ...] = ()
    ended: bool = False
    claims: int = 0
    cut: tuple[str, ...] = ()
    chat_model: str = ""
    seconds: float = 0.0


def grow(answer: Answer, events: Iterable[Event]) -> Iterator[Answer]:
    """Yield the answer after each event of a turn."""
    for event in events:
        answer = after(answer, event)
        yield answer


def after(answer: Answer, event: Event) -> Answer:
    """Return the answer with one more event taken in."""
    match event:
        case TurnStarted():
            return replace(answer, turn=event.turn)
        case StepStarted():
            step = Step(id=event.id, label=event.label, tool=event.tool, arguments=event.arguments)
            return replace(answer, steps=(*answer.steps, step))
        case StepFinished():
            return replace(answer, steps=_finish(answer.steps, event))
        case TextDelta():
            return replace(answer, text=answer.text + event.text)
        case Cards():
            return replace(answer, cards=tuple(event.items))
        case Notice():
            return replace(answer, notices=(*answer.notices, event))
        case TurnEnded():
            return replace(
                answer,
                text=event.text or answer.text,
                cards=answer.cards or tuple(event.items),
                ended=True,
                claims=event.claims,
                cut=tuple(event.cut),
                chat_model=event.chat_model,
                seconds=event.seconds,
            )


def failed(answer: Answer, text: str) -> Answer:
    """Return the answer closed with an error that the person may read; running steps count as failed."""
    steps = tuple(replace(step, ok=False) if step.ok is None else step for step in answer.steps)
    notice = Notice(level="error", text=text)
    return replace(answer, steps=steps, notices=(*answer.notices, notice), ended=True)


def messages(answers: Iterable[Answer], cards: Callable[[Answer], Any] | None = None) -> Iterator[Message]:
    """Yield the chat messages of a dialogue; `cards` gives the content that shows an answer's items."""
    for answer in answers:
        yield from answer_messages(answer, cards)


def answer_messages(answer: Answer, cards: Callable[[Answer], Any] | None = None) -> Iterator[Message]:
    """Yield question, steps, words, cards and notices of one turn, in the order in which they are read."""
    if answer.question:
        yield {"role": "user", "content": plain_markdown(answer.question)}
    for step in answer.steps:
        yield step_message(step)
    if answer.text:
        yield {"role": "assistant", "content": chat_markdown(answer.text)}
    elif not answer.ended and all(step.ok is not None for step in answer.steps):
        yield {"role": "assistant", "content": "…"}
    if answer.cards and cards is not None:
        yield {"role": "assistant", "content": cards(answer)}
    for line in asides(answer):
        yield {"role": "assistant", "content": line}


def step_message(step: Step) -> Message:
    """Return a step as a message that opens: spinning while it runs, folded once it is done."""
    metadata: dict[str, Any] = {
        "title": plain_markdown(step.label),
        "id": step.id,
        "status": "pending" if step.ok is None else "done",
    }
    if step.ok is not None:
        metadata["duration"] = round(step.seconds, 2)
        metadata["log"] = escape(step.summary if step.ok else f"did not work: {step.summary}")
    lines = [
        f"{plain_markdown(name)}: {plain_markdown(words(value))}" for name, value in shown(step.arguments)
    ]
    if step.tool:
        lines.insert(0, f"Tool: {plain_markdown(step.tool)}")
    return {"role": "assistant", "content": "\n".join(lines) or "…", "metadata": metadata}


def asides(answer: Answer) -> list[str]:
    """Return what the person must know of an answer, as lines beneath it."""
    marks = {"info": "Note", "warning": "Please note", "error": "Problem"}
    lines = [f"**{marks[notice.level]}:** {chat_markdown(notice.text)}" for notice in answer.notices]
    if answer.ended and not (answer.text or answer.cards or lines):
        lines.append("There was no answer. Please say it in other words.")
    return lines


def shown(arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the arguments that say something, with names as words."""
    return [
        (name.replace("_", " "), value)
        for name, value in arguments.items()
        if value not in (None, "", [], {}, ())
    ]


def words(value: object) -> str:
    """Return an argument as a person writes it: lists with commas, the rest as JSON or plain text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(part, str | int | float) for part in value):
        return ", ".join(str(part) for part in value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _finish(steps: tuple[Step, ...], event: StepFinished) -> tuple[Step, ...]:
    if all(step.id != event.id for step in steps):
        steps = (*steps, Step(id=event.id, label=event.tool, tool=event.tool))
    return tuple(
        replace(step, ok=event.ok, summary=event.summary, seconds=event.seconds)
        if step.id == event.id
        else step
        for step in steps
    )
