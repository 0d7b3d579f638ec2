"""Films with an opening paragraph and the facts that other sources state about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from kg.extraction import Document
from kg.extraction.labels import Facts
from kg.extraction.templates import Known
from kg.sources import read_source
from kg.sources.dump import Dump
from kg.sources.wikipedia_films import page_name
from kg.text import fold_name
from recsys.starter import catalogue

Part = Literal["train", "valid", "test"]


class Film(NamedTuple):
    """A paragraph and what is known of its film."""

    document: Document
    year: int
    facts: Facts


def part_of(year: int) -> Part:
    """Return where a film of this year belongs.

    The newest are held out; so are two years of the nineties, because producers, composers, countries and languages
    are known of older films only.
    """
    if year >= 2015 or year == 1996:
        return "test"
    return "valid" if year >= 2012 or year == 1997 else "train"


def films(data: Path) -> list[Film]:
    """Return the films of the Wikipedia lists that have a paragraph; cast and genres are theirs.

    Directors, writers, producers and the rest come from DBpedia, OMDb and ReDial's film facts, by title and year.
    """
    others = _Facts(data)
    found = []
    for file in sorted((data / "films" / "wikipedia").glob("movies-*.json")):
        for number, record in enumerate(json.loads(file.read_text(encoding="utf-8"))):
            text = record.get("extract")
            if not text:
                continue
            year = int(record["year"])
            facts: dict[str, Sequence[str]] = {
                "year": [str(year)],
                **others.of(record["title"], year, record.get("href")),
            }
            for relation, key in (("cast", "cast"), ("genre", "genres")):
                if record.get(key):
                    facts[relation] = record[key]
            document = Document(
                id=f"film:{file.stem}-{number}", kind="film", title=record["title"], text=text
            )
            found.append(Film(document, year, facts))
    return found


def starter_items() -> list[Known]:
    """Return films and products of the starter catalogue."""
    items = []
    names: tuple[catalogue.StarterName, ...] = ("films", "shop")
    for name in names:
        for item in catalogue.starter_items(name):
            facts = {key: tuple(values) for key, values in item.attributes.items()}
            items.append(Known(item.id, item.kind, item.title, item.year, facts, item.description))
    return items


class _Facts:
    """Facts by title and year, from three sources; of one relation all sources' names count."""

    def __init__(self, data: Path) -> None:
        self._by_title: dict[tuple[str, int], dict[str, list[str]]] = {}
        self._by_page: dict[str, dict[str, list[str]]] = {}
        for folder, relations in (
            ("omdb=" + str(data / "ml-1m"), {"director", "writer", "country", "language"}),
            ("dbpedia=" + str(data / "ml-1m" / "dbpedia"), {"director", "writer", "producer", "composer"}),
        ):
            self._add_dump(read_source(folder), relations)
        for film in json.loads(
            (data / "crs/ievalm_redial/id2info.json").read_text(encoding="utf-8")
        ).values():
            title, _, rest = film["name"].rpartition(" (")
            if rest[:4].isdigit():
                for relation in ("director", "writer"):
                    self._add(
                        self._by_title.setdefault((fold_name(title), int(rest[:4])), {}),
                        relation,
                        film.get(relation) or (),
                    )

    def of(self, title: str, year: int, href: str | None) -> Mapping[str, Sequence[str]]:
        """Return what the sources say of a film."""
        found: dict[str, list[str]] = {}
        for facts in (self._by_title.get((fold_name(title), year)), self._by_page.get(page_name(href or ""))):
            for relation, names in (facts or {}).items():
                self._add(found, relation, names)
        return found

    def _add_dump(self, dump: Dump, relations: set[str]) -> None:
        names = {entity.id: entity.name for entity in dump.entities}
        years = {
            t.subject: int(names[t.object])
            for t in dump.triples
            if t.relation == "year" and names[t.object].isdigit()
        }
        pages = {
            e: i.split(":", 1)[1]
            for e, ids in dump.identifiers.items()
            for i in ids
            if i.startswith(("dbpedia:", "wikipedia:"))
        }
        for triple in dump.triples:
            relation = {"music_composer": "composer", "musicComposer": "composer"}.get(
                triple.relation, triple.relation
            )
            if relation not in relations:
                continue
            if triple.subject in pages:
                self._add(
                    self._by_page.setdefault(pages[triple.subject], {}), relation, [names[triple.object]]
                )
            elif triple.subject in years:
                key = (fold_name(names[triple.subject]), years[triple.subject])
                self._add(self._by_title.setdefault(key, {}), relation, [names[triple.object]])

    @staticmethod
    def _add(facts: dict[str, list[str]], relation: str, names: Iterable[str]) -> None:
        facts.setdefault(relation, []).extend(n for n in names if n not in facts.get(relation, ()))


def of_part(found: Sequence[Film], part: Part) -> Iterator[Film]:
    """Yield the films of one part."""
    return (film for film in found if part_of(film.year) == part)
