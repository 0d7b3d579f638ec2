"""Blocks, caches and partial sorting must not change a figure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from eval.metrics import ndcg_at_k, recall_at_k, target_ranks
from eval.offline_figures.ranking import Arena, Contestant, peak_mb, reset_peak, shown, top_ranks
from recsys.models.base import TrainingData, Users
from recsys.models.popularity import Popularity


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 25), st.booleans())
@settings(max_examples=60, deadline=None)
def test_metrics_are_those_of_the_whole_ranking_ties_included(seed, items, k, ties):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(6, items)).astype(np.float32)
    if ties:
        scores = np.round(scores).astype(np.float32)
    truth = csr_array((rng.random((6, items)) < 0.3).astype(np.float32))
    mask = csr_array((rng.random((6, items)) < 0.3).astype(np.float32))
    truth.sort_indices()
    exact, quick = target_ranks(scores, truth, mask), top_ranks(scores, truth, mask, k)
    np.testing.assert_allclose(recall_at_k(exact, k), recall_at_k(quick, k))
    np.testing.assert_allclose(ndcg_at_k(exact, k), ndcg_at_k(quick, k))


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite"):
        top_ranks(np.array([[np.nan, 1.0]], np.float32), csr_array((1, 2)), csr_array((1, 2)))


@pytest.fixture
def arena(tmp_path):
    rng = np.random.default_rng(0)
    met = csr_array((rng.random((30, 40)) < 0.2).astype(np.float32))
    targets = csr_array((rng.random((30, 40)) < 0.1).astype(np.float32) * (met.toarray() == 0))
    return Arena(Users(met), targets, tmp_path, "data", block=7)


def contestant(arena, made=None):
    def make(seed):
        if made is not None:
            made.append(seed)
        return Popularity()

    return Contestant("popularity", make, TrainingData(arena.users.history, csr_array((0, 40))))


def test_blocks_give_the_figures_of_the_whole(arena):
    found = arena.measured(contestant(arena), 0, lambda _: None)
    model = Popularity()
    model.fit(TrainingData(arena.users.history, csr_array((0, 40))))
    ranks = target_ranks(model.score(arena.users), arena.targets, arena.users.history)
    assert found.recall == pytest.approx(recall_at_k(ranks, 20).mean())
    assert found.ndcg == pytest.approx(ndcg_at_k(ranks, 20).mean())


def test_what_was_measured_is_read_again_and_anew_for_other_data(arena, tmp_path):
    made = []
    first = arena.measured(contestant(arena, made), 0, lambda _: None)
    assert arena.measured(contestant(arena, made), 0, lambda _: None) == first
    assert made == [0]
    other = Arena(arena.users, arena.targets, tmp_path, "other data")
    other.measured(contestant(arena, made), 0, lambda _: None)
    assert made == [0, 0]


def test_a_model_that_was_kept_is_not_fitted_again(arena):
    said = []
    arena.fitted(contestant(arena), 0, said.append)
    model, _ = arena.fitted(contestant(arena), 0, said.append)
    assert said == ["Fitting popularity, seed 0"]
    assert model.card.n_items == 40


def test_peak_memory_is_that_since_the_reset():
    reset_peak()
    before = peak_mb()
    held = np.ones(30_000_000)
    assert peak_mb() > before + 150
    assert held[0] == 1.0


def test_a_spread_is_shown_where_there_are_several_runs():
    assert shown([0.25]) == "0.2500"
    assert shown([0.25, 0.27]) == "0.2600 (± 0.0100)"
