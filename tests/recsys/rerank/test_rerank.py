import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.sparse import csr_array

from recsys.rerank import RerankConfig, group_shares, rerank, taste_shares
from recsys.rerank.calibration import miscalibration

N, GROUPS = 12, 3


def pool(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.random((N, 4))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    members = rng.random((N, GROUPS)) < 0.5
    members[:, 0] |= ~members.any(axis=1)
    return {
        "likeness": features @ features.T,
        "groups": members / members.sum(axis=1, keepdims=True),
        "taste": np.array([0.7, 0.3, 0.0]),
        "counts": rng.integers(0, 500, N).astype(float),
        "members": members,
        "target": np.full(GROUPS, 1 / GROUPS),
    }


@given(st.lists(st.integers(-5, 5), min_size=N, max_size=N), st.integers(1, N + 3))
@settings(max_examples=60, deadline=None)
def test_all_knobs_at_zero_are_the_plain_ranking(scores, limit):
    plain = np.argsort(-np.array(scores), kind="stable")[:limit]
    assert rerank(np.array(scores, float), limit, RerankConfig(), **pool()).tolist() == plain.tolist()


@given(
    st.integers(0, 1000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["mmr", "dpp"]),
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_knobs_say_the_list_has_different_items(
    seed, diversity, calibration, popularity, exposure, method
):
    config = RerankConfig(
        diversity=diversity, calibration=calibration, popularity=popularity, exposure=exposure, method=method
    )
    scores = np.random.default_rng(seed).normal(size=N)
    found = rerank(scores, 7, config, **pool(seed))
    assert len(set(found.tolist())) == 7
    assert rerank(scores, 50, config, **pool(seed)).shape == (N,)


@pytest.mark.parametrize("knob", ["diversity", "calibration", "popularity", "exposure"])
def test_a_knob_that_barely_turns_leaves_a_clear_ranking(knob):
    scores = np.arange(N, 0, -1.0)
    found = rerank(scores, 5, RerankConfig(**{knob: 1e-6}), **pool())
    assert found.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("method", ["mmr", "dpp"])
def test_a_copy_of_what_is_chosen_comes_after_something_new(method):
    likeness = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    scores = np.array([3.0, 2.9, 1.0])
    assert rerank(scores, 2, RerankConfig(), likeness=likeness).tolist() == [0, 1]
    config = RerankConfig(diversity=0.6, method=method)
    assert rerank(scores, 2, config, likeness=likeness).tolist() == [0, 2]


def test_dpp_is_the_greedy_determinant():
    likeness = pool(3)["likeness"]
    config = RerankConfig(diversity=1.0, method="dpp", by_score=False)
    found = rerank(np.zeros(N), 4, config, likeness=likeness)
    chosen: list[int] = []
    for _ in range(4):
        left = [k for k in range(N) if k not in chosen]
        volumes = [np.linalg.det(likeness[np.ix_([*chosen, k], [*chosen, k])]) for k in left]
        chosen.append(left[int(np.argmax(np.round(volumes, 9)))])
    assert found.tolist() == chosen


def test_mmr_chooses_what_the_recommender_chooses():
    """Same pool, scores, likeness and limit as `Recommender._diversify`, which lists its choice in order of score."""
    inputs = pool(5)
    scores = np.sort(np.random.default_rng(5).normal(size=N))[::-1]
    weight, limit = 0.4, 5
    worth = (1 - weight) * (scores - scores[-1]) / (scores[0] - scores[-1])
    nearest, left, chosen = np.zeros(N), np.ones(N, bool), []
    while len(chosen) < limit:
        best = int(np.argmax(np.where(left, worth - weight * nearest, -np.inf)))
        left[best] = False
        chosen.append(best)
        nearest = np.maximum(nearest, inputs["likeness"][best])
    found = rerank(scores, limit, RerankConfig(diversity=weight), likeness=inputs["likeness"])
    assert found.tolist() == sorted(chosen)
    as_chosen = RerankConfig(diversity=weight, by_score=False)
    assert rerank(scores, limit, as_chosen, likeness=inputs["likeness"]).tolist() == chosen


def test_calibration_at_one_holds_the_proportions_of_the_taste():
    groups = np.zeros((N, 2))
    groups[:8, 0] = groups[8:, 1] = 1.0
    scores = np.arange(N, 0, -1.0)
    taste = np.array([0.7, 0.3])
    plain = rerank(scores, 10, RerankConfig(), groups=groups, taste=taste)
    told = rerank(scores, 10, RerankConfig(calibration=1.0), groups=groups, taste=taste)
    assert groups[plain[:5]].sum(axis=0).tolist() == [5, 0]
    assert groups[told].sum(axis=0).tolist() == [7, 3]
    assert told.tolist() == sorted(told)


def test_calibration_does_nothing_without_a_taste():
    inputs = pool() | {"taste": np.zeros(GROUPS)}
    scores = np.arange(N, 0, -1.0)
    assert rerank(scores, 4, RerankConfig(calibration=1.0), **inputs).tolist() == [0, 1, 2, 3]


def test_popularity_at_one_lists_the_least_met_first():
    counts = np.array([9.0, 0.0, 3.0, 100.0])
    found = rerank(np.array([4.0, 3.0, 2.0, 1.0]), 4, RerankConfig(popularity=1.0), counts=counts)
    assert found.tolist() == [1, 2, 0, 3]


def test_exposure_at_one_gives_each_group_its_share_of_every_stretch():
    members = np.zeros((N, 2), bool)
    members[:9, 0] = members[9:, 1] = True
    scores = np.arange(N, 0, -1.0)
    found = rerank(scores, 8, RerankConfig(exposure=1.0), members=members, target=np.array([0.5, 0.25]))
    for k in range(1, 9):
        assert members[found[:k]].sum(axis=0)[1] >= k // 4
    assert found[3] == 9


def test_a_floor_that_the_pool_cannot_fill_is_let_go():
    members = np.zeros((4, 1), bool)
    found = rerank(np.arange(4.0), 3, RerankConfig(exposure=1.0), members=members, target=np.array([1.0]))
    assert found.tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    ("knob", "missing"),
    [("diversity", "likeness"), ("calibration", "taste"), ("popularity", "counts"), ("exposure", "target")],
)
def test_a_turned_knob_without_its_input_says_which(knob, missing):
    with pytest.raises(ValueError, match=missing):
        rerank(np.arange(3.0), 2, RerankConfig(**{knob: 0.5}))


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"likeness is of shape \(2, 2\)"):
        rerank(np.arange(3.0), 2, RerankConfig(diversity=0.5), likeness=np.eye(2))


def test_knobs_stay_between_zero_and_one():
    with pytest.raises(ValidationError):
        RerankConfig(diversity=1.5)


def test_tastes_are_shares_and_ignore_dislikes():
    shares = group_shares(csr_array(np.array([[1, 1], [1, 0], [0, 1], [0, 0]], dtype=float)))
    assert shares.toarray().tolist() == [[0.5, 0.5], [1, 0], [0, 1], [0, 0]]
    history = csr_array(np.array([[1.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(taste_shares(history, shares), [[0.75, 0.25], [0, 0]])


def test_miscalibration_is_nothing_for_the_same_shares_and_bounded():
    taste = np.array([0.7, 0.3])
    assert miscalibration(taste, taste) == pytest.approx(0.0)
    assert miscalibration(taste, np.zeros(2)) == pytest.approx(-np.log(0.01))
    assert 0 < miscalibration(taste, np.array([1.0, 0.0])) < -np.log(0.01)
