"""A made-up graph with rules that can be learned: who directs, what is made where."""

import numpy as np

from kg.embeddings.edges import EdgeSplit, index_edges, split_edges
from kg.schema import Entity, Triple


def film_triples(n: int = 120, groups: int = 6, seed: int = 0) -> list[Triple]:
    """Film k is of group k % groups, and its people, country and genre are those of its group."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(n):
        group = k % groups
        film = f"film:{k}"
        ends = [("cast", f"person:{group}-{actor}") for actor in rng.choice(5, 3, replace=False)]
        ends += [("country", f"country:{group // 2}"), ("genre", f"genre:{group // 2}")]
        found += [Triple(subject=film, relation=r, object=end, source="made") for r, end in ends]
    return found


def film_split(seed: int = 0) -> EdgeSplit:
    return split_edges(index_edges(film_triples()), seed)


def entities_of(triples: list[Triple]) -> list[Entity]:
    ids = sorted({t.subject for t in triples} | {t.object for t in triples})
    return [Entity(id=name, kind=name.split(":")[0], name=name) for name in ids]
