"""The figures of the heads, on hand-made numbers."""

import numpy as np
import pytest

from agent.nlu.scores import auroc, best_split, intents_told, multi_f1, sigmoid, softmax


def test_micro_and_macro_f1_by_hand():
    told = np.array([[1, 0], [1, 0], [0, 1]], dtype=bool)
    wanted = np.array([[1, 0], [0, 1], [0, 1]], dtype=bool)
    micro, macro = multi_f1(told, wanted)
    assert micro == pytest.approx(2 / 3)
    assert macro == pytest.approx(2 / 3)
    assert multi_f1(~wanted, wanted) == (0.0, 0.0)


def test_auroc_counts_ties_half():
    assert auroc([0.9, 0.1, 0.1], [True, False, True]) == pytest.approx(0.75)
    assert np.isnan(auroc([0.1, 0.2], [True, True]))


def test_a_row_has_at_least_its_likeliest_intent():
    told = intents_told(np.array([[0.1, 0.3], [0.8, 0.7]]), 0.5)
    assert told.tolist() == [[False, True], [True, True]]


def test_the_best_split_keeps_and_refuses_most():
    scores = np.array([0.9, 0.8, 0.4, 0.3])
    assert best_split(scores, np.array([True, True, False, False])) == 0.8


def test_chances_do_not_overflow():
    assert softmax(np.array([[1e4, -1e4]])).tolist() == [[1.0, 0.0]]
    assert sigmoid(np.array([0.0])).tolist() == [0.5]
