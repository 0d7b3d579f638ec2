"""What a reader makes of a source, and what it left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kg.graph import GraphError
from kg.schema import Entity, Triple
from kg.sources.ids import entity_id


class SourceError(GraphError):
    """A source cannot be read. The message names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was left out."""

    file: str
    line: int
    """From 1; in a JSON list, the number of the record."""
    reason: str


@dataclass(frozen=True)
class Dump:
    """One source on one day: entities and triples under the source's own ids."""

    source: str
    seen: date
    entities: tuple[Entity, ...]
    triples: tuple[Triple, ...]
    """Every subject and object is the id of one of `entities`."""
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Entity id to what catalogues of the world call it: `imdb:tt0113277`, `wikipedia:Heat_(1995_film)`."""
    skipped: tuple[Skipped, ...] = ()

    def skipped_by_reason(self) -> dict[str, int]:
        """Count the rows left out, by reason."""
        return dict(sorted(Counter(row.reason for row in self.skipped).items()))


class DumpBuilder:
    """Collects what a reader finds. Ids met again are one entity; further spellings become aliases."""

    def __init__(self, source: str, seen: date, confidence: float) -> None:
        self.source = source
        self.seen = seen
        self.confidence = confidence
        self._kinds: dict[str, str] = {}
        self._names: dict[str, Counter[str]] = {}
        self._aliases: dict[str, dict[str, None]] = {}
        self._popularity: dict[str, float] = {}
        self._identifiers: dict[str, dict[str, None]] = {}
        self._triples: dict[tuple[str, str, str], float] = {}
        self._skipped: list[Skipped] = []

    def __contains__(self, entity_id: str) -> bool:
        """Say whether an entity of this id was added."""
        return entity_id in self._kinds

    def add(
        self,
        entity_id: str,
        kind: str,
        name: str,
        aliases: Iterable[str] = (),
        popularity: float = 0.0,
        identifiers: Iterable[str] = (),
    ) -> str:
        """Add an entity, or what is new of one that is known; return its id. The first kind stays."""
        self._kinds.setdefault(entity_id, kind)
        self._names.setdefault(entity_id, Counter())[" ".join(name.split())] += 1
        known = self._aliases.setdefault(entity_id, {})
        known.update(dict.fromkeys(" ".join(alias.split()) for alias in aliases if alias.strip()))
        self._popularity[entity_id] = max(self._popularity.get(entity_id, 0.0), popularity)
        if identifiers:
            self._identifiers.setdefault(entity_id, {}).update(dict.fromkeys(identifiers))
        return entity_id

    def named(self, kind: str, name: str) -> str:
        """Add an entity that the source knows by its name alone; return its id."""
        return self.add(entity_id(kind, name), kind, name)

    def link(self, subject: str, relation: str, target: str, confidence: float | None = None) -> None:
        """Add an edge between two entities; the surest of several equal ones stays."""
        edge = (subject, relation, target)
        sure = self.confidence if confidence is None else confidence
        self._triples[edge] = max(sure, self._triples.get(edge, 0.0))

    def value(self, subject: str, relation: str, kind: str, name: str) -> None:
        """Add an edge to an entity known by its name."""
        self.link(subject, relation, self.named(kind, name))

    def skip(self, file: Path, line: int, reason: str) -> None:
        """Count a row that was left out."""
        self._skipped.append(Skipped(file.name, line, reason))

    def finish(self, where: Path) -> Dump:
        """Return the dump; the popularity of an entity without one is its number of edges.

        Raises `SourceError` when nothing could be read.
        """
        if not self._kinds:
            raise SourceError(f"Nothing could be read from {where}. {_first(self._skipped)}")
        degree: Counter[str] = Counter()
        for subject, _, target in self._triples:
            degree[subject] += 1
            degree[target] += 1
        return Dump(
            source=self.source,
            seen=self.seen,
            entities=tuple(self._entity(key, degree[key]) for key in sorted(self._kinds)),
            triples=tuple(
                Triple(
                    subject=subject,
                    relation=relation,
                    object=target,
                    source=self.source,
                    confidence=self._triples[subject, relation, target],
                    first_seen=self.seen,
                    last_seen=self.seen,
                )
                for subject, relation, target in sorted(self._triples)
            ),
            identifiers={key: tuple(sorted(self._identifiers[key])) for key in sorted(self._identifiers)},
            skipped=tuple(self._skipped),
        )

    def _entity(self, key: str, degree: int) -> Entity:
        spellings = self._names[key]
        name = min(spellings, key=lambda text: (-spellings[text], text))
        others = dict.fromkeys([*sorted(spellings), *self._aliases[key]])
        return Entity(
            id=key,
            kind=self._kinds[key],
            name=name,
            aliases=tuple(other for other in others if other != name),
            popularity=self._popularity[key] or float(degree),
        )


def _first(skipped: list[Skipped]) -> str:
    if not skipped:
        return "The files are empty."
    row = skipped[0]
    return (
        f"{len(skipped)} rows were left out; the first is line {row.line} of {row.file}: "
        f"{row.reason}. Check that this is the right reader for the file."
    )
