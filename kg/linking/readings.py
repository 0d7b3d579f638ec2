"""Other ways to read a name: without `the film`, with `part two` as 2, a year of two digits, `the old one`."""

from __future__ import annotations

import re
from typing import NamedTuple

from kg.linking.words import NEWEST, OLDEST, number_of, ordinal_of
from kg.text import fold_word, tokenize

_NOUN = r"(?:movie|film|flick|show|series|product|song|album|book)s?"
_LEAD = re.compile(rf"^(?:(?:the|that|this)\s+)?{_NOUN}\s+(?:called\s+|named\s+)?(?=\S)", re.IGNORECASE)
_LAST = re.compile(rf"(?<=\S)\s+(?:{_NOUN}|one)$", re.IGNORECASE)
_CREDIT = re.compile(
    r"^(?P<name>.*?\S)\s+(?:directed by|by|from|starring|with)\s+(?P<credit>.+)$", re.IGNORECASE | re.DOTALL
)
_YEAR_AT_END = re.compile(
    r"^(?P<name>.*?\S)(?:[\s,]+|\s*(?=[(\[]))(?:(?:from|of|in)\s+)?[(\[]?(?P<year>(?:1[89]|20)\d\d)[)\]]?$",
    re.DOTALL,
)
_SHORT_YEAR = re.compile(r"^(?P<name>.*?\S)\s+(?:from\s+['’]?|['’]|\(['’]?)(?P<year>\d\d)\)?$", re.DOTALL)
_YEAR_FIRST = re.compile(
    r"^(?:the\s+)?(?P<year>(?:1[89]|20)\d\d)\s+(?:(?:version|remake|film|movie)\s+of\s+)?(?P<name>\D.*)$",
    re.DOTALL,
)
_AGED = re.compile(
    r"^(?:the\s+)?(?P<age>[a-z]+)\s+(?:(?:version|remake|one)\s+)?(?:of\s+)?(?P<name>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_CENTURY = 30
"""`from 29` is 2029, `from 30` 1930."""


class Reading(NamedTuple):
    """One way to read a mention."""

    name: str
    factor: float = 1.0
    """How much less it says than the name as it is written."""
    year: int | None = None
    newest: bool | None = None
    """Whether the newest, or the oldest, of several is meant."""
    credit: str = ""
    """Who is said to have made it or to play in it."""


def readings(text: str) -> list[Reading]:
    """Return the ways to read a mention, as it is written first."""
    bare = _LEAD.sub("", text)
    found = [Reading(text), Reading(bare, 0.98), Reading(_LAST.sub("", bare), 0.97)]
    dated = split_loose_year(bare)
    if dated[1] is not None:
        found.append(Reading(*dated[:1], year=dated[1]))
    credited = _CREDIT.match(bare)
    if credited:
        found.append(Reading(credited["name"], 0.9, credit=credited["credit"]))
    first = _YEAR_FIRST.match(bare)
    if first:
        found.append(Reading(first["name"], 0.97, year=int(first["year"])))
    aged = _AGED.match(_LAST.sub("", bare))
    if aged and (aged["age"].lower() in OLDEST or aged["age"].lower() in NEWEST):
        found.append(Reading(aged["name"], 0.95, newest=aged["age"].lower() in NEWEST))
    found += [Reading(name, 0.95) for name in (_numbered(bare), _ordinal(_LAST.sub("", bare))) if name]
    return [one for k, one in enumerate(found) if one.name and one not in found[:k]]


def split_loose_year(text: str) -> tuple[str, int | None]:
    """Split `heat 1995`, `heat, 1995` or `heat from 95` into the name and the year; None where there is none."""
    match = _YEAR_AT_END.match(text)
    if match and tokenize(match["name"]):
        return match["name"], int(match["year"])
    short = _SHORT_YEAR.match(text)
    if short and tokenize(short["name"]):
        year = int(short["year"])
        return short["name"], year + (1900 if year >= _CENTURY else 2000)
    return text, None


def _numbered(text: str) -> str:
    """Return `godfather 2` for `godfather part two`, or an empty string where no number ends it."""
    words = text.split()
    number = number_of(fold_word(words[-1])) if len(words) > 1 else 0
    if not number:
        return ""
    if len(words) > 2 and fold_word(words[-2]) in {
        "part",
        "number",
        "no",
        "episode",
        "chapter",
        "volume",
        "vol",
    }:
        words.pop(-2)
    name = " ".join(words[:-1])
    return name if number == 1 else f"{name} {number}"


def _ordinal(text: str) -> str:
    """Return `godfather 2` for `the second godfather`, or an empty string."""
    words = text.split()
    if words and words[0].lower() == "the":
        words = words[1:]
    number = ordinal_of(fold_word(words[0])) if len(words) > 1 else 0
    name = " ".join(words[1:])
    return "" if not number else name if number == 1 else f"{name} {number}"
