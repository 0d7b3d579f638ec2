"""Fills the slots of the written phrases from a catalogue, and says it as people write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.schema import Item

_SLOT = re.compile(r"\{(\w+)([+-]\d)?\}")
_WHOLE_NUMBERS = {"year_from", "year_to", "max_runtime", "max_price"}
_LISTS = {"like", "include", "exclude", "more", "less", "facets", "titles"}
_PLACES = (
    "the first one",
    "the second one",
    "the third one",
    "number {n}",
    "the {o}",
    "that first one",
    "no. {n}",
)
_ORDINALS = ("first", "second", "third")
_OPENINGS = (
    "something for tonight",
    "Hi, I am looking for something good",
    "what do you have?",
    "any ideas?",
    "recommend me something like what I told you",
    "hello, can you help me?",
)
_BEFORE = ("", "", "", "", "hi! ", "Hello, ", "ok ", "hmm ", "well, ", "so ")
_AFTER = ("", "", "", "", "", " please", " thanks", "!", "?", " :)")
_WORDS = (
    "a train robbery;a haunted hotel;boxing;time travel;a lighthouse;chess;the moon landing;a road trip;dinosaurs;"
    "a jury;a submarine;cooking;a bank heist;a shipwreck;samurai;robots;a circus;twins;a desert island;football"
)
_MINUTES, _EUROS = (80, 90, 100, 110, 120, 150), (15, 20, 30, 50, 80, 120)
_THINGS = "gift for a runner;something for small flats;travel set;coffee starter kit;rain gear;desk lamp;picnic things"


@dataclass(frozen=True)
class Line:
    """One written phrase and its calls, slots unfilled."""

    said: str
    calls: str


@dataclass(frozen=True)
class Written:
    """One request as a person writes it, and what it asks for."""

    said: str
    calls: tuple[tuple[str, dict[str, Any]], ...]
    reply: str
    """What to say when nothing is called."""


def written_lines(table: str) -> list[Line]:
    """Return the lines of a table of phrases."""
    pairs = (line.split("=>", 1) for line in table.strip().splitlines())
    return [Line(said.strip(), calls.strip()) for said, calls in pairs]


class Filler:
    """Draws slot values from a catalogue."""

    def __init__(self, items: Sequence[Item], films: bool, rng: np.random.Generator) -> None:
        self._items, self._films, self._rng = items, films, rng
        people, kinds, moods = (
            (("director", "cast"), ("genre",), ("mood",)) if films else (("brand",), ("kind",), ("feature",))
        )
        self._people, self._kinds, self._moods = (
            [v for item in items for facet in facets for v in item.attributes.get(facet, ())]
            for facets in (people, kinds, moods)
        )
        # A catalogue without moods is asked for kinds twice.
        self._moods = self._moods or self._kinds

    def items(self, most: int) -> list[Item]:
        """Return one to `most` different items."""
        count = int(self._rng.integers(1, most + 1))
        return [self._items[int(k)] for k in self._rng.choice(len(self._items), count, replace=False)]

    def opening(self) -> str:
        """Return a first message that asks for anything."""
        return self._one(_OPENINGS)

    def fill(self, line: Line, shown: Sequence[Item]) -> Written:
        """Return the line with its slots filled; places point into `shown`."""
        values = self._values(shown)
        said = _SLOT.sub(lambda m: str(values[m[1]]), line.said)
        if line.calls.startswith("none"):
            return Written(self._as_written(said), (), line.calls.partition(":")[2].strip())
        calls = []
        for call in line.calls.split(" & "):
            name, *pairs = re.split(r" (?=\w+=)", call.strip())
            arguments = {}
            for pair in pairs:
                key, _, value = pair.partition("=")
                arguments[key] = _typed(key, [_filled(one, values) for one in value.split("|")])
            calls.append((name, arguments))
        return Written(self._as_written(said), tuple(calls), "")

    def _values(self, shown: Sequence[Item]) -> dict[str, Any]:
        rng = self._rng
        first, second = (self._items[int(k)] for k in rng.choice(len(self._items), 2, replace=False))
        genre, other = self._two(self._kinds)
        year = int(rng.integers(1960, 2015))
        decade = int(rng.integers(193, 202)) * 10
        place = int(rng.integers(len(shown))) if shown else 0
        short_decade = f"{decade % 100:02d}s" if 1930 <= decade < 2000 else f"{decade}s"
        return {
            "a": self._title(first),
            "b": self._title(second),
            "g": self._kind(genre),
            "h": self._kind(other),
            "p": self._one(self._people),
            "m": self._one(self._moods),
            "y": year,
            "d": short_decade if rng.random() < 0.7 else f"{decade}s",
            "y0": decade,
            "y9": decade + 9,
            "k": int(rng.choice([80, 90, 100, 110, 120, 150]))
            if self._films
            else int(rng.choice([15, 20, 30, 50, 80, 120])),
            "q": self._one((_WORDS if self._films else _THINGS).split(";")),
            "n": self._place(place),
            "x": _label(shown[place]) if shown else "",
            "one": _label(shown[0]) if shown else "",
            "two": _label(shown[1 % len(shown)]) if shown else "",
        }

    def _title(self, item: Item) -> str:
        return _label(item) if self._rng.random() < 0.4 else item.title

    def _kind(self, value: str) -> str:
        return value.lower() if self._rng.random() < 0.8 else value

    def _place(self, place: int) -> str:
        said = self._one(_PLACES).format(n=place + 1, o=_ORDINALS[place])
        return said if "first" not in said or place == 0 else f"the {_ORDINALS[place]} one"

    def _two(self, values: Sequence[str]) -> tuple[str, str]:
        first = self._one(values)
        return first, self._one(sorted({*values} - {first}))

    def _one(self, values: Sequence[str]) -> str:
        return str(values[int(self._rng.integers(len(values)))])

    def _as_written(self, said: str) -> str:
        rng = self._rng
        said = (
            f"{self._one(_BEFORE)}{said}".rstrip("?.! ") + self._one(_AFTER) if rng.random() < 0.6 else said
        )
        if rng.random() < 0.3:
            return said.lower()
        return said[:1].upper() + said[1:] if rng.random() < 0.6 else said


def _filled(text: str, values: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        return str(values[match[1]] + int(match[2])) if match[2] else str(values[match[1]])

    return _SLOT.sub(value, text)


def _typed(key: str, values: list[str]) -> Any:  # noqa: ANN401 - an argument of any tool
    if key in _LISTS:
        return list(dict.fromkeys(values))
    if key in _WHOLE_NUMBERS:
        return int(values[0])
    return True if values[0] == "true" else values[0]


def _label(item: Item) -> str:
    return f"{item.title} ({item.year})" if item.year else item.title
