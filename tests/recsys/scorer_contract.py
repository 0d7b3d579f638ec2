"""What every scorer must do. A test class of a new scorer inherits this and gives `make`."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import Scorer, TrainingData, Users

N_USERS, N_ITEMS = 40, 25


def training_data() -> TrainingData:
    rng = np.random.default_rng(5)
    met = (rng.random((N_USERS, N_ITEMS)) < 0.3).astype(np.float32)
    met[:, -1] = 0.0
    having = (rng.random((6, N_ITEMS)) < 0.4).astype(np.float32)
    having[:, -1] = 0.0
    return TrainingData(
        csr_array(met), csr_array(having), [f"a story about thing {k}" for k in range(N_ITEMS)]
    )


class ScorerContract:
    """Inherit and override `make`; the last item was met by nobody and has no attribute."""

    def make(self) -> Scorer:
        raise NotImplementedError

    @pytest.fixture
    def data(self) -> TrainingData:
        return training_data()

    @pytest.fixture
    def fitted(self, data) -> Scorer:
        model = self.make()
        model.fit(data)
        return model

    def test_scores_are_finite_and_of_one_shape(self, fitted, data):
        scores = fitted.score(Users(data.interactions))
        assert scores.shape == (N_USERS, N_ITEMS)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()

    def test_a_cold_user_has_scores(self, fitted):
        cold = fitted.score(Users(csr_array((2, N_ITEMS), dtype=np.float32)))
        assert cold.shape == (2, N_ITEMS)
        assert np.isfinite(cold).all()
        assert np.array_equal(cold[0], cold[1])

    def test_a_person_with_words_only_gets_more_than_a_constant_where_promised(self, fitted):
        users = Users(csr_array((1, N_ITEMS), dtype=np.float32), ["thing 7"])
        assert (np.ptp(fitted.score(users)) > 0) or not fitted.recommends_for_cold

    def test_an_item_that_nobody_met_is_scored_and_can_be_in_a_history(self, fitted, data):
        history = np.zeros((1, N_ITEMS), dtype=np.float32)
        history[0, -1] = 1.0
        assert np.isfinite(fitted.score(Users(csr_array(history)))).all()
        assert np.isfinite(fitted.score(Users(data.interactions))[:, -1]).all()

    def test_dislikes_are_allowed(self, fitted):
        history = np.zeros((1, N_ITEMS), dtype=np.float32)
        history[0, :3] = (-1.0, 0.5, 1.0)
        assert np.isfinite(fitted.score(Users(csr_array(history)))).all()

    def test_one_person_scores_the_same_alone(self, fitted, data):
        everybody = fitted.score(Users(data.interactions))
        alone = fitted.score(Users(data.interactions[[7]]))
        np.testing.assert_allclose(alone[0], everybody[7], rtol=1e-4, atol=1e-6)

    def test_fit_is_deterministic(self, fitted, data):
        again = self.make()
        again.fit(data)
        assert np.array_equal(again.score(Users(data.interactions)), fitted.score(Users(data.interactions)))

    def test_saved_and_loaded_is_the_same(self, fitted, data, tmp_path):
        fitted.save(tmp_path)
        loaded = self.make()
        loaded.load(tmp_path)
        assert np.array_equal(loaded.score(Users(data.interactions)), fitted.score(Users(data.interactions)))
        kept = {file.name for file in tmp_path.iterdir()}
        assert {f"{fitted.name}.safetensors", f"{fitted.name}.json"} <= kept
        assert not [name for name in kept if name.startswith(".") or name.endswith(".pkl")]

    def test_loading_what_is_not_there_says_so(self, tmp_path):
        with pytest.raises(WorkspaceError, match="Build the workspace anew"):
            self.make().load(tmp_path)

    def test_loading_a_damaged_card_says_so(self, fitted, tmp_path):
        fitted.save(tmp_path)
        (tmp_path / f"{fitted.name}.json").write_text('{"name": "other"}')
        with pytest.raises(WorkspaceError, match="Build the workspace anew"):
            self.make().load(tmp_path)

    def test_a_history_of_another_catalogue_is_refused(self, fitted):
        with pytest.raises(WorkspaceError, match="trained for"):
            fitted.score(Users(csr_array((1, N_ITEMS + 1), dtype=np.float32)))
