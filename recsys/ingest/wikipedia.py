"""Films of Wikipedia's yearly lists, in the JSON form of the wikipedia-movie-data repository."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recsys.catalogue import Catalogue
from recsys.catalogue_graph import slug
from recsys.errors import SourceError
from recsys.ingest.options import no_options
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import read_text
from recsys.schema import Item


class _Film(BaseModel):
    model_config = ConfigDict(strict=True)

    title: str = Field(min_length=1)
    year: int = Field(ge=1870, le=2100)
    cast: list[str] = []
    genres: list[str] = []
    extract: str | None = None
    href: str | None = None


def load_wikipedia_films(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read every `movies-*.json` of a folder, or one such file. Raises `SourceError` that lists the bad rows.

    A bad row is named by its number in the file's list, since JSON keeps no lines.
    """
    no_options("wikipedia-films", options)
    files = [folder] if folder.is_file() else sorted(folder.glob("movies-*.json"))
    if not files:
        raise SourceError(
            f"There is no movies-*.json in {folder}. Point --from at the folder that holds them."
        )
    errors = RowErrors("wikipedia-films")
    items: list[Item] = []
    met: dict[str, int] = {}
    pages: set[tuple[str, int, str]] = set()
    twice = 0
    for file in files:
        for film in _films(file, errors):
            if film.href:
                page = (film.title, film.year, film.href)
                twice += page in pages
                if page in pages:
                    continue
                pages.add(page)
            base = f"film:{slug(film.title)}-{film.year}"
            met[base] = met.get(base, 0) + 1
            attributes = {"genre": _distinct(film.genres), "cast": _distinct(film.cast)}
            items.append(
                Item(
                    id=base if met[base] == 1 else f"{base}-{met[base]}",
                    title=" ".join(film.title.split()) or film.title,
                    kind="film",
                    year=film.year,
                    description=(film.extract or "").strip(),
                    attributes={facet: values for facet, values in attributes.items() if values},
                )
            )
    errors.stop_if_any()
    notes = ["Text of Wikipedia, CC BY-SA 4.0: name the source, share under the same terms."]
    if twice:
        notes.append(f"{twice} films were listed twice with the same page and are held once.")
    return Catalogue("Wikipedia films", "films", "wikipedia-films", items, notes=notes)


def _films(file: Path, errors: RowErrors) -> list[_Film]:
    try:
        raw: Any = json.loads(read_text(file, errors))
    except ValueError as error:
        errors.add(file.name, getattr(error, "lineno", None), "", "a JSON list of films", str(error))
        return []
    if not isinstance(raw, list):
        errors.add(file.name, 1, "", "a JSON list of films", type(raw).__name__)
        return []
    films = []
    for number, record in enumerate(raw, 1):
        try:
            films.append(_Film.model_validate(record))
        except ValidationError as error:
            first = error.errors()[0]
            column = ".".join((f"film {number}", *(str(part) for part in first["loc"])))
            errors.add(file.name, None, column, first["msg"].lower(), str(first["input"]))
    return films


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
