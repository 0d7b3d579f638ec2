"""Copying what a simulated person says finds no more than popularity does; a simulator that leaks is found out."""

import pytest

from eval.paired import paired_difference
from eval.simulate_figures.leak import by_person, compared, one_word_of_title
from eval.simulated.contenders import Plain, PopularitySystem, TitleCopier
from eval.simulated.outcomes import converse
from eval.simulated.tastes import Vocabulary, draw_tastes, held_out
from eval.systems.protocol import Dialogue, Utterance
from recsys.interactions import meeting_matrix
from recsys.models.base import TrainingData
from recsys.models.ease import Ease
from recsys.models.popularity import Popularity
from recsys.sparse import ones_at
from tests.parts import shared_data


def test_a_simulator_that_says_one_word_of_the_title_is_found_out(village):
    copier, popular = TitleCopier(village.plain), PopularitySystem(village.plain)
    leaking, honest, plain = [], [], []
    for seed in range(4):
        leaking += converse(
            village.tastes, village.vocabulary, lambda _: copier, seed, wording=one_word_of_title
        )
        honest += converse(village.tastes, village.vocabulary, lambda _: copier, seed)
        plain += converse(village.tastes, village.vocabulary, lambda _: popular, seed)
    assert compared(plain, leaking).low > 0.0
    assert compared(plain, honest).low <= 0.0


def test_where_no_word_meets_a_title_the_copier_is_popularity(village):
    taste = village.tastes[0]
    copier, popular = TitleCopier(village.plain), PopularitySystem(village.plain)
    silent = Dialogue((Utterance("seeker", "please"),))
    assert copier.respond(silent).items == popular.respond(silent).items
    target = village.vocabulary.items[taste.targets[0]]
    told = Dialogue((Utterance("seeker", f"please {target.title}"),))
    assert copier.respond(told).items[0] == target.id


@pytest.mark.slow
@pytest.mark.shared_data
def test_copying_the_words_finds_no_more_than_popularity_on_real_people():
    from recsys.ingest import load

    catalogue = load("ml-latest-small", shared_data() / "ml-latest-small")
    items = catalogue.items
    tastes = draw_tastes(items, catalogue.interactions, 50, 0)
    assert len(tastes) == 50
    met = meeting_matrix(items, held_out(catalogue.interactions, tastes))
    popularity = Popularity()
    popularity.fit(TrainingData(met, ones_at((), (), (0, len(items)))))
    plain = Plain(items, popularity.counts, Ease(), {item.id: k for k, item in enumerate(items)})
    vocabulary = Vocabulary(items)
    copier = list(converse(tastes, vocabulary, lambda _: TitleCopier(plain), 0))
    popular = list(converse(tastes, vocabulary, lambda _: PopularitySystem(plain), 0))
    leaking = list(converse(tastes, vocabulary, lambda _: TitleCopier(plain), 0, wording=one_word_of_title))
    assert 0.0 < sum(one.found for one in popular) < len(popular)
    assert compared(popular, copier).low <= 0.0
    assert compared(popular, leaking).low > 0.0
    before, after = by_person(popular), by_person(leaking)
    assert paired_difference(list(before.values()), list(after.values())).difference > 0.1
