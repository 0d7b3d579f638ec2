"""Ids of entities that a source knows by name only."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from itertools import groupby

_QUALIFIER = re.compile(r"^(?P<name>.*\S)\s*\((?P<qualifier>[^()]*)\)\s*$", re.DOTALL)
_YEAR = re.compile(r"(?<!\d)(?:18[7-9]\d|19\d\d|20\d\d|2100)(?!\d)")


def slug(name: str) -> str:
    """Return `name` in lower case with hyphens between words; every script stays, Latin accents go.

    Names that differ only in case, spacing, accents, punctuation or the gaps between initials have one slug.
    A symbol (`+`, `$`) tells names apart, so a name with one gets a short hash, and so does a name without
    any letter or digit.
    """
    letters = unicodedata.normalize("NFKD", name.replace("&", " and ").casefold())
    bare = "".join(c for c in letters if not "\u0300" <= c <= "\u036f" and c not in "'’`.")
    composed = unicodedata.normalize("NFC", bare)
    categories = [unicodedata.category(c)[0] for c in composed]
    kept = (c if category in "LNM" else " " for c, category in zip(composed, categories, strict=True))
    words = "".join(kept).split()
    joined = "-".join(
        part
        for single, run in groupby(words, key=lambda word: len(word) == 1 and word.isalpha())
        for part in (["".join(run)] if single else run)
    )
    if not joined:
        return short_hash(name)
    return f"{joined}-{short_hash(composed)}" if "S" in categories else joined


def short_hash(text: str) -> str:
    """Return eight hexadecimal digits that stay the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def entity_id(kind: str, name: str) -> str:
    """Return `kind:slug`."""
    return f"{kind}:{slug(name)}"


def film_id(title: str, year: int | None) -> str:
    """Return `film:heat-1995`, or `film:heat` where no year is known."""
    return entity_id("film", title) + (f"-{year}" if year is not None else "")


def split_qualifier(name: str) -> tuple[str, str]:
    """Split `Flawless (1999 film)` into the name and what tells it from its namesakes (empty for none)."""
    match = _QUALIFIER.match(name)
    return (match["name"], match["qualifier"].strip()) if match else (name.strip(), "")


def year_in(text: str) -> int | None:
    """Return the first year from 1870 to 2100 that stands in a text."""
    match = _YEAR.search(text)
    return int(match[0]) if match else None
