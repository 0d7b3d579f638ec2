"""DBpedia edge lists: a folder of `RELATION.edgelist` files, each line a subject and an object resource."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from urllib.parse import unquote

from kg.sources.dump import Dump, DumpBuilder, SourceError
from kg.sources.files import file_day, lines
from kg.sources.ids import entity_id, short_hash, split_qualifier, year_in

CONFIDENCE = 0.9
"""Taken by program out of the info boxes that people fill in."""

RELATIONS = {
    "starring": ("cast", "person"),
    "director": ("director", "person"),
    "writer": ("writer", "person"),
    "producer": ("producer", "person"),
    "musicComposer": ("composer", "person"),
    "editing": ("editor", "person"),
    "cinematography": ("cinematographer", "person"),
    "distributor": ("distributor", "company"),
}
"""File name to (relation, kind of the object); a file of another name is its own relation to a `thing`."""
_RESOURCE = "/resource/"


def read_edge_list(
    path: Path, source: str = "dbpedia", seen: date | None = None, subject_kind: str = "film"
) -> Dump:
    """Read every `*.edgelist` of a folder, or one such file; `mappings.tsv` beside them where there is one.

    A resource is one entity: `Flawless_(1999_film)` and `Flawless` stay two, while `Béla_Lugosi` and
    `Bela_Lugosi` are one. Its name has no underscores, percent signs or qualifier; a year in a film's
    qualifier becomes a `year`. `mappings.tsv` (number, title,
    resource) gives identifiers `movielens:NUMBER`. An object that is the subject of another line is a
    `subject_kind`; one that is both person and company is a person.
    """
    files = [path] if path.is_file() else sorted(path.glob("*.edgelist"))
    if not files:
        raise SourceError(f"There is no *.edgelist in {path}. Give the folder that holds them.")
    builder = DumpBuilder(source, seen or file_day(*files), CONFIDENCE)
    edges: list[tuple[str, str, str]] = []
    kinds: dict[str, str] = {}
    for file in files:
        relation, kind = RELATIONS.get(file.stem, (file.stem, "thing"))
        for number, line in lines(file, builder):
            parts = line.split()
            if len(parts) != 2 or not all(_RESOURCE in part for part in parts):
                builder.skip(file, number, "not two resources")
                continue
            subject, target = (resource_name(part) for part in parts)
            edges.append((subject, relation, target))
            if kinds.get(target) != "person":
                kinds[target] = kind
    identifiers = _mappings(path.parent if path.is_file() else path, builder)
    for resource in {edge[0] for edge in edges} | identifiers.keys():
        kinds[resource] = subject_kind
    ids = _ids(kinds)
    for resource, kind in kinds.items():
        _add(builder, ids[resource], resource, kind, identifiers.get(resource, ()))
    for subject, relation, target in edges:
        builder.link(ids[subject], relation, ids[target])
    return builder.finish(path)


def resource_name(uri: str) -> str:
    """Return the decoded last part of a resource: `Deep_End_(film)`."""
    return unquote(uri.split(_RESOURCE, 1)[-1]).strip().strip("<>")


def _add(builder: DumpBuilder, key: str, resource: str, kind: str, identifiers: tuple[str, ...]) -> None:
    name, qualifier = split_qualifier(resource.replace("_", " "))
    builder.add(key, kind, name, identifiers=[f"wikipedia:{resource}", *identifiers])
    year = year_in(qualifier) if kind == "film" else None
    if year is not None:
        builder.value(key, "year", "year", str(year))


def _ids(kinds: dict[str, str]) -> dict[str, str]:
    """Return an id a resource, the qualifier in it.

    Resources whose names differ in accents, case or punctuation only are redirects of each other and get one
    id; titles may well differ in no more than that, so films of one slug each get a hash of their own.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for resource, kind in kinds.items():
        wanted[entity_id(kind, resource.replace("_", " "))].append(resource)
    return {
        resource: base
        if len(resources) == 1 or kinds[resource] == "person"
        else f"{base}-{short_hash(resource)}"
        for base, resources in wanted.items()
        for resource in resources
    }


def _mappings(folder: Path, builder: DumpBuilder) -> dict[str, tuple[str, ...]]:
    file = folder / "mappings.tsv"
    found: dict[str, tuple[str, ...]] = {}
    if not file.is_file():
        return found
    for number, line in lines(file, builder):
        cells = line.split("\t")
        if len(cells) != 3 or not cells[0].strip().isdigit() or _RESOURCE not in cells[2]:
            builder.skip(file, number, "not number, title and resource")
            continue
        resource = resource_name(cells[2])
        found[resource] = (*found.get(resource, ()), f"movielens:{cells[0].strip()}")
    return found
