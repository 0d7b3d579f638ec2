"""Films of Wikipedia's yearly lists: `movies-*.json` with title, year, cast and genres."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kg.sources.dump import Dump, DumpBuilder, SourceError
from kg.sources.files import file_day, whole_json
from kg.sources.ids import film_id, short_hash, split_qualifier

CONFIDENCE = 0.9
"""People write these lists, and a program took them apart: some casts hold stray words."""

_STRAY = frozenset(
    {"and", "or", "the", "sr", "jr", "ii", "iii", "unknown", "kids", "nominee", "narrator", "voices"}
)


def read_wikipedia_films(path: Path, source: str = "wikipedia", seen: date | None = None) -> Dump:
    """Read every `movies-*.json` of a folder, or one such file.

    Relations: `cast` (person), `genre`, `year`. A film's identifier is its page. People are known by name:
    one name is one person within this source. A record is named by its number in the file's list.
    """
    files = [path] if path.is_file() else sorted(path.glob("movies-*.json"))
    if not files:
        raise SourceError(f"There is no movies-*.json in {path}. Give the folder that holds them.")
    builder = DumpBuilder(source, seen or file_day(*files), CONFIDENCE)
    films = [film for file in files for film in _films(file, builder)]
    namesakes = Counter(film_id(title, year) for title, year, page in {film[:3] for film in films})
    for title, year, page, record in films:
        base = film_id(title, year)
        film = base if namesakes[base] == 1 or not page else f"{base}-{short_hash(page)}"
        builder.add(film, "film", title, identifiers=[f"wikipedia:{page}"] if page else ())
        builder.value(film, "year", "year", str(year))
        for relation, kind, key in (("cast", "person", "cast"), ("genre", "genre", "genres")):
            for value in record.get(key) or ():
                name = _name(value) if kind == "person" else str(value).strip()
                if name:
                    builder.value(film, relation, kind, name)
    return builder.finish(path)


def page_name(href: str) -> str:
    """Return a page's name as Wikipedia and DBpedia both write it: decoded, underscores, no anchor."""
    return unquote(href).split("#", 1)[0].strip().replace(" ", "_")


def _films(file: Path, builder: DumpBuilder) -> list[tuple[str, int, str, dict[str, Any]]]:
    raw = whole_json(file)
    if not isinstance(raw, list):
        raise SourceError(f"{file} is not a JSON list of films.")
    films = []
    for number, record in enumerate(raw, 1):
        title = record.get("title") if isinstance(record, dict) else None
        if not isinstance(title, str) or not title.strip():
            builder.skip(file, number, "no title")
        elif not isinstance(record.get("year"), int) or not 1870 <= record["year"] <= 2100:
            builder.skip(file, number, "no year from 1870 to 2100")
        elif not all(isinstance(record.get(key) or [], list) for key in ("cast", "genres")):
            builder.skip(file, number, "cast or genres is not a list")
        else:
            page = page_name(record["href"]) if isinstance(record.get("href"), str) else ""
            films.append((title, record["year"], page, record))
            _count_stray(file, number, record, builder)
    return films


def _count_stray(file: Path, number: int, record: dict[str, Any], builder: DumpBuilder) -> None:
    for value in record.get("cast") or ():
        if not _name(value):
            builder.skip(file, number, "a word in the cast that is no name")


def _name(value: object) -> str:
    """Return the name in a cast entry, or nothing where it is a stray word or a remark."""
    text = split_qualifier(str(value))[0].strip(" ,;[]")
    bare = "".join(c for c in text.casefold() if c.isalpha())
    if len(bare) < 2 or bare in _STRAY or text.startswith("(") or text.count("(") != text.count(")"):
        return ""
    return text
