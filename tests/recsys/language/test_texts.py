import numpy as np

from recsys.attributes import item_text
from recsys.language.texts import same_text_groups, views_of, with_attributes_left_out


def test_attributes_are_left_out_and_never_all(films):
    rng = np.random.default_rng(0)
    film = films[0]
    found = {with_attributes_left_out(film, item_text(film), 0.9, rng) for _ in range(50)}
    assert len(found) > 1
    assert all(found)
    assert film.title not in " ".join(found)


def test_an_unknown_text_is_read_as_it_is(films):
    rng = np.random.default_rng(0)
    assert with_attributes_left_out(films[0], "of another kind", 0.9, rng) == "of another kind"


def test_the_first_view_is_the_text(films):
    texts = [item_text(film) for film in films]
    views = views_of(films, texts, 0.3, 3, seed=0)
    assert views[0] == texts
    assert len(views) == 3
    assert views[1] != texts
    assert views[1] != views[2]
    assert views_of(films, texts, 0.0, 3, seed=0) == [texts]
    assert views_of([], texts, 0.3, 3, seed=0) == [texts]


def test_equal_texts_are_one_group():
    assert same_text_groups(["a", "b", "a"]).tolist() == [0, 1, 0]
