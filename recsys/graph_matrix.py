"""Which entities each item is tied to, as a sparse matrix whose row products are the similarity in the
graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from kg.graph import KnowledgeGraph
from recsys.schema import Item
from recsys.sparse import ones_at, unit_rows

_MOST_NEIGHBOURS = 500


@dataclass(frozen=True)
class GraphMatrix:
    """Items by entities; each row of length 1, each column weighed by its rarity."""

    rows: csr_array
    """Shape (n_items, n_entities)."""
    column: dict[str, int]
    """Entity id to column."""


def read_graph_matrix(items: Sequence[Item], triples: Path, graph: KnowledgeGraph) -> GraphMatrix:
    """Read the edges of every item from the build's triples, or from the graph where the build has no such
    file.

    An entity that one item alone has ties nothing together and is left out. An edge between two items ties
    both to each other's column as well as to their own. Raises `GraphUnavailable` when the graph is asked and
    is away.
    """
    edges = _edges_of_file(triples) if triples.is_file() else _edges_of_graph(items, graph)
    position = {item.id: k for k, item in enumerate(items)}
    ties: dict[str, set[int]] = {}
    for subject, target in edges:
        for one, other in ((subject, target), (target, subject)):
            if one in position:
                ties.setdefault(other, set()).add(position[one])
                if other in position:
                    ties.setdefault(one, set()).add(position[one])
    names = sorted(name for name, tied in ties.items() if len(tied) > 1)
    column = {name: k for k, name in enumerate(names)}
    row_of = np.array([row for name in names for row in sorted(ties[name])], dtype=np.int64)
    column_of = np.repeat(np.arange(len(names)), [len(ties[name]) for name in names])
    matrix = ones_at(row_of, column_of, (len(items), len(names)))
    return GraphMatrix(unit_rows(matrix), column)


def _edges_of_file(triples: Path) -> list[tuple[str, str]]:
    return list(pl.read_parquet(triples, columns=["subject", "object"]).unique().iter_rows())


def _edges_of_graph(items: Sequence[Item], graph: KnowledgeGraph) -> list[tuple[str, str]]:
    return [
        (item.id, neighbour.entity.id)
        for item in items
        for neighbour in graph.neighbours(item.id, limit=_MOST_NEIGHBOURS)
    ]
