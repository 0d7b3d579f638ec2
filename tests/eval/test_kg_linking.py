"""The measurement of entity linking: what it makes of the dialogues, and a floor on a sample of real ones."""

from pathlib import Path

import pytest

from eval.figures import MeasureOptions
from eval.kg_figures.linking import (
    find_cases,
    measure,
    messages_without,
    misspell,
    read_labels,
    read_utterances,
)
from eval.kg_figures.linking_data import Catalogue, Dialogue, Message
from tests.parts import shared_data

CATALOGUE = Catalogue(
    (),
    (),
    {},
    0,
    {"matrix": [("film:1", 1999)], "heat": [("film:2", 1995), ("film:3", 1986)]},
)


def test_a_title_stands_for_the_film_of_its_year_or_one_beside_it() -> None:
    assert CATALOGUE.truth("Heat (1995)") == {"film:2"}
    assert CATALOGUE.truth("Heat  (1987)") == {"film:3"}
    assert CATALOGUE.truth("Heat ") == {"film:2", "film:3"}
    assert CATALOGUE.truth("Heat (2020)") == frozenset()


def test_markers_become_titles_and_what_was_named_before_becomes_context() -> None:
    dialogue = Dialogue(
        (Message(1, "Hi"), Message(2, "I saw @11 and @12!"), Message(3, "@12 again")),
        {"11": "The Matrix (1999)", "12": "Heat (1995)"},
    )
    first, second, third = find_cases([dialogue], CATALOGUE)
    assert first.text == second.text == "I saw The Matrix and Heat!"
    assert (second.before, second.title, second.after) == ("I saw The Matrix and ", "Heat", "!")
    assert (first.context, second.context, third.context) == ((), (), ("film:2", "film:1"))
    assert list(messages_without([dialogue])) == [(1, "Hi")]


@pytest.mark.parametrize("title", ["It", "The Matrix", "Amélie", "M", "2012", "300"])
def test_a_misspelt_title_has_one_error_and_is_the_same_for_the_same_seed(title: str) -> None:
    for seed in range(20):
        wrong = misspell(title, seed)
        assert wrong == misspell(title, seed)
        assert (wrong != title) == any(c.isalpha() for c in title)
        assert abs(len(wrong) - len(title)) <= 1


def test_labels_and_utterances_are_whole() -> None:
    assert {kind for kind, _, _ in read_utterances()} >= {"acronym", "description", "another language"}
    assert len(read_utterances()) >= 60
    assert {True, False} == set(read_labels().values())


@pytest.mark.slow
@pytest.mark.shared_data
def test_a_sample_is_about_as_good_as_the_whole(tmp_path: Path) -> None:
    section = measure(MeasureOptions(data=shared_data(), out=tmp_path, quick=True), lambda line: None)
    values = {figure.name: figure.value for figure in section.figures}
    assert 0.90 <= values["top-1, the mention by itself"] <= 0.995
    assert 0.80 <= values["top-1 with one typo, by itself"] <= 0.98
    assert 0.75 <= values["top-1 with one typo, in its sentence"] <= 0.98
    assert values["wrong link where no film is named"] <= 0.03
