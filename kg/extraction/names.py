"""What looks like the name of a person, and lists of such names."""

from __future__ import annotations

import re

_CAPITAL = "[A-ZÀ-ÖØ-ÞĀ-Ž]"
_WORD = (
    rf"(?>(?:{_CAPITAL}\.[ -]?){{1,4}}+(?={_CAPITAL})|(?:Jr|Sr|St|Dr)\."
    rf"|{_CAPITAL}[^\W\d_]*(?:['’-][^\W\d_]+)*\b)"
)
_SMALL = r"(?:(?:de|del|della|la|le|von|van|der|den|di|da|du|dos|ten|ter|bin|al|el|y)\s+)"
NAME = rf"(?:{_WORD}(?:\s*(?<=\s){_SMALL}{{0,2}}{_WORD}|(?<=[. -]){_WORD}){{0,4}}(?:,? Jr\.?)?)"
"""A run of capitalised words, with initials and particles: `D. W. Griffith`, `Robert De Niro`, `Ludwig van Bergen`."""
LIST_MARK = r"(?:\s*,?\s+(?:and|&|with|alongside)\s+|\s*,\s+|\s*&\s*)"
NAMES = rf"{NAME}(?:{LIST_MARK}(?!(?:The|It|He|She|They|Its|His|Her|In|On|At|A|An)\b){NAME})*"
"""Names with commas or `and` between them."""

_NAME = re.compile(NAME)
_BETWEEN = re.compile(rf"^{LIST_MARK}$")
_NOT_NAMES = frozenset(
    "the a an it its he his she her they their in on at of for from with by and or as this that these after "
    "before when while set based written directed produced starring also american british "
    "french music filmed film".split()
)


def names_in(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return (start, end) of every run of capitalised words; a first word such as `The` is not one."""
    found = []
    for match in _NAME.finditer(text, start, len(text) if end is None else end):
        first, last = match.span()
        while first < last:
            word = re.match(r"\S+\s*", text[first:last])
            if word is None or word[0].strip(" ,").casefold() not in _NOT_NAMES:
                break
            first += word.end()
        if first < last:
            found.append((first, last))
    return found


def listed_together(text: str, left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Say whether only a comma or `and` stands between two names."""
    return bool(_BETWEEN.match(text[left[1] : right[0]]))
