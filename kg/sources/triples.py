"""Triples with maps of ids: tab-separated lines, and the JSON form of conversational recommenders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from kg.sources.dump import Dump, DumpBuilder, SourceError
from kg.sources.files import check_file, file_day, lines, whole_json
from kg.sources.ids import entity_id, short_hash, split_qualifier, year_in
from kg.sources.relations import known_relation

CONFIDENCE = 0.8
"""Copies of a larger graph: cut down, renumbered, and often some years old."""

_Edge = tuple[str, str, str]


def read_freebase(path: Path, source: str = "freebase", seen: date | None = None) -> Dump:
    """Read `kg.txt` of a folder, or one such file: subject, relation and object in three columns, tabs between.

    `item_index2entity_id.txt` beside it gives identifiers `item:NUMBER`; `entity_names.txt` (id, name), where
    there is one, gives the names, else an entity is called by its number.
    """
    file = check_file(path / "kg.txt" if path.is_dir() else path, "lines of subject, relation and object")
    builder = DumpBuilder(source, seen or file_day(file), CONFIDENCE)
    edges: list[_Edge] = []
    for number, line in lines(file, builder):
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) == 3 and all(cells):
            edges.append((cells[0], cells[1], cells[2]))
        else:
            builder.skip(file, number, "not three columns")
    names = dict(_pairs(file.parent / "entity_names.txt", builder))
    items = {key: item for item, key in _pairs(file.parent / "item_index2entity_id.txt", builder)}
    kinds = _kinds(edges)
    ids = {key: f"{kind}:{source}-{key}" for key, kind in kinds.items()}
    for key, kind in kinds.items():
        own = [f"item:{items[key]}"] if key in items else []
        builder.add(ids[key], kind, names.get(key, key), identifiers=own)
    _link(builder, edges, ids)
    return builder.finish(file)


def read_entity_maps(path: Path, source: str = "entity-maps", seen: date | None = None) -> Dump:
    """Read a folder with `kg.json` (subject to [relation, object] pairs), `entity2id.json`, `relation2id.json`.

    `entity2type.json`, where there is one, gives the kinds; else the relations do. `item_ids.json` names the
    films. An entity is one number of the map; a year after its name becomes a `year`.
    """
    files = [
        check_file(path / name, "a map of ids") for name in ("kg.json", "entity2id.json", "relation2id.json")
    ]
    graph, entities, relations = (_object(file) for file in files)
    builder = DumpBuilder(source, seen or file_day(*files), CONFIDENCE)
    names = {str(number): name for name, number in entities.items()}
    called = {str(number): name for name, number in relations.items()}
    edges: list[_Edge] = []
    for record, (subject, pairs) in enumerate(graph.items(), 1):
        for pair in pairs if isinstance(pairs, list) else []:
            edge = _edge(subject, pair, names, called)
            if edge is None:
                builder.skip(files[0], record, "an edge that the maps do not know")
            else:
                edges.append(edge)
    kinds = _kinds(edges) | _types(path / "entity2type.json", entities)
    items = path / "item_ids.json"
    if items.is_file():
        kinds |= {str(number): "film" for number in whole_json(items) if str(number) in names}
    ids = _named_ids({key: (kind, names[key]) for key, kind in kinds.items()})
    for key, kind in kinds.items():
        name, qualifier = split_qualifier(names[key])
        year = year_in(qualifier) if kind == "film" else None
        builder.add(ids[key], kind, name if qualifier and year else names[key])
        if year is not None:
            builder.value(ids[key], "year", "year", str(year))
    _link(builder, edges, ids)
    return builder.finish(path)


def _edge(subject: str, pair: object, names: dict[str, str], called: dict[str, str]) -> _Edge | None:
    if not isinstance(pair, list) or len(pair) != 2:
        return None
    relation, target = called.get(str(pair[0])), str(pair[1])
    return (subject, relation, target) if relation and subject in names and target in names else None


def _pairs(file: Path, builder: DumpBuilder) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if not file.is_file():
        return found
    for number, line in lines(file, builder):
        cells = line.split("\t", 1)
        if len(cells) == 2:
            found.append((cells[0].strip(), cells[1].strip()))
        else:
            builder.skip(file, number, "not two columns")
    return found


def _object(file: Path) -> dict[str, Any]:
    raw = whole_json(file)
    if not isinstance(raw, dict):
        raise SourceError(f"{file} is not a JSON object.")
    return raw


def _types(file: Path, entities: dict[str, Any]) -> dict[str, str]:
    if not file.is_file():
        return {}
    kinds = {"movie": "film"}
    return {
        str(entities[name]): kinds.get(kind, str(kind))
        for name, kind in _object(file).items()
        if name in entities
    }


def _kinds(edges: Iterable[_Edge]) -> dict[str, str]:
    """Return each entity's kind: the one that most of its edges say, `thing` only where none says more."""
    votes: dict[str, Counter[str]] = {}
    for subject, written, target in edges:
        relation = known_relation(written)
        votes.setdefault(subject, Counter())[relation.subject_kind] += 1
        votes.setdefault(target, Counter())[relation.object_kind] += 1
    return {
        key: min(found, key=lambda kind, of=found: (kind == "thing", -of[kind], kind))  # type: ignore[misc]
        for key, found in votes.items()
    }


def _named_ids(entities: dict[str, tuple[str, str]]) -> dict[str, str]:
    wanted = Counter(entity_id(*named) for named in entities.values())
    return {
        key: base if wanted[base := entity_id(kind, name)] == 1 else f"{base}-{short_hash(name)}"
        for key, (kind, name) in entities.items()
    }


def _link(builder: DumpBuilder, edges: Iterable[_Edge], ids: dict[str, str]) -> None:
    for subject, written, target in edges:
        relation = known_relation(written)
        first, second = (target, subject) if relation.turned else (subject, target)
        if first != second:
            builder.link(ids[first], relation.name, ids[second])
