"""What a new dump of a source changes in a graph: plan it, look at it, apply it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from kg.graph import GraphError, KnowledgeGraph
from kg.schema import Change, Entity, Triple

_ENTITIES_AT_ONCE = 10_000
_EXAMPLES = 5
_Key = tuple[str, str, str, str]


class ChangeSummary(BaseModel):
    """How many of what an update adds, changes and removes."""

    model_config = ConfigDict(frozen=True)

    source: str
    seen: date
    added: dict[str, int]
    """Triples that were not stored, by relation."""
    changed: dict[str, int]
    """Triples with another confidence or sentence than was stored, by relation."""
    unchanged: dict[str, int]
    """Triples that are stored as they are, but for the day they were last seen, by relation."""
    expired: dict[str, int]
    """Triples of this source that the dump has no longer, by relation."""
    added_entities: int
    changed_entities: int
    removed_entities: int
    examples: dict[str, tuple[str, ...]]
    """Up to five of each: `added`, `changed`, `expired`, `added entities`, `changed entities`, `removed entities`."""

    @property
    def says_nothing_new(self) -> bool:
        """True when at most the days on which triples were last seen change."""
        entities = self.added_entities + self.changed_entities + self.removed_entities
        return not (self.added or self.changed or self.expired or entities)


class Update(NamedTuple):
    """A change, and what it comes to."""

    change: Change
    summary: ChangeSummary


class _Compared(NamedTuple):
    """The triples of a dump beside the stored ones of its source."""

    to_store: list[Triple]
    kinds: dict[str, list[Triple]]
    """The triples that are `added`, `changed`, `unchanged` and `expired`."""


def plan_update(
    graph: KnowledgeGraph,
    source: str,
    entities: Iterable[Entity],
    triples: Iterable[Triple],
    seen: date,
    keep_expired: bool = False,
) -> Update:
    """Say what the dump of `source` of the day `seen` changes, without changing anything.

    A triple that is new gets `seen` as its first and last day; one that is stored keeps its first day, and takes
    confidence and sentence from the dump. A triple of this source that is not in the dump is removed, or with
    `keep_expired` left with the day on which it was last seen. An entity is removed when so it loses its last
    triple and the dump does not name it. The dump's word on an entity counts, whoever stored it. Triples of
    other sources are not touched. The same dump on the same day changes nothing.

    Raises `GraphError` when the dump is older than what is stored of this source, has triples of another
    source, or names an entity that is neither in it nor stored.
    """
    given = {entity.id: entity for entity in entities}
    dump = {triple.key: triple for triple in triples}
    if other := next((t.source for t in dump.values() if t.source != source), None):
        raise GraphError(f"The dump of {source!r} has a triple of {other!r}. Update one source at a time.")
    compared = _compare(graph, source, dump, seen)
    named = given.keys() | {end for t in dump.values() for end in (t.subject, t.object)}
    _check_known(graph, named - given.keys())
    expired = [] if keep_expired else compared.kinds["expired"]
    removed = _bereft(graph, expired, named)
    added_entities, changed_entities = _new_entities(graph, given)
    change = Change(
        entities=(*added_entities, *changed_entities),
        triples=tuple(compared.to_store),
        expired_triples=tuple(triple.key for triple in expired),
        expired_entities=tuple(removed),
    )
    counts = {
        kind: dict(sorted(Counter(t.relation for t in found).items()))
        for kind, found in compared.kinds.items()
    }
    examples = {
        **{
            kind: tuple(map(_shown, compared.kinds[kind][:_EXAMPLES]))
            for kind in ("added", "changed", "expired")
        },
        "added entities": tuple(entity.id for entity in added_entities[:_EXAMPLES]),
        "changed entities": tuple(entity.id for entity in changed_entities[:_EXAMPLES]),
        "removed entities": tuple(removed[:_EXAMPLES]),
    }
    summary = ChangeSummary(
        source=source,
        seen=seen,
        **counts,
        added_entities=len(added_entities),
        changed_entities=len(changed_entities),
        removed_entities=len(removed),
        examples=examples,
    )
    return Update(change, summary)


def update(
    graph: KnowledgeGraph,
    source: str,
    entities: Iterable[Entity],
    triples: Iterable[Triple],
    seen: date,
    keep_expired: bool = False,
) -> ChangeSummary:
    """Plan an update and apply it in one transaction; see `plan_update`."""
    change, summary = plan_update(graph, source, entities, triples, seen, keep_expired)
    if change != Change():
        graph.apply(change)
    return summary


def _compare(graph: KnowledgeGraph, source: str, dump: Mapping[_Key, Triple], seen: date) -> _Compared:
    to_store: list[Triple] = []
    kinds: dict[str, list[Triple]] = {"added": [], "changed": [], "unchanged": [], "expired": []}
    met: set[_Key] = set()
    for stored in graph.triples(source):
        if stored.last_seen is not None and stored.last_seen > seen:
            raise GraphError(
                f"The dump of {source!r} is of {seen}, and what is stored was last seen on "
                f"{stored.last_seen}. An older dump cannot follow a newer one."
            )
        new = dump.get(stored.key)
        if new is None:
            kinds["expired"].append(stored)
            continue
        met.add(stored.key)
        now = new.model_copy(update={"first_seen": stored.first_seen, "last_seen": seen})
        same = (now.confidence, now.sentence) == (stored.confidence, stored.sentence)
        kinds["unchanged" if same else "changed"].append(now)
        if now != stored:
            to_store.append(now)
    for key, triple in dump.items():
        if key not in met:
            kinds["added"].append(triple.model_copy(update={"first_seen": seen, "last_seen": seen}))
    return _Compared(to_store + kinds["added"], kinds)


def _check_known(graph: KnowledgeGraph, ids: Iterable[str]) -> None:
    missing = [k for part in _slices(sorted(ids)) for k in _without({e.id for e in graph.get(part)}, part)]
    if missing:
        shown = ", ".join(map(repr, missing[:3])) + (f" and {len(missing) - 3} more" if missing[3:] else "")
        raise GraphError(f"The dump's triples name entities that are neither in it nor stored: {shown}.")


def _new_entities(graph: KnowledgeGraph, given: Mapping[str, Entity]) -> tuple[list[Entity], list[Entity]]:
    added: list[Entity] = []
    changed: list[Entity] = []
    for ids in _slices(given):
        stored = {entity.id: entity for entity in graph.get(ids)}
        added += [given[k] for k in ids if k not in stored]
        changed += [given[k] for k in ids if k in stored and stored[k] != given[k]]
    return added, changed


def _bereft(graph: KnowledgeGraph, expired: list[Triple], named: set[str]) -> list[str]:
    """Return the entities that lose their last triple with these, and that the dump does not name."""
    losing = {end for triple in expired for end in (triple.subject, triple.object)} - named
    if not losing:
        return []
    gone = {triple.key for triple in expired}
    for triple in graph.triples():
        if triple.key not in gone:
            losing.discard(triple.subject)
            losing.discard(triple.object)
    return sorted(losing)


def _slices(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while part := list(islice(rest, _ENTITIES_AT_ONCE)):
        yield part


def _without(known: set[str], ids: list[str]) -> list[str]:
    return [entity_id for entity_id in ids if entity_id not in known]


def _shown(triple: Triple) -> str:
    return f"{triple.subject} -{triple.relation}-> {triple.object}"
