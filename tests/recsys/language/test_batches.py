from dataclasses import replace

import numpy as np
import pytest

from recsys.language.batches import Sampler, weighed
from recsys.language.config import LanguageTowerConfig
from recsys.language.sentences import make_wishes

CONFIG = LanguageTowerConfig(users_per_step=16, wishes_per_step=20, negatives=24, hard_negatives=2)


@pytest.fixture
def sampler(films, film_data):
    return _sampler(films, film_data, CONFIG)


def _sampler(films, data, config, texts=None, sequences=()):
    wishes = make_wishes(films, 50, seed=1)
    return Sampler(data.interactions, sequences, wishes, texts or data.texts, config)


def _check(batch, sampler, data):
    met = data.interactions.toarray() > 0
    for row, person in enumerate(batch.people):
        known = np.flatnonzero(batch.history[[row]].toarray()[0])
        asked = batch.columns[batch.asked[row]]
        assert len(asked)
        assert len(known)
        assert not set(known) & set(asked)
        assert met[person][known].all()
        assert met[person][asked].all()
        assert batch.blocked[row][met[person][batch.columns]].all()
    for row, number in enumerate(batch.wishes):
        wanted = np.isin(batch.columns, sampler.wishes[number].items)
        assert (batch.fulfilled[row] == wanted).all()


def test_histories_and_what_is_asked_for_are_apart(sampler, film_data):
    for step in range(4):
        batch = sampler.over_catalogue(step)
        assert len(batch.columns) == 60
        _check(batch, sampler, film_data)


def test_everybody_has_a_turn_in_an_epoch(sampler):
    people = np.concatenate([sampler.over_catalogue(s).people for s in range(sampler.steps_an_epoch)])
    assert set(people.tolist()) == set(sampler.people.tolist())


def test_what_nobody_met_is_no_negative_of_a_person(sampler):
    batch = sampler.over_catalogue(0)
    assert batch.blocked[:, -1].all()
    assert not batch.asked[:, -1].any()


def test_a_batch_is_a_function_of_the_step(sampler, films, film_data):
    again = _sampler(films, film_data, CONFIG)
    for step in (0, 5):
        one, other = sampler.over_catalogue(step), again.over_catalogue(step)
        assert (one.asked == other.asked).all()
        assert (one.history != other.history).nnz == 0
        assert (one.wishes == other.wishes).all()
    assert not np.array_equal(sampler.over_catalogue(0).people, sampler.over_catalogue(1).people)


def test_a_large_catalogue_is_sampled_with_all_that_is_asked_for(films, film_data):
    sampler = _sampler(films, film_data, CONFIG.model_copy(update={"candidates": 8, "users_per_step": 2}))
    batch = sampler.over_catalogue(0)
    assert len(batch.columns) < 60
    _check(batch, sampler, film_data)


def test_a_pool_holds_near_items_and_everything_asked_for(sampler, film_data):
    near = np.full((60, 4), -1, dtype=np.int64)
    near[:, 0] = (np.arange(60) + 1) % 60
    batch = sampler.over_pool(0, near)
    assert len(batch.columns) == CONFIG.negatives
    _check(batch, sampler, film_data)
    asked = {c for k in batch.wishes for c in sampler.wishes[k].items.tolist()}
    assert asked & set(batch.columns.tolist())


def test_items_of_the_same_words_are_no_negatives(films, film_data):
    texts = list(film_data.texts)
    for column in range(1, 60):
        texts[column] = texts[0] if column % 4 == 0 else texts[column]
    sampler = _sampler(films, film_data, CONFIG, texts)
    batch = sampler.over_catalogue(0)
    same = np.arange(60) % 4 == 0
    for row in range(len(batch.people)):
        if batch.asked[row][same].any():
            assert batch.blocked[row][same].all()


def test_with_an_order_the_later_is_asked_for(films, film_data):
    rng = np.random.default_rng(1)
    sequences = [
        rng.permutation(np.flatnonzero(row)).astype(np.int64) for row in film_data.interactions.toarray()
    ]
    sampler = _sampler(films, film_data, CONFIG, sequences=sequences)
    batch = sampler.over_catalogue(0)
    for row, person in enumerate(batch.people):
        place = {int(c): k for k, c in enumerate(sequences[person])}
        known = [place[int(c)] for c in batch.history[[row]].indices]
        asked = [place[int(c)] for c in batch.columns[batch.asked[row]]]
        assert max(known) < min(asked)


def test_without_cropping_one_is_asked_for(films, film_data):
    sampler = _sampler(films, film_data, CONFIG.model_copy(update={"cropping": False}))
    assert (sampler.over_catalogue(0).asked.sum(axis=1) == 1).all()


def test_people_with_one_meeting_are_left_out(films, film_data):
    met = film_data.interactions.tolil()
    met[0] = 0.0
    met[0, 3] = 1.0
    sampler = _sampler(films, replace(film_data, interactions=met.tocsr()), CONFIG)
    assert 0 not in sampler.people


def test_what_was_met_last_weighs_most():
    columns, weights = weighed(np.array([4, 2, 4, 7]), half_life=1.0)
    assert columns.tolist() == [2, 4, 7]
    assert weights.tolist() == [0.25, 0.5, 1.0]
    assert weighed(np.array([4, 2]), None)[1].tolist() == [1.0, 1.0]
