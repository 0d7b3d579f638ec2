"""Which numbers a text names: years, minutes, euros, how many; and what `old` and `recent` mean here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

_WORD_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "a hundred": 100,
    "hundred": 100,
}  # fmt: skip
_DECADES = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990,
}  # fmt: skip
_YEAR = r"((?:1[89]|20)\d\d)"
_NUMBER = r"(\d{1,6}(?:[.,]\d{1,4})?|" + "|".join(sorted(_WORD_NUMBERS, key=len, reverse=True)) + ")"
_DIGITS = r"(\d{1,6}(?:[.,]\d{1,2})?)"
_UNDER = (
    r"(?:under|below|less than|shorter than|cheaper than|no (?:more|longer) than|not (?:more|longer) than|"
    r"at most|max(?:imum)?"
    r"(?: of)?|up to|within|not over|not above|don'?t (?:want to )?spend (?:more|over) than)"
)
_HOURS = r"(?:hours?|hrs?|h)\b"
_MINUTES = r"(?:minutes?|mins?|min|m)\b"
_MONEY = r"(?:euros?|eur|€|bucks|dollars?|\$|£|pounds?)"
_DECADE = (
    r"(?:(early|mid|late)[- ]+)?(?:the )?(?:((?:1[89]|20)\d0)['’]?s|['’]?(\d0)['’]?s|("
    + "|".join(_DECADES)
    + r"))\b"
)

OLD_UNTIL = 1979
"""`old` and `classic` mean this year or earlier, where the catalogue reaches past 2000."""


@dataclass(frozen=True)
class Quantity:
    """A number with its meaning and place in the text (character offsets)."""

    start: int
    end: int
    kind: Literal["years", "runtime", "price", "count"]
    low: int | None = None
    """Earliest year."""
    high: float | None = None
    """Latest year, minutes at most, euros at most, or how many."""
    bound: bool = False
    """True for `before`, `after`, `since`; False for a named stretch such as `the 80s`."""


class Calendar:
    """What `old` and `recent` mean for a catalogue, read from its newest decade."""

    def __init__(self, facet_values: Mapping[str, Mapping[str, int]]) -> None:
        decades = [int(v[:4]) for v in facet_values.get("decade", {}) if re.match(r"\d{4}", v)]
        self.newest = max(decades, default=2020)

    @property
    def recent_from(self) -> int:
        """The first year that counts as recent."""
        return self.newest - 5

    @property
    def old_until(self) -> int:
        """The last year that counts as old."""
        return min(OLD_UNTIL, self.newest - 21)


def number(word: str) -> float:
    """Return the value of a number written in digits or words; raises `ValueError` for anything else."""
    return float(_WORD_NUMBERS.get(word.casefold()) or float(word.replace(",", ".")))


def find_quantities(text: str, priced: bool) -> list[Quantity]:
    """Return the numbers with a meaning in `text`, left to right, without overlap.

    Args:
        text: what the person wrote.
        priced: whether a bare `under 50` means euros (a shop) rather than minutes.
    """
    found: list[Quantity] = []
    for finder in (_runtimes, _prices, _years, _counts):
        for quantity in finder(text, priced):
            if not any(quantity.start < f.end and f.start < quantity.end for f in found):
                found.append(quantity)
    return sorted(found, key=lambda q: q.start)


def _find(pattern: str, text: str) -> list[re.Match[str]]:
    return list(re.finditer(pattern, text, re.IGNORECASE))


def _runtimes(text: str, priced: bool) -> list[Quantity]:
    found = []
    patterns = (
        (rf"\b{_UNDER} (?:an|one|1) hour and a half", lambda m: 90.0),
        (rf"\b{_UNDER} (?:an|one) hour\b", lambda m: 60.0),
        (rf"\b{_UNDER} {_NUMBER} and a half {_HOURS}", lambda m: number(m[1]) * 60 + 30),
        (rf"\b{_UNDER} (\d) ?h ?(\d\d)?\b(?! ?€)", lambda m: int(m[1]) * 60 + int(m[2] or 0)),
        (rf"\b{_UNDER} {_NUMBER} ?{_HOURS}", lambda m: number(m[1]) * 60),
        (rf"\b{_UNDER} {_NUMBER} ?{_MINUTES}", lambda m: number(m[1])),
        (
            rf"\b{_NUMBER} ?{_HOURS} (?:or less|max(?:imum)?|at most|tops|or shorter)",
            lambda m: number(m[1]) * 60,
        ),
        (
            rf"\b{_NUMBER} ?{_MINUTES} (?:or less|max(?:imum)?|at most|tops|or shorter)",
            lambda m: number(m[1]),
        ),
        (
            rf"\b(?:i|we) (?:only |just )?have (?:only |just )?{_NUMBER} ?{_HOURS}",
            lambda m: number(m[1]) * 60,
        ),
        (rf"\b(?:i|we) (?:only |just )?have (?:only |just )?{_NUMBER} ?{_MINUTES}", lambda m: number(m[1])),
    )
    for pattern, minutes in patterns:
        found += [
            Quantity(m.start(), m.end(), "runtime", high=float(minutes(m))) for m in _find(pattern, text)
        ]
    if not priced:
        for m in _find(rf"\b{_UNDER} (\d{{2,3}})\b(?! ?{_MONEY})", text):
            if 40 <= int(m[1]) <= 400:
                found.append(Quantity(m.start(), m.end(), "runtime", high=float(m[1])))
    return [q for q in found if q.high and q.high >= 1]


def _prices(text: str, priced: bool) -> list[Quantity]:
    found = []
    patterns = [
        rf"\b{_UNDER} {_NUMBER} ?{_MONEY}",
        rf"\b{_UNDER} ?[€$£] ?{_DIGITS}",
        rf"\b{_NUMBER} ?{_MONEY} (?:or less|max(?:imum)?|at most|tops|or cheaper)",
        rf"\b(?:my )?budget (?:is|of|:)? ?(?:about |around )?[€$£]? ?{_NUMBER}(?: ?{_MONEY})?",
        rf"\bbetween {_NUMBER}(?: ?{_MONEY})? and {_DIGITS} ?{_MONEY}",
        rf"\bfor (?:about |around )?{_NUMBER} ?{_MONEY}",
    ]
    if priced:
        patterns.append(rf"\b{_UNDER} {_DIGITS}\b")
    for pattern in patterns:
        for m in _find(pattern, text):
            value = number(m[m.lastindex or 1])
            if value > 0:
                found.append(Quantity(m.start(), m.end(), "price", high=value))
    return found


_BEFORE = r"(?:before|earlier than|older than|up to|until|no later than|not newer than|prior to|pre[- ])"
_AFTER = r"(?:after|later than|newer than|more recent than|post[- ])"
_SINCE = r"(?:since|not older than|no older than)"
_Range = Callable[[re.Match[str]], tuple[int | None, int | None, bool]]
_SPANS: tuple[tuple[str, _Range], ...] = (
    (rf"\b(?:between|from) {_YEAR} (?:and|to|until|till|-) {_YEAR}", lambda m: (int(m[1]), int(m[2]), False)),
    (rf"\b{_YEAR} ?[-–] ?{_YEAR}", lambda m: (int(m[1]), int(m[2]), False)),
    (rf"\b{_BEFORE} ?(?:the )?{_DECADE}", lambda m: (None, _decade(m)[0] - 1, True)),
    (
        rf"\b(?:up to|until|no later than|not newer than) (?:the year )?{_YEAR}\b",
        lambda m: (None, int(m[1]), True),
    ),
    (rf"\b{_BEFORE} ?(?:the year )?{_YEAR}\b", lambda m: (None, int(m[1]) - 1, True)),
    (rf"\b{_AFTER} ?(?:the )?{_DECADE}", lambda m: (_decade(m)[1] + 1, None, True)),
    (rf"\b{_AFTER} ?(?:the year )?{_YEAR}\b", lambda m: (int(m[1]) + 1, None, True)),
    (
        rf"\b(?:{_SINCE}|from|starting|at least from) (?:the )?{_YEAR} (?:on|onwards?|or later|or newer)\b",
        lambda m: (int(m[1]), None, True),
    ),
    (rf"\b{_SINCE} (?:the year )?{_YEAR}\b", lambda m: (int(m[1]), None, True)),
    (rf"\bsince (?:the )?{_DECADE}", lambda m: (_decade(m)[0], None, True)),
    (rf"(?:\bfrom |\bin )?(?<!\w){_DECADE}", lambda m: (*_decade(m), False)),
    (rf"(?<![\w.,])(?:from |in |of |the )?{_YEAR}(?![\w]|[.,]\d)", lambda m: (int(m[1]), int(m[1]), False)),
)
"""Ways to name years, the narrower first: the first that covers a place counts."""


def _years(text: str, priced: bool) -> list[Quantity]:
    return [
        Quantity(m.start(), m.end(), "years", *read(m))
        for pattern, read in _SPANS
        for m in _find(pattern, text)
    ]


_HEADS = (
    r"(?:films?|movies?|products?|items?|suggestions?|recommendations?|ideas?|options?|picks?|titles?|them)"
)
_SOME = rf"(?<!first )(?<!last )(?<!these )(?<!those )(?<!the )\b{_NUMBER} (?:\w+[- ]){{0,2}}{_HEADS}\b"
_TOP = r"\b(?:top|just|only|give me) (\d{1,2}|one|two|three|four|five|six|ten)\b(?! ?(?:hours?|min|€|euro))"


def _counts(text: str, priced: bool) -> list[Quantity]:
    found = []
    for m in _find(_SOME, text):
        value = number(m[1])
        if 1 <= value <= 100 and value == int(value) and not m[0].casefold().startswith("one of"):
            found.append(Quantity(m.start(), m.start() + len(m[1]), "count", high=float(min(value, 10))))
    found += [
        Quantity(m.start(1), m.end(1), "count", high=float(min(max(number(m[1]), 1), 10)))
        for m in _find(_TOP, text)
    ]
    return found


def _decade(match: re.Match[str]) -> tuple[int, int]:
    part, full, short, word = match.groups()[-4:]
    if full:
        first = int(full)
    elif short:
        first = (1900 if int(short) >= 20 else 2000) + int(short)
    else:
        first = _DECADES[word.casefold()]
    if full and full.endswith("00") and first < 2000:
        return first, first + 99
    low, high = {"early": (0, 4), "mid": (3, 6), "late": (5, 9)}.get((part or "").casefold(), (0, 9))
    return first + low, first + high
