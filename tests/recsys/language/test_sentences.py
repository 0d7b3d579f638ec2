import numpy as np
import pytest

from recsys.attributes import PERSON_FACETS
from recsys.language.sentences import FRAMES, VALIDATION_FRAMES, make_wishes, of_validation


@pytest.fixture
def train(films):
    return make_wishes(films, 200, seed=1)


@pytest.fixture
def held(films):
    return make_wishes(films, 200, seed=1, held_out=True)


def test_what_fulfils_a_wish_has_all_that_is_asked_for(films, train):
    for wish in train:
        having = [
            k
            for k, film in enumerate(films)
            if all(value in [v.casefold() for v in film.attributes.get(f, ())] for f, value in wish.meaning)
        ]
        if wish.meaning:
            assert wish.items.tolist() == having
        for _, value in wish.meaning:
            assert value in wish.text.casefold()


def test_a_quoted_wish_is_of_one_item(films):
    long = [f.model_copy(update={"description": " ".join(f"w{k}" for k in range(20))}) for f in films]
    quoted = [w for w in make_wishes(long, 200, seed=1) if not w.meaning]
    assert 20 < len(quoted) < 90
    assert all(len(w.items) == 1 for w in quoted)


def test_validation_shares_neither_meanings_nor_phrasings_with_training(films, train, held):
    assert held
    assert not {w.meaning for w in held} & {w.meaning for w in train if w.meaning}
    assert all(of_validation(w.meaning, 0.1) for w in held)
    assert not set(FRAMES) & set(VALIDATION_FRAMES)
    assert not {w.text for w in held} & {w.text for w in train}


def test_people_are_not_asked_for(train, held):
    assert not {facet for w in [*train, *held] for facet, _ in w.meaning} & PERSON_FACETS


def test_one_seed_gives_one_set(films, train):
    again = make_wishes(films, 200, seed=1)
    assert [w.text for w in again] == [w.text for w in train]
    assert [w.text for w in make_wishes(films, 200, seed=2)] != [w.text for w in train]


def test_without_paraphrase_there_is_one_phrasing(films, train):
    plain = make_wishes(films, 200, seed=1, paraphrase=False, quoted=0.0)
    assert all(w.text.startswith(("a ", "an ")) and not w.text.endswith(("?", ".")) for w in plain)
    assert len({w.text.split()[0] for w in train}) > 4


def test_items_kept_out_fulfil_nothing(films):
    skip = np.zeros(len(films), dtype=bool)
    skip[:30] = True
    assert min(int(w.items.min()) for w in make_wishes(films, 100, seed=1, skip=skip)) >= 30


def test_no_items_no_wishes(films):
    assert make_wishes([], 10, seed=1) == []
    bare = [f.model_copy(update={"attributes": {}}) for f in films]
    assert make_wishes(bare, 10, seed=1, held_out=True) == []
