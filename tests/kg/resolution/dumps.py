"""Small dumps of invented films, as two or three sources would write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from kg.sources import Dump, DumpBuilder
from kg.sources.ids import film_id

DAY = date(2026, 3, 31)

Film = tuple[str, int | None, Mapping[str, Sequence[str]]]
"""Title, year, and people by role."""

OURS: tuple[Film, ...] = (
    (
        "The Glass Harbour",
        1994,
        {"director": ["Ines Calloway"], "cast": ["Tomas Verhoeven", "Mira Lindqvist", "J. T. Okafor"]},
    ),
    ("Harbour Nights", 1996, {"director": ["Ines Calloway"], "cast": ["Mira Lindqvist", "Paul Osei"]}),
    ("Salt Road", 1988, {"director": ["Peter Brandt"], "cast": ["Paul Osei", "Kenneth Maddox"]}),
    ("Salt Road", 2011, {"director": ["Dana Whitfield"], "cast": ["Rosa Amari", "Leo Tanaka"]}),
)
THEIRS: tuple[Film, ...] = (
    (
        "Glass Harbour, The",
        None,
        {"director": ["Inés Calloway"], "cast": ["Tomas Verhoeven", "Mira Lindqvist", "J.T. Okafor"]},
    ),
    ("Harbour Nights", None, {"director": ["Inés Calloway"], "cast": ["Mira Lindqvist", "Paul Osei"]}),
    ("Salt Road", 1988, {"director": ["Peter Brandt"], "cast": ["Paul Osei", "Ken Maddox"]}),
)


def films_dump(source: str, films: Sequence[Film], seen: date = DAY) -> Dump:
    """Return a dump as the readers make it; people are known by name."""
    builder = DumpBuilder(source, seen, 0.9)
    for title, year, people in films:
        film = builder.add(film_id(title, year), "film", title)
        if year is not None:
            builder.value(film, "year", "year", str(year))
        for role, names in people.items():
            for name in names:
                builder.value(film, role, "person", name)
    return builder.finish(Path(source))
