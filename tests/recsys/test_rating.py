import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import TastegraphError, WorkspaceError
from recsys.models.base import TrainingData, Users
from recsys.models.rating import Rating, RatingConfig
from tests.recsys.scorer_contract import ScorerContract, training_data

SMALL = RatingConfig(dim=2, burn_in=6, samples=6, thin=1, seen=2, attributes=2)


def rated(data: TrainingData) -> TrainingData:
    stars = data.interactions.copy()
    stars.data = np.random.default_rng(1).integers(1, 6, stars.nnz).astype(np.float32)
    return TrainingData(data.interactions, data.attributes, data.texts, ratings=stars)


class TestRating(ScorerContract):
    def make(self):
        return Rating(SMALL)

    @pytest.fixture
    def data(self):
        return rated(training_data())


def two_tastes(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Half the people love the first ten items and hate the others, half the other way round; items differ in level."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 0.5, 20)
    side = np.where(np.arange(20) < 10, 1.0, -1.0)
    taste = np.where(np.arange(120) % 2 == 0, 1.0, -1.0)
    stars = np.clip(3.0 + level + np.outer(taste, side) + rng.normal(0, 0.3, (120, 20)), 1, 5)
    return stars, rng.random((120, 20)) < 0.4


def fitted(config: RatingConfig | None = None) -> tuple[Rating, np.ndarray, csr_array]:
    stars, known = two_tastes()
    given = csr_array(np.where(known, stars, 0.0))
    model = Rating(config or RatingConfig(dim=3, burn_in=10, samples=10, thin=1, seen=0, attributes=0))
    model.fit(TrainingData(csr_array(known.astype(float)), csr_array((0, 20)), ratings=given))
    return model, stars, given


def test_hidden_ratings_are_told_better_than_by_means():
    model, stars, given = fitted()
    hidden = given.toarray() == 0
    error = np.sqrt(((model.predict(given) - stars)[hidden] ** 2).mean())
    of_items = given.sum(axis=0) / np.maximum((given.toarray() > 0).sum(axis=0), 1)
    plain = np.sqrt(((np.broadcast_to(of_items, stars.shape) - stars)[hidden] ** 2).mean())
    assert error < 0.5
    assert error < 0.6 * plain


def test_a_new_person_is_folded_in_from_two_ratings():
    model, _, _ = fitted()
    new = np.zeros((2, 20))
    new[0, [1, 12]] = 5.0, 1.0
    new[1, [1, 12]] = 1.0, 5.0
    told = model.predict(csr_array(new))
    assert told[0, :10].mean() > told[0, 10:].mean() + 1.0
    assert told[1, :10].mean() < told[1, 10:].mean() - 1.0


def test_nobody_gets_the_mean_and_what_items_are_worth():
    model, stars, given = fitted(RatingConfig(dim=2, burn_in=10, samples=20, thin=1, seen=0, attributes=0))
    told = model.predict(csr_array((1, 20)))[0]
    assert abs(told.mean() - given.data.mean()) < 0.2
    assert np.corrcoef(told, stars.mean(axis=0))[0, 1] > 0.9


def test_predictions_stay_on_the_scale_and_are_the_sum_of_their_parts():
    model, _, given = fitted()
    assert model.scale == (given.data.min(), given.data.max())
    parts = model.parts(given)
    assert set(parts) == {"mean", "person", "item", "latent"}
    summed = np.sum(list(parts.values()), axis=0)
    told = model.predict(given)
    np.testing.assert_allclose(told, np.clip(summed, *model.scale), atol=1e-5)
    assert np.ptp(parts["person"], axis=1).max() == 0
    assert np.ptp(parts["item"], axis=0).max() == 0


def test_histories_of_weights_are_read_as_likes_and_dislikes():
    model, _, _ = fitted()
    history = np.zeros((2, 20), dtype=np.float32)
    history[0, [1, 12]] = 1.0, -1.0
    history[1, [1, 12]] = -1.0, 1.0
    scores = model.score(Users(csr_array(history)))
    assert scores[0, 2] > scores[1, 2]
    assert scores[0, 15] < scores[1, 15]


def test_an_unrated_item_leans_on_its_attributes():
    stars, known = two_tastes()
    known[:, 4] = False
    having = csr_array(np.stack([np.arange(20) < 10, np.arange(20) >= 10]).astype(float))
    model = Rating(RatingConfig(dim=3, burn_in=10, samples=10, thin=1, seen=0, attributes=2))
    given = csr_array(np.where(known, stars, 0.0))
    model.fit(TrainingData(csr_array(known.astype(float)), having, ratings=given))
    told = model.predict(given)[:, 4]
    assert told[::2].mean() > told[1::2].mean() + 0.5


def test_another_seed_is_other_samples_and_nearly_the_same_answer():
    one, _, given = fitted()
    other, _, _ = fitted(one.config.model_copy(update={"seed": 1}))
    assert not np.array_equal(one.predict(given), other.predict(given))
    assert np.abs(one.predict(given) - other.predict(given)).mean() < 0.15


def test_without_ratings_it_says_so():
    with pytest.raises(TastegraphError, match="no ratings to learn from"):
        Rating(SMALL).fit(training_data())


def test_a_tensor_of_another_shape_is_refused(tmp_path):
    from recsys.models.persist import load_model, save_model

    model, _, _ = fitted()
    model.save(tmp_path)
    card, tensors = load_model(tmp_path, "rating")
    save_model(tmp_path, card, tensors | {"noise": tensors["noise"][:-1]})
    with pytest.raises(WorkspaceError, match="shape"):
        Rating().load(tmp_path)
