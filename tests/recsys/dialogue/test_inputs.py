import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.dialogue.config import DialogueConfig
from recsys.dialogue.counts import count
from recsys.dialogue.inputs import InputReader, exclusion
from recsys.dialogue.state import DialogueData, DialogueState, DialogueTurn, Mention, Speaker, turns_of
from tests.recsys.dialogue.worlds import recommender, seeker, wish

NAMES = ("Tom Hanks", "science fiction", "war", "")


def reader() -> InputReader:
    turns = [
        DialogueTurn(wish("a war film"), (0,), dialogue=0),
        DialogueTurn(wish("a war film"), (0,), dialogue=1),
        DialogueTurn(wish("rare words rare words"), (1,), dialogue=2),
    ]
    made = InputReader(4, NAMES, fading=0.5)
    made.learn(turns, min_dialogues=2)
    return made


def test_words_and_pairs_of_enough_dialogues_are_kept_with_their_speaker():
    assert set(reader().vocabulary) == {f"seeker {w}" for w in ("a", "war", "film", "a war", "war film")}


def test_a_word_in_the_other_mouth_is_another_word():
    rows = reader().read([wish("war"), DialogueState((recommender("war"),))])
    assert rows.words[[0]].nnz == 1
    assert rows.words[[1]].nnz == 0


def test_names_of_attributes_are_found_in_any_case_and_only_whole():
    found = reader().read([wish("TOM hanks in science-fiction"), wish("toward Tom"), wish("")]).attributes
    assert [set(found[[row]].indices) for row in range(3)] == [{0, 1}, set(), set()]


def test_rows_have_length_one_and_older_mentions_count_less():
    state = DialogueState(
        (seeker("war"), recommender("x"), seeker("y")), (Mention(0, 0), Mention(1, 1), Mention(2, 2, -1.0))
    )
    rows = reader().read([state, DialogueState()])
    lengths = [
        np.sqrt(rows.seeker[[k]].power(2).sum() + rows.recommender[[k]].power(2).sum()) for k in (0, 1)
    ]
    assert lengths == pytest.approx([1.0, 0.0])
    seekers = rows.seeker.toarray()[0]
    assert seekers[2] == pytest.approx(-4 * seekers[0])
    assert rows.recommender.toarray()[0, 1] == pytest.approx(2 * seekers[0])


def test_what_was_named_is_excluded_whatever_its_polarity():
    assert exclusion([wish("", 2, polarity=0.0), DialogueState()], 4).toarray().tolist() == [
        [0, 0, 1, 0],
        [0] * 4,
    ]


def test_a_dialogue_is_cut_before_each_utterance_that_names_something():
    said = [seeker("a"), recommender("b"), seeker("c"), recommender("d")]
    turns = turns_of(said, [Mention(3, 0), Mention(1, 3), Mention(1, 3), Mention(2, 3)], 7)
    assert [(turn.items, turn.speaker, len(turn.state.utterances)) for turn in turns] == [
        ((3,), Speaker.SEEKER, 0),
        ((1, 2), Speaker.RECOMMENDER, 3),
    ]
    assert turns[1].state.named == (3,)
    assert {turn.dialogue for turn in turns} == {7}
    with pytest.raises(ValueError, match="outside"):
        turns_of(said, [Mention(0, 4)])


def counted():
    def dialogue(number: int, first: int, second: int) -> list[DialogueTurn]:
        return turns_of([seeker("x"), recommender("y")], [Mention(first, 0), Mention(second, 1)], number)

    turns = dialogue(0, 0, 1) + dialogue(1, 0, 1) + dialogue(2, 0, 2)
    having = csr_array(np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]], np.float32))
    likes = csr_array(np.array([[1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1], [0, 1, 0, 0]], np.float32))
    data = DialogueData(4, turns, having, behaviour=likes)
    return count(data, turns, DialogueConfig(shrinkage=1.0, fashion=0.5, most_likes=4, neighbours=1))


def test_together_is_a_shrunk_cosine_over_dialogues():
    together = counted().together.toarray()
    assert together[0, 1] == pytest.approx(2 / np.sqrt(4 * 3))
    assert together[1, 2] == 0.0
    assert not together.diagonal().any()


def test_likes_of_people_who_like_nearly_everything_or_one_thing_are_left_out():
    liked = counted().liked.toarray()
    assert liked[0, 3] == pytest.approx(1.0 / 2.0)
    assert not liked[[1, 2]].any()


def test_attributes_of_one_item_alone_make_it_like_no_other():
    having = counted().having.toarray()
    assert not having[:, 2].any()
    assert having[3] @ having[2] == pytest.approx(1.0)
    assert having[0] @ having[1] == pytest.approx(1.0)
    assert 0.0 < having[0] @ having[2] < 1.0


def test_later_recommendations_count_more_in_fashion():
    shares = np.exp(counted().fashion) - 1.0
    assert shares == pytest.approx([0.0, np.exp(-4 / 3) + np.exp(-2 / 3), 1.0, 0.0], rel=1e-5)
