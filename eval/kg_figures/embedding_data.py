"""The two graphs on which embeddings are measured: ml-1m's films, and the films of ReDial."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import unquote

from kg.schema import Triple
from recsys.catalogue_graph import slug
from recsys.errors import SourceError
from recsys.ingest.omdb import enrich
from recsys.schema import Item

DBPEDIA_RELATIONS = {
    "cinematography": "cinematographer",
    "director": "director",
    "distributor": "distributor",
    "editing": "editor",
    "musicComposer": "composer",
    "producer": "producer",
    "starring": "cast",
    "writer": "writer",
}
"""Edge list to relation; three of them are those of the metadata."""
_OMDB_RELATIONS = ("genre", "country", "language", "director", "writer", "cast")
_PEOPLE = frozenset({"cinematographer", "director", "editor", "composer", "producer", "cast", "writer"})
_BRACKETS = re.compile(r"_\([^)]*\)$")


def ml1m_triples(data: Path) -> list[Triple]:
    """Return the DBpedia edges and the metadata's facts about MovieLens films, `film:MOVIEID` each.

    People and companies of the two sources are one where their names are; what both say is there twice, once
    for each source. Raises `SourceError` when a file is missing.
    """
    folder = data / "ml-1m"
    return [*_dbpedia(folder / "dbpedia"), *_metadata(folder / "metadata.jsonl")]


def redial_triples(data: Path) -> list[Triple]:
    """Return the facts of the ReDial graph. Raises `SourceError` when a file is missing."""
    folder = data / "crs" / "ievalm_redial"
    names = {number: name for name, number in _json(folder / "relation2id.json").items()}
    return [
        Triple(subject=f"entity:{head}", relation=names[relation], object=f"entity:{tail}", source="redial")
        for head, edges in _json(folder / "kg.json").items()
        for relation, tail in edges
    ]


def film_of_column(split: Path) -> list[str]:
    """Return the entity of each column of the ml-1m split: `film:MOVIEID`."""
    with _open(split / "item_index_to_ml1m_movieId.csv") as stream:
        rows = {int(row["index"]): f"film:{row['movieId']}" for row in csv.DictReader(stream)}
    return [rows[column] for column in range(len(rows))]


def _dbpedia(folder: Path) -> Iterator[Triple]:
    films: dict[str, list[str]] = {}
    with _open(folder / "mappings.tsv") as stream:
        for film, _, resource in csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
            films.setdefault(resource, []).append(f"film:{film}")
    for file, relation in DBPEDIA_RELATIONS.items():
        with _open(folder / f"{file}.edgelist") as stream:
            for line in stream:
                head, tail = line.split()
                for film in films.get(head, []):
                    name = _BRACKETS.sub("", unquote(tail.rsplit("/", 1)[-1])).replace("_", " ")
                    yield _triple(film, relation, name, "dbpedia")


def _metadata(file: Path) -> Iterator[Triple]:
    with _open(file) as stream:
        for line in stream:
            record = json.loads(line)
            film = f"film:{record['movieId']}"
            item = enrich(Item(id=film, title=film, kind="film"), record)
            for relation in _OMDB_RELATIONS:
                for name in item.attributes.get(relation, ()):
                    yield _triple(film, relation, name, "omdb")


def _triple(film: str, relation: str, name: str, source: str) -> Triple:
    kind = "person" if relation in _PEOPLE else relation
    return Triple(subject=film, relation=relation, object=f"{kind}:{slug(name)}", source=source)


def _json(file: Path) -> dict[str, Any]:
    with _open(file) as stream:
        found: dict[str, Any] = json.load(stream)
    return found


def _open(file: Path) -> TextIO:
    if not file.is_file():
        raise SourceError(f"{file} is missing. Give the folder of the data sets with --data.")
    return file.open(encoding="utf-8", newline="")
