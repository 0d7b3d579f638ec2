"""User-kNN, the sharpened graph filter and MultVAE: what each says, on data small enough to see through."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.linalg import expm
from scipy.sparse import csr_array

from recsys.models.balanced_ease import BalancedEase, BalancedEaseConfig
from recsys.models.base import Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.graph_filter import GraphFilter, GraphFilterConfig
from recsys.models.mult_vae import MultVae, MultVaeConfig
from recsys.models.user_knn import UserKnn, UserKnnConfig
from tests.recsys.scorer_contract import ScorerContract
from tests.recsys.test_member_models import N, met, two_worlds


class TestBalancedEase(ScorerContract):
    def make(self):
        return BalancedEase(BalancedEaseConfig(regularization=5.0))

    def test_without_balance_it_is_ease(self, data):
        plain = EaseConfig(regularization=5.0)
        models = (Ease(plain), BalancedEase(BalancedEaseConfig(**plain.model_dump(), balance=0.0)))
        for model in models:
            model.fit(data)
        np.testing.assert_allclose(models[1].weights, models[0].weights, atol=1e-6)

    def test_a_long_history_counts_less_the_more_it_is_balanced(self):
        people = np.zeros((22, 12), dtype=np.float32)
        people[:20, 0] = people[:10, 1] = 1.0
        people[20:] = 1.0
        data = type(two_worlds())(csr_array(people), csr_array((0, 12), dtype=np.float32))
        towards = []
        for balance in (0.0, 2.0):
            model = BalancedEase(BalancedEaseConfig(regularization=1e-3, dropout=0.0, balance=balance))
            model.fit(data)
            towards.append(model.weights[0, 5] / model.weights[0, 1])
        assert towards[1] < towards[0]


class TestUserKnn(ScorerContract):
    def make(self):
        return UserKnn(UserKnnConfig(neighbours=10))

    def test_scores_are_the_votes_of_the_nearest_people(self):
        data = two_worlds()
        model = UserKnn(UserKnnConfig(neighbours=3, sharpness=2.0, rarity=0.0))
        model.fit(data)
        dense = data.interactions.toarray()
        asked = met(0, 1).history.toarray()[0]
        likeness = dense @ asked / np.maximum(np.linalg.norm(dense, axis=1) * np.linalg.norm(asked), 1e-12)
        nearest = np.sort(likeness)[-3:]
        votes = model.score(met(0, 1))[0]
        assert votes[0] == pytest.approx((nearest**2).sum(), rel=1e-5)
        assert votes[4:].max() == 0.0

    def test_rarity_makes_people_alike_by_what_few_met(self):
        people = csr_array(np.array([[1, 1, 0, 1], [1, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]], np.float32))
        data = two_worlds()
        data = type(data)(people, csr_array((0, 4), dtype=np.float32))
        asked = Users(csr_array(np.array([[1, 1, 0, 0]], np.float32)))
        gaps = []
        for rarity in (0.0, 2.0):
            model = UserKnn(UserKnnConfig(neighbours=4, sharpness=1.0, rarity=rarity))
            model.fit(data)
            scores = model.score(asked)[0]
            gaps.append(scores[3] / scores[2])
        assert gaps[1] > gaps[0]


class TestGraphFilter(ScorerContract):
    def make(self):
        return GraphFilter(GraphFilterConfig(rank=6))

    def test_at_full_rank_it_is_the_filter_written_out(self):
        data = two_worlds()
        config = GraphFilterConfig(rank=N - 1, low_pass=0.7, sharpening=1.3)
        model = GraphFilter(config)
        model.fit(data)
        dense = data.interactions.toarray().astype(np.float64)
        normal = dense / np.sqrt(np.maximum(dense.sum(1), 1.0))[:, None] / np.sqrt(dense.sum(0))[None]
        blur = normal.T @ normal
        vectors = np.linalg.svd(normal)[2][: N - 1].T
        root = np.diag(np.sqrt(dense.sum(0)))
        low = np.linalg.inv(root) @ vectors @ vectors.T @ root
        # Across V the sharpening counts as 1: the smallest eigenvalue of these data is left out of it.
        along = vectors @ vectors.T
        sharp = expm(-1.3 * along @ blur @ along)
        asked = met(0, 5).history.toarray().astype(np.float64)
        expected = asked @ (blur + 0.7 * low) @ sharp
        np.testing.assert_allclose(model.score(met(0, 5)), expected, atol=1e-4)

    def test_sharpening_takes_from_what_everybody_met(self):
        rng = np.random.default_rng(0)
        people = np.zeros((60, N), dtype=np.float32)
        people[:30, :4] = rng.random((30, 4)) < 0.6
        people[30:, 4:] = rng.random((30, 4)) < 0.6
        people[:, 0] = 1.0
        data = type(two_worlds())(csr_array(people), csr_array((0, N), dtype=np.float32))
        shares = []
        for sharpening in (0.0, 2.5):
            model = GraphFilter(GraphFilterConfig(rank=4, low_pass=0.0, sharpening=sharpening))
            model.fit(data)
            scores = model.score(met(5, 6))[0]
            shares.append(scores[0] / scores[7])
        assert shares[1] < shares[0]


class TestMultVae(ScorerContract):
    def make(self):
        return MultVae(MultVaeConfig(hidden=16, latent=4, epochs=3, batch=20))

    def test_what_goes_with_the_history_comes_first(self):
        model = MultVae(MultVaeConfig(hidden=16, latent=4, epochs=60, batch=20, learning_rate=1e-2))
        model.fit(two_worlds())
        one, other = model.score(met(0, 1))[0], model.score(met(4, 5))[0]
        assert one[2:4].min() > one[4:].max()
        assert other[6:].min() > other[:4].max()

    def test_another_seed_is_another_model(self, data):
        first, second = self.make(), MultVae(MultVaeConfig(hidden=16, latent=4, epochs=3, batch=20, seed=1))
        first.fit(data)
        second.fit(data)
        assert not np.array_equal(
            first.score(Users(data.interactions)), second.score(Users(data.interactions))
        )

    def test_the_watcher_is_told_each_pass_and_may_score(self, data):
        told = []
        model = self.make()
        model.fit(
            data, lambda epoch: told.append((epoch, float(model.score(Users(data.interactions)).std())))
        )
        assert [epoch for epoch, _ in told] == [1, 2, 3]
        assert len({spread for _, spread in told}) == 3

    def test_shares_of_a_history_that_make_no_sense_are_refused(self):
        with pytest.raises(ValidationError, match="smaller first"):
            MultVaeConfig(shown=(0.9, 0.5))
