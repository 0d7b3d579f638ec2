import pytest

from recsys.sentiment.lexicon import FEATURES, Lexicon, sentences_of, tokens_of


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.read()


@pytest.mark.parametrize(
    "text",
    [
        "It was great!",
        "I loved it",
        "not bad at all",
        "I wasn't bored",
        "can't get enough of it",
        "I like it",
        "LOVED IT",
    ],
)
def test_in_favour(lexicon, text):
    assert lexicon.polarity(text) > 0.15


@pytest.mark.parametrize(
    "text",
    [
        "It was not good",
        "I didn’t like it",
        "I can't stand it",
        "not a big fan of it",
        "I don't think it was good",
        "The acting was great but the plot was terrible",
        "nobody would call it funny",
        "a waste of time",
    ],
)
def test_against(lexicon, text):
    assert lexicon.polarity(text) < -0.15


@pytest.mark.parametrize("text", ["", "a film like Heat", "I have seen it", "who is in it?", "!!!", "電影"])
def test_neither(lexicon, text):
    assert lexicon.polarity(text) == 0.0


def test_a_negation_reaches_to_the_end_of_its_clause_only(lexicon):
    assert lexicon.polarity("I have not seen it, great cast") > 0.3
    assert lexicon.polarity("no. It was great") > 0.3


def test_stronger_words_count_more(lexicon):
    assert (
        lexicon.polarity("it was really good")
        > lexicon.polarity("it was good")
        > lexicon.polarity("it was a bit good")
    )
    assert lexicon.polarity("good") > abs(lexicon.polarity("not bad"))


def test_no_word_leans_both_ways_and_none_beyond_one(lexicon):
    assert all(-1.0 <= lean <= 1.0 and lean for lean in lexicon.leaning.values())
    assert not set(lexicon.leaning) & lexicon.words["negators"]


def test_features_have_names(lexicon):
    found = dict(zip(FEATURES, lexicon.features("Is it not good?"), strict=True))
    assert found["question mark"] == found["asks"] == found["negations"] == 1
    assert found["good negated"] == pytest.approx(0.6)
    assert found["sum"] < 0


def test_sentences_and_tokens():
    assert sentences_of("I saw it... Loved it! You?") == ["I saw it", "Loved it!", "You?"]
    assert sentences_of("") == [""]
    assert tokens_of("Don’t!") == ["don't", "!"]


def test_underscores_are_no_idioms(lexicon):
    assert lexicon.features("00_c _x_ __").shape == (12,)
    assert lexicon.polarity("really_good") == lexicon.polarity("really good")
