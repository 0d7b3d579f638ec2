"""Behaviour as the recommender uses it: shares of one history, strengths of one item, their unit."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.behaviour import Behaviour
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.schema import Granularity
from tests.recsys.scorer_contract import training_data


class TwoParts(Ease):
    """EASE with a constant prior as a second share, as an ensemble has several."""

    def shares(self, users: Users) -> dict[str, FloatMatrix]:
        learned = Ease.score(self, users)
        return {"behaviour": learned, "popularity": np.full_like(learned, 2.0)}

    def score(self, users: Users) -> FloatMatrix:
        return np.sum(list(self.shares(users).values()), axis=0, dtype=np.float32)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return training_data()


def of(model: Ease, data: TrainingData) -> Behaviour:
    model.fit(data)
    return Behaviour(model, data.interactions.shape[1])


def test_shares_add_up_to_the_score(data) -> None:
    behaviour = of(TwoParts(EaseConfig(regularization=5.0)), data)
    history = csr_array(data.interactions[[3]])
    shares = behaviour.shares(history, [1, 2])
    assert set(shares) == {Granularity.BEHAVIOUR, Granularity.POPULARITY}
    np.testing.assert_allclose(sum(shares.values()), behaviour.model.score(Users(history))[0], atol=1e-5)


def test_what_an_item_does_alone_leaves_out_what_everybody_gets(data) -> None:
    plain = of(Ease(EaseConfig(regularization=5.0)), data)
    with_prior = of(TwoParts(EaseConfig(regularization=5.0)), data)
    for anchor in (0, 7, 24):
        np.testing.assert_allclose(plain.alone(anchor), plain.model.weights[anchor], atol=1e-6)
        np.testing.assert_allclose(with_prior.alone(anchor), plain.alone(anchor), atol=1e-5)
        assert with_prior.alone(anchor)[anchor] == 0.0


def test_the_unit_is_the_strength_of_a_near_neighbour_and_never_zero(data) -> None:
    behaviour = of(Ease(EaseConfig(regularization=5.0)), data)
    expected = np.mean([np.sort(row)[::-1][4] for row in behaviour.model.weights])
    assert behaviour.unit(0) == pytest.approx(expected, rel=1e-4)
    n_items = data.interactions.shape[1]
    empty = of(Ease(), TrainingData(csr_array((3, n_items), dtype=np.float32), csr_array((0, n_items))))
    assert empty.unit(0) == 1.0


def test_what_was_trained_is_what_is_opened(data, tmp_path) -> None:
    ease = Ease(EaseConfig(regularization=5.0))
    ease.fit(data)
    ease.save(tmp_path)
    opened = Behaviour.open(tmp_path, data.interactions.shape[1])
    assert opened.card == ease.card
    np.testing.assert_array_equal(opened.alone(2), Behaviour(ease, data.interactions.shape[1]).alone(2))
