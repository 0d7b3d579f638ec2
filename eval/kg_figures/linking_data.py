"""What mentions are linked to, and what people wrote: films from several sources, and the dialogues of ReDial."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from kg.schema import Entity, Triple
from kg.text import fold_name, split_year

MARKER = re.compile(r"@(\d+)")
_MENTION_WEIGHT = 30.0
"""What one mention in the training dialogues counts beside one rating, in popularity."""
_OTHER_TITLE = re.compile(r"\(([^()]+)\)")
_DISAMBIGUATION = re.compile(r"\s*\([^()]*\)$")


class Message(NamedTuple):
    """One message of a dialogue."""

    id: int
    text: str
    """With `@id` where a film is meant."""


@dataclass(frozen=True)
class Dialogue:
    """A dialogue, and what its markers stand for."""

    messages: tuple[Message, ...]
    titles: dict[str, str]
    """Marker to title, as the data set writes it, with the year where it has one."""


@dataclass
class Film:
    """A film, before it becomes an entity."""

    title: str
    year: int | None
    cast: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    text: str = ""
    popularity: float = 0.0
    others: list[str] = field(default_factory=list)
    """Other titles."""


@dataclass(frozen=True)
class Catalogue:
    """What mentions are linked to."""

    entities: tuple[Entity, ...]
    triples: tuple[Triple, ...]
    texts: dict[str, str]
    """Film id to its opening paragraph."""
    wikipedia: int
    """Films that come from Wikipedia; the others are only in the dialogues."""
    by_key: dict[str, list[tuple[str, int | None]]]
    """Folded title to the ids and years of the films of that title."""

    def truth(self, title: str) -> frozenset[str]:
        """Return the ids that a title of ReDial may stand for: of its year, else of a year beside it.

        A title without a year stands for every film of that title. Empty where the title is empty.
        """
        bare, year = split_year(unquote(title).strip())
        found = self.by_key.get(fold_name(bare), [])
        if year is None:
            return frozenset(one for one, _ in found)
        for off in (0, 1):
            near = frozenset(i for i, other in found if other is not None and abs(other - year) == off)
            if near:
                return near
        return frozenset()


def read_dialogues(file: Path) -> list[Dialogue]:
    """Read dialogues of ReDial."""
    with file.open(encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [
        Dialogue(
            tuple(Message(message.get("messageId", -1), message["text"]) for message in row["messages"]),
            {marker: title or "" for marker, title in (row["movieMentions"] or {}).items()},
        )
        for row in rows
    ]


def read_catalogue(data: Path, skip_train: int = 0) -> Catalogue:
    """Put together the Wikipedia films, the films of ReDial that are missing there, their people and genres.

    Popularity is what MovieLens ratings and the training dialogues of ReDial say; the test dialogues give
    titles, and nothing else. The first `skip_train` training dialogues are not counted, so that settings can be
    chosen on them.
    """
    films = _Films()
    for row in _wikipedia(data):
        films.add(row)
    wikipedia = len(films.all)
    train = read_dialogues(data / "crs/redial/train_union_partial.jsonl")
    test = read_dialogues(data / "crs/redial/test_data.jsonl")
    counts = Counter(
        unquote(dialogue.titles.get(marker, "")).strip()
        for dialogue in train[skip_train:]
        for message in dialogue.messages
        for marker in MARKER.findall(message.text)
    )
    rated = _add_movielens(films, list(_movielens(data)))
    titles = {
        unquote(title).strip(): None for dialogue in (*train, *test) for title in dialogue.titles.values()
    }
    for title in sorted(titles, key=lambda t: split_year(t)[1] is None):
        bare, year = split_year(title)
        if not fold_name(bare) or bare.startswith("("):
            continue
        film = films.of(bare, year) or films.add(Film(bare, year))
        film.popularity += _MENTION_WEIGHT * counts[title]
    _add_movielens(films, rated)
    _add_credits(films, data)
    return _catalogue(films, wikipedia)


class _Films:
    """Films by folded title and year."""

    def __init__(self) -> None:
        self.all: list[Film] = []
        self._by_key: defaultdict[str, list[Film]] = defaultdict(list)

    def add(self, film: Film) -> Film:
        """Add a film; one of the same title and year takes over what is new instead."""
        key = fold_name(film.title)
        for known in self._by_key[key]:
            if known.year == film.year:
                known.cast = known.cast or film.cast
                known.genres = known.genres or film.genres
                known.text = known.text or film.text
                return known
        self.all.append(film)
        self._by_key[key].append(film)
        for other in film.others:
            self.name(film, other)
        return film

    def name(self, film: Film, title: str) -> None:
        """Let a film be found by another title, after those whose own title it is."""
        key = fold_name(title)
        if key and film not in self._by_key[key]:
            self._by_key[key].append(film)
            if title not in film.others:
                film.others.append(title)

    def of(self, title: str, year: int | None) -> Film | None:
        """Return the film of this title and year, or one year off; the best known one where no year is given."""
        found = self._by_key.get(fold_name(title), [])
        if year is None:
            return max(found, key=lambda film: film.popularity, default=None)
        near = [film for film in found if film.year is not None and abs(film.year - year) <= 1]
        return min(near, key=lambda film: abs((film.year or 0) - year), default=None)


def _wikipedia(data: Path) -> Iterator[Film]:
    for file in sorted((data / "films/wikipedia").glob("movies-*.json")):
        for row in json.loads(file.read_text(encoding="utf-8")):
            film = Film(
                row["title"],
                row["year"],
                cast=tuple(row["cast"]),
                genres=tuple(row["genres"]),
                text=row.get("extract") or "",
            )
            href = unquote(row.get("href") or "").replace("_", " ").split("#")[0]
            href = _DISAMBIGUATION.sub("", href)
            if href and not href.startswith("List of ") and fold_name(href) != fold_name(film.title):
                film.others.append(href)
            yield film


def _movielens(data: Path) -> Iterator[tuple[list[str], int, int]]:
    """Yield (titles, year, number of ratings): the title, those in brackets, and what follows a `Star Wars: `."""
    with (data / "ml-latest-small/ratings.csv").open(encoding="utf-8") as lines:
        ratings = Counter(row["movieId"] for row in csv.DictReader(lines))
    with (data / "ml-latest-small/movies.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            title, year = split_year(row["title"].strip())
            if year is None:
                continue
            others = [
                re.sub(r"^a\.?k\.?a\.?\s+", "", other.strip(), flags=re.IGNORECASE)
                for other in _OTHER_TITLE.findall(title)
            ]
            own = _OTHER_TITLE.sub("", title).strip()
            yield [own, *others, *re.split(r"\s-\s", own)[1:]], year, ratings[row["movieId"]]


def _add_movielens(
    films: _Films, rows: Iterable[tuple[list[str], int, int]]
) -> list[tuple[list[str], int, int]]:
    """Add numbers of ratings and other titles; return the rows whose film is not there."""
    left = []
    for names, year, ratings in rows:
        film = next((film for name in names if (film := films.of(name, year))), None)
        if film is None:
            left.append((names, year, ratings))
            continue
        film.popularity += ratings
        for name in names:
            films.name(film, name)
    return left


def _add_credits(films: _Films, data: Path) -> None:
    """Add the directors, and the cast and genres where there are none, that the map of ReDial to IMDb has."""
    with (data / "crs/redial/crbcrs_combined_metadata.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if not row["year"]:
                continue
            film = films.of(row["title"], int(float(row["year"])))
            if film is not None:
                film.directors = tuple(name for name in row["directors"].split(", ") if name)
                film.cast = film.cast or tuple(name for name in row["actors"].split(", ") if name)
                film.genres = film.genres or tuple(name for name in row["genres"].split("|") if name)


def _catalogue(films: _Films, wikipedia: int) -> Catalogue:
    entities: list[Entity] = []
    triples: list[Triple] = []
    texts: dict[str, str] = {}
    by_key: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)
    people: Counter[str] = Counter()
    genres: Counter[str] = Counter()
    for number, film in enumerate(films.all):
        one = f"film:{number}"
        name = film.title if film.year is None else f"{film.title} ({film.year})"
        others = tuple(dict.fromkeys(film.others))
        entities.append(
            Entity(id=one, kind="film", name=film.title, aliases=(name, *others), popularity=film.popularity)
        )
        for key in {fold_name(title) for title in (film.title, *film.others)}:
            by_key[key].append((one, film.year))
        if film.text:
            texts[one] = film.text
        people.update({*film.cast, *film.directors})
        genres.update(film.genres)
        triples += _triples(one, "cast", "person", film.cast)
        triples += _triples(one, "director", "person", film.directors)
        triples += _triples(one, "genre", "genre", film.genres)
    entities += [_named("person", name, count) for name, count in people.items()]
    entities += [_named("genre", name, count) for name, count in genres.items()]
    return Catalogue(tuple(entities), tuple(triples), texts, wikipedia, dict(by_key))


def _named(kind: str, name: str, count: int) -> Entity:
    return Entity(id=f"{kind}:{name}", kind=kind, name=name, popularity=float(count))


def _triples(film: str, relation: str, kind: str, names: Iterable[str]) -> list[Triple]:
    return [
        Triple(subject=film, relation=relation, object=f"{kind}:{name}", source="films")
        for name in dict.fromkeys(names)
    ]
