"""The phrases that the head learns from: our own lines, their slots filled by the seed."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

LABELS = ("negative", "neutral", "positive")
_SLOT = re.compile(r"\{(\w+)\}")
_OPENINGS = ("", "", "", "", "Yes, ", "Well, ", "oh ", "Honestly, ", "I mean, ", "haha ", "Yeah ", "um ")


class Phrase(NamedTuple):
    """One text with its label."""

    text: str
    label: int
    """Place in `LABELS`."""
    line: int
    """Which line it was made from, so that one line is never on both sides of a division."""


def read_phrases(fills: int, seed: int) -> tuple[list[Phrase], list[Phrase]]:
    """Return phrases to learn from and phrases to judge by.

    A line with slots gives at most `fills` different texts, some in lower case, without a last mark or with an
    opening word, as people write; a line without gives up to three. Those to judge by are as they are written.
    """
    raw = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8"))
    rng = random.Random(seed)
    learned: list[Phrase] = []
    judged: list[Phrase] = []
    for label, name in enumerate(LABELS):
        for line in raw[name]["lines"]:
            number = len({phrase.line for phrase in learned})
            wanted = fills if _SLOT.search(line) else 3
            texts = {_as_written(_filled(line, raw["slots"], rng), rng) for _ in range(wanted)}
            learned += [Phrase(text, label, number) for text in sorted(texts)]
        judged += [Phrase(text, label, -1 - len(judged) - k) for k, text in enumerate(raw["valid"][name])]
    return learned, judged


def _filled(line: str, slots: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    return " ".join(_SLOT.sub(lambda found: rng.choice(slots[found[1]]), line).split())


def _as_written(text: str, rng: random.Random) -> str:
    opening = rng.choice(_OPENINGS)
    text = opening + (text if not opening or text.startswith("I") else text[:1].lower() + text[1:])
    if rng.random() < 0.4:
        text = text.lower()
    if rng.random() < 0.4:
        text = text.rstrip(".!")
    return text
