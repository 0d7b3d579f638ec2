import itertools

from hypothesis import given
from hypothesis import strategies as st

from agent.sentences import SentenceBuffer

TEXT = (
    "Here are 2 films.\n1. **Monsters, Inc. (2001)** is light. It has Dr. Strange?\n"
    "2. **E.T. (1982)** by J. R. Smith.\n\n"
    "Do you want more?"
)


def test_sentences_and_list_lines_are_cut_apart():
    buffer = SentenceBuffer()
    assert buffer.feed(TEXT) + buffer.flush() == [
        "Here are 2 films.\n",
        "1. **Monsters, Inc. (2001)** is light. ",
        "It has Dr. Strange?\n",
        "2. **E.T. (1982)** by J. R. Smith.\n\n",
        "Do you want more?",
    ]


@given(st.lists(st.integers(0, len(TEXT)), max_size=12))
def test_the_same_sentences_however_the_words_arrive(places):
    cuts = sorted({0, len(TEXT), *places})
    buffer = SentenceBuffer()
    got = [s for a, b in itertools.pairwise(cuts) for s in buffer.feed(TEXT[a:b])]
    assert "".join([*got, *buffer.flush()]) == TEXT
    whole = SentenceBuffer()
    assert [s for s in got if s.startswith("1.")] == [s for s in whole.feed(TEXT) if s.startswith("1.")]


def test_nothing_comes_out_before_a_sentence_ends():
    buffer = SentenceBuffer()
    assert buffer.feed("A film by Mr. ") == []
    assert buffer.feed("Mann") == []
    assert buffer.feed(". Next") == ["A film by Mr. Mann. "]
    assert buffer.pending == "Next"
