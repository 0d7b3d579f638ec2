import numpy as np
import pytest

from eval.offline_figures.feedback import _growth
from eval.offline_figures.feedback_worlds import BEST, CONFIG, GRANULARITIES, People, hidden_tastes, simulate


@pytest.fixture(scope="module")
def people() -> People:
    rng = np.random.default_rng(0)
    parts = {name: rng.normal(size=(12, BEST)) for name in GRANULARITIES}
    return People(np.arange(12), parts, np.tile(np.arange(BEST), (12, 1)))


def test_hidden_tastes_are_within_what_the_bandit_can_say():
    believed, _ = hidden_tastes(200, "as believed", 0)
    assert believed.min() >= 0
    assert believed.max() <= CONFIG.most
    grain, _ = hidden_tastes(200, "one grain", 0)
    assert (np.sort(grain, axis=1)[:, -1] == 3.0).all()
    assert (np.sort(grain, axis=1)[:, :-1] == 0.25).all()


def test_learning_beats_fixed_weights_for_people_who_go_by_one_grain(people):
    fixed, learned = (
        simulate(people, "one grain", policy, 60, 0) for policy in ("fixed lambda", "most likely")
    )
    assert learned.regret[-20:].mean() < 0.7 * fixed.regret[-20:].mean()
    assert learned.ndcg[-20:].mean() > fixed.ndcg[-20:].mean() + 0.05
    assert fixed.regret.min() >= 0


def test_a_simulation_is_the_same_again(people):
    one, other = (simulate(people, "as believed", "Thompson", 5, 3) for _ in range(2))
    assert np.array_equal(one.regret, other.regret)


def test_growth_is_the_power_of_the_rounds():
    assert _growth(np.arange(1, 101, dtype=float)) == pytest.approx(1.0)
    assert _growth(np.sqrt(np.arange(1, 101))) == pytest.approx(0.5)
