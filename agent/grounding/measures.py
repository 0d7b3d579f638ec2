"""Numbers with a unit behind them, in the languages of our answers: `seven hours` is borne out by 420 minutes alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.grounding.number_words import written_numbers

NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|(?<!\w)\d+(?:[.,]\d+)?")
_UNITS: tuple[tuple[str, float, str], ...] = (
    ("minutes", 60.0, r"hours?\b|hrs?\b|h\b|horas?\b|stunden?\b|std\b|个?小时"),
    ("minutes", 1.0, r"min(?:ute|uto)?s?\b|minuten\b|分钟"),
    ("money", 1.0, r"euros?\b|eur\b|€|\$|dollars?\b|usd\b|£|pounds?\b|欧元|美元"),
    ("days", 1.0, r"days?\b|d[ií]as?\b|tagen?\b|tage?\b|天"),
    ("days", 7.0, r"weeks?\b|semanas?\b|wochen?\b|周"),
    ("months", 1.0, r"months?\b|mes(?:es)?\b|monaten?\b|monate?\b|个月"),
    ("months", 12.0, r"years?\b|años?\b|jahren?\b|jahre?\b|年"),
    ("length", 1.0, r"cm\b|centimet(?:re|er)s?\b|厘米"),
    ("length", 0.1, r"mm\b|millimet(?:re|er)s?\b|毫米"),
    ("length", 100.0, r"m\b|met(?:re|er)s?\b|metros?\b|米"),
    ("weight", 1.0, r"g\b|grams?\b|gramm?\b|gramos?\b|克"),
    ("weight", 1000.0, r"kg\b|kilos?\b|kilograms?\b|公斤"),
    ("volume", 1.0, r"l\b|lit(?:re|er)s?\b|litros?\b|升"),
    ("volume", 0.001, r"ml\b|毫升"),
    ("share", 1.0, r"%|percent\b|per cent\b|por ciento\b|prozent\b"),
)
_UNIT = re.compile(
    r"[ \u00a0-]*(?:" + "|".join(f"(?P<u{k}>{words})" for k, (_, _, words) in enumerate(_UNITS)) + ")",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"[€$£]\s?$")
_CALENDAR = range(1800, 2200)
"""A number before the Chinese word for a year that names one."""
_COUNTED_THING = re.compile(
    r"[ -]*(?P<thing>stars?|estrellas|sterne|awards?|premios|preise|oscars?|episodes?|seasons?|sequels?|颗星)(?!\w)",
    re.IGNORECASE,
)
_NEARLY = 20.0
"""Minutes by which a run time may differ from the hours that an answer rounds it to."""


@dataclass(frozen=True)
class Measure:
    """A number with its unit."""

    kind: str
    """What is measured: `minutes`, `money`, …"""
    value: float
    """In the smallest unit of its kind that `_UNITS` lists with 1."""
    is_rounded: bool = False
    """Whether it is told in hours, which stand for minutes roughly."""

    def is_borne_out(self, known: Iterable[Measure]) -> bool:
        """Whether one of these measures is this one."""
        room = _NEARLY if self.is_rounded else 1e-6
        return any(one.kind == self.kind and abs(one.value - self.value) <= room for one in known)


def measure_at(text: str, start: int, end: int, value: float) -> Measure | None:
    """Return what the number at `start` to `end` of `text` measures; None where it has no unit."""
    unit = _UNIT.match(text, end)
    if unit is None:
        return Measure("money", value) if _MONEY_BEFORE.search(text[:start]) else None
    if unit[0].endswith("年") and value in _CALENDAR:
        return None
    kind, factor, _ = _UNITS[int((unit.lastgroup or "u0")[1:])]
    return Measure(kind, value * factor, (kind, factor) == ("minutes", 60.0))


def unit_end(text: str, end: int) -> int:
    """Return where the unit behind a number ends; `end` where there is none."""
    unit = _UNIT.match(text, end)
    return unit.end() if unit else end


def measures_of(text: str) -> Iterator[Measure]:
    """Yield every number with a unit that a text writes, in digits or in words."""
    for match in NUMBER.finditer(text):
        found = measure_at(text, match.start(), match.end(), to_number(match[0]))
        if found:
            yield found
    for start, end, value in written_numbers(text):
        found = measure_at(text, start, end, value)
        if found:
            yield found


def to_number(written: str) -> float:
    """Read `1,200`, `19.99` or `19,99`."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", written):
        written = written.replace(",", "")
    return float(written.replace(",", "."))


def thing_counted(after: str) -> str | None:
    """Return what is counted there, where no facet of a catalogue is measured in it: awards, stars, seasons."""
    found = _COUNTED_THING.match(after)
    return found["thing"] if found else None
