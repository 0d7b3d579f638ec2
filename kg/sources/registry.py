"""Which sources can be read into the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kg.sources.catalogue import read_catalogue
from kg.sources.dump import Dump, SourceError
from kg.sources.edge_list import read_edge_list
from kg.sources.ntriples import read_ntriples
from kg.sources.omdb import read_omdb
from kg.sources.table import read_table
from kg.sources.triples import read_entity_maps, read_freebase
from kg.sources.wikipedia_films import read_wikipedia_films


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of source: how it is read, and what its path is."""

    read: Callable[..., Dump]
    """`read(path, source=..., seen=...)`."""
    expects: str


SOURCES: dict[str, Source] = {
    "catalogue": Source(read_catalogue, "a build's folder with entities.parquet and triples.parquet"),
    "dbpedia": Source(read_edge_list, "a folder of RELATION.edgelist files, mappings.tsv beside them or not"),
    "entity-maps": Source(read_entity_maps, "a folder with kg.json, entity2id.json and relation2id.json"),
    "freebase": Source(read_freebase, "a folder with kg.txt: subject, relation, object, tabs between"),
    "ntriples": Source(read_ntriples, "one .nt file"),
    "omdb": Source(read_omdb, "metadata.jsonl, or the folder that holds it"),
    "table": Source(read_table, "a mapping file (.toml or .json) that names a table and its columns"),
    "wikipedia": Source(read_wikipedia_films, "a folder of movies-*.json"),
}


def read_source(given: str, seen: date | None = None) -> Dump:
    """Read `NAME=PATH`, or `NAME:LABEL=PATH` to write LABEL as the source on every edge.

    A label is needed where two dumps of one kind are told apart. Raises `SourceError` for an unknown name or
    an unreadable path.
    """
    named, equals, path = given.partition("=")
    name, _, label = named.partition(":")
    if not equals or not path.strip():
        raise SourceError(f"{given!r} is not NAME=PATH. Names: {', '.join(SOURCES)}.")
    found = SOURCES.get(name)
    if found is None:
        raise SourceError(f"There is no source {name!r}. There are: {', '.join(SOURCES)}.")
    where = Path(path).expanduser()
    if not where.exists():
        raise SourceError(f"There is no {where}. {name} reads {found.expects}.")
    return found.read(where, source=label, seen=seen) if label else found.read(where, seen=seen)
