import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.language.config import LanguageTowerConfig
from recsys.language.scorer import LanguageTower
from recsys.models.base import Scorer, Users
from tests.recsys.scorer_contract import N_ITEMS, ScorerContract, training_data


class TestLanguageTower(ScorerContract):
    def make(self) -> Scorer:
        return LanguageTower(LanguageTowerConfig(epochs=2, wishes=8))

    def test_words_and_history_are_averaged(self, fitted):
        words = ["thing 7"]
        history = csr_array(np.eye(1, N_ITEMS, dtype=np.float32))
        nothing = csr_array((1, N_ITEMS), dtype=np.float32)
        both = fitted.score(Users(history, words))
        mean = (fitted.score(Users(nothing, words)) + fitted.score(Users(history))) / 2
        np.testing.assert_allclose(both, mean, atol=1e-6)

    def test_a_dislike_turns_a_history_around(self, fitted):
        history = csr_array(np.eye(1, N_ITEMS, dtype=np.float32))
        np.testing.assert_allclose(
            fitted.score(Users(history * -1.0)), -fitted.score(Users(history)), atol=1e-6
        )

    def test_words_score_the_same_after_loading(self, fitted, tmp_path):
        fitted.save(tmp_path)
        loaded = self.make()
        loaded.load(tmp_path)
        users = Users(csr_array((1, N_ITEMS), dtype=np.float32), ["a story about thing 3"])
        np.testing.assert_allclose(loaded.score(users), fitted.score(users), atol=1e-5)
        assert loaded.card.config["base"]["licence"] == "Apache-2.0"

    def test_what_was_met_long_ago_counts_less_where_asked_for(self, data):
        model = LanguageTower(LanguageTowerConfig(epochs=1, half_life=1.0))
        model.fit(data)
        history = np.zeros((1, N_ITEMS), dtype=np.float32)
        history[0, [2, 5]] = 1.0
        new_last = Users(csr_array(history), sequences=[np.array([2, 5])])
        weighted = np.zeros((1, N_ITEMS), dtype=np.float32)
        weighted[0, [2, 5]] = (0.5, 1.0)
        np.testing.assert_allclose(model.score(new_last), model.score(Users(csr_array(weighted))), atol=1e-6)


@pytest.fixture
def data():
    return training_data()
