import numpy as np
import pytest

from recsys.dialogue.recommender import DialogueRecommender
from recsys.dialogue.second_look import SecondLook, SecondLookConfig
from recsys.dialogue.state import DialogueState
from recsys.errors import TastegraphError, WorkspaceError
from tests.recsys.dialogue.conftest import SMALL
from tests.recsys.dialogue.worlds import two_tastes, wish

LITTLE = SecondLookConfig(among=6, hidden=8, epochs=4, batch_size=16, folds=2, learning_rate=0.02)
ASKED = [wish("something really scary please", 0), wish("a funny one for laughing"), DialogueState()]


@pytest.fixture(scope="module")
def second() -> SecondLook:
    made = SecondLook(LITTLE)
    made.fit(two_tastes(40), SMALL.model_copy(update={"epochs": 6}))
    return made


def test_only_the_first_items_are_corrected(fitted: DialogueRecommender, second: SecondLook):
    apart = np.abs(second.score(fitted, ASKED) - fitted.score(ASKED)) > 1e-4
    assert apart.any()
    assert (apart.sum(axis=1) <= 6).all()


def test_it_is_no_worse_where_the_recommender_is_right(fitted: DialogueRecommender, second: SecondLook):
    scores = second.score(fitted, ASKED[:2])
    scores[0, 0] = -np.inf
    assert np.argmax(scores[0]) in range(5)
    assert np.argmax(scores[1]) in range(5, 10)


def test_no_dialogue_has_no_scores(fitted: DialogueRecommender, second: SecondLook):
    assert second.score(fitted, []).shape == (0, 10)


def test_it_is_kept(fitted: DialogueRecommender, second: SecondLook, tmp_path):
    kept = SecondLook()
    second.save(tmp_path)
    kept.load(tmp_path)
    np.testing.assert_array_equal(kept.score(fitted, ASKED), second.score(fitted, ASKED))
    with pytest.raises(WorkspaceError):
        SecondLook().load(tmp_path / "nothing")


def test_groups_are_left_out_together():
    with pytest.raises(TastegraphError, match="2 groups of dialogues are needed at least, not 1"):
        SecondLook(LITTLE).fit(two_tastes(), SMALL, groups=[7] * 60)
