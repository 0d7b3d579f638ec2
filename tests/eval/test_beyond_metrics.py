import numpy as np
import pytest
from scipy.sparse import csr_array

from eval import beyond_metrics as beyond
from recsys.metrics import ndcg_at_k, target_ranks
from recsys.rerank import group_shares, taste_shares

LISTS = np.array([[0, 1], [0, 2]])


def test_ranks_in_lists_are_those_of_the_full_ranking_up_to_the_cut():
    rng = np.random.default_rng(0)
    scores = rng.random((5, 9))
    truth = csr_array((rng.random((5, 9)) < 0.3).astype(float))
    lists = np.argsort(-scores, axis=1)[:, :4]
    ours = ndcg_at_k(beyond.ranks_in_lists(lists, truth), 4)
    np.testing.assert_allclose(ours, ndcg_at_k(target_ranks(scores, truth), 4))


def test_diversity_is_one_less_the_mean_cosine():
    features = csr_array(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    np.testing.assert_allclose(beyond.intra_list_diversity(LISTS, features), [0.4, 1.0])
    with pytest.raises(ValueError, match="pairs"):
        beyond.intra_list_diversity(LISTS[:, :1], features)


def test_coverage_and_gini():
    assert beyond.coverage(LISTS, 4) == 0.75
    assert beyond.gini(np.array([[0, 1], [2, 3]]), 4) == 0.0
    assert beyond.gini(np.array([[0], [0]]), 4) == 0.75


def test_popularity_and_novelty():
    counts = np.array([8.0, 4.0, 0.0])
    np.testing.assert_allclose(beyond.average_popularity(LISTS, counts, 8), [0.75, 0.5])
    np.testing.assert_allclose(beyond.novelty(LISTS, counts, 8), [0.5, 1.5])


def test_miscalibration_leaves_out_people_without_a_taste():
    shares = group_shares(csr_array(np.array([[1, 0], [1, 0], [0, 1]], dtype=float)))
    taste = taste_shares(csr_array(np.array([[1.0, 0, 0], [0, 0, 0]])), shares)
    np.testing.assert_allclose(beyond.miscalibration(LISTS, shares, taste), [0.0], atol=1e-12)


def test_exposure_weighs_the_top_more():
    members = np.array([[True, False], [False, True], [False, True]])
    first, second = beyond.exposure(LISTS, members)
    assert first + second == pytest.approx(1.0)
    assert first > second


def test_group_difference_tells_chance_from_a_gap():
    labels = ["F"] * 50 + ["M"] * 50
    apart = beyond.group_difference(np.r_[np.zeros(50), np.ones(50)], labels, seed=0)
    assert apart.gap == 1.0
    assert apart.noise < 0.2
    assert apart.means == {"F": 0.0, "M": 1.0}
    alike = beyond.group_difference(np.random.default_rng(1).random(100), labels, seed=0)
    assert alike.gap < 3 * alike.noise
    with pytest.raises(ValueError, match="labels"):
        beyond.group_difference(np.zeros(3), ["a"], seed=0)
