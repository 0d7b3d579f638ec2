"""Initials, parts, years, ages and misspelt words: the other ways in which people name a film."""

import pytest

from kg.linking import EntityLinker
from kg.linking.spelling import SpellingIndex
from kg.schema import Entity
from tests.kg.linking.catalogue import ENTITIES, film

SAGAS = [
    film("The Godfather", 1972, 900),
    film("The Godfather Part II", 1974, 700),
    film("Back to the Future", 1985, 800),
    film("Back to the Future Part III", 1990, 300),
    film("The Lord of the Rings: The Return of the King", 2003, 800),
    film("Star Wars: Episode V - The Empire Strikes Back", 1980, 900),
    film("Ghostbusters", 1984, 500),
    film("Ghostbusters", 2016, 200),
    film("Blade Runner", 2031, 600),
]
LINKER = EntityLinker([*ENTITIES, *SAGAS])


def linked(mention: str) -> tuple[str, str]:
    result = LINKER.link(mention)
    return (result.entity.id if result.entity else "", result.reason)


@pytest.mark.parametrize(
    ("mention", "name", "reason"),
    [
        ("Heat", "heat-1995", "exact"),
        ("Le fabuleux destin d'Amelie Poulain", "amélie-2001", "alias"),
        ("incepton", "inception-2010", "typo"),
        ("the godfahter part 2", "the-godfather-part-ii-1974", "typo"),
        ("LOTR 2", "the-lord-of-the-rings:-the-two-towers-2002", "acronym"),
        ("lotr3", "the-lord-of-the-rings:-the-return-of-the-king-2003", "acronym"),
        ("LOTR the two towers", "the-lord-of-the-rings:-the-two-towers-2002", "acronym"),
        ("bttf", "back-to-the-future-1985", "acronym"),
        ("BTTF part III", "back-to-the-future-part-iii-1990", "acronym"),
        ("godfather part two", "the-godfather-part-ii-1974", "alias"),
        ("the second godfather movie", "the-godfather-part-ii-1974", "alias"),
        ("the first godfather", "the-godfather-1972", "alias"),
        ("star wars 5", "star-wars:-episode-v---the-empire-strikes-back-1980", "alias"),
        ("lord of the rings 2", "the-lord-of-the-rings:-the-two-towers-2002", "alias"),
        ("the original ghostbusters", "ghostbusters-1984", "alias"),
        ("the remake of ghostbusters", "ghostbusters-2016", "alias"),
        ("the 1986 heat", "heat-1986", "alias"),
        ("heat from '86", "heat-1986", "exact"),
        ("blade runner from 82", "blade-runner-1982", "exact"),
        ("the heat", "the-heat-2013", "exact"),
        ("thr heat", "heat-1995", "typo"),
        ("spiderman", "spider-man-2002", "alias"),
    ],
)
def test_links_and_says_by_what(mention: str, name: str, reason: str) -> None:
    assert linked(mention) == (f"film:{name}", reason)


@pytest.mark.parametrize(
    "mention",
    [
        "The Matrix Rebuilt",
        "Inception 2",
        "Rocky 7",
        "The Godfather Part 9",
        "Fight Pub Quiz",
        "Quantum Marmalade",
        "Pulp Nonfiction Reloaded",
        "Alien with a View",
        "lol",
        "omg 2",
        "xq 4",
        "the second",
        "from 95",
        "the new",
    ],
)
def test_what_does_not_exist_links_to_nothing(mention: str) -> None:
    assert linked(mention) == ("", "")


def test_initials_of_several_ask_back_with_all_of_them() -> None:
    result = LINKER.link("LOTR")
    named = {e.name for e in (result.entity, *result.alternatives) if e is not None}
    assert result.ambiguous
    assert sum("Rings" in name for name in named) == 3


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("have you seen LOTR 2?", ["film:the-lord-of-the-rings:-the-two-towers-2002"]),
        ("something like BTTF please", ["film:back-to-the-future-1985"]),
        ("LOL that was on TV, IMDB says so", []),
        ("I LOVE LOTR SO MUCH OMG", []),
    ],
)
def test_initials_in_a_sentence(text: str, ids: list[str]) -> None:
    assert [m.entity.id for m in LINKER.find(text)] == ids


def test_a_misspelt_mention_says_so() -> None:
    [mention] = LINKER.find("I loved incepton a lot")
    assert (mention.surface, mention.reason) == ("incepton", "typo")
    [exact] = LINKER.find("I loved Inception a lot")
    assert exact.reason == "exact"
    assert mention.score < exact.score


def test_a_name_of_function_words_is_no_person() -> None:
    linker = EntityLinker([Entity(id="person:the", kind="person", name="The"), *ENTITIES])
    assert [m.entity.id for m in linker.find("I saw the the matrix")] == ["film:the-matrix-1999"]


@pytest.mark.parametrize("wrong", ["mtrix", "amtrix", "natrix", "matriix", "matri", "maatrix"])
def test_words_one_error_away_are_found(wrong: str) -> None:
    assert SpellingIndex(["matrix", "heat", "matter"]).near(wrong) == ["matrix"]


@pytest.mark.parametrize("wrong", ["matrix", "mtrx", "xirtam", "", "m", "m" * 5_000, "42"])
def test_the_same_word_and_words_further_away_are_not(wrong: str) -> None:
    assert SpellingIndex(["matrix", "heat", "1999"]).near(wrong) == []
