"""What is an answer made of? The events of a turn, gathered for a client that speaks OpenAI's form."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.events import Event
from ui.api.openai_schemas import NoticeTold, StepTold, TurnTold
from ui.render import Answer, after


@dataclass
class Telling:
    """One answer while it comes."""

    thread: str
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the caller should know of the request, told as notices."""
    _answer: Answer = field(default_factory=lambda: Answer(question=""))

    def note(self, event: Event) -> None:
        """Take in one more event."""
        self._answer = after(self._answer, event)

    @property
    def text(self) -> str:
        """The words so far."""
        return self._answer.text

    def told(self) -> TurnTold:
        """Return everything but the words."""
        answer = self._answer
        steps = [
            StepTold(
                id=step.id,
                tool=step.tool,
                label=step.label,
                arguments=dict(step.arguments),
                ok=step.ok,
                summary=step.summary,
                seconds=step.seconds,
            )
            for step in answer.steps
        ]
        notices = [NoticeTold(level=one.level, text=one.text) for one in answer.notices]
        return TurnTold(
            thread=self.thread,
            steps=steps,
            items=list(answer.cards),
            notices=[*(NoticeTold(level="info", text=note) for note in self.notes), *notices],
            ignored=self.ignored,
            claims=answer.claims,
            cut=len(answer.cut),
            chat_model=answer.chat_model,
            seconds=answer.seconds,
        )
