import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.sources.ids import film_id, slug, split_qualifier, year_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Béla Lugosi", "Bela Lugosi"),
        ("A. E. Hotchner", "A.E. Hotchner"),
        ("Ed O'Neill", "Ed O’Neill"),
        ("Dungeons & Dragons", "Dungeons and Dragons"),
    ],
)
def test_spellings_of_one_name_have_one_slug(one: str, other: str) -> None:
    assert slug(one) == slug(other)


def test_symbols_tell_names_apart() -> None:
    assert len({slug("C"), slug("C++"), slug("C+")}) == 3


def test_scripts_other_than_latin_stay() -> None:
    assert slug("黒澤 明") == "黒澤-明"


def test_an_item_without_a_year_has_none_in_its_id() -> None:
    assert film_id("Heat", 1995) == "film:heat-1995"
    assert film_id("Heat", None) == "film:heat"


def test_a_qualifier_is_split_off() -> None:
    assert split_qualifier("Flawless (1999 film)") == ("Flawless", "1999 film")
    assert split_qualifier("(500) Days") == ("(500) Days", "")
    assert year_in("1999 film") == 1999
    assert year_in("film no. 12345") is None


@given(st.text(min_size=1))
def test_a_slug_is_never_empty_and_stays_when_taken_again(name: str) -> None:
    found = slug(name)
    assert found
    assert " " not in found
    assert slug(name) == found
