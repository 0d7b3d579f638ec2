"""Paths from several interests at once, and who says so."""

from __future__ import annotations

from collections.abc import Sequence

from kg.graph import KnowledgeGraph
from kg.paths.choice import Walk, choose
from kg.schema import Path

_FACTS_ASKED = 1_000


def explaining_paths(
    graph: KnowledgeGraph, interests: Sequence[str], item: str, limit: int = 5, max_hops: int = 2
) -> list[Path]:
    """Return the paths that best explain why `item` fits any of `interests`, best first.

    Interests are ids of entities: items, people, genres, whatever a person likes. The paths are chosen to
    differ in their relations, inner entities and interests. An unknown id is left out.
    """
    found: dict[Walk, Path] = {}
    for interest in dict.fromkeys(interests):
        for path in graph.paths(interest, item, max_hops=max_hops, limit=limit):
            ids = tuple(entity.id for entity in path.entities)
            found[Walk(ids, path.relations, path.score)] = path
    return [found[walk] for walk in choose(list(found), limit)]


def path_sources(graph: KnowledgeGraph, path: Path) -> tuple[tuple[str, ...], ...]:
    """Return for each edge of a path the sources that say so, sorted; an edge that is gone has none."""
    return tuple(
        _edge_sources(graph, one.id, relation, other.id)
        for one, relation, other in zip(path.entities, path.relations, path.entities[1:], strict=False)
    )


def _edge_sources(graph: KnowledgeGraph, one: str, relation: str, other: str) -> tuple[str, ...]:
    ends = {one, other}
    asked = _FACTS_ASKED
    while True:
        # A hub has more facts than are asked for; the entity at the other end may have few.
        for side in (one, other):
            facts = graph.facts(side, limit=asked)
            if len(facts) < asked:
                return tuple(
                    sorted(
                        {
                            fact.source
                            for fact in facts
                            if fact.relation == relation and {fact.subject, fact.object} == ends
                        }
                    )
                )
        asked *= 10
