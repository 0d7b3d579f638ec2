"""Edges as numbers, and their division into edges to learn from and edges to be tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.embeddings.twins import relation_classes
from kg.graph import GraphError
from kg.schema import Triple

Edges = NDArray[np.int64]
"""Shape (n, 3): head, relation, tail as positions in an `EdgeSet`."""


@dataclass(frozen=True)
class EdgeSet:
    """The facts of a graph, each once, whoever said it."""

    entities: tuple[str, ...]
    """Ids, ascending."""
    relations: tuple[str, ...]
    """Names, ascending."""
    edges: Edges
    """Distinct rows, ascending."""

    @property
    def data_hash(self) -> str:
        """SHA-256 over the names and the edges."""
        digest = hashlib.sha256()
        for names in (self.entities, self.relations):
            digest.update("\0".join(names).encode("utf-8", "surrogatepass") + b"\1")
        digest.update(np.ascontiguousarray(self.edges).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class EdgeSplit:
    """Training, validation and test edges; together they are the graph's, and none is in two of them."""

    graph: EdgeSet
    train: Edges
    valid: Edges
    test: Edges
    twins: tuple[tuple[str, ...], ...]
    """Relations that say the same fact under two names, or an edge and its inverse; never divided."""


def index_edges(triples: Iterable[Triple]) -> EdgeSet:
    """Number the entities and relations of these triples; the same fact of two sources is one edge."""
    facts = {(triple.subject, triple.relation, triple.object) for triple in triples}
    entities = tuple(sorted({fact[0] for fact in facts} | {fact[2] for fact in facts}))
    relations = tuple(sorted({fact[1] for fact in facts}))
    place = {name: k for k, name in enumerate(entities)}
    column = {name: k for k, name in enumerate(relations)}
    rows = sorted((place[s], column[r], place[o]) for s, r, o in facts)
    return EdgeSet(entities, relations, np.array(rows, dtype=np.int64).reshape(-1, 3))


def split_edges(graph: EdgeSet, seed: int = 0, share: float = 0.1) -> EdgeSplit:
    """Hold out `share` of each relation's edges for validation and as many for testing.

    Every entity and relation of a held-out edge keeps an edge in train, so a relation whose entities mostly
    occur once gives up less than `share`. What would answer a held-out edge by itself goes with it: the edge
    in the other direction of the same relation, and the same pair under a twin relation (see
    `kg.embeddings.twins`). Raises `GraphError` when the graph has too few edges to hold any out.
    """
    if not 0.0 < share < 0.5:
        raise ValueError(f"share must be above 0 and below .5, not {share}")
    edges = graph.edges
    classes = relation_classes(edges, len(graph.relations))
    part = _parts(edges, _groups(edges, classes), len(graph.entities), seed, share)
    train, valid, test = (edges[part == k] for k in range(3))
    if not len(valid) or not len(test):
        raise GraphError(
            f"None of the {len(edges):,} edges can be held out: each entity needs another edge to be learned "
            "from. Train on a graph with more edges."
        )
    twins = tuple(
        tuple(name for name, of in zip(graph.relations, classes, strict=True) if of == k)
        for k in np.unique(classes)
        if int((classes == k).sum()) > 1
    )
    return EdgeSplit(graph, train, valid, test, twins)


def _groups(edges: Edges, classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each edge the number of its group: same unordered pair of entities, same class."""
    low, high = np.minimum(edges[:, 0], edges[:, 2]), np.maximum(edges[:, 0], edges[:, 2])
    keys = np.stack([classes[edges[:, 1]], low, high], axis=1)
    return np.asarray(np.unique(keys, axis=0, return_inverse=True)[1], dtype=np.int64).ravel()


def _parts(
    edges: Edges, group: NDArray[np.int64], n_entities: int, seed: int, share: float
) -> NDArray[np.int64]:
    """Return 0 (train), 1 (valid) or 2 (test) for each edge."""
    degree = np.bincount(edges[:, [0, 2]].ravel(), minlength=n_entities)
    total = np.bincount(edges[:, 1])
    quota = np.stack([np.round(share * total)] * 2).astype(np.int64)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0]) if len(edges) else np.zeros(0, np.int64)
    members = np.split(order, starts[1:]) if len(edges) else []
    part = np.zeros(len(edges), dtype=np.int64)
    for turn, k in enumerate(np.random.default_rng(seed).permutation(len(members))):
        rows = members[k]
        relations, needed = np.unique(edges[rows, 1], return_counts=True)
        ends, lost = np.unique(edges[rows][:, [0, 2]], return_counts=True)
        if (degree[ends] - lost < 1).any():
            continue
        for side in (turn % 2, 1 - turn % 2):
            if (quota[side, relations] >= needed).all():
                quota[side, relations] -= needed
                degree[ends] -= lost
                part[rows] = side + 1
                break
    return part
