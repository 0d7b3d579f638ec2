"""Cold start: what is placed by its features lands near what it is like, and words count until deeds do."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import TrainingData, Users
from recsys.models.cold import ColdStart, ColdStartConfig
from recsys.models.ials import IalsConfig
from tests.recsys.scorer_contract import ScorerContract

N = 12
"""Items; the even ones are of the sea, the odd ones of space, and nobody has met the last two."""
NAMES = ("sea story", "space story")
SEA, SPACE = "a ship in a storm at sea", "a rocket on its way to the stars"


def two_tastes() -> TrainingData:
    rng = np.random.default_rng(1)
    even = np.arange(N) % 2 == 0
    likely = np.where(np.arange(60)[:, None] % 2 == 0, even, ~even) * 0.7
    met = (rng.random((60, N)) < likely).astype(np.float32)
    met[:, -2:] = 0.0
    attributes = np.vstack([even, ~even]).astype(np.float32)
    texts = [f"{SEA if sea else SPACE}, part {k}" for k, sea in enumerate(even)]
    return TrainingData(csr_array(met), csr_array(attributes), texts)


def nobody(n: int = 1) -> csr_array:
    return csr_array((n, N), dtype=np.float32)


def make(**config) -> ColdStart:
    factors = IalsConfig(dim=4, alpha=4.0, regularization=1.0, sweeps=6)
    return ColdStart(
        ColdStartConfig(factors=factors, item_ridge=0.1, person_ridge=0.1, **config), None, NAMES
    )


@pytest.fixture(scope="module")
def fitted() -> ColdStart:
    model = make()
    model.fit(two_tastes())
    return model


class TestColdStart(ScorerContract):
    def make(self):
        return ColdStart(ColdStartConfig(factors=IalsConfig(dim=8, regularization=1.0, sweeps=4)))


def test_items_that_nobody_met_go_to_those_who_like_their_kind(fitted):
    history = np.zeros((2, N), dtype=np.float32)
    history[0, [0, 2]] = history[1, [1, 3]] = 1.0
    sea, space = fitted.score(Users(csr_array(history)))[:, -2:]
    assert sea[0] > sea[1] + 0.1
    assert space[1] > space[0] + 0.1


@pytest.mark.parametrize("feature", ["item_text", "item_attributes"])
def test_either_kind_of_feature_is_enough(feature):
    model = make(**{other: 0.0 for other in ("item_text", "item_attributes") if other != feature})
    model.fit(two_tastes())
    history = np.zeros((1, N), dtype=np.float32)
    history[0, [0, 2, 4]] = 1.0
    sea, space = model.score(Users(csr_array(history)))[0, -2:]
    assert sea > space + 0.1


def test_a_new_item_is_placed_where_one_of_the_catalogue_with_its_features_is(fitted):
    data = two_tastes()
    placed = fitted.place(data.texts[-2:], csr_array(data.attributes.tocsc()[:, -2:]))
    np.testing.assert_allclose(placed, fitted.items[-2:], atol=1e-5)


def test_an_item_that_many_met_keeps_the_factors_of_behaviour(fitted):
    data = two_tastes()
    again = fitted.place(data.texts, data.attributes)
    assert np.abs(again[:-2] - fitted.items[:-2]).max() > 1e-3


def test_words_are_enough_to_rank(fitted):
    scores = fitted.score(Users(nobody(2), ["ships and storms", "rockets and stars"]))
    even = np.arange(N) % 2 == 0
    assert scores[0, even].mean() > scores[0, ~even].mean()
    assert scores[1, ~even].mean() > scores[1, even].mean()


def test_an_attribute_that_is_named_counts():
    model = make(person_text=0.0)
    model.fit(two_tastes())
    even = np.arange(N) % 2 == 0
    sea, vague = model.score(Users(nobody(2), ["Please, a SEA STORY!", "please, a story"]))
    assert sea[even].mean() > sea[~even].mean() + 0.1
    np.testing.assert_allclose(vague, model.score(Users(nobody()))[0], atol=1e-6)


def test_the_longest_name_at_a_place_counts():
    model = ColdStart(attribute_names=("york", "new york", "new"))
    model.of_item.rarity = np.ones(3, dtype=np.float32)
    assert model._named(["a new day in New York"]).toarray().tolist() == [[0.0, 1.0, 1.0]]


def test_words_count_less_with_every_item_met():
    even = np.arange(N) % 2 == 0
    gains = []
    for items in ((), (1,), (1, 3, 5)):
        model = make(patience=1.0)
        model.fit(two_tastes())
        history = np.zeros((1, N), dtype=np.float32)
        history[0, list(items)] = 1.0
        with_words = model.score(Users(csr_array(history), [SEA]))[0]
        without = model.score(Users(csr_array(history), [""]))[0]
        gains.append((with_words - without)[even].mean())
    assert gains[0] > gains[1] > gains[2] > 0.0


def test_what_words_mean_can_be_learned_from_people():
    data = two_tastes()
    model = make(person_attributes=0.0)
    model.fit(data)
    code = ["it is blue" if person % 2 == 0 else "it is black" for person in range(60)]
    model.learn_from_words(code, data.interactions)
    even = np.arange(N) % 2 == 0
    blue, black = model.score(Users(nobody(2), ["it is blue", "it is black"]))
    assert (blue - black)[even].min() > 0.1 > -0.1 > (blue - black)[~even].max()


def test_without_texts_attributes_place():
    data = two_tastes()
    model = make()
    model.fit(TrainingData(data.interactions, data.attributes))
    history = np.zeros((1, N), dtype=np.float32)
    history[0, [0, 2, 4]] = 1.0
    sea, space = model.score(Users(csr_array(history)))[0, -2:]
    assert sea > space


def test_names_and_regressions_are_kept(fitted, tmp_path):
    fitted.save(tmp_path)
    loaded = ColdStart()
    loaded.load(tmp_path)
    users = Users(nobody(), ["a sea story of ships"])
    np.testing.assert_array_equal(loaded.score(users), fitted.score(users))
    data = two_tastes()
    np.testing.assert_array_equal(
        loaded.place(data.texts, data.attributes), fitted.place(data.texts, data.attributes)
    )


def test_what_does_not_fit_together_is_refused(fitted):
    data = two_tastes()
    with pytest.raises(WorkspaceError, match="each needs one"):
        make().fit(TrainingData(data.interactions, data.attributes, data.texts[:3]))
    with pytest.raises(WorkspaceError, match="each needs one"):
        ColdStart(attribute_names=("one",)).fit(data)
    with pytest.raises(WorkspaceError, match="each needs one"):
        fitted.score(Users(nobody(2), ["one"]))
    with pytest.raises(WorkspaceError, match="each needs one"):
        fitted.learn_from_words(["one"], nobody(2))
    with pytest.raises(WorkspaceError, match="attributes"):
        fitted.place(["one"], csr_array((5, 1), dtype=np.float32))
