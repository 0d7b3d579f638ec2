"""Social neighbours, on a made-up world in which it is known how much friends share."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import TrainingData, Users
from recsys.models.social import Social, SocialConfig, neighbour_meetings
from tests.recsys.scorer_contract import N_ITEMS, ScorerContract, training_data

FRIENDS = csr_array(np.array([[0, 2, 1], [2, 0, 0], [1, 0, 0]], dtype=np.float32))
MET = csr_array(np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0]], dtype=np.float32))


class TestSocial(ScorerContract):
    def make(self):
        return Social()

    def test_without_neighbours_in_training_it_is_the_normalised_sum(self):
        model = Social(SocialConfig(shrinkage=0.0))
        model.fit(TrainingData(MET, csr_array((0, 4))))
        scores = model.score(Users(MET, social=neighbour_meetings(FRIENDS, MET)))
        np.testing.assert_allclose(scores[0], [0.0, 2 / 5, 3 / 5, 0.0], rtol=1e-6)
        np.testing.assert_allclose(scores[1], [1.0, 0.0, 0.0, 0.0], rtol=1e-6)
        assert "no neighbours" in model.card.notes[0]

    def test_what_spreads_among_friends_counts_more_than_what_does_not(self):
        rng = np.random.default_rng(0)
        people, half = 200, 100
        fashion = rng.random(half) < 0.5
        alone = rng.random(people) < 0.5
        other = rng.random((people, 8)) < 0.3
        met = np.column_stack([np.r_[fashion, fashion], alone, other]).astype(np.float32)
        pairs = np.arange(people)
        social = csr_array((np.ones(people), (pairs, (pairs + half) % people)), shape=(people, people))
        model = Social(SocialConfig(prior=1.0))
        model.fit(TrainingData(csr_array(met), csr_array((0, 10)), social=social))
        assert model.spread[0] > 1.5 * model.spread[1]

    def test_few_neighbours_speak_softly(self):
        model = Social(SocialConfig(shrinkage=4.0))
        model.fit(TrainingData(MET, csr_array((0, 4))))
        near = np.array([[1, 0, 0, 0], [8, 0, 0, 0]], dtype=np.float32)
        one, eight = model.score(Users(csr_array((2, 4), dtype=np.float32), social=csr_array(near)))[:, 0]
        assert one == pytest.approx(0.2)
        assert eight == pytest.approx(8 / 12)

    def test_what_was_learned_is_kept(self, tmp_path):
        data = training_data()
        people = data.interactions.shape[0]
        ring = csr_array((np.ones(people), (np.arange(people), (np.arange(people) + 1) % people)))
        model = Social(SocialConfig(prior=2.0))
        model.fit(TrainingData(data.interactions, data.attributes, social=ring))
        model.save(tmp_path)
        loaded = Social()
        loaded.load(tmp_path)
        users = Users(data.interactions, social=neighbour_meetings(ring, data.interactions))
        assert np.ptp(model.score(users)) > 0
        np.testing.assert_array_equal(loaded.score(users), model.score(users))

    def test_what_does_not_fit_together_is_refused(self, fitted):
        with pytest.raises(WorkspaceError, match="one row and one column"):
            Social().fit(TrainingData(MET, csr_array((0, 4)), social=csr_array(np.ones((2, 3)))))
        with pytest.raises(WorkspaceError, match="was expected"):
            fitted.score(Users(csr_array((2, N_ITEMS)), social=csr_array((1, N_ITEMS))))
        with pytest.raises(WorkspaceError, match="Neighbours are among 2"):
            neighbour_meetings(csr_array((3, 2)), MET)


def test_nobody_is_their_own_neighbour():
    loop = csr_array(np.eye(3, dtype=np.float32)) + FRIENDS
    assert (neighbour_meetings(csr_array(loop), MET) != neighbour_meetings(FRIENDS, MET)).nnz == 0
