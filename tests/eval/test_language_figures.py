import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from eval.figures import MeasureOptions
from eval.offline_figures import language
from eval.offline_figures.language_data import (
    LanguageData,
    history_figures,
    ml1m,
    only,
    wish_figures,
    without,
)
from eval.offline_figures.language_size import size_table
from eval.split import Split
from recsys.language.config import LanguageTowerConfig
from recsys.language.sentences import Wish
from recsys.models.base import TrainingData
from tests.parts import shared_data


def _matrix(*rows):
    return csr_array(np.array(rows, dtype=np.float32))


@pytest.fixture
def known() -> LanguageData:
    """Two people, five items, of which the last is kept out of training."""
    split = Split(
        train=_matrix([1, 0, 0, 0, 1], [0, 1, 0, 0, 0]),
        valid=_matrix([0, 1, 0, 0, 0], [0, 0, 1, 0, 1]),
        test=_matrix([0] * 5, [0] * 5),
        items=[],
        data_hash="",
    )
    cold = np.array([4])
    data = TrainingData(without(split.train, cold), _matrix([0] * 5))
    wishes = [
        Wish("a", np.array([0, 4]), frozenset({("genre", "a")})),
        Wish("b", np.array([2]), frozenset({("genre", "b")})),
    ]
    return LanguageData(split, data.interactions, data, cold, wishes)


def test_columns_are_taken_out_or_kept_alone(known):
    assert without(known.split.valid, known.cold).toarray().tolist() == [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0]]
    assert only(known.split.valid, known.cold).toarray().tolist() == [[0] * 5, [0, 0, 0, 0, 1]]
    assert known.data.interactions[:, [4]].nnz == 0


def test_new_items_are_ranked_among_all_and_train_is_masked(known):
    scores = np.array([[9, 5, 4, 3, 8], [0, 9, 5, 4, 3]], dtype=np.float32)
    found = history_figures(known, lambda rows: scores[rows])
    assert found["recall"] == 1.0
    assert found["ndcg"] == 1.0
    # The item of the second person is behind two others that may be ranked, the one met in training left out.
    assert found["cold_ndcg"] == pytest.approx(1 / np.log2(4))


def test_wishes_are_ranked_over_all_items(known):
    scores = np.array([[1, 5, 4, 3, 2], [0, 0, 9, 0, 0]], dtype=np.float32)
    found = wish_figures(known, scores)
    gain = (1 / np.log2(5) + 1 / np.log2(6)) / (1 + 1 / np.log2(3))
    assert found["wish_ndcg"] == pytest.approx((gain + 1.0) / 2)
    assert found["wish_cold_recall"] == 1.0


def test_what_was_measured_is_not_measured_again(tmp_path):
    bench = language._Bench(MeasureOptions(data=tmp_path, out=tmp_path), lambda _: None)
    calls = []

    def measured():
        calls.append(1)
        return {"recall": 0.25}

    assert bench._kept("a", measured) == bench._kept("a", measured) == {"recall": 0.25}
    assert len(calls) == 1
    assert bench._kept("b", measured) == {"recall": 0.25}
    assert len(calls) == 2
    (file, _) = sorted((tmp_path / "language").glob("*.json"), key=lambda f: f.read_text())
    assert json.loads(file.read_text())["of"] == "a"


def test_a_row_says_the_mean_and_the_spread():
    one, other = ({"recall": 0.2, "train": 3.0}, {"recall": 0.3, "train": 5.0})
    cells = language._row("model", [one, other])
    assert cells[:3] == ("model", "0.2500 ± 0.0500", "-")
    assert "4" in cells
    assert len(cells) == len(language._HEADINGS)


def test_the_table_of_sizes_marks_the_default():
    form = {
        "megabytes": 90.0, "texts_per_second": 100.0, "history_ndcg": 0.2, "wish_ndcg": 0.8, "quality": 0.5,
        "chosen": 0.0,
    }  # fmt: skip
    table = size_table({"whole": form, "small": form | {"megabytes": 20.0, "quality": 0.499, "chosen": 1.0}})
    assert [row[-1] for row in table.rows] == ["", "yes"]
    assert table.rows[1][-2] == "99.8%"


def test_every_row_is_a_possible_configuration():
    for change in language.ABLATIONS.values():
        LanguageTowerConfig.model_validate(language._ABLATED | change)
    assert language.DEFAULT in language.TUNED
    assert set(language._THREE_SEEDS) <= set(language.TUNED)


@pytest.mark.shared_data
def test_the_split_is_read_with_a_tenth_kept_out():
    known = ml1m(shared_data(), seed=0, quick=True)
    assert known.data.interactions.shape == (600, 400)
    assert len(known.cold) == 40
    assert known.data.interactions[:, known.cold].nnz == 0
    assert known.wishes
    assert all(known.data.texts)
