"""A graph out of dumps of several sources: read, resolved into entities, merged, reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from kg.graph import GraphError, KnowledgeGraph
from kg.resolution.config import STORED, Key, ResolutionConfig
from kg.resolution.conflicts import Conflict, conflicts
from kg.resolution.merge import merged_entities, merged_triples, same_as_rows
from kg.resolution.resolve import resolve
from kg.resolution.same_as import SameAs
from kg.resolution.scorer import PairScorer
from kg.schema import Entity, Triple
from kg.sources.dump import Dump

_EXAMPLES = 20
"""Conflicts and rows left out that a report shows; all are counted."""

_DEFAULT = ResolutionConfig()


class SourceReport(BaseModel):
    """What came out of one source."""

    model_config = ConfigDict(frozen=True)

    source: str
    seen: date
    entities: dict[str, int]
    """By kind, before anything was merged."""
    triples: int
    skipped: dict[str, int]
    """Rows left out, by reason."""
    examples: tuple[str, ...] = ()
    """Some of them: file, line and reason."""


class BuildReport(BaseModel):
    """What a build did."""

    model_config = ConfigDict(frozen=True)

    sources: tuple[SourceReport, ...]
    entities: dict[str, int]
    """By kind, after merging."""
    triples: int
    merged: dict[str, int]
    """Entities that several records became, by kind."""
    loops: int
    """Edges that fell away because both ends became one entity."""
    conflicts: dict[str, int]
    """Single-valued facts on which sources differ, by relation."""
    examples: tuple[Conflict, ...]
    rounds: int

    def markdown(self) -> str:
        """Write the report as Markdown."""
        lines = ["| source | day | entities | triples | rows left out |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| {one.source} | {one.seen} | {_counts(one.entities)} | {one.triples:,} | {_counts(one.skipped)} |"
            for one in self.sources
        ]
        lines += [
            "",
            f"Together: {_counts(self.entities)}; {self.triples:,} triples.",
            f"Entities out of several records: {_counts(self.merged)}. Rounds: {self.rounds}.",
            f"Edges of a thing to itself, left out: {self.loops:,}.",
            f"Facts on which sources differ: {_counts(self.conflicts)}.",
        ]
        for conflict in self.examples:
            said = "; ".join(f"{claim.object} ({', '.join(claim.sources)})" for claim in conflict.claims)
            lines.append(f"- {conflict.subject} {conflict.relation}: {said}. The first speaks.")
        for one in self.sources:
            lines += [f"- {one.source}, left out: {example}" for example in one.examples]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Built:
    """A graph, ready for `KnowledgeGraph.replace` or for an update, and how it came about."""

    entities: tuple[Entity, ...]
    """By id."""
    triples: tuple[Triple, ...]
    """By key; every subject and object is one of the entities."""
    same_as: tuple[SameAs, ...]
    """Which record became which entity; keep it (`write_same_as`): updates and looking up merges need it."""
    report: BuildReport


def build_graph(
    dumps: Iterable[Dump],
    config: ResolutionConfig = _DEFAULT,
    progress: Callable[[str], None] = lambda _: None,
    scorers: Mapping[str, PairScorer] | None = None,
) -> Built:
    """Make one graph of dumps, each of another source. Their order does not matter; `config.priority` does.

    Raises `GraphError` when two dumps have one name or a dump contradicts itself.
    """
    ordered = sorted(dumps, key=lambda dump: dump.source)
    if not ordered:
        raise GraphError("There is no dump to build a graph of. Give at least one source.")
    resolution = resolve(ordered, config, scorers, progress=progress)
    entities, of = merged_entities(resolution, config)
    triples, loops = merged_triples(ordered, of)
    same_as = same_as_rows(resolution, of)
    progress(f"{len(entities):,} entities, {len(triples):,} triples")
    report = _report(ordered, entities, triples, same_as, loops, resolution.rounds, config)
    return Built(tuple(entities), tuple(triples), tuple(same_as), report)


def build_update(
    dump: Dump,
    graph: KnowledgeGraph,
    same_as: Sequence[SameAs],
    config: ResolutionConfig = _DEFAULT,
    progress: Callable[[str], None] = lambda _: None,
    scorers: Mapping[str, PairScorer] | None = None,
) -> Built:
    """Resolve a new dump of one source against a stored graph; its result is for `kg.update.plan_update`.

    A record that `same_as` knows stays the entity it was. A new one becomes the stored entity that it is
    found to be, or an entity of its own. Stored entities keep their ids and never merge with each other. The
    result has the entities and triples of this dump alone; its `same_as` is the whole map, to be kept in the
    place of the old one. An entity keeps its name unless this source is more trusted than all others that it
    came from; names of this source join its aliases.
    """
    if dump.source == STORED:
        raise GraphError("A dump needs a source's name.")
    stored = _stored_dump(graph, dump)
    known = {entity.id: entity for entity in stored.entities}
    own = {entity.id for entity in dump.entities}
    pinned: dict[Key, Key] = {
        (row.source, row.source_id): (STORED, row.entity)
        for row in same_as
        if row.source == dump.source and row.source_id in own and row.entity in known
    }
    resolution = resolve([stored, dump], _translated(config, dump, same_as), scorers, pinned, progress)
    merged, of = merged_entities(resolution, config)
    touched = {of[dump.source, entity.id] for entity in dump.entities}
    trusted = _most_trusted(same_as, config)
    names = _own_names(dump, of)
    entities = [
        _renamed(entity, names[entity.id])
        if entity.id in known and config.rank(dump.source) <= config.rank(trusted.get(entity.id, dump.source))
        else entity
        for entity in merged
        if entity.id in touched
    ]
    triples, loops = merged_triples([dump], of)
    before = {(row.source, row.source_id): row for row in same_as}
    rows = before | {
        key: before.get(key, row) if key in pinned else row
        for row in same_as_rows(resolution, of)
        for key in [(row.source, row.source_id)]
    }
    report = _report([dump], entities, triples, list(rows.values()), loops, resolution.rounds, config)
    ordered = tuple(rows[key] for key in sorted(rows))
    return Built(tuple(entities), tuple(triples), ordered, report)


def _stored_dump(graph: KnowledgeGraph, dump: Dump) -> Dump:
    """Return the stored graph as a dump, without what this source said before."""
    return Dump(
        source=STORED,
        seen=dump.seen,
        entities=tuple(graph.entities()),
        triples=tuple(triple for triple in graph.triples() if triple.source != dump.source),
    )


def _translated(config: ResolutionConfig, dump: Dump, same_as: Iterable[SameAs]) -> ResolutionConfig:
    """Return the config with the told pairs in terms of this dump and the stored entities."""
    entity = {(row.source, row.source_id): row.entity for row in same_as if row.source != dump.source}
    own = {one.id for one in dump.entities}

    def here(key: Key) -> Key | None:
        if key[0] == dump.source:
            return key if key[1] in own else None
        return (STORED, entity[key]) if key in entity else None

    def translate(pairs: Iterable[tuple[Key, Key]]) -> tuple[tuple[Key, Key], ...]:
        found = [(here(one), here(other)) for one, other in pairs if dump.source in (one[0], other[0])]
        return tuple((one, other) for one, other in found if one and other)

    return config.model_copy(
        update={"together": translate(config.together), "apart": translate(config.apart)}
    )


def _most_trusted(same_as: Iterable[SameAs], config: ResolutionConfig) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in same_as:
        if row.entity not in found or config.rank(row.source) < config.rank(found[row.entity]):
            found[row.entity] = row.source
    return found


def _own_names(dump: Dump, of: Mapping[Key, str]) -> dict[str, str]:
    return {of[dump.source, entity.id]: entity.name for entity in reversed(dump.entities)}


def _renamed(entity: Entity, name: str) -> Entity:
    if not name.strip() or name == entity.name:
        return entity
    aliases = dict.fromkeys([entity.name, *entity.aliases])
    aliases.pop(name, None)
    return entity.model_copy(update={"name": name, "aliases": tuple(aliases)})


def _report(
    dumps: Sequence[Dump],
    entities: Sequence[Entity],
    triples: Sequence[Triple],
    same_as: Sequence[SameAs],
    loops: int,
    rounds: int,
    config: ResolutionConfig,
) -> BuildReport:
    kinds = {entity.id: entity.kind for entity in entities}
    members = Counter(row.entity for row in same_as if row.entity in kinds)
    differing = conflicts(triples, config.single_valued, config.priority)
    return BuildReport(
        sources=tuple(_source_report(dump) for dump in dumps),
        entities=_sorted(Counter(kinds.values())),
        triples=len(triples),
        merged=_sorted(Counter(kinds[key] for key, count in members.items() if count > 1)),
        loops=loops,
        conflicts=_sorted(Counter(conflict.relation for conflict in differing)),
        examples=tuple(differing[:_EXAMPLES]),
        rounds=rounds,
    )


def _source_report(dump: Dump) -> SourceReport:
    return SourceReport(
        source=dump.source,
        seen=dump.seen,
        entities=_sorted(Counter(entity.kind for entity in dump.entities)),
        triples=len(dump.triples),
        skipped=dump.skipped_by_reason(),
        examples=tuple(f"{row.file}:{row.line}: {row.reason}" for row in dump.skipped[:_EXAMPLES]),
    )


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
