import numpy as np
import pytest

from recsys.dialogue.recommender import GRANULARITY, DialogueRecommender
from recsys.dialogue.state import DialogueData, DialogueState, Mention, Speaker, Utterance
from recsys.errors import TastegraphError, WorkspaceError
from tests.recsys.dialogue.conftest import SMALL
from tests.recsys.dialogue.worlds import AMUSING, FRIGHTENING, N_ITEMS, recommender, seeker, two_tastes, wish

STATES = [
    DialogueState(),
    wish("something scary"),
    wish("funny", 6),
    DialogueState((seeker("hello"), recommender("see"), seeker("a comedy")), (Mention(1, 1, 0.0),)),
]


def first(model: DialogueRecommender, state: DialogueState) -> int:
    return model.rank(state, 1)[0][0]


def test_words_alone_lead_to_what_was_recommended_after_such_words(fitted):
    assert first(fitted, wish("something really scary please")) in FRIGHTENING
    assert first(fitted, wish("a funny one for laughing")) in AMUSING


def test_a_named_item_alone_leads_to_its_like(fitted):
    assert first(fitted, wish("", 2)) in FRIGHTENING
    assert first(fitted, wish("", 7)) in AMUSING


def test_an_item_that_nobody_recommended_is_found_by_its_attributes(fitted):
    scores = fitted.score([wish("a funny comedy", 5, 6, 7)])[0]
    assert scores[9] > scores[:5].max()


def test_what_is_disliked_counts_the_other_way(fitted):
    liked, disliked = fitted.score([wish("", 2), wish("", 2, polarity=-1.0)])
    assert liked[3] - liked[6] > disliked[3] - disliked[6]


def test_the_shares_add_up_to_the_score(fitted):
    shares = fitted.shares(STATES)
    assert set(shares) == set(GRANULARITY.values())
    assert np.allclose(sum(shares.values()), fitted.score(STATES), atol=1e-5)


def test_an_empty_dialogue_is_scored_by_popularity_alone(fitted):
    shares = fitted.shares([DialogueState()])
    assert np.ptp(shares["popularity"]) > 0.0
    assert all(not shares[name].any() for name in shares if name != "popularity")


def test_scores_are_finite_and_of_one_shape(fitted):
    scores = fitted.score(STATES)
    assert scores.shape == (len(STATES), N_ITEMS)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert fitted.score([]).shape == (0, N_ITEMS)


def test_scores_do_not_depend_on_who_else_is_scored(fitted):
    alone = np.concatenate([fitted.score([state]) for state in STATES])
    assert np.allclose(alone, fitted.score(STATES), atol=1e-5)


def test_what_was_named_is_not_ranked_again(fitted):
    ranked = fitted.rank(wish("scary", 0, 1), N_ITEMS, without=[2])
    assert {item for item, _ in ranked} == set(range(3, N_ITEMS))
    assert [score for _, score in ranked] == sorted((score for _, score in ranked), reverse=True)


def test_items_outside_the_catalogue_are_left_out(fitted):
    strange = DialogueState((seeker("scary"),), (Mention(99, 0), Mention(-1, 0), Mention(1, 7)))
    assert np.array_equal(fitted.score([strange]), fitted.score([wish("scary")]))
    assert len(fitted.rank(strange, N_ITEMS)) == N_ITEMS - 1


def test_the_same_data_and_seed_make_the_same_model(fitted):
    again = DialogueRecommender(SMALL)
    again.fit(two_tastes())
    assert np.allclose(again.score(STATES), fitted.score(STATES), atol=1e-5)
    assert again.card.data_hash == fitted.card.data_hash
    assert again.weights == pytest.approx(fitted.weights, abs=1e-6)


def test_a_saved_model_scores_the_same(fitted, tmp_path):
    fitted.save(tmp_path)
    loaded = DialogueRecommender()
    loaded.load(tmp_path)
    assert np.array_equal(loaded.score(STATES), fitted.score(STATES))
    assert loaded.config == fitted.config
    assert loaded.card == fitted.card


def test_a_missing_or_broken_model_is_told(fitted, tmp_path):
    with pytest.raises(WorkspaceError, match="missing"):
        DialogueRecommender().load(tmp_path)
    fitted.save(tmp_path)
    card = tmp_path / "dialogue.json"
    card.write_text(card.read_text().replace('"networks": 2', '"networks": 3'))
    with pytest.raises(WorkspaceError, match="lacks a part"):
        DialogueRecommender().load(tmp_path)


def test_dialogues_without_a_recommendation_are_refused():
    data = two_tastes(4)
    seekers = [turn for turn in data.turns if turn.speaker is Speaker.SEEKER]
    with pytest.raises(TastegraphError, match="recommended"):
        DialogueRecommender(SMALL).fit(DialogueData(N_ITEMS, seekers, data.attributes))


def test_one_dialogue_without_attributes_or_behaviour_is_enough_to_fit():
    data = two_tastes(1)
    model = DialogueRecommender(SMALL.model_copy(update={"min_dialogues": 1}))
    model.fit(DialogueData(N_ITEMS, data.turns, data.attributes[:0]))
    assert np.isfinite(model.score([DialogueState((Utterance(Speaker.SEEKER, "scary horror"),))])).all()
