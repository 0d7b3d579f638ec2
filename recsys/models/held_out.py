"""Meetings of train that are set aside, so that weights can be learned on what was not counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.sparse import ones_at


def hold_out(interactions: csr_array, share: float, seed: int) -> tuple[csr_array, csr_array]:
    """Divide each person's meetings into kept and held out, two matrices of the same shape.

    Of n meetings `int(share * n)` are held out, chosen by the seed: a person with few keeps them all.
    """
    met = interactions.tocsr()
    met.sort_indices()
    rng = np.random.default_rng(seed)
    lengths = np.diff(met.indptr)
    row = np.repeat(np.arange(met.shape[0]), lengths)
    order = np.lexsort((rng.random(met.nnz), row))
    place = np.arange(met.nnz) - np.repeat(met.indptr[:-1], lengths)
    out = np.zeros(met.nnz, dtype=bool)
    out[order] = place < np.floor(share * lengths)[row]
    return _part(met, row, ~out), _part(met, row, out)


def people_with_targets(targets: csr_array, most: int, seed: int) -> NDArray[np.int64]:
    """Return at most `most` rows that have a target, chosen by the seed, ascending."""
    rows = np.flatnonzero(np.diff(targets.indptr) > 0)
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most]).astype(np.int64)


def _part(met: csr_array, row: NDArray[np.int64], chosen: NDArray[np.bool_]) -> csr_array:
    part = ones_at(row[chosen], met.indices[chosen], met.shape)
    part.data[:] = met.data[chosen]
    return part
