import json

import numpy as np
import pytest

from recsys.feedback.bandit import (
    BanditConfig,
    BanditError,
    GranularityBandit,
    _in_box,
    contexts_of,
    regret_bound,
)

TWO = BanditConfig(granularities=("behaviour", "text"), spread=1.0, noise=0.7, explore=1.0)


def told(bandit: GranularityBandit, truth: np.ndarray, rounds: int, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        contexts = rng.normal(size=(5, len(truth)))
        bandit.learn(contexts, np.clip(contexts @ truth + rng.normal(0, 0.2, 5), -1, 1))


def test_before_anything_is_known_the_score_is_as_it_was():
    assert GranularityBandit(TWO).multipliers(explore=False) == pytest.approx({"behaviour": 1.0, "text": 1.0})


def test_it_learns_which_granularity_a_person_follows():
    bandit = GranularityBandit(TWO)
    told(bandit, np.array([0.0, 0.3]), 60)
    found = bandit.multipliers(explore=False)
    assert found["text"] == pytest.approx(2.0, abs=0.4)
    assert found["behaviour"] < 0.3


def test_draws_come_together_as_evidence_grows():
    few, many = GranularityBandit(TWO), GranularityBandit(TWO)
    told(many, np.array([0.15, 0.15]), 200)

    def spread(bandit: GranularityBandit) -> float:
        draws = []
        for seed in range(60):
            bandit.config = TWO.model_copy(update={"seed": seed})
            draws.append(list(bandit.multipliers().values()))
        return float(np.std(draws, axis=0).max())

    assert spread(few) > 0.5
    assert spread(many) < 0.4 * spread(few)


def test_less_exploring_stays_nearer_to_the_most_likely():
    def distance(explore: float) -> float:
        found = []
        for seed in range(40):
            bandit = GranularityBandit(TWO.model_copy(update={"seed": seed, "explore": explore}))
            found += [abs(value - 1.0) for value in bandit.multipliers().values()]
        return float(np.mean(found))

    assert distance(0.0) < 1e-9 < distance(0.3) < distance(1.0)


def test_a_draw_is_the_same_for_the_same_state_and_seed_and_new_after_a_round():
    one, other = GranularityBandit(TWO), GranularityBandit(TWO)
    assert one.multipliers() == other.multipliers()
    before = one.multipliers()
    one.learn(np.zeros((1, 2)), [0.0])
    assert one.multipliers() != before


def test_a_level_is_no_taste():
    """Somebody who likes everything teaches nothing about granularities."""
    bandit = GranularityBandit(TWO)
    rng = np.random.default_rng(0)
    for _ in range(50):
        bandit.learn(rng.normal(size=(4, 2)), [0.9] * 4)
    assert bandit.multipliers(explore=False) == pytest.approx({"behaviour": 0.0, "text": 0.0}, abs=0.35)


def test_state_is_small_json_and_goes_on_exactly():
    bandit = GranularityBandit()
    told(bandit, np.full(5, 0.1), 7)
    state = bandit.dump()
    assert len(state) < 2_000
    assert json.loads(state)["rounds"] == 7
    again = GranularityBandit.load(state)
    assert again.multipliers() == bandit.multipliers()
    assert again.dump() == state


def test_no_state_or_one_of_other_granularities_begins_anew():
    fresh = GranularityBandit(TWO).dump()
    assert GranularityBandit.load(None, TWO).dump() == fresh
    other = GranularityBandit()
    told(other, np.full(5, 0.1), 3)
    assert GranularityBandit.load(other.dump(), TWO).dump() == fresh


ONE_TOO_SMALL = {"granularities": ["behaviour", "text"], "precision": [[1]], "moment": [1], "rounds": 1}


@pytest.mark.parametrize("state", ["", "{}", "[1]", json.dumps(ONE_TOO_SMALL)])
def test_a_damaged_state_says_so(state):
    with pytest.raises(BanditError, match="begin anew"):
        GranularityBandit.load(state, TWO)


def test_contexts_of_another_size_are_refused():
    with pytest.raises(ValueError, match="3 dimensions, the bandit 2"):
        GranularityBandit(TWO).learn(np.zeros((1, 3)), [1.0])


def test_contexts_keep_the_ranking_and_fill_what_is_away():
    shares = {"behaviour": np.array([3.0, 1.0, 2.0]), "popularity": np.array([0.0, 0.5, 0.1])}
    contexts = contexts_of(shares, ("behaviour", "graph", "popularity"))
    assert contexts.shape == (3, 3)
    assert not contexts[:, 1].any()
    score = sum(shares.values())
    np.testing.assert_allclose(contexts.sum(axis=1), (score - score.mean()) / score.std())
    assert contexts_of({"behaviour": np.ones(3)}, ("behaviour",)).tolist() == [[0.0]] * 3


def test_multipliers_stay_in_their_box_however_one_sided_people_are():
    bandit = GranularityBandit(TWO)
    for _ in range(100):
        bandit.learn(np.array([[3.0, -3.0], [-3.0, 3.0]]), [1.0, -1.0])
    for explore in (True, False):
        found = bandit.multipliers(explore)
        assert all(0.0 <= value <= TWO.most for value in found.values())
    assert found["text"] == 0.0


def test_draws_in_a_far_box_follow_the_truncated_normal():
    """The normal lies outside the box; its tail inside it falls like an exponential of rate 8."""
    rng = np.random.default_rng(0)
    draws = np.array(
        [_in_box(np.array([-8.0]), np.eye(1), np.zeros(1), np.ones(1), rng)[0] for _ in range(400)]
    )
    assert ((draws >= 0) & (draws <= 1)).all()
    assert draws.mean() == pytest.approx(1 / 8, abs=0.02)


def test_the_bound_grows_slower_than_the_rounds():
    bounds = [regret_bound(n, 5, 1.0, 1.0) / n for n in (100, 10_000, 1_000_000)]
    assert bounds[0] > bounds[1] > bounds[2]
    assert regret_bound(1_000_000, 5, 1.0, 1.0) < 1_000_000
