"""Plots, people and facts beside MovieLens films, in the JSON form of the Open Movie Database."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import read_text
from recsys.schema import Item

_FACETS = {
    "Genre": "genre",
    "Director": "director",
    "Actors": "cast",
    "Writer": "writer",
    "Country": "country",
    "Language": "language",
}
_TEXTS = (*_FACETS, "Title", "Plot", "Runtime", "Rated")
_NOTE = re.compile(r"\s*\([^()]*\)")
_RUNTIME = re.compile(r"^(?:(\d+) h)?\s*(?:(\d+) min)?$")
_RATINGS = {"not rated": "", "unrated": "", "n/a": "", "approved": "Approved", "passed": "Passed"}


def read_metadata(
    file: Path, known: set[int], movies_file: str, errors: RowErrors
) -> dict[int, dict[str, Any]]:
    """Return one record a film number.

    Bad lines go to `errors`; `known` holds the numbers of `movies_file`.
    """
    found: dict[int, dict[str, Any]] = {}
    all_known = not any(row.file == movies_file for row in errors.rows)
    for number, line in enumerate(read_text(file, errors).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            errors.add(file.name, number, "", "a JSON object", f"{error}")
            continue
        if not isinstance(record, dict):
            errors.add(file.name, number, "", "a JSON object", line)
            continue
        film = record.get("movieId")
        if not isinstance(film, int):
            errors.add(file.name, number, "movieId", "an integer", json.dumps(film))
        elif film not in known:
            if all_known:
                errors.add(file.name, number, "movieId", f"an id that {movies_file} has", str(film))
        elif film in found:
            errors.add(file.name, number, "movieId", "an id met only once", str(film))
        elif wrong := [k for k in _TEXTS if not isinstance(record.get(k, ""), str)]:
            errors.add(file.name, number, wrong[0], "some text", json.dumps(record[wrong[0]]))
        elif not _RUNTIME.match(_text(record, "Runtime")):
            errors.add(file.name, number, "Runtime", "minutes such as 104 min", record["Runtime"])
        else:
            found[film] = record
    return found


def enrich(item: Item, record: dict[str, Any] | None) -> Item:
    """Return the item with what the record adds; genres are those of both."""
    if record is None:
        return item
    attributes = dict(item.attributes)
    for key, facet in _FACETS.items():
        names = _names(_text(record, key))
        if facet == "genre":
            names = _distinct((*item.attributes.get("genre", ()), *names))
        if names:
            attributes[facet] = names
    rated = _text(record, "Rated")
    rated = _RATINGS.get(rated.casefold(), rated)
    if rated:
        attributes["rated"] = (rated,)
    numbers = dict(item.numbers)
    hours, minutes = (int(part or 0) for part in _RUNTIME.match(_text(record, "Runtime")).groups())  # type: ignore[union-attr]
    if hours or minutes:
        numbers["runtime"] = float(60 * hours + minutes)
    others = [name for name in (_text(record, "Title"), _text(record, "imdbID")) if name]
    aliases = [
        name for name in _distinct((*item.aliases, *others)) if name.casefold() != item.title.casefold()
    ]
    return item.model_copy(
        update={
            "attributes": attributes,
            "numbers": numbers,
            "description": _text(record, "Plot"),
            "aliases": tuple(aliases),
        }
    )


def _text(record: dict[str, Any], key: str) -> str:
    value = str(record.get(key, "")).strip()
    return "" if value == "N/A" else value


def _names(text: str) -> tuple[str, ...]:
    return _distinct(tuple(_NOTE.sub("", part).strip() for part in _commas(text)))


def _commas(text: str) -> list[str]:
    return re.split(r",\s*(?![^()]*\))", text)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for name in names:
        if name:
            kept.setdefault(name.casefold(), name)
    return tuple(kept.values())
