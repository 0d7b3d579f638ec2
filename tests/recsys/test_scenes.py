"""Scene-aware models: the closed form against solving each item by itself, and what a scene adds."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.scenes import SceneEase, SceneEaseConfig
from tests.recsys.scorer_contract import N_ITEMS, ScorerContract, training_data


def shop(seed: int = 0) -> TrainingData:
    """A small shop: who views the first half of a world puts its second half into the cart, and buys some of it."""
    rng = np.random.default_rng(seed)
    people, items = 60, 12
    world = np.arange(people) % 2
    likely = np.zeros((people, items))
    likely[world == 0, :6], likely[world == 1, 6:] = 0.6, 0.6
    view = (rng.random((people, items)) < likely).astype(np.float32)
    cart = (rng.random((people, items)) < likely / 2).astype(np.float32)
    buy = (rng.random((people, items)) < likely / 4).astype(np.float32)
    scenes = {"view": csr_array(view), "cart": csr_array(cart), "buy": csr_array(buy)}
    return TrainingData(
        csr_array(np.maximum(np.maximum(view, cart), buy)), csr_array((0, items)), scenes=scenes
    )


def everybody(data: TrainingData, scene: str = "buy") -> Users:
    return Users(data.interactions, scenes=data.scenes, scene=scene)


class TestSceneEase(ScorerContract):
    def make(self):
        return SceneEase(SceneEaseConfig(regularization=2.0))

    def test_with_one_scene_it_is_ease(self):
        data = training_data()
        config = {"regularization": 3.0, "dropout": 0.3}
        ours, plain = SceneEase(SceneEaseConfig(**config)), Ease(EaseConfig(**config, attribute_weight=0.0))
        for model in (ours, plain):
            model.fit(data)
        users = Users(data.interactions)
        np.testing.assert_allclose(ours.score(users), plain.score(users), atol=2e-5)

    def test_the_closed_form_is_what_each_item_solved_by_itself_gives(self):
        data = shop()
        config = SceneEaseConfig(
            regularization=3.0, dropout=0.2, inputs={"view": 0.5}, targets={"view": 0.1, "cart": 0.4}
        )
        model = SceneEase(config)
        model.fit(data)
        met = {name: matrix.toarray().astype(float) for name, matrix in data.scenes.items()}
        inputs = np.hstack([met["buy"], met["cart"], 0.5 * met["view"]])
        target = met["buy"] + 0.4 * met["cart"] + 0.1 * met["view"]
        ridge = 3.0 + 0.25 * (inputs**2).sum(axis=0)
        expected = np.zeros_like(target)
        for item in range(12):
            others = [column for column in range(36) if column % 12 != item]
            free = inputs[:, others]
            weights = np.linalg.solve(free.T @ free + np.diag(ridge[others]), free.T @ target[:, item])
            expected[:, item] = free @ weights
        np.testing.assert_allclose(model.score(everybody(data)), expected, atol=1e-4)

    def test_with_all_scenes_together_and_nothing_else_it_is_ease_blind_to_scenes(self):
        data = shop()
        none = {"view": 0.0, "cart": 0.0, "buy": 0.0}
        config = {"regularization": 3.0, "dropout": 0.0}
        ours = SceneEase(
            SceneEaseConfig(**config, together=True, inputs=none, targets=none, other_target=1.0)
        )
        plain = Ease(EaseConfig(**config, attribute_weight=0.0))
        ours.fit(data)
        plain.fit(TrainingData(data.interactions, data.attributes))
        expected = plain.score(Users(data.interactions))
        asked = Users(data.interactions, scenes=data.scenes, scene="view")
        blind = SceneEase(SceneEaseConfig(**config))
        blind.fit(TrainingData(data.interactions, data.attributes))
        np.testing.assert_allclose(blind.score(Users(data.interactions)), expected, atol=1e-4)
        # A scene that nobody met anything in asks for nothing more than what is together.
        silent = TrainingData(
            data.interactions, data.attributes, scenes={**data.scenes, "gift": csr_array((60, 12))}
        )
        ours.fit(silent)
        gift = Users(data.interactions, scenes=data.scenes, scene="gift")
        np.testing.assert_allclose(ours.score(gift), expected, atol=1e-4)
        assert not np.allclose(ours.score(asked), expected, atol=1e-2)

    def test_a_view_alone_tells_what_is_bought(self):
        data = shop()
        model = SceneEase(SceneEaseConfig(regularization=1.0))
        model.fit(data)
        viewed = np.zeros((1, 12), dtype=np.float32)
        viewed[0, :2] = 1.0
        nothing = csr_array((1, 12), dtype=np.float32)
        scores = model.score(Users(nothing, scenes={"view": csr_array(viewed)}, scene="buy"))[0]
        assert scores[2:6].mean() > scores[6:].mean() + 0.05

    def test_each_scene_is_answered_in_its_own_way_and_an_unknown_one_by_all(self):
        data = shop()
        model = SceneEase(SceneEaseConfig(other_target=0.0))
        model.fit(data)
        view, buy, other = (model.score(everybody(data, scene)) for scene in ("view", "buy", "gift"))
        assert view.mean() > buy.mean()
        assert np.allclose(other, view + buy + model.score(everybody(data, "cart")), atol=1e-4)

    def test_a_history_without_scenes_counts_in_the_scene_asked_for(self):
        data = shop()
        model = SceneEase()
        model.fit(data)
        bought = data.scenes["buy"]
        np.testing.assert_array_equal(
            model.score(Users(bought, scene="buy")),
            model.score(Users(bought, scenes={"buy": bought}, scene="buy")),
        )

    def test_the_graph_places_an_item_that_nobody_met(self):
        data = training_data()
        tie = np.zeros((1, N_ITEMS), dtype=np.float32)
        tie[0, [0, N_ITEMS - 1]] = 1.0
        known = TrainingData(data.interactions, data.attributes, relations={"maker": csr_array(tie)})
        model = SceneEase(SceneEaseConfig(regularization=2.0, relation_weight=5.0))
        model.fit(known)
        met = np.zeros((2, N_ITEMS), dtype=np.float32)
        met[0, 0] = met[1, 1] = 1.0
        scores = model.score(Users(csr_array(met)))[:, -1]
        assert scores[0] > scores[1] + 0.1

    def test_only_the_most_active_are_learned_from_where_that_is_asked_and_the_card_says_so(self):
        data = shop()
        model = SceneEase(SceneEaseConfig(max_people=20))
        model.fit(data)
        assert model.card.notes == ["Learned from the 20 most active of 60 people."]
        assert np.isfinite(model.score(everybody(data))).all()

    def test_scenes_are_kept(self, tmp_path):
        data = shop()
        model = SceneEase(SceneEaseConfig(inputs={"view": 0.0, "cart": 0.5}))
        model.fit(data)
        model.save(tmp_path)
        loaded = SceneEase()
        loaded.load(tmp_path)
        assert loaded.scenes == ("buy", "cart", "view")
        np.testing.assert_array_equal(loaded.score(everybody(data)), model.score(everybody(data)))

    def test_a_scene_of_other_people_is_refused(self):
        data = shop()
        model = SceneEase()
        model.fit(data)
        with pytest.raises(WorkspaceError, match="one row each"):
            model.score(Users(data.interactions[[0]], scenes=data.scenes, scene="buy"))
