"""What every graph store can do. Two stores implement it: Ladybug (embedded) and Neo4j (a server)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from kg.schema import Change, Entity, GraphStats, Neighbour, Path, Triple


class GraphError(Exception):
    """The graph could not answer. The message says what happened and what to do about it."""


class GraphUnavailable(GraphError):  # noqa: N818 - reads as a state, which it is
    """The store cannot be reached now; it may be back later."""


@runtime_checkable
class KnowledgeGraph(Protocol):
    """A store of entities and triples. Every method raises `GraphUnavailable` when the store is away."""

    def upsert(self, entities: Iterable[Entity], triples: Iterable[Triple]) -> None:
        """Add or replace entities by id and triples by (subject, relation, object, source); idempotent.

        Raises `GraphError`, and stores nothing, when a triple names an entity that is neither given nor
        stored.
        """

    def apply(self, change: Change) -> None:
        """Do what an update says in one transaction: after a crash the graph is as before or as after.

        Removals come first: what is both removed and given is there afterwards.

        Raises `GraphError`, and changes nothing, when a triple would name an entity that is not there.
        """

    def replace(
        self,
        entities: Iterable[Entity],
        triples: Iterable[Triple],
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """Put a whole graph, of any size, in the place of what is stored.

        Readers see what was there until the new graph is complete, and a crash leaves the old one. Both
        iterables are read once, entities first. Raises as `upsert`.
        """

    def get(self, ids: Sequence[str]) -> list[Entity]:
        """Return the entities of these ids, in their order; an unknown id is left out."""

    def entities(self) -> Iterator[Entity]:
        """Yield every entity, by id, from one state of the graph.

        Raises `GraphError` when the store cannot keep that state to the end, because the graph was replaced
        or, on a server, changed.
        """

    def triples(self, source: str | None = None) -> Iterator[Triple]:
        """Yield every triple, of one source where given, by key, from one state as `entities` does."""

    def facts(self, entity_id: str, limit: int = 1_000) -> list[Triple]:
        """Return the triples of an entity in either direction, with their sources, by key."""

    def neighbours(
        self, entity_id: str, relation: str | None = None, kind: str | None = None, limit: int = 100
    ) -> list[Neighbour]:
        """Return entities one edge away in either direction, ordered by relation, then name."""

    def paths(self, source: str, target: str, max_hops: int = 2, limit: int = 5) -> list[Path]:
        """Return the most specific simple paths (edges walked in either direction), best first.

        `max_hops` is from 1 to 3.
        """

    def search(self, text: str, kind: str | None = None, limit: int = 10) -> list[Entity]:
        """Return entities whose name or aliases contain the words of `text`.

        Exact names come first, then by popularity.

        `text` is data: any characters are allowed and none has a meaning of its own.
        """

    def stats(self) -> GraphStats:
        """Count entities by kind, and triples by relation and by source."""

    def clear(self) -> None:
        """Remove everything."""

    def close(self) -> None:
        """Release the store; further calls raise `GraphError`."""
