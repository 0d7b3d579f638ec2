import pytest

from kg.resolution.names import (
    best_match,
    given_names_fit,
    numbers_differ,
    same_surname,
    suffixes_differ,
    words_within,
)


def test_a_common_alias_is_an_exact_match() -> None:
    assert best_match(["twelve monkeys", "12 monkeys"], ["12 monkeys"]).exact


def test_the_nearest_two_names_are_compared() -> None:
    match = best_match(["silent sea", "harbour"], ["harbor"])
    assert (match.one, match.other) == ("harbour", "harbor")
    assert 0.9 < match.jaro_winkler < 1


@pytest.mark.parametrize("other", ["ken lipper", "kenneth lipper", "k lipper"])
def test_first_names_that_stand_for_one_another_fit(other: str) -> None:
    assert given_names_fit("kenneth lipper", other)
    assert given_names_fit(other, "kenneth lipper")


def test_two_short_forms_of_one_name_fit() -> None:
    assert given_names_fit("bob stone", "rob stone")
    assert given_names_fit("dick lee", "richard lee")
    assert not given_names_fit("joel coen", "ethan coen")


def test_a_generation_is_no_surname() -> None:
    assert same_surname("lon chaney jr", "lon chaney")
    assert suffixes_differ("lon chaney jr", "lon chaney")
    assert not suffixes_differ("lon chaney junior", "lon chaney jr")


def test_sequels_and_subtitles() -> None:
    assert numbers_differ("grease", "grease 2")
    assert words_within(["star wars"], ["star wars episode 4 a new hope"])
    assert not words_within(["wars"], ["star wars"])
