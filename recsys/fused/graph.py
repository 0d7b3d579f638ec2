"""The graph of items: which items each relation ties, through the people or entities that they share.

A relation is a bipartite graph of items and people, attributes or entities. Two hops of LightGCN's propagation (He et
al., 2020) over it, item to entity and back, are one symmetric matrix: P = M' M with M = D_e^-1/2 R D_i^-1/2. Entities
have no vectors of their own in it, so nothing is lost by going both hops at once, and only the strongest ties of each
item need to be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from scipy.sparse.linalg import svds

from recsys.models.base import FloatMatrix, TrainingData
from recsys.sparse import ones_at

MET = "met"
ATTRIBUTES = "attributes"
_BLOCK = 512
_DENSE_CELLS = 4_000_000
"""Cells of a block of rows, which bounds what one takes."""


def ties(data: TrainingData, met: bool, entities: bool, neighbours: int) -> dict[str, csr_array]:
    """Return each relation's ties, (n_items, n_items) float32, rows to be multiplied with item vectors.

    `met` takes the relation of the people who met both, `entities` those of the graph and of the attributes. A
    relation that ties nothing is left out.
    """
    sources: dict[str, csr_array] = {}
    if met:
        sources[MET] = data.interactions
    if entities:
        sources |= {name: data.relations[name] for name in sorted(data.relations)}
        if data.attributes.shape[0]:
            sources[ATTRIBUTES] = data.attributes
    found = {name: two_hops(source, neighbours) for name, source in sources.items()}
    return {name: matrix for name, matrix in found.items() if matrix.nnz}


def two_hops(source: csr_array, neighbours: int) -> csr_array:
    """Return the two-hop propagation over a bipartite (n_entities, n_items) graph, the strongest ties of each row.

    `neighbours` 0 keeps all. An item without an entity has an empty row. Weights are those of the whole graph, in
    (0, 1]; cut rows sum to less.
    """
    one_hop = symmetric(source)
    back = csr_array(one_hop.T.tocsr())
    n_items = one_hop.shape[1]
    block = max(1, min(_BLOCK, _DENSE_CELLS // max(1, n_items)))
    rows = [
        _strongest_of_block(csr_array(back[start : start + block] @ one_hop), neighbours)
        for start in range(0, n_items, block)
    ]
    if not rows:
        return ones_at([], [], (0, 0))
    stacked: csr_array = vstack(rows, format="csr").astype(np.float32)
    return stacked


def _strongest_of_block(rows: csr_array, most: int) -> csr_array:
    """Cut a block whose rows are nearly full as a dense one, which is several times faster."""
    n_items = rows.shape[1]
    if not 0 < most < n_items or rows.nnz < 0.1 * rows.shape[0] * n_items:
        return strongest(rows, most)
    dense = rows.toarray()
    columns = np.sort(np.argpartition(-dense, most - 1, axis=1)[:, :most], axis=1)
    kept = np.take_along_axis(dense, columns, axis=1)
    cut = csr_array((kept.ravel(), columns.ravel(), np.arange(0, kept.size + 1, most)), shape=rows.shape)
    cut.eliminate_zeros()
    return cut


def symmetric(source: csr_array) -> csr_array:
    """Return D_e^-1/2 R D_i^-1/2 of a matrix (n_entities, n_items) without negative entries."""
    matrix = source.tocsr().astype(np.float32)
    by_row, by_column = (inverse_root(np.asarray(matrix.sum(axis=axis)).ravel()) for axis in (1, 0))
    weighted: csr_array = matrix.multiply(by_row[:, None]).multiply(by_column[None, :]).tocsr()
    return weighted


def inverse_root(degrees: NDArray[np.number]) -> NDArray[np.float32]:
    """Return degree^-1/2, 0 where the degree is 0."""
    root = np.sqrt(np.asarray(degrees, dtype=np.float64))
    return np.divide(1.0, root, out=np.zeros_like(root), where=root > 0).astype(np.float32)


def strongest(rows: csr_array, most: int) -> csr_array:
    """Keep the `most` largest entries of each row; 0 keeps all."""
    rows.sort_indices()
    lengths = np.diff(rows.indptr)
    if not most or not len(lengths) or lengths.max() <= most:
        return rows
    line = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((-rows.data, line))
    place = np.arange(rows.nnz) - np.repeat(rows.indptr[:-1], lengths)
    kept = np.sort(order[place < most])
    start = np.r_[0, np.cumsum(np.minimum(lengths, most))]
    return csr_array((rows.data[kept], rows.indices[kept], start), shape=rows.shape)


def leading_directions(
    met: csr_array, others: Sequence[csr_array], weight: float, most: int, seed: int
) -> FloatMatrix:
    """Return the leading directions of the graph of items with people and entities, (n_items, most).

    They are the right singular vectors of the normalised matrices on top of each other, people with weight 1 and each
    of `others` (n_entities, n_items) with `weight`: where endless propagation would end (Shen et al., 2021). Each is
    multiplied by the root of its singular value, so that products of rows are filtered by it. Strongest first; columns
    past what the graph has are zeros. The seed is of the vector from which they are sought.
    """
    found = np.zeros((met.shape[1], most), dtype=np.float32)
    root = np.float32(np.sqrt(weight))
    parts = [symmetric(met), *(symmetric(other) * root for other in others if weight and other.shape[0])]
    stacked = csr_array(vstack(parts, format="csr"))
    rank = min(most, min(stacked.shape) - 1)
    if rank < 1 or not stacked.nnz:
        return found
    start = np.random.default_rng(seed).normal(size=min(stacked.shape)).astype(np.float32)
    _, values, right = svds(stacked, k=rank, v0=start)
    order = np.argsort(-values, kind="stable")
    kept = order[values[order] > 1e-6]
    found[:, : len(kept)] = right[kept].T * np.sqrt(values[kept])
    return found


def mean_of(source: csr_array) -> csr_array:
    """Return (n_items, n_entities) rows that sum to 1 over the entities of an item, 0 where it has none."""
    back = source.T.tocsr().astype(np.float32)
    degrees = np.asarray(back.sum(axis=1)).ravel()
    inverse = np.divide(1.0, degrees, out=np.zeros_like(degrees), where=degrees > 0)
    means: csr_array = back.multiply(inverse[:, None]).tocsr()
    return means


def edges(relations: Mapping[str, csr_array]) -> int:
    """Return how many ties there are in all."""
    return sum(int(matrix.nnz) for matrix in relations.values())
