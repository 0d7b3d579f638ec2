"""A matrix comes back as it was; a file that lies about its matrix is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from recsys.errors import WorkspaceError
from recsys.models.sparse_tensors import read_sparse, sparse_tensors


@given(
    st.integers(0, 6), st.integers(1, 6), st.floats(0, 1), st.integers(0, 99), st.sampled_from(["", "near"])
)
def test_a_matrix_comes_back(rows, columns, density, seed, name):
    matrix = csr_array(random_array((rows, columns), density=density, rng=seed, format="csr"))
    stored = sparse_tensors(matrix, name)
    for shape in ((rows, columns), (None, columns)):
        back = read_sparse("m", stored, shape, name)
        assert back.shape == (rows, columns)
        assert np.array_equal(back.toarray(), matrix.toarray())


@pytest.mark.parametrize(
    "change",
    [
        {"indices": np.array([0, 3])},
        {"indices": np.array([0, -1])},
        {"indices": np.array([0])},
        {"indptr": np.array([0, 1])},
        {"indptr": np.array([0, 1, 5])},
        {"indptr": np.zeros((0,), dtype=np.int64)},
        {"data": np.array([1.0])},
        {"data": None},
    ],
)
def test_a_file_that_is_not_whole_is_refused(change):
    stored = sparse_tensors(csr_array(np.array([[1.0, 0, 0], [0, 2.0, 0]]))) | change
    stored = {name: array for name, array in stored.items() if array is not None}
    with pytest.raises(WorkspaceError, match=r"The model m is not whole.*Build the workspace anew"):
        read_sparse("m", stored, (2, 3))
