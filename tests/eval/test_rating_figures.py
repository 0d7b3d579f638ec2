import numpy as np
import pytest
from scipy.sparse import csr_array

from eval.offline_figures.rating import Ours, _measured
from eval.offline_figures.rating_baselines import Als, Biases, GlobalMean
from eval.offline_figures.rating_data import Ratings, read_ratings
from recsys.errors import SourceError
from recsys.models.rating import RatingConfig
from tests.parts import shared_data


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    """People and items have a level, and two tastes go against each other."""
    rng = np.random.default_rng(0)
    people, items = (part.ravel() for part in np.mgrid[0:80, 0:30])
    taste, side = np.where(people % 2, 1.0, -1.0), np.where(items < 15, 1.0, -1.0)
    stars = (
        3
        + 0.4 * (people % 3)
        - 0.4
        + 0.3 * (items % 4)
        + 0.8 * taste * side
        + rng.normal(0, 0.2, len(people))
    )
    kept = rng.random(len(people)) < 0.5
    return Ratings("toy", people[kept], items[kept], np.clip(stars[kept], 1, 5), csr_array((0, 30)), "")


def test_divisions_share_no_rating_and_differ_by_seed(ratings):
    parts = ratings.divided(0)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(ratings.stars)))
    assert [round(len(part) / len(ratings.stars), 1) for part in parts] == [0.8, 0.1, 0.1]
    assert not np.array_equal(parts[2], ratings.divided(1)[2])
    known, new = ratings.without_people(0)
    assert not set(ratings.people[known]) & set(ratings.people[new])


def test_each_model_says_more_than_the_one_before(ratings):
    train, valid, test = ratings.divided(0)
    learned = np.concatenate([train, valid])
    config = RatingConfig(dim=2, burn_in=10, samples=10, thin=1, seen=0, attributes=0)
    models = (GlobalMean(), Biases(), Als(2.0, dim=2, sweeps=15), Ours(config))
    errors = [_measured(model, ratings, learned, test)["rmse"] for model in models]
    assert errors[0] > errors[1] > 1.5 * errors[2]
    assert errors[3] < 1.1 * errors[2]


def test_a_folder_without_ratings_says_so(tmp_path):
    with pytest.raises(SourceError, match="is missing"):
        read_ratings(tmp_path, "ml-1m")


@pytest.mark.shared_data
def test_on_ml_100k_ratings_are_told_as_well_as_they_should_be_and_not_better():
    ratings = read_ratings(shared_data(), "ml-100k")
    train, valid, _ = ratings.divided(0)
    found = _measured(Ours(RatingConfig(dim=6, burn_in=8, samples=6, thin=1)), ratings, train, valid)
    assert 0.85 < found["rmse"] < 0.91
