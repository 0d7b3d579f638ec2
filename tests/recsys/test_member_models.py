"""The plain strong models that stand beside ours: what each of them learns, on data small enough to see through."""

import numpy as np
from scipy.sparse import csr_array

from recsys.models.base import TrainingData, Users
from recsys.models.ials import Ials, IalsConfig
from recsys.models.item_knn import ItemKnn, ItemKnnConfig
from recsys.models.spectral import SpectralConfig, SpectralFilter
from tests.recsys.scorer_contract import ScorerContract

N = 8
"""Items of the two worlds below: 0-3 are met together, and so are 4-7."""


def two_worlds() -> TrainingData:
    rng = np.random.default_rng(0)
    people = np.zeros((60, N), dtype=np.float32)
    people[:30, :4] = rng.random((30, 4)) < 0.7
    people[30:, 4:] = rng.random((30, 4)) < 0.7
    return TrainingData(csr_array(people), csr_array((0, N), dtype=np.float32))


def met(*columns: int, weight: float = 1.0) -> Users:
    history = np.zeros((1, N), dtype=np.float32)
    history[0, list(columns)] = weight
    return Users(csr_array(history))


class TestIals(ScorerContract):
    def make(self):
        return Ials(IalsConfig(dim=8, regularization=1.0, sweeps=4))

    def test_what_goes_with_the_history_comes_first_and_last_for_a_dislike(self):
        model = self.make()
        model.fit(two_worlds())
        liked, disliked = model.score(met(0, 1))[0], model.score(met(0, 1, weight=-1.0))[0]
        assert liked[2:4].min() > liked[4:].max()
        assert disliked[2:4].max() < disliked[4:].min()

    def test_another_seed_is_another_start_and_the_same_answer(self):
        one, other = (Ials(IalsConfig(dim=8, regularization=1.0, sweeps=30, seed=seed)) for seed in (0, 1))
        for model in (one, other):
            model.fit(two_worlds())
        assert not np.array_equal(one.items, other.items)
        np.testing.assert_allclose(one.score(met(0)), other.score(met(0)), atol=0.02)


class TestItemKnn(ScorerContract):
    def make(self):
        return ItemKnn(ItemKnnConfig(neighbours=10))

    def test_scores_are_the_sums_of_the_nearest_cosines(self):
        data = two_worlds()
        model = ItemKnn(ItemKnnConfig(neighbours=2, popularity=0.5, shrinkage=0.0))
        model.fit(data)
        dense = data.interactions.toarray()
        unit = dense / np.linalg.norm(dense, axis=0)
        cosine = unit.T @ unit
        np.fill_diagonal(cosine, 0.0)
        for column in cosine.T:
            column[np.argsort(column)[:-2]] = 0.0
        np.testing.assert_allclose(model.score(met(0, 2)), (cosine[0] + cosine[2])[None], rtol=1e-5)

    def test_nothing_is_its_own_neighbour(self):
        model = self.make()
        model.fit(two_worlds())
        assert not model.similarity.diagonal().any()


class TestSpectralFilter(ScorerContract):
    def make(self):
        return SpectralFilter(SpectralConfig(rank=6))

    def test_what_goes_with_the_history_comes_first(self):
        model = SpectralFilter(SpectralConfig(rank=2))
        model.fit(two_worlds())
        scores = model.score(met(0, 1))[0]
        assert scores[2:4].min() > scores[4:].max()

    def test_a_catalogue_of_fewer_items_than_the_rank_is_taken_whole(self):
        model = SpectralFilter(SpectralConfig(rank=500))
        model.fit(two_worlds())
        assert model.vectors.shape == (N, N - 1)
