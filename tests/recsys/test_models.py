import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.encoder import Encoder
from recsys.models.base import TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.persist import hash_training_data
from recsys.models.popularity import Popularity
from recsys.models.text_tower import TextTower
from tests.recsys.scorer_contract import N_ITEMS, ScorerContract, training_data


class TestPopularity(ScorerContract):
    def make(self):
        return Popularity()


class TestEase(ScorerContract):
    def make(self):
        return Ease(EaseConfig(regularization=10.0))


class TestEaseOfFewColumns(ScorerContract):
    def make(self):
        return Ease(EaseConfig(regularization=10.0, max_items=10))


class TestTextTower(ScorerContract):
    def make(self):
        return TextTower(Encoder())


def test_popularity_counts_people():
    model = Popularity()
    data = training_data()
    model.fit(data)
    assert np.array_equal(model.counts, data.interactions.toarray().sum(axis=0))


def test_ease_solves_the_constrained_least_squares_problem():
    """Its weights must be the minimum: per item, a ridge regression on all the others."""
    data = training_data()
    config = EaseConfig(regularization=10.0, dropout=0.2, attribute_weight=3.0)
    model = Ease(config)
    model.fit(data)
    stacked = np.vstack([data.interactions.toarray(), np.sqrt(3.0) * data.attributes.toarray()]).astype(float)
    penalty = 10.0 + 0.25 * (stacked**2).sum(axis=0)
    for item in (0, 11, N_ITEMS - 1):
        others = [k for k in range(N_ITEMS) if k != item]
        left = stacked[:, others]
        solved = np.linalg.solve(left.T @ left + np.diag(penalty[others]), left.T @ stacked[:, item])
        np.testing.assert_allclose(model.weights[others, item], solved, atol=1e-4)
    assert not np.diag(model.weights).any()


def test_an_item_that_nobody_met_is_placed_by_its_attributes():
    met = np.zeros((50, 3), dtype=np.float32)
    met[:, 0] = 1.0
    having = np.array([[1, 0, 1]], dtype=np.float32)
    with_attributes, without = Ease(EaseConfig(regularization=1.0)), Ease(EaseConfig(attribute_weight=0.0))
    for model in (with_attributes, without):
        model.fit(TrainingData(csr_array(met), csr_array(having)))
    history = Users(csr_array(np.array([[1, 0, 0]], dtype=np.float32)))
    assert with_attributes.score(history)[0, 2] > 0
    assert without.score(history)[0, 2] == 0


def test_columns_are_the_most_met_items_and_the_card_says_so():
    data = training_data()
    model = Ease(EaseConfig(max_items=10))
    model.fit(data)
    counts = data.interactions.toarray().sum(axis=0)
    left = np.setdiff1d(np.arange(N_ITEMS), model.columns)
    assert counts[model.columns].min() >= counts[left].max()
    assert not model.score(Users(data.interactions))[:, left].any()
    assert "10 most-met of 25" in model.card.notes[0]


def test_configuration_follows_how_often_items_are_met():
    dense, sparse = csr_array(np.ones((400, 5))), csr_array(np.ones((26, 5)))
    assert EaseConfig.for_data(dense) == EaseConfig()
    assert EaseConfig.for_data(sparse).regularization == pytest.approx(500 * 26 / 262)


def test_the_card_names_data_config_and_versions(tmp_path):
    data = training_data()
    model = Ease(EaseConfig(regularization=12.0))
    model.fit(data)
    model.save(tmp_path)
    card = json.loads((tmp_path / "ease.json").read_text())
    assert card["data_hash"] == hash_training_data(data)
    assert card["config"]["regularization"] == 12.0
    assert card["versions"]["numpy"] == np.__version__


def test_the_data_hash_sees_every_part():
    data = training_data()
    other_texts = TrainingData(data.interactions, data.attributes, ["x", *data.texts[1:]])
    swapped = TrainingData(data.attributes, data.interactions, data.texts)
    assert len({hash_training_data(d) for d in (data, other_texts, swapped)}) == 3


def test_the_text_tower_finds_by_meaning_for_words_and_for_history():
    texts = [
        "A tense heist with thieves",
        "Bank robbers plan a burglary",
        "Two people fall in love",
        "A summer romance",
    ]
    tower = TextTower(Encoder())
    tower.fit(TrainingData(csr_array((0, 4)), csr_array((0, 4)), texts))
    said = tower.score(Users(csr_array((1, 4), dtype=np.float32), ["robbery film"]))[0]
    assert set(np.argsort(-said)[:2]) == {0, 1}
    met = tower.score(Users(csr_array(np.array([[0, 0, 1, 0]], dtype=np.float32))))[0]
    assert set(np.argsort(-met)[:2]) == {2, 3}
    _, columns = tower.nearest(tower.encoder.encode(["love story"]), 2)
    assert set(columns[0]) == {2, 3}
