"""A sample of the graph around the items of a step, for graphs that do not fit the budget of ties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array


@dataclass(frozen=True)
class Sample:
    """Items that a step needs and, layer by layer, a sample of what is around them.

    The first items of `nodes` are those asked for; the items of a layer are the first of those of the next.
    """

    nodes: NDArray[np.int64]
    """Shape (m,); every item that takes part."""
    layers: tuple[Mapping[str, csr_array], ...]
    """For each layer, outermost first, relation to ties of shape (items of the layer, items one layer out)."""
    asked: int
    """How many of `nodes` were asked for."""


def sample_around(
    relations: Mapping[str, csr_array],
    asked: NDArray[np.int64],
    layers: int,
    fanout: int,
    rng: np.random.Generator,
) -> Sample:
    """Draw at most `fanout` ties of each item, relation and layer (GraphSAGE, Hamilton et al., 2017).

    A row of k ties of which f are drawn is multiplied by k / f, so that each layer's sums are right on average.
    """
    nodes = np.asarray(asked, dtype=np.int64)
    blocks: list[Mapping[str, csr_array]] = []
    for _ in range(layers):
        drawn = {name: _draw(matrix[nodes], fanout, rng) for name, matrix in relations.items()}
        around = [matrix.indices for matrix in drawn.values()]
        new = np.setdiff1d(np.concatenate(around) if around else np.zeros(0, np.int64), nodes)
        wider = np.concatenate([nodes, new.astype(np.int64)])
        blocks.append({name: _among(matrix, wider) for name, matrix in drawn.items()})
        nodes = wider
    return Sample(nodes, tuple(reversed(blocks)), len(asked))


def _draw(rows: csr_array, fanout: int, rng: np.random.Generator) -> csr_array:
    lengths = np.diff(rows.indptr)
    line = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((rng.random(rows.nnz), line))
    place = np.arange(rows.nnz) - np.repeat(rows.indptr[:-1], lengths)
    kept = np.sort(order[place < fanout])
    scale = np.maximum(1.0, lengths / fanout).astype(np.float32)
    start = np.r_[0, np.cumsum(np.minimum(lengths, fanout))]
    return csr_array((rows.data[kept] * scale[line[kept]], rows.indices[kept], start), shape=rows.shape)


def _among(rows: csr_array, nodes: NDArray[np.int64]) -> csr_array:
    order = np.argsort(nodes)
    places = order[np.searchsorted(nodes[order], rows.indices)]
    return csr_array((rows.data, places, rows.indptr), shape=(rows.shape[0], len(nodes)))
