"""Numbers as people write them in tables and prose."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![\w.])[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w|\.\d)")


def number_spans(text: str) -> list[tuple[int, int, float]]:
    """Return the numbers of a text with where they begin and end: `.2905`, `1,388`, `97 %`, `−.0002`, `4e-05`.

    Digits that belong to a word (`ml-1m`, `Recall@20`, `v1.2.3`) are none.
    """
    found = []
    for match in _NUMBER.finditer(text):
        written = match.group()
        if not any(character.isdigit() for character in written):
            continue
        before = text[: match.start()]
        if re.search(r"[@#_]$|\w[-−]$", before):
            continue
        found.append((match.start(), match.end(), float(written.replace(",", "").replace("−", "-"))))
    return found


def numbers_in(text: str) -> list[float]:
    """Return the numbers of a text in order."""
    return [number for _, _, number in number_spans(text)]
