"""Which relations say the same thing: duplicates and inverses, found by how far their pairs overlap.

A graph joined from several sources has `cast` and `starring`, or `directed` and `directed_by`. An edge of one
answers the same edge of the other, and a test on it would measure looking up, not predicting (Toutanova and
Chen, 2015; Akrami et al., 2020, whose threshold of .8 is used).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

OVERLAP = 0.8
"""Share of the smaller relation's pairs that the other must have, as they are or turned round."""


def relation_classes(edges: NDArray[np.int64], n_relations: int) -> NDArray[np.int64]:
    """Return a class number for each relation, shape (n_relations,); twins have the same.

    `edges` has shape (n, 3): head, relation, tail, distinct rows.
    """
    if not len(edges):
        return np.arange(n_relations, dtype=np.int64)
    base = int(edges[:, [0, 2]].max()) + 1
    straight = _pairs(edges[:, 0] * base + edges[:, 2], edges[:, 1], n_relations)
    turned = _pairs(edges[:, 2] * base + edges[:, 0], edges[:, 1], n_relations)
    alike = np.eye(n_relations, dtype=bool)
    for one in range(n_relations):
        for other in range(one):
            shared = max(
                np.intersect1d(straight[one], straight[other], assume_unique=True).size,
                np.intersect1d(straight[one], turned[other], assume_unique=True).size,
            )
            fewer = min(straight[one].size, straight[other].size)
            alike[one, other] = fewer > 0 and shared >= OVERLAP * fewer
    labels = connected_components(csr_array(alike), directed=False)[1]
    return np.asarray(labels, dtype=np.int64)


def _pairs(codes: NDArray[np.int64], relation: NDArray[np.int64], n: int) -> list[NDArray[np.int64]]:
    return [codes[relation == k] for k in range(n)]
