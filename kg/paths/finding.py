"""The few paths that best explain why two entities belong together; the same for every store."""

from __future__ import annotations

from kg.paths.candidates import Candidate, PathReader, pool_size
from kg.paths.choice import Walk, choose
from kg.paths.specificity import UNKNOWN, information, specificity
from kg.schema import Path


def find_paths(reader: PathReader, source: str, target: str, max_hops: int, limit: int) -> list[Path]:
    """Return at most `limit` simple paths that say much and differ, best first.

    Scores are in 0..1, see `kg.paths.specificity.specificity`; how paths are chosen says
    `kg.paths.choice.choose`, which ones are looked at `kg.paths.candidates.PathReader.candidates`. When
    both are the same entity, or one is unknown, there are none.
    """
    if source == target or limit < 1:
        return []
    candidates = reader.candidates(source, target, max_hops, pool_size(limit))
    if not candidates:
        return []
    chosen = choose(_scored(reader, candidates), limit)
    known = reader.entities(sorted({entity_id for walk in chosen for entity_id in walk.ids}))
    # A server may have lost an entity to another writer since the walk was found.
    return [
        Path(entities=tuple(known[k] for k in walk.ids), relations=walk.relations, score=walk.score)
        for walk in chosen
        if known.keys() >= set(walk.ids)
    ]


def _scored(reader: PathReader, candidates: list[Candidate]) -> list[Walk]:
    relations = reader.relations()
    walks = []
    for one in candidates:
        inner = [
            (
                information(relations.get(one.relations[place], UNKNOWN), into),
                information(relations.get(one.relations[place + 1], UNKNOWN), out),
            )
            for place, (into, out) in enumerate(one.degrees)
        ]
        walks.append(Walk(one.ids, one.relations, specificity(inner)))
    return walks
