"""Sparse 0/1 matrices: how they are made, and how their rows become comparable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

Places = Sequence[int] | NDArray[Any]


def ones_at(rows: Places, columns: Places, shape: tuple[int, int]) -> csr_array:
    """Return a float32 matrix of this shape with 1.0 at these places, which are all different."""
    row = np.asarray(rows, dtype=np.int64)
    column = np.asarray(columns, dtype=np.int64)
    matrix = coo_array((np.ones(len(row), dtype=np.float32), (row, column)), shape=shape).tocsr()
    matrix.sort_indices()
    return cast(csr_array, matrix)


def unit_rows(matrix: csr_array) -> csr_array:
    """Weigh each column of a 0/1 matrix by rarity, log(1 + rows / entries), and bring the rows to length 1.

    The products of the rows are then cosines in [0, 1]; an empty row stays 0.
    """
    entries = np.asarray(matrix.sum(axis=0)).ravel()
    rarity = np.log1p(matrix.shape[0] / np.maximum(entries, 1.0)).astype(np.float32)
    weighted = matrix.astype(np.float32).multiply(rarity[None, :]).tocsr()
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    inverse = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0).astype(np.float32)
    return cast(csr_array, weighted.multiply(inverse[:, None]).tocsr())
