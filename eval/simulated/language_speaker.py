"""A language model that words what an agenda decides to say. It is given attributes, and is not believed.

The agenda stays: which attribute is said when, what is accepted, when the patience is over. The model sees the manner
and the attributes of one message, no title, neither of a target nor of anything else. What it writes is refused when it
has a word of a target's title, leaves an attribute out, or is no single message; then the agenda's own words are said,
and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from eval.simulated.agenda import Agenda, Line
from eval.simulated.tastes import Attribute, tells
from eval.systems.protocol import Utterance
from kg.text import fold_name

_MOST_WORDS = 60
_WORDED = frozenset({"open", "more", "less", "answer", "change"})
Write = Callable[[str, str], str]
"""From instructions and a request to a text."""


@dataclass
class LanguageSpeaker:
    """Words lines through a model; use it as the `wording` of `eval.simulated.conversation.hold`."""

    write: Write
    counts: Counter[str] = field(default_factory=Counter)
    """`written`, and why others were refused: `title`, `left out`, `form`, `failed`."""

    def __call__(self, agenda: Agenda, line: Line) -> Utterance:
        """Return the line in the model's words, or in the agenda's where these are refused."""
        if line.act not in _WORDED or not line.attributes:
            return agenda.worded(line)
        text = self.write(_instructions(agenda), _request(line)).strip().strip('"').strip()
        why = refused(text, line, agenda)
        self.counts[why or "written"] += 1
        if why:
            return agenda.worded(line)
        if line.titles:
            liked = " and ".join(agenda.vocabulary.items[i].title for i in line.titles)
            text = f"{text} I liked {liked}."
        agenda.note(line)
        return Utterance("seeker", text, line.titles)


def refused(text: str, line: Line, agenda: Agenda) -> str:
    """Return why a text is not what the person may say, or an empty string."""
    if not text:
        return "failed"
    if "\n" in text or len(text.split()) > _MOST_WORDS:
        return "form"
    if tells(text, agenda.vocabulary.words_of(agenda.taste.targets)):
        return "title"
    folded = f" {fold_name(text)} "
    missing = any(fold_name(_sayable(one)) not in folded for one in line.attributes)
    return "left out" if missing else ""


def openai_writer(
    base_url: str, model: str, api_key: str = "none", seconds: float = 60.0, seed: int = 0
) -> Write:
    """Return a writer behind OpenAI's protocol; an answer that fails is an empty text."""
    import openai

    client = openai.OpenAI(base_url=base_url, api_key=api_key or "none", timeout=seconds, max_retries=0)

    def write(instructions: str, request: str) -> str:
        try:
            answer = client.chat.completions.create(
                model=model,
                messages=[{"role": "system", "content": instructions}, {"role": "user", "content": request}],
                temperature=0.7,
                seed=seed,
                max_tokens=80,
            )
        except (openai.OpenAIError, ValueError):
            # A server that answers with no JSON raises what the parser does.
            return ""
        return (answer.choices[0].message.content or "") if answer.choices else ""

    return write


def _instructions(agenda: Agenda) -> str:
    return (
        f"You are a {agenda.persona.name} person who looks for a {agenda.noun} and writes to an assistant. Write one "
        f"short message in the first person. Say exactly the points given, with these words. Name no {agenda.noun}."
    )


def _request(line: Line) -> str:
    points = "; ".join(f"{one.facet}: {_sayable(one)}" for one in line.attributes)
    return f"You do not want: {points}." if line.act == "less" else f"You want: {points}."


def _sayable(one: Attribute) -> str:
    return re.sub(r"\s+", " ", one.value)
