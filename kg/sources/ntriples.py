"""N-Triples: one `<subject> <predicate> <object> .` a line (RDF 1.1 N-Triples, W3C 2014)."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

from kg.sources.dump import Dump, DumpBuilder
from kg.sources.edge_list import resource_name
from kg.sources.files import check_file, file_day, lines
from kg.sources.ids import short_hash, slug, split_qualifier
from kg.sources.relations import known_relation

CONFIDENCE = 0.9

_NODE = r"<([^<>\"{}|^`\\\s]*)>|(_:\S+)"
_LINE = re.compile(
    rf"^\s*(?:{_NODE})\s+<([^<>\s]*)>\s+(?:{_NODE}|\"((?:[^\"\\]|\\.)*)\"(?:@[\w-]+|\^\^<[^<>\s]*>)?)\s*\.\s*(?:#.*)?$"
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_NAMES = frozenset({"label", "name", "title", "prefLabel"})
_ALIASES = frozenset({"altLabel", "alias", "also_known_as"})


def read_ntriples(path: Path, source: str = "ntriples", seen: date | None = None) -> Dump:
    """Read one `.nt` file.

    A resource is an entity; its name is its label where a line gives one, else the last part of its address.
    Labels in other languages and other names become aliases. A literal of any other predicate becomes an
    entity of the predicate's kind, known by its text.
    """
    file = check_file(path, "N-Triples, one a line")
    builder = DumpBuilder(source, seen or file_day(file), CONFIDENCE)
    edges: list[tuple[str, str, str]] = []
    literals: list[tuple[str, str, str]] = []
    for number, line in lines(file, builder):
        match = _LINE.match(line)
        if match is None:
            if not line.lstrip().startswith("#"):
                builder.skip(file, number, "not N-Triples")
            continue
        subject, predicate = match[1] or match[2], match[3]
        if match[6] is not None:
            literals.append((subject, predicate, _ESCAPE.sub(_unescape, match[6])))
        else:
            edges.append((subject, predicate, match[4] or match[5]))
    _add(builder, edges, literals)
    return builder.finish(file)


def _add(
    builder: DumpBuilder, edges: list[tuple[str, str, str]], literals: list[tuple[str, str, str]]
) -> None:
    kinds: dict[str, Counter[str]] = {}
    for subject, predicate, target in edges:
        relation = known_relation(predicate)
        kinds.setdefault(subject, Counter())[relation.subject_kind] += 1
        kinds.setdefault(target, Counter())[relation.object_kind] += 1
    for subject, predicate, _ in literals:
        kinds.setdefault(subject, Counter())[known_relation(predicate).subject_kind] += 1
    names: dict[str, list[str]] = {}
    for wanted in (_NAMES, _ALIASES):
        for subject, predicate, text in literals:
            if _last(predicate) in wanted:
                names.setdefault(subject, []).append(text)
    ids: dict[str, str] = {}
    for uri, found in kinds.items():
        kind = min(found, key=lambda kind, of=found: (kind == "thing", -of[kind], kind))  # type: ignore[misc]
        name = split_qualifier(_last(uri).replace("_", " "))[0]
        ids[uri] = f"{kind}:{slug(_last(uri).replace('_', ' '))}-{short_hash(uri)}"
        called = names.get(uri) or [name]
        page = [f"wikipedia:{resource_name(uri)}"] if "dbpedia.org/resource/" in uri else []
        builder.add(ids[uri], kind, called[0], called[1:], identifiers=page)
    for subject, predicate, target in edges:
        relation = known_relation(predicate)
        first, second = (target, subject) if relation.turned else (subject, target)
        builder.link(ids[first], relation.name, ids[second])
    for subject, predicate, text in literals:
        if _last(predicate) not in _NAMES | _ALIASES and text.strip():
            relation = known_relation(predicate)
            builder.value(ids[subject], relation.name, relation.name, text)


def _last(uri: str) -> str:
    return (
        resource_name(uri) if "/resource/" in uri else uri.rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1]
    )


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    if digits:
        number = int(digits, 16)
        return chr(number) if number <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
    return _ESCAPED.get(match[3], match[3])
