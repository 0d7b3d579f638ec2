import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from torch_geometric.nn import LGConv

from recsys.fused.graph import leading_directions, mean_of, strongest, ties, two_hops
from recsys.fused.sampling import sample_around
from recsys.fused.sparse_product import SparseConstant


def random_matrix(seed, shape, share=0.3):
    rng = np.random.default_rng(seed)
    return csr_array((rng.random(shape) < share).astype(np.float32))


def test_two_hops_are_two_layers_of_lightgcn():
    """The reference is torch-geometric's own convolution on the bipartite graph, run twice."""
    source = random_matrix(0, (7, 11), 0.4)
    entity, item = source.nonzero()
    edge = np.concatenate([np.stack([item, entity + 11]), np.stack([entity + 11, item])], axis=1)
    vectors = torch.randn(18, 5, generator=torch.Generator().manual_seed(1))
    vectors[11:] = 0.0
    layer = LGConv()
    expected = layer(layer(vectors, torch.from_numpy(edge)), torch.from_numpy(edge))[:11]
    found = two_hops(source, 0) @ vectors[:11].numpy()
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


@given(seed=st.integers(0, 500), most=st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_the_strongest_of_each_row_are_kept(seed, most):
    rng = np.random.default_rng(seed)
    dense = rng.random((5, 9)) * (rng.random((5, 9)) < 0.7)
    found = strongest(csr_array(dense), most).toarray()
    for row, kept in zip(dense, found, strict=True):
        expected = np.sort(row[row > 0])[::-1][:most]
        assert np.array_equal(np.sort(kept[kept > 0])[::-1], expected)
        assert np.array_equal(kept[kept > 0], row[kept > 0])


def test_blocks_of_rows_change_nothing(monkeypatch):
    source = random_matrix(2, (9, 30))
    whole = two_hops(source, 4).toarray()
    monkeypatch.setattr("recsys.fused.graph._BLOCK", 7)
    assert np.array_equal(two_hops(source, 4).toarray(), whole)


def test_relations_are_named_and_empty_ones_left_out(data):
    assert list(ties(data, met=True, entities=True, neighbours=0)) == ["met", "maker", "attributes"]
    assert list(ties(data, met=False, entities=False, neighbours=0)) == []


def test_means_over_entities():
    rows = mean_of(csr_array(np.array([[1, 1, 0], [1, 0, 0]], dtype=np.float32))).toarray()
    assert np.array_equal(rows, [[0.5, 0.5], [1.0, 0.0], [0.0, 0.0]])


def test_the_gradient_of_a_sparse_product():
    matrix = random_matrix(4, (6, 8))
    dense = torch.randn(8, 3, dtype=torch.float32, requires_grad=True)
    slope = torch.randn(6, 3)
    (SparseConstant(matrix, torch.device("cpu")) @ dense).backward(slope)
    np.testing.assert_allclose(dense.grad.numpy(), matrix.toarray().T @ slope.numpy(), atol=1e-5)


def test_a_sample_that_holds_everything_is_the_graph():
    relations = {"a": two_hops(random_matrix(5, (9, 12)), 0), "b": two_hops(random_matrix(6, (9, 12)), 0)}
    vectors = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    asked = np.array([2, 7])
    sample = sample_around(relations, asked, 2, 99, np.random.default_rng(1))
    assert np.array_equal(sample.nodes[:2], asked)
    reached = vectors[sample.nodes]
    for block in sample.layers:
        reached = sum(matrix @ reached for matrix in block.values())
    both = sum(matrix.toarray() for matrix in relations.values())
    np.testing.assert_allclose(reached, (both @ both @ vectors)[asked], rtol=1e-4, atol=1e-5)


def test_a_small_sample_is_right_on_average():
    relations = {"a": two_hops(random_matrix(7, (20, 15), 0.5), 0)}
    vectors = np.ones((15, 1), dtype=np.float32)
    rng = np.random.default_rng(3)
    asked = np.array([0, 4, 9])
    total = np.zeros((3, 1))
    for _ in range(600):
        sample = sample_around(relations, asked, 1, 3, rng)
        total += sample.layers[0]["a"] @ vectors[sample.nodes]
        assert np.diff(sample.layers[0]["a"].indptr).max() <= 3
    np.testing.assert_allclose(total / 600, (relations["a"] @ vectors)[asked], rtol=0.05)


def test_directions_are_those_of_the_whole_normalised_graph():
    met, made = random_matrix(8, (14, 9), 0.4), random_matrix(9, (5, 9), 0.4)
    found = leading_directions(met, [made], 0.5, 4, seed=0)
    operator = (two_hops(met, 0) + 0.5 * two_hops(made, 0)).toarray()
    values, vectors = np.linalg.eigh(operator)
    first = vectors[:, ::-1][:, :4] * np.sqrt(np.sqrt(values[::-1][:4]))
    np.testing.assert_allclose(np.abs(found), np.abs(first), atol=1e-4)


def test_a_graph_of_few_people_has_few_directions():
    found = leading_directions(random_matrix(8, (3, 9), 0.6), [], 0.1, 6, seed=0)
    assert found.shape == (9, 6)
    assert (np.abs(found).sum(axis=0) > 0).sum() == 2
    assert not leading_directions(csr_array((3, 9), dtype=np.float32), [], 0.1, 6, seed=0).any()
