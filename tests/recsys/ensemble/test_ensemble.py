"""The ensemble: exact shares, weights that choices teach, members that do not pay, and what is kept of it."""

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.ensemble import Ensemble, EnsembleConfig, Member
from recsys.ensemble.holding_out import divide, people_of
from recsys.ensemble.members import new_scorer
from recsys.ensemble.standard import standardised
from recsys.errors import WorkspaceError
from recsys.models.base import TrainingData, Users
from recsys.models.cards import ModelCard
from recsys.models.ease import Ease, EaseConfig
from recsys.models.ials import Ials, IalsConfig
from recsys.models.popularity import Popularity
from recsys.models.user_knn import UserKnn
from recsys.schema import Granularity
from tests.recsys.scorer_contract import N_ITEMS, ScorerContract, training_data


class Noise:
    """Scores that know nothing: a fixed random table by history length."""

    name = "noise"
    recommends_for_cold = False

    def __init__(self) -> None:
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data):
        self.card = ModelCard(name=self.name, n_items=data.interactions.shape[1])

    def score(self, users):
        rng = np.random.default_rng(1)
        table = rng.normal(size=(500, users.history.shape[1])).astype(np.float32)
        return table[np.diff(users.history.indptr) % 500]


def members() -> list[Member]:
    return [
        Member("ease", Ease(EaseConfig(regularization=5.0)), Granularity.ATTRIBUTES),
        Member("ials", Ials(IalsConfig(dim=8, regularization=2.0, sweeps=4))),
        Member("popular", Popularity(), Granularity.POPULARITY),
    ]


def worlds(people: int = 240, items: int = 30, seed: int = 2) -> TrainingData:
    """Three groups of people, each meeting a third of the items the most."""
    rng = np.random.default_rng(seed)
    chance = np.full((people, items), 0.05)
    for group in range(3):
        chance[group::3, group * items // 3 : (group + 1) * items // 3] = 0.6
    met = (rng.random((people, items)) < chance).astype(np.float32)
    return TrainingData(csr_array(met), csr_array((0, items), dtype=np.float32))


class TestContract(ScorerContract):
    def make(self):
        return Ensemble(members(), EnsembleConfig(select=False, among=20))

    def test_one_person_scores_the_same_alone(self, fitted, data):
        everybody = fitted.score(Users(data.interactions))
        alone = fitted.score(Users(data.interactions[[7]]))
        np.testing.assert_allclose(alone[0], everybody[7], rtol=1e-3, atol=1e-4)


@pytest.fixture(scope="module")
def fitted() -> Ensemble:
    ensemble = Ensemble(members(), EnsembleConfig(select=False, among=20))
    ensemble.fit(training_data())
    return ensemble


class TestShares:
    def test_they_add_up_to_the_score(self, fitted):
        users = Users(training_data().interactions)
        score = fitted.score(users)
        assert score.std() > 0.01
        for shares in (fitted.shares(users), fitted.member_shares(users)):
            np.testing.assert_allclose(sum(shares.values()), score, atol=1e-5)

    def test_they_are_named_by_granularity(self, fitted):
        users = Users(training_data().interactions)
        assert set(fitted.shares(users)) == {"attributes", "behaviour", "popularity"}
        assert set(fitted.member_shares(users)) == {"ease", "ials", "popular"}

    def test_two_members_of_one_granularity_are_one_share(self):
        both = [Member("one", Popularity()), Member("two", Ease(EaseConfig(regularization=5.0)))]
        ensemble = Ensemble(both, EnsembleConfig(select=False, among=20))
        ensemble.fit(training_data())
        users = Users(training_data().interactions)
        assert set(ensemble.shares(users)) == {"behaviour"}
        np.testing.assert_allclose(ensemble.shares(users)["behaviour"], ensemble.score(users), atol=1e-5)

    def test_a_member_that_is_switched_off_gives_nothing_and_the_others_the_same(self, fitted):
        users = Users(training_data().interactions)
        off = fitted.without("ials")
        assert set(off.member_shares(users)) == {"ease", "popular"}
        np.testing.assert_array_equal(off.member_shares(users)["ease"], fitted.member_shares(users)["ease"])
        np.testing.assert_allclose(
            off.score(users) + fitted.member_shares(users)["ials"], fitted.score(users), atol=1e-5
        )
        with pytest.raises(ValueError, match="no member 'als'"):
            fitted.without("als")

    def test_a_cold_person_gets_only_what_is_the_same_for_everybody(self, fitted):
        cold = Users(csr_array((1, N_ITEMS), dtype=np.float32))
        shares = fitted.member_shares(cold)
        assert not shares["ease"].any()
        assert not shares["ials"].any()
        assert np.isfinite(fitted.score(cold)).all()


class TestWeights:
    def test_what_knows_something_counts_more_than_noise_which_is_left_out(self):
        data = worlds()
        ensemble = Ensemble([*members(), Member("noise", Noise())], EnsembleConfig(among=20))
        ensemble.fit(data)
        assert "noise" not in ensemble.names
        assert ensemble.worth["noise"].kept is False
        assert any("noise was left out" in note for note in ensemble.card.notes)
        assert max(worth.alone for name, worth in ensemble.worth.items() if name != "noise") > (
            ensemble.worth["noise"].alone + 0.1
        )

    def test_they_are_at_least_as_good_as_the_best_member_on_people_of_later(self):
        data, later = worlds(), worlds(seed=9)
        ensemble = Ensemble([*members(), Member("noise", Noise())], EnsembleConfig(among=20))
        ensemble.fit(data)
        asked = divide(later, 0.3, 0)
        users, rows = people_of(asked.data, np.arange(240)), np.arange(240)
        cells = ensemble.cells(users, asked.targets[rows])
        traits = ensemble._traits.items()
        whole = cells.ndcg(ensemble.gate.scores(cells, traits, "default")).mean()
        alone = [cells.ndcg(values).mean() for values in cells.values]
        assert whole > max(alone) - 0.01

    def test_candidates_score_as_they_do_in_a_full_ranking(self, fitted):
        data = training_data()
        users = Users(data.interactions)
        cells = fitted.cells(users, data.interactions)
        scores = fitted.gate.scores(cells, fitted._traits.items(), "default")
        full = np.take_along_axis(fitted.score(users), cells.items, axis=1)
        np.testing.assert_allclose(scores, full, atol=1e-5)

    def test_explicit_choices_teach_them(self):
        data = worlds()
        held = divide(data, 0.2, 0)
        rows = np.arange(240)
        ensemble = Ensemble(members(), EnsembleConfig(select=False, among=20))
        ensemble.fit_members(held.data)
        before = ensemble.gate.base.copy()
        ensemble.fit_weights((people_of(held.data, rows), held.targets))
        assert not np.allclose(before, ensemble.gate.base)
        assert (ensemble.gate.base >= 0).all()

    def test_a_scene_has_weights_of_its_own(self):
        data = worlds()
        views, buys = csr_array(data.interactions), csr_array(data.interactions)
        rng = np.random.default_rng(0)
        views, buys = _some(data.interactions, rng, True), _some(data.interactions, rng, False)
        data = replace(data, scenes={"view": views, "buy": buys})
        ensemble = Ensemble(members(), EnsembleConfig(select=False, among=20, ridge=1e-5))
        ensemble.fit(data)
        assert set(ensemble.gate.scenes) == {"view", "buy"}
        history = data.interactions[[0]]
        asked = [ensemble.score(Users(history, scene=scene)) for scene in ("view", "buy", "unheard of")]
        assert not np.allclose(asked[0], asked[1])
        assert np.isfinite(asked[2]).all()

    def test_histories_too_short_to_hold_anything_out_leave_all_alike_and_say_so(self):
        short = np.eye(12, 10, dtype=np.float32)
        ensemble = Ensemble(members())
        ensemble.fit(TrainingData(csr_array(short), csr_array((0, 10), dtype=np.float32)))
        np.testing.assert_allclose(ensemble.gate.base, 1.0 / 3.0)
        assert any("No history was long enough" in note for note in ensemble.card.notes)

    def test_one_member_is_itself_standardised(self):
        data = worlds()
        ensemble = Ensemble(members()[:1])
        ensemble.fit(data)
        users = Users(data.interactions)
        alone = standardised(ensemble.members[0].scorer.score(users))
        np.testing.assert_allclose(ensemble.score(users), alone, atol=1e-5)


class TestHoldingOut:
    def test_with_an_order_it_is_the_last_item(self):
        sequences = [np.array([3, 1, 2]), np.array([0, 1]), np.array([2, 0, 1, 2])]
        met = np.zeros((3, 4), dtype=np.float32)
        for row, sequence in enumerate(sequences):
            met[row, sequence] = 1.0
        data = TrainingData(csr_array(met), csr_array((0, 4)), sequences=sequences)
        held = divide(data, 0.2, 0)
        assert held.targets.toarray().nonzero()[0].tolist() == [0, 2]
        assert held.targets.toarray().nonzero()[1].tolist() == [2, 2]
        assert [list(s) for s in held.data.sequences] == [[3, 1], [0, 1], [0, 1]]
        assert held.data.interactions.toarray()[2].tolist() == [1, 1, 0, 0]

    def test_what_is_held_out_leaves_scenes_and_ratings_too(self):
        data = worlds()
        data = replace(
            data, ratings=csr_array(data.interactions * np.float32(4.0)), scenes={"view": data.interactions}
        )
        held = divide(data, 0.3, 0)
        assert held.targets.nnz > 100
        for matrix in (held.data.interactions, held.data.ratings, held.data.scenes["view"]):
            assert not matrix.multiply(held.targets).nnz
            assert matrix.nnz + held.targets.nnz == data.interactions.nnz
        assert held.by_scene["view"].nnz == held.targets.nnz


class TestStandardised:
    def test_rows_have_mean_0_and_spread_1_and_flat_ones_are_0(self):
        scores = np.array([[1.0, 2.0, 6.0], [5.0, 5.0, 5.0], [1e-9, 2e-9, 6e-9]], dtype=np.float32)
        found = standardised(scores)
        np.testing.assert_allclose(found.mean(axis=1), 0.0, atol=1e-6)
        np.testing.assert_allclose(found[[0, 2]].std(axis=1), 1.0, rtol=1e-5)
        assert not found[1].any()
        np.testing.assert_allclose(found[0], found[2], rtol=1e-5)


class TestKept:
    def test_each_member_has_files_of_its_own_even_two_of_one_class(self, tmp_path):
        two = [Member("one", Ease(EaseConfig(regularization=5.0))), Member("two", Ease(EaseConfig()))]
        ensemble = Ensemble(two, EnsembleConfig(select=False, among=20))
        data = training_data()
        ensemble.fit(data)
        ensemble.save(tmp_path)
        assert (tmp_path / "ensemble" / "one" / "ease.safetensors").is_file()
        loaded = Ensemble()
        loaded.load(tmp_path)
        assert loaded.names == ["one", "two"]
        users = Users(data.interactions)
        np.testing.assert_array_equal(loaded.score(users), ensemble.score(users))
        assert loaded.members[0].scorer.config.regularization == 5.0

    def test_what_was_measured_of_members_is_kept(self, tmp_path):
        ensemble = Ensemble([*members(), Member("noise", Noise())], EnsembleConfig(among=20))
        ensemble.fit(worlds())
        ensemble.save(tmp_path)
        loaded = Ensemble()
        loaded.load(tmp_path)
        assert loaded.worth == ensemble.worth
        assert loaded.held_out == ensemble.held_out > 0.1
        assert loaded.card.notes == ensemble.card.notes

    def test_a_class_that_is_none_of_ours_is_not_made(self):
        with pytest.raises(WorkspaceError, match="none of ours"):
            new_scorer("subprocess:Popen")
        with pytest.raises(WorkspaceError, match="does not know"):
            new_scorer("recsys.models.ease:NoSuchModel")

    def test_a_missing_member_is_said(self, tmp_path):
        ensemble = Ensemble(members(), EnsembleConfig(select=False, among=20))
        ensemble.fit(training_data())
        ensemble.save(tmp_path)
        (tmp_path / "ensemble" / "ials" / "ials.json").unlink()
        with pytest.raises(WorkspaceError, match="Build the workspace anew"):
            Ensemble().load(tmp_path)

    def test_members_of_one_name_are_refused(self):
        with pytest.raises(ValueError, match="names of their own"):
            Ensemble([Member("a", Ease()), Member("a", Popularity())])


@pytest.mark.slow
def test_one_person_is_scored_in_milliseconds():
    rng = np.random.default_rng(0)
    met = csr_array((rng.random((2_000, 3_000)) < 0.03).astype(np.float32))
    ensemble = Ensemble([*members(), Member("near", UserKnn())], EnsembleConfig(select=False, people=200))
    ensemble.fit_members(TrainingData(met, csr_array((0, 3_000), dtype=np.float32)))
    one = Users(met[[0]])
    ensemble.score(one)
    took = []
    for _ in range(10):
        started = time.perf_counter()
        ensemble.score(one)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.010


def _some(met: csr_array, rng: np.random.Generator, first: bool) -> csr_array:
    dense = met.toarray()
    chosen = rng.random(dense.shape) < (0.7 if first else 0.4)
    return csr_array(dense * chosen)
