import pytest

from eval.systems.copying import CopyLatest
from eval.systems.ease_on_named import EaseOnNamed
from eval.systems.popularity import Popularity
from eval.systems.ranking import ranked
from eval.systems.text_retrieval import TextRetrieval
from tests.eval.systems.tiny import (
    ALIEN,
    AMELIE,
    BIRDS,
    HEAT,
    ITEMS,
    RONIN,
    material,
    recommender,
    said,
    seeker,
)

DIALOGUE = said(
    seeker(f"I loved {HEAT}", HEAT), recommender("And why?"), seeker("The robbery, and the chase")
)


@pytest.mark.parametrize("system", [Popularity, EaseOnNamed, TextRetrieval])
@pytest.mark.parametrize("dialogue", [said(), said(seeker("")), DIALOGUE], ids=["none", "silent", "talk"])
def test_a_baseline_ranks_every_item_once_with_falling_scores(system, dialogue):
    answer = system(material()).respond(dialogue)
    assert sorted(answer.items) == sorted(one.id for one in ITEMS)
    assert list(answer.scores) == sorted(answer.scores, reverse=True)


def test_popularity_counts_what_was_recommended_and_not_what_was_asked_about():
    answer = Popularity(material()).respond(DIALOGUE)
    assert answer.items[:2] == (RONIN, BIRDS)
    assert answer.scores[:3] == (3.0, 2.0, 0.0)


def test_ease_ranks_what_is_named_together_first():
    system = EaseOnNamed(material())
    assert system.respond(DIALOGUE).items[0] == RONIN
    assert system.respond(said(seeker("", ALIEN))).items[0] == BIRDS


def test_text_retrieval_reads_the_seeker_alone():
    system = TextRetrieval(material())
    assert system.respond(said(seeker("a waitress who helps people"))).items[0] == AMELIE
    told = system.respond(said(recommender("a waitress who helps people"), seeker("birds by the sea")))
    assert told.items[0] == BIRDS


def test_copying_returns_the_latest_named_first_and_nothing_else():
    dialogue = said(seeker("", HEAT, ALIEN), recommender("", RONIN), seeker("", HEAT))
    assert CopyLatest(material()).respond(dialogue).items == (HEAT, RONIN, ALIEN)


def test_a_score_for_every_item_is_needed():
    with pytest.raises(ValueError, match="6 items need as many"):
        ranked(ITEMS, [1.0])
    with pytest.raises(ValueError, match="finite"):
        ranked(ITEMS, [float("nan")] * 6)
