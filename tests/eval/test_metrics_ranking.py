"""Our metrics against scikit-learn's, on random rankings with ties, masks, people without and with one target."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.sparse import csr_array
from sklearn import metrics as sk
from sklearn.feature_extraction.text import CountVectorizer

from eval import metrics

PEOPLE, ITEMS = 4, 7
SHAPE = (PEOPLE, ITEMS)
few_values = arrays.arrays(np.float64, SHAPE, elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0]))
cells = arrays.arrays(np.bool_, SHAPE)
CHECK = settings(max_examples=60, deadline=None)


def against_the_model(scores, truth):
    """Break ties by a hair: targets behind the others of their score, and no two items alike."""
    hair = 1e-6 * truth + 1e-9 * np.arange(ITEMS)
    return scores - hair


def ours_and_rows(scores, truth):
    ranks = metrics.target_ranks(scores, csr_array(truth.astype(float)))
    rows = [(against_the_model(s, t), t) for s, t in zip(scores, truth, strict=True) if t.any()]
    return ranks, rows


def top(row, k):
    listed = np.zeros(ITEMS, dtype=int)
    listed[np.argsort(-row)[:k]] = 1
    return listed


@CHECK
@given(scores=few_values, truth=cells, k=st.integers(1, ITEMS))
def test_a_cut_list_is_judged_as_scikit_learn_judges_it(scores, truth, k):
    ranks, rows = ours_and_rows(scores, truth)
    if not rows:
        for metric in (metrics.recall_at_k, metrics.ndcg_at_k, metrics.precision_at_k, metrics.mrr_at_k):
            assert len(metric(ranks, k)) == 0
        return
    listed, wanted = np.array([top(row, k) for row, _ in rows]), np.array([t for _, t in rows]).astype(int)
    shared = {"average": "samples", "zero_division": 0.0}
    assert metrics.recall_at_k(ranks, k).mean() == pytest.approx(sk.recall_score(wanted, listed, **shared))
    assert metrics.precision_at_k(ranks, k).mean() == pytest.approx(
        sk.precision_score(wanted, listed, **shared)
    )
    theirs = [sk.ndcg_score([t.astype(float)], [row], k=k) for row, t in rows]
    np.testing.assert_allclose(metrics.ndcg_at_k(ranks, k), theirs)


@CHECK
@given(scores=few_values, truth=cells)
def test_a_whole_ranking_is_judged_as_scikit_learn_judges_it(scores, truth):
    ranks, rows = ours_and_rows(scores, truth)
    theirs = [sk.average_precision_score(t, row) for row, t in rows]
    np.testing.assert_allclose(metrics.average_precision_at_k(ranks, ITEMS), theirs)
    both = [(row, t) for row, t in rows if not t.all()]
    theirs = [sk.roc_auc_score(t, row) for row, t in both]
    np.testing.assert_allclose(metrics.area_under_curve(ranks, [ITEMS] * PEOPLE), theirs)


@CHECK
@given(scores=few_values, targets=arrays.arrays(np.int64, PEOPLE, elements=st.integers(0, ITEMS - 1)))
def test_with_one_target_a_person_the_metrics_are_one(scores, targets):
    truth = np.eye(ITEMS, dtype=bool)[targets]
    ranks, _ = ours_and_rows(scores, truth)
    broken = np.array([against_the_model(s, t) for s, t in zip(scores, truth, strict=True)])
    reciprocal = [
        sk.label_ranking_average_precision_score([t], [s]) for s, t in zip(broken, truth, strict=True)
    ]
    np.testing.assert_allclose(metrics.mrr_at_k(ranks, ITEMS), reciprocal)
    np.testing.assert_allclose(metrics.average_precision_at_k(ranks, ITEMS), reciprocal)
    for k in (1, 3):
        hits = sk.top_k_accuracy_score(targets, broken, k=k, labels=range(ITEMS))
        assert metrics.hit_rate_at_k(ranks, k).mean() == pytest.approx(hits)
        assert metrics.recall_at_k(ranks, k).mean() == pytest.approx(hits)


def test_a_constant_score_is_worth_nothing_above_chance_by_any_metric():
    ranks = metrics.target_ranks(np.zeros((3, 5)), csr_array(np.eye(3, 5)))
    assert metrics.precision_at_k(ranks, 4).sum() == 0
    assert metrics.mrr_at_k(ranks, 4).sum() == 0
    assert metrics.average_precision_at_k(ranks, 5).tolist() == [0.2] * 3
    assert metrics.area_under_curve(ranks, [5] * 3).tolist() == [0.0] * 3


def test_a_target_that_is_not_ranked_loses_every_pair():
    ranks = metrics.target_ranks(np.array([[3.0, 2.0, 1.0]]), csr_array([[1, 1, 0]]), csr_array([[0, 1, 0]]))
    assert metrics.area_under_curve(ranks, [2]).tolist() == [0.5]
    assert metrics.average_precision_at_k(ranks, 3).tolist() == [0.5]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="1 or more"):
        metrics.precision_at_k([], 0)
    with pytest.raises(ValueError, match="1 people"):
        metrics.area_under_curve([np.array([1])], [])
    with pytest.raises(ValueError, match="1 or more"):
        metrics.distinct_n(["a"], 0)


@CHECK
@given(texts=st.lists(st.text("ab c", max_size=12), max_size=6), n=st.integers(1, 3))
def test_distinct_n_counts_as_a_vectoriser_counts(texts, n):
    found = metrics.distinct_n(texts, n)
    vectoriser = CountVectorizer(ngram_range=(n, n), token_pattern=r"\S+")
    try:
        counts = vectoriser.fit_transform(texts)
    except ValueError:  # no n-gram anywhere
        assert found == 0.0
        return
    assert found == pytest.approx(counts.shape[1] / counts.sum())
