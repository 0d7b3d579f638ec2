"""Folding of names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.text import KEY_LIMIT, arabic, fold_name, split_year, tokenize


@pytest.mark.parametrize(
    "names",
    [
        ("The Matrix", "Matrix, The", "matrix", "THE  MATRIX!", "the matrix."),
        ("Rocky II", "Rocky 2", "rocky ii"),
        ("Schindler's List", "Schindlers list", "SCHINDLER’S LIST"),
        ("L.A. Confidential", "LA Confidential"),
        ("E.T.", "ET"),
        ("Amélie", "Ame\u0301lie", "amelie"),
        ("L'Avventura", "Avventura, L'"),
        ("Fast & Furious", "fast and furious"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("Spider-Man", "spider man"),
    ],
)
def test_one_key_for_all_ways_to_write_it(names: tuple[str, ...]) -> None:
    assert len({fold_name(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("V for Vendetta", "v for vendetta"),
        ("The King and I", "king and i"),
        ("The", "the"),
        ("Die Hard", "die hard"),
        ("🎬", "🎬"),
        ("!!!", "!!!"),
        ("卧虎藏龙", "卧 虎 藏 龙"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_keys(name: str, key: str) -> None:
    assert fold_name(name) == key


def test_numerals() -> None:
    assert [arabic(w) for w in ("ii", "iv", "ix", "xiv", "i", "mix", "civil", "")] == [
        *("2", "4", "9", "14", "i", "mix", "civil", "")
    ]


def test_years() -> None:
    assert split_year("Heat (1995)") == ("Heat", 1995)
    assert split_year("Heat 1995") == ("Heat 1995", None)
    assert split_year("(500) Days") == ("(500) Days", None)


@given(st.text(max_size=60))
def test_folding_is_stable_and_bounded(name: str) -> None:
    key = fold_name(name)
    assert len(key) <= KEY_LIMIT
    assert "\n" not in key
    assert bool(key) == bool(name.strip())


@given(st.text(max_size=60))
def test_tokens_are_in_order_and_within(text: str) -> None:
    end = 0
    for token in tokenize(text):
        assert end <= token.start < token.end <= len(text)
        assert token.text
        end = token.end


def test_a_long_name_is_cut() -> None:
    assert len(fold_name("ab " * 100_000)) <= KEY_LIMIT
