"""Loss, mining, looks, head and 8-bit weights: each against the same thing written out."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch.nn.functional import normalize

from recsys.language.head import Head, as_modules, head_of
from recsys.language.int8 import Int8Embedding, Int8Linear, rows_to_int8
from recsys.language.looks import recall_and_ndcg, unit_rows
from recsys.language.losses import info_nce
from recsys.language.mining import near_by_behaviour, near_by_vectors


def _units(n, d, seed):
    return unit_rows(np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32))


def test_info_nce_is_what_it_says():
    queries, items = torch.from_numpy(_units(2, 4, 0)), torch.from_numpy(_units(5, 4, 1))
    positive = torch.tensor([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0]], dtype=torch.bool)
    blocked = torch.tensor([[0, 0, 0, 0, 1], [0, 0, 0, 0, 0]], dtype=torch.bool)
    scale = torch.tensor(3.0)
    logits = (3.0 * queries @ items.T).double().numpy()

    def nats(row, column, negatives):
        return -logits[row, column] + np.log(np.exp(logits[row, [column, *negatives]]).sum())

    first = np.mean([nats(0, 0, [2, 3]), nats(0, 1, [2, 3])])
    wanted = np.mean([first, nats(1, 2, [0, 1, 3, 4])])
    assert float(info_nce(queries, items, positive, blocked, scale)) == pytest.approx(wanted, rel=1e-5)


def test_a_query_without_positives_teaches_nothing():
    queries = torch.from_numpy(_units(2, 4, 0)).requires_grad_(True)
    items = torch.from_numpy(_units(5, 4, 1))
    positive = torch.zeros(2, 5, dtype=torch.bool)
    positive[0, 1] = True
    info_nce(queries, items, positive, torch.zeros_like(positive), torch.tensor(5.0)).backward()
    assert queries.grad[0].abs().sum() > 0
    assert queries.grad[1].abs().sum() == 0


def test_mining_finds_the_nearest_and_leaves_out_what_says_the_same():
    vectors = _units(40, 3, 2)
    vectors[1] = vectors[0]
    found = near_by_vectors(vectors, 1, guard=0.99)
    cosines = vectors @ vectors.T
    for item in range(40):
        allowed = [k for k in range(40) if k != item and cosines[item, k] < 0.99]
        best = sorted(allowed, key=lambda k, i=item: -cosines[i, k])[:8]
        assert {k for k in found[item].tolist() if k >= 0} == set(best)
    assert 1 not in found[0]


def test_mining_by_behaviour_finds_what_is_met_together(films, film_data):
    vectors = _units(60, 16, 3)
    found = near_by_behaviour(film_data, vectors, 1, guard=0.99)
    moods = np.array([film.attributes["mood"][0] for film in films])
    same = [(moods[found[k][found[k] >= 0]] == moods[k]).mean() for k in range(59)]
    assert np.mean(same) > 0.8


def test_a_catalogue_of_one_has_no_near_items():
    assert near_by_vectors(_units(1, 3, 0), 2, 0.9).shape == (1, 0)


def test_recall_and_ndcg_by_hand():
    scores = np.array([[0.9, 0.8, 0.7, 0.1], [0.1, 0.2, 0.3, 0.4]], dtype=np.float32)
    targets = csr_array(np.array([[0, 1, 0, 1], [0, 0, 0, 0]], dtype=np.float32))
    mask = csr_array(np.array([[1, 0, 0, 0], [0, 0, 0, 0]], dtype=np.float32))
    recall, ndcg = recall_and_ndcg(scores, targets, mask, k=2)
    assert recall.tolist() == [0.5]
    assert ndcg[0] == pytest.approx(1.0 / (1.0 + 1.0 / np.log2(3)))


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_a_new_head_only_takes_out_the_mean(kind):
    vectors = torch.from_numpy(_units(30, 8, 4))
    head = Head(8, 8, kind, 16)
    head.start(vectors, 0.1, seed=0)
    wanted = normalize(vectors - vectors.mean(0), dim=1)
    torch.testing.assert_close(head(vectors), wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(head.of_histories(wanted), wanted, atol=1e-5, rtol=1e-5)
    assert float(head.scale.detach()) == pytest.approx(10.0, rel=1e-5)


def test_a_shorter_head_keeps_where_items_differ():
    flat = torch.zeros(20, 8)
    flat[:, :2] = torch.from_numpy(_units(20, 2, 5))
    head = Head(8, 2)
    head.start(flat, 0.1, seed=0)
    centred = normalize(flat - flat.mean(0), dim=1)
    torch.testing.assert_close(head(flat) @ head(flat).T, centred @ centred.T, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_a_head_as_modules_gives_the_same_vectors(kind):
    vectors = torch.from_numpy(_units(30, 8, 6))
    head = Head(8, 6, kind, 16)
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(1))
    out = {"sentence_embedding": vectors}
    for module in as_modules(head):
        out = module(out)
    torch.testing.assert_close(
        normalize(out["sentence_embedding"], dim=1), head(vectors), atol=1e-5, rtol=1e-4
    )
    torch.testing.assert_close(head_of(head.state_dict())(vectors), head(vectors))


def test_int8_is_within_half_a_step():
    matrix = _units(10, 16, 7)
    values, scale = rows_to_int8(matrix)
    assert values.dtype == np.int8
    assert (np.abs(values * scale - matrix) <= scale / 2 + 1e-7).all()
    assert rows_to_int8(np.zeros((2, 3), dtype=np.float32))[0].sum() == 0


def test_int8_layers_are_near_to_the_whole_ones():
    torch.manual_seed(0)
    layer, table, inputs = torch.nn.Linear(32, 16), torch.nn.Embedding(50, 8), torch.randn(5, 32)
    whole, small = layer(inputs), Int8Linear(layer)(inputs)
    assert (whole - small).abs().max() < 0.02 * whole.abs().max()
    ids = torch.tensor([[1, 2], [3, 49]])
    assert (table(ids) - Int8Embedding(table)(ids)).abs().max() < 0.02
