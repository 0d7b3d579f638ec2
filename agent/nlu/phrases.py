"""Our own phrases as training examples: lines with slots, filled by the seed."""

from __future__ import annotations

import random
import re
import tomllib
from importlib.resources import files
from typing import NamedTuple

_SLOT = re.compile(r"\{(\w+)\}")
_OPENINGS = ("", "", "", "", "Hi, ", "ok, ", "well, ", "hmm ", "and ", "please, ")


class Phrase(NamedTuple):
    """One text of ours."""

    text: str
    intents: tuple[str, ...]
    polarity: str
    """Empty where the line has none."""
    inside: bool
    """Whether it is about items, tastes or orders at all."""


def read_phrases(fills: int, seed: int) -> list[Phrase]:
    """Return up to `fills` different texts of a line with slots and up to two of one without.

    Some are in lower case, lack the last mark or have an opening word, as people write.
    """
    raw = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8"))
    rng = random.Random(seed)
    found: list[Phrase] = []
    for block in [*raw["lines"], *raw["outside"]]:
        intents, _, polarity = block.get("is", "").partition(":")
        for line in block["texts"]:
            wanted = fills if _SLOT.search(line) else min(fills, 2)
            texts = {_written(line, raw["slots"], rng) for _ in range(wanted)}
            names = tuple(sorted(intents.split("+"))) if intents else ()
            # A greeting is neither about items nor beside the point.
            found += [Phrase(text, names, polarity, bool(intents)) for text in sorted(texts)]
    return found


def _written(line: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    text = _SLOT.sub(lambda found: rng.choice(slots[found[1]]), line)
    text = rng.choice(_OPENINGS) + text
    if rng.random() < 0.4:
        text = text.lower()
    return text.rstrip("?.!") if rng.random() < 0.4 else text
