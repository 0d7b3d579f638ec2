"""A sparse constant times a dense tensor, with a gradient that needs no transposing at each step."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

# Torch says so of every CSR tensor; what is used of it here is tested against scipy.
warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")

_DENSE_SHARE, _DENSE_CELLS = 0.1, 40_000_000
"""A matrix at least so full and of so few cells is multiplied as a dense one."""


class SparseConstant:
    """A sparse matrix and its transpose in the CSR form of torch, or a dense one where that is faster.

    One product an epoch and direction, without an edge index that has to be gathered and scattered.
    """

    def __init__(self, matrix: csr_array, device: torch.device) -> None:
        cells = matrix.shape[0] * matrix.shape[1]
        if _DENSE_SHARE * cells < matrix.nnz and cells <= _DENSE_CELLS:
            self.forward = torch.from_numpy(matrix.toarray().astype(np.float32)).to(device)
            self.backward = self.forward.T
        else:
            self.forward = _csr(matrix, device)
            self.backward = _csr(csr_array(matrix.T.tocsr()), device)

    def __matmul__(self, dense: Tensor) -> Tensor:
        """Return the product with a dense (columns, d) tensor, differentiable in it."""
        product: Tensor = _Product.apply(dense, self)  # type: ignore[no-untyped-call]
        return product


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, dense: Tensor, matrix: SparseConstant) -> Tensor:  # noqa: ANN401
        ctx.matrix = matrix
        with torch.autocast(dense.device.type, enabled=False):
            return matrix.forward @ dense.float()

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        with torch.autocast(slopes[0].device.type, enabled=False):
            return ctx.matrix.backward @ slopes[0].float(), None


def _csr(matrix: csr_array, device: torch.device) -> Tensor:
    return torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int64)),
        torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data.astype(np.float32)),
        size=matrix.shape,
        device=device,
        check_invariants=False,
    )
