"""Scene-aware factors: each step lowers the loss, and a scene counts the factors in its own way."""

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from recsys.models.base import TrainingData, Users
from recsys.models.ials import Ials, IalsConfig
from recsys.models.scene_factors import SceneFactors, SceneFactorsConfig
from tests.recsys.scorer_contract import ScorerContract, training_data
from tests.recsys.test_scenes import everybody, shop


class Watched(SceneFactors):
    """Keeps people, items and scenes after each step, to compute the loss by hand."""

    def __init__(self, config):
        super().__init__(config)
        self.steps = []

    def _solve(self, met, factors):
        solved = super()._solve(met, factors)
        self.steps.append((factors, solved, self.diagonals))
        return solved


def loss(data, config, people, items, diagonals):
    total = config.regularization * ((people**2).sum() + (items**2).sum())
    total += config.scene_regularization * ((diagonals - 1.0) ** 2).sum()
    for diagonal, scene in zip(diagonals, sorted(data.scenes), strict=True):
        met = data.scenes[scene].toarray()
        missed = met - (people * diagonal) @ items.T
        total += config.weights.get(scene, 1.0) * ((1.0 + config.alpha * met) * missed**2).sum()
    return total


class TestSceneFactors(ScorerContract):
    def make(self):
        return SceneFactors(SceneFactorsConfig(dim=8, alpha=8.0, regularization=1.0, sweeps=4))

    def test_with_one_scene_held_to_the_identity_it_is_ials(self):
        data = training_data()
        plain = Ials(IalsConfig(dim=6, alpha=5.0, regularization=2.0, sweeps=3))
        ours = SceneFactors(
            SceneFactorsConfig(dim=6, alpha=5.0, regularization=2.0, sweeps=3, scene_regularization=1e9)
        )
        for model in (plain, ours):
            model.fit(data)
        users = Users(data.interactions)
        np.testing.assert_allclose(ours.score(users), plain.score(users), atol=1e-3)

    def test_every_step_lowers_the_loss(self):
        data = shop()
        config = SceneFactorsConfig(
            dim=4, alpha=5.0, regularization=1.0, scene_regularization=2.0, weights={"view": 0.5}, sweeps=6
        )
        model = Watched(config)
        model.fit(data)
        losses = [
            loss(data, config, *((solved, given) if k % 2 == 0 else (given, solved)), diagonals)
            for k, (given, solved, diagonals) in enumerate(model.steps)
        ]
        assert all(later <= earlier * 1.0001 for earlier, later in pairwise(losses))
        assert losses[-1] < 0.9 * losses[0]

    def test_a_scene_in_which_less_happens_has_a_smaller_diagonal(self):
        data = shop()
        model = SceneFactors(
            SceneFactorsConfig(dim=4, alpha=1.0, regularization=1.0, scene_regularization=1.0)
        )
        model.fit(data)
        by_scene = dict(zip(model.scenes, model.diagonals, strict=True))
        assert by_scene["view"].mean() > by_scene["cart"].mean() > by_scene["buy"].mean()
        assert model.score(everybody(data, "view")).mean() > model.score(everybody(data, "buy")).mean()

    def test_views_tell_what_is_bought(self):
        model = self.make()
        model.fit(shop())
        viewed = np.zeros((1, 12), dtype=np.float32)
        viewed[0, :2] = 1.0
        users = Users(csr_array((1, 12), dtype=np.float32), scenes={"view": csr_array(viewed)}, scene="buy")
        scores = model.score(users)[0]
        assert scores[2:6].mean() > scores[6:].mean()

    def test_a_scene_that_is_not_known_is_answered_by_all(self):
        data = shop()
        model = self.make()
        model.fit(data)
        each = [model.score(everybody(data, scene)) for scene in ("view", "cart", "buy")]
        np.testing.assert_allclose(model.score(everybody(data, "gift")), np.mean(each, axis=0), atol=1e-4)

    def test_another_seed_is_another_start(self):
        one, other = (SceneFactors(SceneFactorsConfig(dim=4, sweeps=1, seed=seed)) for seed in (0, 1))
        for model in (one, other):
            model.fit(TrainingData(shop().interactions, csr_array((0, 12))))
        assert not np.array_equal(one.items, other.items)
