"""Many conversations with one system, and what they came to, kept as they go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, TypeAdapter

from eval.simulated.agenda import Agenda
from eval.simulated.conversation import Held, Wording, hold
from eval.simulated.personas import persona_of
from eval.simulated.satisfaction import Contentment
from eval.simulated.tastes import Taste, Vocabulary
from eval.systems.protocol import System
from kg.files import write_text

PART = 25
"""Conversations of a part: each part is kept when it is done."""
_TRANSCRIPTS = 2
"""Conversations of a part whose words are kept."""


class Outcome(BaseModel):
    """What one conversation came to."""

    person: str
    seed: int
    persona: str
    found: bool
    turns: int
    """Messages of the person until it was shown, or all of them."""
    shown: int
    repeated: int
    silent: int
    """Answers that showed nothing."""
    manner: float | None = None
    """Predicted contentment with how it was answered, 1 to 5; None where the system says nothing."""
    seconds: float = 0.0
    said: list[str] = []
    """The conversation, for some."""

    def success_at(self, k: int) -> float:
        """Return 1.0 when it was found with the first k messages, else 0.0."""
        return float(self.found and self.turns <= k)


_PARTS = TypeAdapter(list[Outcome])


def outcome(
    held: Held, seed: int, contentment: Contentment | None, seconds: float, with_words: bool
) -> Outcome:
    """Sum up one conversation."""
    answers = [one for one in held.utterances if one.speaker == "recommender"]
    speaks = contentment is not None and all(one.text for one in answers)
    return Outcome(
        person=held.person,
        seed=seed,
        persona=held.persona,
        found=held.found is not None,
        turns=held.turns,
        shown=held.shown,
        repeated=held.repeated,
        silent=sum(not one.items for one in answers),
        manner=float(np.mean(contentment.predict(held.exchanges()))) if contentment and speaks else None,
        seconds=seconds,
        said=[f"{one.speaker}: {one.text}" for one in held.utterances] if with_words else [],
    )


def shortened(said: Sequence[str], most: int = 240) -> str:
    """Return a conversation in one line, each message up to so many characters."""
    return " / ".join(" ".join(one.split())[:most] for one in said)


def converse(
    tastes: Sequence[Taste],
    vocabulary: Vocabulary,
    system_of: Callable[[Taste], System],
    seed: int,
    contentment: Contentment | None = None,
    wording: Wording = Agenda.worded,
    noun: str = "film",
) -> Iterator[Outcome]:
    """Let each person talk to their system; yields what each conversation came to."""
    for k, taste in enumerate(tastes):
        agenda = Agenda(taste, persona_of(taste.person, seed), vocabulary, seed, noun)
        started = time.perf_counter()
        held = hold(agenda, system_of(taste), wording)
        yield outcome(held, seed, contentment, time.perf_counter() - started, k % PART < _TRANSCRIPTS)


def kept_parts(
    file_of: Callable[[int], Path],
    tastes: Sequence[Taste],
    talk: Callable[[Sequence[Taste]], Iterator[Outcome]],
    is_over: Callable[[], bool],
) -> list[Outcome]:
    """Return the outcomes of all people, part by part, reading what an earlier run kept; none is begun when it is over.

    `file_of` names the file of the part that begins with a person's number; the name must hold whatever decides it.
    """
    found: list[Outcome] = []
    for start in range(0, len(tastes), PART):
        file = file_of(start)
        if file.is_file():
            found += _PARTS.validate_json(file.read_bytes())
            continue
        if is_over():
            break
        part = list(talk(tastes[start : start + PART]))
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, _PARTS.dump_json(part, indent=1).decode() + "\n")
        found += part
    return found
