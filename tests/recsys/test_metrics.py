import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.sparse import csr_array

from recsys.metrics import hit_rate_at_k, ndcg_at_k, recall_at_k, target_ranks

USERS, ITEMS = 6, 9
shape = (USERS, ITEMS)
few_values = arrays.arrays(np.float32, shape, elements=st.sampled_from([-1.5, 0.0, 0.25, 0.5, 2.0]))
cells = arrays.arrays(np.bool_, shape)


def slow_list(scores, targets, masked):
    """Rank one person's items by plain sorting, targets behind the others of their score."""
    items = [i for i in range(len(scores)) if not masked[i]]
    return sorted(items, key=lambda i: (-scores[i], targets[i]))


def slow_metrics(scores, truth, masked, k):
    recalls, ndcgs, hits = [], [], []
    for user in range(len(scores)):
        wanted = {i for i in range(scores.shape[1]) if truth[user, i]}
        if not wanted:
            continue
        top = slow_list(scores[user], truth[user], masked[user])[:k]
        found = [place for place, item in enumerate(top) if item in wanted]
        recalls.append(len(found) / len(wanted))
        gain = sum(1 / math.log2(place + 2) for place in found)
        ndcgs.append(gain / sum(1 / math.log2(place + 2) for place in range(min(k, len(wanted)))))
        hits.append(float(bool(found)))
    return recalls, ndcgs, hits


@settings(max_examples=200, deadline=None)
@given(scores=few_values, truth=cells, masked=cells, k=st.integers(1, ITEMS + 2))
def test_metrics_agree_with_a_slow_reference(scores, truth, masked, k):
    ranks = target_ranks(scores, csr_array(truth.astype(float)), csr_array(masked.astype(float)))
    recalls, ndcgs, hits = slow_metrics(scores, truth, masked, k)
    np.testing.assert_allclose(recall_at_k(ranks, k), recalls)
    np.testing.assert_allclose(ndcg_at_k(ranks, k), ndcgs)
    np.testing.assert_allclose(hit_rate_at_k(ranks, k), hits)


@settings(max_examples=50, deadline=None)
@given(scores=few_values, truth=cells, shift=st.permutations(range(ITEMS)))
def test_the_order_of_the_columns_says_nothing(scores, truth, shift):
    one = target_ranks(scores, csr_array(truth.astype(float)))
    other = target_ranks(scores[:, shift], csr_array(truth[:, shift].astype(float)))
    for mine, theirs in zip(one, other, strict=True):
        assert np.array_equal(mine, theirs)


def test_a_constant_score_finds_nothing_before_every_other_item():
    truth = csr_array(np.eye(4))
    ranks = target_ranks(np.zeros((4, 4)), truth)
    assert [list(r) for r in ranks] == [[4]] * 4
    assert recall_at_k(ranks, 3).sum() == 0


def test_known_values():
    scores = np.array([[0.9, 0.8, 0.7, 0.1]])
    ranks = target_ranks(scores, csr_array([[0, 1, 0, 1]]), csr_array([[1, 0, 0, 0]]))
    assert list(ranks[0]) == [1, 3]
    assert recall_at_k(ranks, 2)[0] == 0.5
    assert ndcg_at_k(ranks, 3)[0] == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3)))
    assert hit_rate_at_k(ranks, 1)[0] == 1.0


def test_people_without_targets_are_left_out():
    ranks = target_ranks(np.ones((2, 3)), csr_array([[0, 0, 0], [0, 1, 0]]))
    assert len(recall_at_k(ranks, 1)) == 1


def test_many_people_are_ranked_in_blocks():
    rng = np.random.default_rng(0)
    scores, truth = rng.random((1100, 30)), rng.random((1100, 30)) < 0.1
    ranks = target_ranks(scores, csr_array(truth.astype(float)))
    alone = target_ranks(scores[[1099]], csr_array(truth[[1099]].astype(float)))
    assert len(ranks) == 1100
    assert np.array_equal(ranks[1099], alone[0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_must_be_finite(bad):
    with pytest.raises(ValueError, match="finite"):
        target_ranks(np.array([[0.0, bad]]), csr_array([[1, 0]]))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one matrix"):
        target_ranks(np.zeros((2, 3)), csr_array((2, 4)))
    with pytest.raises(ValueError, match="one shape"):
        target_ranks(np.zeros((2, 3)), csr_array((2, 3)), csr_array((3, 3)))
    with pytest.raises(ValueError, match="1 or more"):
        recall_at_k([], 0)
