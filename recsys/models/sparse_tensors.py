"""A sparse matrix among the tensors of a model's file: three arrays under one name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError

_PARTS = ("data", "indices", "indptr")


def sparse_tensors(matrix: csr_array, name: str = "") -> dict[str, NDArray[Any]]:
    """Return the arrays of a matrix: `NAME.data`, `NAME.indices` and `NAME.indptr`, plain where `name` is empty.

    Places are int64, so that a file does not depend on how many cells its matrix has.
    """
    arrays = (matrix.data, matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64))
    return {_key(name, part): array for part, array in zip(_PARTS, arrays, strict=True)}


def read_sparse(
    model: str, tensors: Mapping[str, NDArray[Any]], shape: tuple[int | None, int], name: str = ""
) -> csr_array:
    """Return the matrix that `sparse_tensors` took apart, its values as they were stored.

    Args:
        model: the model's name, for the message.
        tensors: what was read from its file.
        shape: rows and columns; None takes as many rows as there are.
        name: as it was given to `sparse_tensors`.

    Raises `WorkspaceError` when an array is missing, when they do not fit together, or when a place lies
    outside of `shape`.
    """
    try:
        data, indices, indptr = (tensors[_key(name, part)] for part in _PARTS)
        rows = len(indptr) - 1 if shape[0] is None else shape[0]
        matrix = cast(csr_array, csr_array((data, indices, indptr), shape=(rows, shape[1])))
        matrix.check_format()
    except (KeyError, ValueError, TypeError) as error:
        what = f"the matrix {name}" if name else "its matrix"
        raise WorkspaceError(
            f"The model {model} is not whole: {what} is missing, or has another shape than {shape}. "
            "Build the workspace anew."
        ) from error
    return matrix


def _key(name: str, part: str) -> str:
    return f"{name}.{part}" if name else part
