"""What both stores share: checking and folding what is to be stored, and the columns it is stored in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from kg.graph import GraphError
from kg.schema import Change, Entity, Triple
from kg.text import fold_name

MAX_ID = 500
"""Longest id, in characters; Neo4j cannot index much longer ones."""
_MAX_SEARCH_KEY = 8_000
"""Neo4j's text index takes at most 32 kB of UTF-8."""

TRIPLE_FIELDS = (
    "subject",
    "relation",
    "object",
    "source",
    "confidence",
    "first_seen",
    "last_seen",
    "sentence",
)
"""The stored columns of a triple, in the order in which stores return them."""

Key = tuple[str, str, str, str]
"""Subject, relation, object, source."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Batch:
    """What one transaction does, each thing once; where one was given twice the last counts.

    Removals come first: what is both removed and given is there afterwards.
    """

    entities: Mapping[str, Entity]
    triples: Mapping[Key, Triple]
    expired_triples: Sequence[Key] = ()
    expired_entities: Sequence[str] = ()

    def check(self, known: Callable[[Sequence[str]], set[str]]) -> None:
        """Raise `GraphError` when a triple would name an entity that is not there.

        `known` says which of some ids are stored before the batch is.
        """
        ends = {end for triple in self.triples.values() for end in (triple.subject, triple.object)}
        outside = sorted(ends - self.entities.keys())
        there = known(outside).difference(self.expired_entities) if outside else set()
        if missing := [entity_id for entity_id in outside if entity_id not in there]:
            raise missing_endpoints(missing)


def batch_of(change: Change) -> Batch:
    """Collect what a change does.

    Raises `GraphError` when an id is longer than `MAX_ID`.
    """
    by_id = {entity.id: entity for entity in change.entities}
    for entity_id in by_id:
        check_id(entity_id)
    return Batch(
        by_id,
        {triple.key: triple for triple in change.triples},
        list(dict.fromkeys(change.expired_triples)),
        list(dict.fromkeys(change.expired_entities)),
    )


def check_id(entity_id: str) -> None:
    """Raise `GraphError` when an id is longer than `MAX_ID`."""
    if len(entity_id) > MAX_ID:
        raise GraphError(
            f"The id {entity_id[:40]!r}... has {len(entity_id)} characters; "
            f"at most {MAX_ID} can be stored. Shorten it. Nothing was stored."
        )


def missing_endpoints(missing: Sequence[str]) -> GraphError:
    """Make the error for triples whose entities are unknown."""
    shown = ", ".join(repr(entity_id[:80]) for entity_id in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    return GraphError(
        f"Triples name entities that are neither given nor stored: {shown}{more}. "
        "Nothing was stored; give these entities in the same call."
    )


def entity_row(entity: Entity) -> dict[str, Any]:
    """Return the stored columns of an entity."""
    return {
        "id": entity.id,
        "kind": entity.kind,
        "name": entity.name,
        "search_key": search_key(entity),
        "aliases": list(entity.aliases),
        "popularity": entity.popularity,
    }


def triple_row(triple: Triple) -> dict[str, Any]:
    """Return the stored columns of a triple."""
    return triple.model_dump()


def triple_of(values: Sequence[Any]) -> Triple:
    """Make a triple of the values of `TRIPLE_FIELDS` as a store returned them."""
    fields = dict(zip(TRIPLE_FIELDS, values, strict=True))
    return Triple(**fields | {"sentence": fields["sentence"] or ""})


def by_key(triples: Iterable[Triple]) -> list[Triple]:
    """Sort triples by subject, relation, object and source."""
    return sorted(triples, key=lambda triple: triple.key)


def entity_of(values: Sequence[Any]) -> Entity:
    """Make an entity of `id, kind, name, aliases, popularity` as a store returned them."""
    entity_id, kind, name, aliases, popularity = values
    return Entity(id=entity_id, kind=kind, name=name, aliases=tuple(aliases or ()), popularity=popularity)


def search_key(entity: Entity) -> str:
    r"""Return the keys of name and aliases, each as ` key ` between newlines: `CONTAINS` finds words."""
    text = "\n"
    for key in dict.fromkeys(fold_name(name) for name in (entity.name, *entity.aliases)):
        line = f" {key} \n"
        if key and len(text) + len(line) <= _MAX_SEARCH_KEY:
            text += line
    return text


@dataclass(frozen=True)
class Needles:
    """What `search_key` must contain."""

    exact: str
    words: list[str]


def needles(text: str) -> Needles | None:
    """Return what to look for, or None when `text` has nothing to look for."""
    key = fold_name(storable(text))
    if not key:
        return None
    return Needles(exact=f"\n {key} \n", words=[f" {word} " for word in dict.fromkeys(key.split(" "))])


def storable(text: str) -> str:
    """Replace lone surrogates, which no store can take."""
    return text.encode("utf-8", "replace").decode("utf-8")


def check_hops(max_hops: int) -> None:
    """Raise `GraphError` unless 1 <= max_hops <= 3."""
    if not 1 <= max_hops <= 3:
        raise GraphError(f"Paths have one to three hops; {max_hops} was asked for.")


def chunks(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Cut `values` into pieces of at most `size`."""
    return (values[k : k + size] for k in range(0, len(values), size))
