"""Copying a whole graph from one store into another, and seeing that nothing was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

from kg.graph import GraphError, KnowledgeGraph
from kg.schema import Entity, GraphStats, Triple

_TELL_EVERY = 100_000
_T = TypeVar("_T", Entity, Triple)


@dataclass
class Checksum:
    """A sum over things in full, every field, in whatever order they come."""

    count: int = 0
    total: int = 0

    def passing(self, things: Iterable[_T], told: Callable[[int], None] = lambda _: None) -> Iterator[_T]:
        """Yield `things` and add them."""
        for thing in things:
            digest = blake2b(thing.model_dump_json().encode(), digest_size=16).digest()
            self.total = (self.total + int.from_bytes(digest, "big")) % (1 << 128)
            self.count += 1
            if self.count % _TELL_EVERY == 0:
                told(self.count)
            yield thing

    def add(self, things: Iterable[_T], told: Callable[[int], None] = lambda _: None) -> Checksum:
        """Add `things`; return this."""
        for _ in self.passing(things, told):
            pass
        return self


def copy_graph(
    source: KnowledgeGraph, target: KnowledgeGraph, progress: Callable[[str], None] | None = None
) -> GraphStats:
    """Put the graph of `source` in the place of what `target` holds, and compare the two in full.

    Neither is held in memory. Raises `GraphError` when the source is changed meanwhile (the target stays as it
    was), and when what the target then holds is not what was read.
    """
    tell = progress or (lambda _: None)
    entities, triples = Checksum(), Checksum()
    target.replace(entities.passing(source.entities()), triples.passing(source.triples()), progress)
    for name, wanted, found in (
        ("entities", entities, Checksum().add(target.entities(), lambda n: tell(f"Compared {n:,} entities"))),
        ("triples", triples, Checksum().add(target.triples(), lambda n: tell(f"Compared {n:,} triples"))),
    ):
        if wanted != found:
            raise GraphError(
                f"The copy has {found.count:,} {name} that are not the {wanted.count:,} of the original. Something "
                "else wrote to it meanwhile, or the store lost some of them. Copy again while nothing writes."
            )
    tell(f"The same {entities.count:,} entities and {triples.count:,} triples are in both")
    return target.stats()
