"""What both stores share: checking and folding what is to be stored, and the columns it is stored in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from kg.graph import GraphError
from kg.schema import Entity, Triple
from kg.text import fold_name

MAX_ID = 500
"""Longest id, in characters; Neo4j cannot index much longer ones."""
_MAX_SEARCH_KEY = 8_000
"""Neo4j's text index takes at most 32 kB of UTF-8."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Batch:
    """Entities and triples to store, each once; where one was given twice the last counts."""

    entities: Mapping[str, Entity]
    triples: Mapping[tuple[str, str, str, str], Triple]

    def endpoints_not_given(self) -> list[str]:
        """Ids that triples name and the batch does not bring, sorted."""
        ends = {end for triple in self.triples.values() for end in (triple.subject, triple.object)}
        return sorted(ends - self.entities.keys())


def make_batch(entities: Iterable[Entity], triples: Iterable[Triple]) -> Batch:
    """Collect what is to be stored.

    Raises `GraphError` when an id is longer than `MAX_ID`.
    """
    by_id = {entity.id: entity for entity in entities}
    for entity_id in by_id:
        if len(entity_id) > MAX_ID:
            raise GraphError(
                f"The id {entity_id[:40]!r}... has {len(entity_id)} characters; "
                f"at most {MAX_ID} can be stored. Shorten it. Nothing was stored."
            )
    return Batch(by_id, {(t.subject, t.relation, t.object, t.source): t for t in triples})


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
