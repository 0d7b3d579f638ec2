"""Films in the JSON form of the Open Movie Database, one a line (`metadata.jsonl`)."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from kg.sources.dump import Dump, DumpBuilder
from kg.sources.files import check_file, file_day, records
from kg.sources.ids import film_id, year_in

CONFIDENCE = 0.95
"""Names and years are checked by that database's editors; credits are cut to a few people."""

_PEOPLE = {"Director": "director", "Writer": "writer", "Actors": "cast"}
_VALUES = {"Genre": "genre", "Country": "country", "Language": "language", "Production": "company"}
_NOTE = re.compile(r"\s*\([^()]*\)")
_GROUP = re.compile(r"\(([^()]*)\)")
_ARTICLE_LAST = re.compile(r"^(.+), (the|an?|l[aeo]s?|l'|il|el|der|die|das|den|det|un|une)$", re.IGNORECASE)
_MINUTES = re.compile(r"^(?:(\d+)\s*h)?\s*(?:(\d+)\s*min)?$")


def read_omdb(path: Path, source: str = "omdb", seen: date | None = None) -> Dump:
    """Read `metadata.jsonl`, or the folder that holds it.

    Relations: `director`, `writer`, `cast` (person); `genre`, `country`, `language`, `company`, `year`,
    `runtime`. Remarks such as `(screenplay by)` are taken off a name. People are known by name: one name is
    one person within this source. A film's popularity is its number of votes.
    """
    file = check_file(path / "metadata.jsonl" if path.is_dir() else path, "films as JSON, one a line")
    builder = DumpBuilder(source, seen or file_day(file), CONFIDENCE)
    for number, record in records(file, builder):
        title, year = _text(record, "Title"), year_in(_text(record, "Year"))
        if not title:
            builder.skip(file, number, "no Title")
            continue
        own = _identifiers(record)
        film = film_id(title, year)
        if film in builder:
            film = f"{film}-{own[0].split(':', 1)[1]}" if own else film
        builder.add(film, "film", title, _titles(_text(record, "title_ml")), _votes(record), own)
        if year is not None:
            builder.value(film, "year", "year", str(year))
        if minutes := _minutes(_text(record, "Runtime")):
            builder.value(film, "runtime", "runtime", f"{minutes} min")
        for key, relation in _PEOPLE.items():
            for name in _list(record, key):
                builder.value(film, relation, "person", name)
        for key, relation in _VALUES.items():
            for name in _list(record, key):
                builder.value(film, relation, relation, name)
    return builder.finish(file)


def _text(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return "" if text == "N/A" else text


def _list(record: dict[str, Any], key: str) -> list[str]:
    names = (_NOTE.sub("", part).strip(" ,") for part in _NOTE.sub("", _text(record, key)).split(","))
    return list(dict.fromkeys(name for name in names if name and name != "N/A"))


def _titles(listed: str) -> tuple[str, ...]:
    """Return the titles in `Postino, Il (The Postman) (1994)`: `Il Postino`, `The Postman`."""
    parts = [_GROUP.sub("", listed), *_GROUP.findall(listed)]
    found = []
    for part in parts:
        text = re.sub(r"^a\.?\s?k\.?\s?a\.?\s+", "", part.strip(), flags=re.IGNORECASE)
        match = _ARTICLE_LAST.match(text)
        text = (match[2] + ("" if match[2].endswith("'") else " ") + match[1]) if match else text
        if text and not (text.isdigit() and len(text) == 4):
            found.append(text)
    return tuple(dict.fromkeys(found))


def _identifiers(record: dict[str, Any]) -> list[str]:
    found = []
    if imdb := _text(record, "imdbID"):
        found.append(f"imdb:{imdb}")
    if isinstance(record.get("movieId"), int):
        found.append(f"movielens:{record['movieId']}")
    return found


def _votes(record: dict[str, Any]) -> float:
    digits = _text(record, "imdbVotes").replace(",", "")
    return float(digits) if digits.isdigit() else 0.0


def _minutes(text: str) -> int:
    match = _MINUTES.match(text)
    return 60 * int(match[1] or 0) + int(match[2] or 0) if match else 0
