"""The interest that bears most on what is said now comes first, among forty."""

from datetime import UTC, datetime, timedelta

import pytest

from recsys.interests import InterestStore
from recsys.schema import Interest

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TOLD = [
    ("Horror", "genre", -1, "I cannot stand being frightened"),
    ("Western", "genre", 1, "cowboys and wide plains are my thing"),
    ("Musical", "genre", 1, "I sing along to every musical"),
    ("War", "genre", -1, "battle scenes make me sad"),
    ("Documentary", "genre", 1, "I like to learn about real events"),
    ("Animation", "genre", 1, "drawn films are lovely"),
    ("Romance", "genre", -1, "love stories bore me"),
    ("Science fiction", "genre", 1, "space and robots, always"),
    ("Comedy", "genre", 1, "I need to laugh after work"),
    ("Biography", "genre", 1, "lives of painters and writers"),
    ("heist films", "text", 1, "I love bank robberies"),
    ("films about food", "text", 1, "cooking on screen makes me hungry"),
    ("courtroom drama", "text", 1, "lawyers arguing before a judge"),
    ("dinosaurs", "text", 1, "give me dinosaurs"),
    ("films about chess", "text", 1, "chess players fascinate me"),
    ("submarines", "text", -1, "submarines make me claustrophobic"),
    ("boxing", "text", 1, "boxing films get me every time"),
    ("gardening", "text", 1, "roses and vegetable beds"),
    ("mountain climbing", "text", 1, "I climb, so mountain films are for me"),
    ("sailing", "text", 1, "boats and the open sea"),
    ("Akira Kurosawa", "director", 1, "samurai by Kurosawa are the best"),
    ("Meryl Streep", "cast", 1, "Meryl Streep can play anyone"),
    ("Nicolas Cage", "cast", -1, "Nicolas Cage is too much for me"),
    ("Agnès Varda", "director", 1, "Varda looks at people kindly"),
    ("French", "language", 1, "I am learning French"),
    ("Japanese", "language", 1, "Japanese cinema is calm"),
    ("1970s", "decade", 1, "the seventies had the best films"),
    ("black and white", "text", 1, "old black and white pictures"),
    ("subtitles", "text", -1, "I dislike reading subtitles"),
    ("three hours long", "text", -1, "I fall asleep in very long films"),
    ("Paddington (2014)", "item", 1, "the bear in the red hat won me over"),
    ("Titanic (1997)", "item", -1, "the ship film was endless"),
    ("Jaws (1975)", "item", 1, "that shark kept me out of the water"),
    ("Rocky (1976)", "item", 1, "running up the stairs in Philadelphia"),
    ("Amadeus (1984)", "item", 1, "Mozart laughing"),
    ("football", "text", 1, "anything about football clubs"),
    ("ballet", "text", 1, "dancers and their discipline"),
    ("witches", "text", 1, "witches and spells"),
    ("trains", "text", 1, "journeys by train"),
    ("puzzles", "text", 1, "mysteries that I can solve myself"),
]
ASKED = [
    ("is that one scary? I do not want to be frightened", "Horror"),
    ("something with cowboys", "Western"),
    ("a film where they sing songs", "Musical"),
    ("a crew that robs a bank", "heist films"),
    ("a film about a chef in a kitchen", "films about food"),
    ("a trial with a lawyer and a judge", "courtroom drama"),
    ("is there a samurai film by Kurosawa?", "Akira Kurosawa"),
    ("a grandmaster at the chess board", "films about chess"),
    ("climbers on Everest", "mountain climbing"),
    ("robots on a space ship", "Science fiction"),
]


def told(subject, facet, polarity, sentence, days=30, **more):
    return Interest(
        id=more.pop("id", subject), user="ann", subject=subject, facet=facet, polarity=polarity, sentence=sentence,
        time=NOW - timedelta(days=days), **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory, encoder):
    opened = InterestStore.open(tmp_path_factory.mktemp("recall"), encoder)
    for k, one in enumerate(TOLD):
        opened.add(told(*one, days=10 + 7 * k))
        opened.add(told(*one, id=f"bob {k}").model_copy(update={"user": "bob", "sentence": ASKED[k % 10][0]}))
    return opened


@pytest.mark.parametrize(("asked", "expected"), ASKED)
def test_the_right_one_of_forty_comes_first(store, asked, expected):
    found = store.recall("ann", asked, 5, NOW)
    assert found[0].subject == expected
    assert {one.user for one in found} == {"ann"}


def test_of_two_as_near_the_newer_and_the_stronger_come_first(tmp_path, encoder):
    store = InterestStore.open(tmp_path, encoder)
    # One sentence, so that the vectors are the same but for the subject's case.
    store.add(told("rainy films", "text", 1, "rain", days=900, id="old"))
    store.add(told("rainy films", "text", 1, "rain", days=1, id="new", scene="kids"))
    store.add(told("rainy films", "text", 1, "rain", days=1, id="weak", strength=0.3, scene="gift"))
    assert [one.id for one in store.recall("ann", "rain", 3, NOW)] == ["new", "old", "weak"]
