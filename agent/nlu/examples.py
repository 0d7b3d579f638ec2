"""Training and validation examples: what a message says for each head, from the public sources and our own phrases."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.nlu import sources
from agent.nlu.labels import SMALL_TALK
from agent.nlu.phrases import read_phrases
from agent.nlu.sources import Part, Said


@dataclass(frozen=True)
class Example:
    """A message with what is known of it; a head without a label learns nothing from it."""

    said: str
    before: str = ""
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Head to labels; several only for `intent`, none only for a `topic` that is none of them all."""
    stratum: str = ""
    """The source, from which an epoch draws a fixed number."""


DRAWS = {
    "iard": 100_000,
    "mentions": 700,
    "polarities": 900,
    "clinc": 1500,
    "bitext": 700,
    "redial": 200,
    "phrases": 450,
}
"""Most examples that an epoch takes of a source."""


def examples(data: Path, part: Part, seed: int = 0) -> list[Example]:
    """Return the examples of a part, each source's under its stratum.

    Raises `SourceError` when a data set is missing.
    """
    rng = random.Random(seed)
    turns = sources.iard(data, part)
    mentions = sources.ccpe_mentions(data, part)
    replies = [said.before for said in [*turns, *mentions] if said.before]
    made = [_dialogue(said, "iard", "intent") for said in turns]
    made += [_dialogue(said, "mentions", "mention") for said in mentions]
    made += _polarities(data, part)
    inside, outside = sources.clinc(data, part)
    made += [_beside(said, rng, replies) for said in _most(inside, 60 if part == "train" else 5, rng)]
    made += [_beside(said, rng, replies) for said in outside]
    for said in _most(sources.bitext(data, part), 150 if part == "train" else 10, rng):
        labels = {"service": said.labels, "scope": ("inside",)}
        made.append(Example(said.text, _maybe(rng, replies), labels, "bitext"))
    if part == "train":
        made += _own(rng, replies, seed)
    return made


def weak_polarities(data: Path, seed: int) -> list[Example]:
    """Return ReDial's noisy sides, as many for as against."""
    rng = random.Random(seed)
    return [
        Example(said.text, said.before, {"polarity": said.labels}, "redial")
        for said in _most(sources.redial_polarities(data), 275, rng)
    ]


def _dialogue(said: Said, stratum: str, head: str) -> Example:
    labels = {head: said.labels}
    if set(said.labels) - {"other", "none", "neutral"}:
        labels["scope"] = ("inside",)
    if head == "mention" and said.labels == ("none",):
        labels["polarity"] = ("neutral",)
    return Example(said.text, said.before, labels, stratum)


def _polarities(data: Path, part: Part) -> list[Example]:
    found = []
    for said in sources.ccpe_polarities(data, part):
        found.append(Example(said.text, said.before, {"polarity": said.labels}, "polarities"))
        # The same words with the question out of sight: a reader that only listens to questions is of no use.
        if said.group == "told" and part == "train" and len(said.text.split()) > 3:
            found.append(Example(said.text, "", {"polarity": said.labels}, "polarities"))
    return found


def _beside(said: Said, rng: random.Random, replies: Sequence[str]) -> Example:
    intent = said.labels[0]
    labels: dict[str, tuple[str, ...]] = {"topic": () if intent == "oos" else said.labels}
    if intent not in SMALL_TALK:
        labels["scope"] = ("outside",)
    return Example(said.text, _maybe(rng, replies), labels, "clinc")


def _own(rng: random.Random, replies: Sequence[str], seed: int) -> list[Example]:
    found = []
    for phrase in read_phrases(6, seed):
        labels: dict[str, tuple[str, ...]] = {}
        if phrase.intents:
            labels["intent"] = phrase.intents
        if phrase.polarity:
            labels["polarity"] = (phrase.polarity,)
        if phrase.intents != ("other",):
            labels["scope"] = ("inside" if phrase.inside else "outside",)
        found.append(Example(phrase.text, _maybe(rng, replies), labels, "phrases"))
    return found


def _maybe(rng: random.Random, replies: Sequence[str]) -> str:
    # Messages of sources without dialogues follow a drawn reply half of the time, so that no head learns that what
    # follows a reply is about items.
    return rng.choice(replies) if replies and rng.random() < 0.5 else ""


def _most(said: Iterable[Said], most: int, rng: random.Random) -> list[Said]:
    by_label: dict[tuple[str, ...], list[Said]] = {}
    for one in said:
        by_label.setdefault(one.labels, []).append(one)
    return [one for group in by_label.values() for one in rng.sample(group, min(most, len(group)))]
