"""Sentences, names, patterns and the names of values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extraction import Document
from kg.extraction.names import names_in
from kg.extraction.patterns import PatternExtractor, pattern_spans
from kg.extraction.sentences import sentences, words
from kg.extraction.values import canonical, value_key


def film(text: str, title: str = "Heat") -> Document:
    return Document(id="film:heat-1995", kind="film", title=title, text=text)


def said(text: str) -> set[tuple[str, str]]:
    return {(s.relation, text[s.start : s.end]) for s in pattern_spans(film(text))}


def test_sentences_end_at_full_stops_but_not_after_initials_and_titles():
    text = "J. Lee Park met Dr. Olsen at 3.5 mm. It rained! (A lot.) Was it him?"
    assert [text[a:b] for a, b in sentences(text)] == [
        "J. Lee Park met Dr. Olsen at 3.5 mm.",
        "It rained!",
        "(A lot.)",
        "Was it him?",
    ]


@given(st.text(max_size=200))
def test_sentences_and_words_cover_every_letter_once(text):
    letters = [i for i, c in enumerate(text) if c.isalnum()]
    for parts in (sentences(text), words(text)):
        covered = [i for a, b in parts for i in range(a, b)]
        assert len(covered) == len(set(covered))
        assert set(letters) <= set(covered)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("It was shot by D. W. Griffith in May.", "D. W. Griffith"),
        ("a film with Robert De Niro.", "Robert De Niro"),
        ("music by Ludwig van Bergen, who", "Ludwig van Bergen"),
        ("by Jean-Luc O'Brien", "Jean-Luc O'Brien"),
        ("by A. L. Vijay and others", "A. L. Vijay"),
        ("by Élodie Ångström.", "Élodie Ångström"),
    ],
)
def test_a_name_is_taken_whole(text, name):
    assert name in [text[a:b] for a, b in names_in(text)]


def test_written_and_directed_gives_two_relations_to_one_name():
    found = said("It was written and directed by Mara Olsen and produced by Jo Lind.")
    assert found == {("writer", "Mara Olsen"), ("director", "Mara Olsen"), ("producer", "Jo Lind")}


def test_the_lead_gives_year_country_and_genres():
    found = said("Heat is a 1995 French science fiction thriller film. The war came later, in 1999.")
    assert found == {
        ("year", "1995"),
        ("country", "French"),
        ("genre", "science fiction"),
        ("genre", "thriller"),
    }


def test_lists_of_actors_are_read_to_their_end():
    found = said("The film stars Ada Rao, Bo Ek, and Cy Dunn as thieves. It rained.")
    assert found == {("cast", "Ada Rao"), ("cast", "Bo Ek"), ("cast", "Cy Dunn")}


@pytest.mark.parametrize(
    "unit", ["A. ", "Ab ", "A-", "Ab de ", "directed, written, ", "Ab and ", "Jr. ", "A.A "]
)
def test_no_text_makes_the_patterns_hang(unit):
    pattern_spans(film("directed by " + unit * 300))


@given(st.text(max_size=120))
def test_any_text_can_be_read(text):
    extraction = next(PatternExtractor().extract([film(text)]))
    ids = {entity.id for entity in extraction.entities}
    assert all(t.object in ids and t.subject == "film:heat-1995" for t in extraction.triples)


def test_values_have_one_name_however_they_are_written():
    assert canonical("genre", "romantic") == canonical("genre", "Romance") == "Romance"
    assert value_key("country", "American") == value_key("country", "USA")
    assert canonical("language", "Tamil-language") == "Tamil"
