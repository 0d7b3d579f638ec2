"""What an ensemble is made of by itself, by how much data there is."""

import numpy as np
from scipy.sparse import csr_array

from recsys.ensemble import default_ensemble
from recsys.models.base import TrainingData, Users
from tests.recsys.ensemble.test_ensemble import worlds


def of_shape(people: int, items: int) -> TrainingData:
    rng = np.random.default_rng(0)
    rows = np.repeat(np.arange(people), 5)
    columns = rng.integers(0, items, len(rows))
    met = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(people, items))
    met.data[:] = 1.0
    return TrainingData(met, csr_array((0, items), dtype=np.float32))


def test_a_network_is_there_for_many_people_and_when_asked_for():
    assert "mult-vae" not in default_ensemble(of_shape(100, 50), thorough=True).names
    assert "mult-vae" not in default_ensemble(of_shape(2_000, 500)).names
    assert "mult-vae" in default_ensemble(of_shape(2_000, 500), thorough=True).names


def test_what_holds_items_by_items_is_left_out_of_a_large_catalogue():
    names = default_ensemble(of_shape(3_000, 9_000)).names
    assert "spectral" not in names
    assert {"ease", "graph-filter"} <= set(names)


def test_it_learns_keeps_what_pays_and_is_better_than_popularity():
    data = worlds()
    ensemble = default_ensemble(data, seed=3)
    made = ensemble.names
    ensemble.fit(data)
    assert set(ensemble.worth) == set(made)
    assert {name for name, worth in ensemble.worth.items() if worth.kept} == set(ensemble.names)
    assert len(ensemble.card.notes) == len(made) - len(ensemble.names)
    assert ensemble.held_out > ensemble.worth["popularity"].alone + 0.1
    assert ensemble.score(Users(data.interactions)).shape == data.interactions.shape


def test_data_without_meetings_scores_everything_alike():
    nothing = TrainingData(csr_array((6, 12), dtype=np.float32), csr_array((0, 12), dtype=np.float32))
    ensemble = default_ensemble(nothing)
    ensemble.fit(nothing)
    assert not ensemble.score(Users(nothing.interactions)).any()
