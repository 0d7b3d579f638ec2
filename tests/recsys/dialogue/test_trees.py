"""Six films in a small graph: who asks by a director is told of that director's film, who asks on is told again."""

import numpy as np
import pytest

from recsys.dialogue.candidates import NAMES, Candidates, Facts, Memory
from recsys.dialogue.repeats import repetition, with_repeats
from recsys.dialogue.state import DialogueState, DialogueTurn, Mention, Speaker, Utterance
from recsys.dialogue.tree_arrays import TreeArrays
from recsys.dialogue.trees import DialogueTrees, TreesConfig
from recsys.errors import TastegraphError, WorkspaceError

DIRECTORS = ("Ann Lee", "Bob Ray", "Cy Young")
FACTS = Facts.of(
    [f"Film {name}" for name in "ABCDEF"],
    [
        [("director", DIRECTORS[n // 2]), ("genre", "Drama" if n % 2 else "Comedy"), ("mood", "odd")]
        for n in range(6)
    ],
)
SMALL = TreesConfig(trees=10, learning_rate=0.4, leaves=8, min_leaf=3, drawn=6, min_turns=2)


def state(text: str, *items: int) -> DialogueState:
    said = (Utterance(Speaker.SEEKER, text),)
    return DialogueState(said, tuple(Mention(item, 0) for item in items))


def turns() -> list[DialogueTurn]:
    made = []
    for number in range(60):
        film = number % 6
        wish = state(f"anything by {DIRECTORS[film // 2]}?")
        made.append(DialogueTurn(wish, (film,), dialogue=number))
        asked = state("who directed that", film)
        made.append(DialogueTurn(asked, (film,), dialogue=number))
    return made


@pytest.fixture(scope="module")
def fitted() -> DialogueTrees:
    model = DialogueTrees(FACTS, SMALL)
    model.fit(turns())
    return model


def column(found: np.ndarray, name: str) -> list[float]:
    return found[:, NAMES.index(name)].tolist()


def test_values_are_grouped_and_other_relations_are_left_out():
    assert FACTS.values["people"] == ("ann lee", "bob ray", "cy young")
    assert FACTS.values["genre"] == ("comedy", "drama")
    assert FACTS.having["year"].shape == (6, 0)


def test_what_speaks_for_an_item_is_read_from_words_and_graph():
    found = Candidates(FACTS).read(state("a comedy by Bob Ray", 0), Memory.of((), 6), 0.5)
    assert found.shape == (6, len(NAMES))
    assert column(found, "people said now") == [0, 0, 1, 1, 0, 0]
    assert column(found, "genre said ever") == [1, 0, 1, 0, 1, 0]
    assert column(found, "mentions") == [1, 0, 0, 0, 0, 0]
    # The other film of the named one's director shares that; those of its genre share less.
    assert column(found, "people shared latest")[1] > 0.0 == column(found, "people shared latest")[2]
    assert column(found, "repeats") == [0.5] * 6


def test_nothing_was_said_and_nothing_speaks():
    found = Candidates(FACTS).read(DialogueState(), Memory.of((), 6), 0.0)
    assert np.isfinite(found).all()
    assert column(found, "mentions") == [0.0] * 6


def test_memory_counts_what_followed_what():
    made = Memory.of([DialogueTurn(state("", 0, 1), (2, 1), dialogue=n // 2) for n in range(4)], 6)
    assert made.after.toarray()[0].tolist() == [0, 4, 4, 0, 0, 0]
    # An item does not follow itself.
    assert made.after.toarray()[1].tolist() == [0, 0, 4, 0, 0, 0]
    assert made.recommended.tolist() == [0, 4, 4, 0, 0, 0]
    assert made.named.tolist() == [2, 2, 0, 0, 0, 0]


def test_it_learns_when_the_graph_and_when_a_repetition_is_meant(fitted):
    wish, again = fitted.score([state("anything by Cy Young?"), state("who directed that", 2)])
    assert set(np.argsort(-wish)[:2]) == {4, 5}
    assert np.argmax(again) == 2


def test_trees_can_be_kept(fitted, tmp_path):
    asked = [state("a drama by Ann Lee", 3), DialogueState()]
    fitted.save(tmp_path)
    kept = DialogueTrees(FACTS)
    kept.load(tmp_path)
    np.testing.assert_array_equal(kept.score(asked), fitted.score(asked))
    assert kept.config == SMALL


def test_trees_of_another_catalogue_are_refused(fitted, tmp_path):
    fitted.save(tmp_path)
    with pytest.raises(WorkspaceError, match="6 items, not 1"):
        DialogueTrees(Facts.of(["Other"], [[]])).load(tmp_path)


def test_too_few_dialogues_are_refused():
    with pytest.raises(TastegraphError, match="5 dialogues"):
        DialogueTrees(FACTS, SMALL).fit(turns()[:6])


def test_the_arrays_say_what_scikit_learn_says():
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 4)).astype(np.float32)
    fitted = HistGradientBoostingClassifier(max_iter=15, random_state=0).fit(
        rows, rows[:, 0] * rows[:, 1] > 0
    )
    arrays = TreeArrays.of(fitted)
    apart = fitted.decision_function(rows) - arrays.sums(rows)
    assert np.ptp(apart) < 1e-9
    np.testing.assert_array_equal(TreeArrays.of_tensors(arrays.tensors()).sums(rows), arrays.sums(rows))


def test_arrays_that_point_outside_are_refused():
    zeros = np.zeros(1, np.int32)
    tensors = {
        "feature": zeros,
        "threshold": np.zeros(1),
        "left": zeros,
        "right": zeros + 7,
        "value": np.zeros(1),
    }
    with pytest.raises(ValueError, match="outside"):
        TreeArrays.of_tensors(tensors | {"roots": zeros})


def test_a_named_item_competes_by_how_often_one_so_recent_is_named_again():
    asked = [DialogueTurn(state("", 0, 1), (1,)) for _ in range(50)]
    latest, before, *_ = repetition(asked)
    assert (latest, before) == pytest.approx((0.505, 0.005))
    scores = np.array([[5.0, 1.0, 3.0, 2.0]], np.float32)
    (chances,) = np.exp(with_repeats(scores, [state("", 0, 1)], (latest, before)))
    assert chances[1] == pytest.approx(0.505, abs=1e-5)
    assert chances[2] > chances[3] > chances[0]
    assert chances.sum() == pytest.approx(1.0, abs=1e-5)
