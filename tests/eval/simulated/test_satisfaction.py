"""What is learned of satisfaction, and from what it is read."""

import numpy as np
import pytest

from eval.simulated.satisfaction import Contentment, Exchange, read_ccpe
from recsys.errors import SourceError
from tests.parts import shared_data

CCPE = """
SYSTEM	What kinds of movies do you like?	OTHER
USER	I like westerns.	ENTITY	3,4,3
USER	Old ones.	ENTITY	4,4,3
SYSTEM	Why do you like old westerns?	OTHER
USER	I do not know.	OTHER	2,2,3
USER	OVERALL	OTHER	3,3,3

USER	Hello.	OTHER	3,3,3
SYSTEM	Hello.	OTHER
SYSTEM	What do you like?	OTHER
USER	Comedy.	OTHER	4,4,4
USER	OVERALL	OTHER	3,3,3
"""


def test_several_messages_are_one_exchange_with_the_mean_of_their_labels(tmp_path):
    file = tmp_path / "ccpe.txt"
    file.write_text(CCPE, encoding="utf-8")
    first, second, third = read_ccpe(file)
    assert (first.dialogue, first.earlier, first.before) == (0, (), "")
    assert first.content == pytest.approx(21 / 6)
    assert second.earlier == ("What kinds of movies do you like?",)
    assert second.before == "I like westerns. Old ones."
    assert (third.dialogue, third.before, third.text) == (1, "Hello.", "Hello. What do you like?")


def test_a_file_of_another_form_says_where(tmp_path):
    file = tmp_path / "ccpe.txt"
    file.write_text("SYSTEM\tHello\n", encoding="utf-8")
    with pytest.raises(SourceError, match="dialogue 1"):
        read_ccpe(file)
    with pytest.raises(SourceError, match="no file"):
        read_ccpe(tmp_path / "missing.txt")


def test_what_moves_the_labels_is_learned_and_what_lies_outside_counts_as_the_edge():
    rng = np.random.default_rng(0)
    texts = ["one two three", "one two three four five six seven eight?"]
    exchanges = []
    for k in range(200):
        late = int(rng.integers(0, 10))
        exchanges.append(
            Exchange(k, tuple(f"word{j}" for j in range(late)), "", texts[k % 2], 4.0 - 0.2 * late)
        )
    model = Contentment()
    model.fit(exchanges)
    assert model.weights["place"] < -0.2
    early, later, beyond = (Exchange(0, ("a",) * n, "", texts[0]) for n in (1, 9, 60))
    predicted = model.predict([early, later, beyond])
    assert predicted[0] > predicted[1] + 1.0
    assert predicted[2] == pytest.approx(predicted[1], abs=0.3)
    assert model.outside([early])["place"] == 0.0
    assert model.outside([Exchange(0, ("a",) * 60, "", texts[0])])["place"] == 1.0


@pytest.mark.slow
@pytest.mark.shared_data
def test_labels_of_people_are_predicted_better_than_by_chance_and_worse_than_by_people():
    from scipy.stats import spearmanr

    from eval.simulate_figures.satisfaction import cross_validated

    exchanges = read_ccpe(shared_data() / "crs" / "ccpe.txt")
    assert len({one.dialogue for one in exchanges}) == 500
    rank = spearmanr(cross_validated(exchanges), [one.content for one in exchanges]).statistic
    assert 0.12 < rank < 0.32
