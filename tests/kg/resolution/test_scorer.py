from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph import GraphError
from kg.resolution.features import ITEM_FEATURES, ITEM_SIGNS, PERSON_FEATURES, PERSON_SIGNS
from kg.resolution.scorer import (
    Material,
    ScorerCard,
    best_threshold,
    fit_scorer,
    load_scorers,
    read_scorer_file,
    write_scorers,
)


def test_a_scorer_learns_what_separates() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 3))
    labels = (rows[:, 0] - rows[:, 1] > 0).astype(float)
    scorer = fit_scorer(("a", "b", "noise"), rows, labels, (1, -1, 0))
    assert ((scorer.score(rows) >= 0.5) == labels).mean() > 0.95
    assert scorer.weights[0] > 0 > scorer.weights[1]
    assert abs(scorer.weights[2]) < scorer.weights[0] / 5


def test_a_weight_never_has_the_wrong_sign() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=300)
    rows = np.column_stack([first, first + rng.normal(scale=0.01, size=300)])
    labels = (first + rng.normal(scale=0.3, size=300) > 0).astype(float)
    assert min(fit_scorer(("a", "b"), rows, labels, (1, 1)).weights) >= 0


def test_one_class_alone_cannot_be_learnt() -> None:
    with pytest.raises(GraphError, match="one sort is missing"):
        fit_scorer(("a",), [[0.0], [1.0]], [1, 1], (1,))


def test_the_threshold_stands_in_the_gap() -> None:
    assert best_threshold([0.1, 0.3, 0.7, 0.9], [0, 0, 1, 1]) == (0.5, 1.0)


@given(st.lists(st.tuples(st.integers(0, 9).map(lambda n: n / 9), st.booleans()), min_size=1, max_size=30))
def test_no_other_threshold_is_better(pairs: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in pairs])
    labels = np.array([one for _, one in pairs])
    threshold, f1 = best_threshold(scores, labels)

    def reached(least: float) -> float:
        found = scores >= least
        return 2 * float((found & labels).sum()) / max(1, int(found.sum() + labels.sum()))

    assert max(reached(score) for score in scores) <= max(f1, reached(threshold)) + 1e-9


CARD = ScorerCard(
    trained_on=(Material(name="pairs of our own", terms="our own"),), command="python -m x", seed=0, pairs={}
)


def test_scorers_are_written_and_read(tmp_path: Path) -> None:
    scorer = fit_scorer(("a",), [[0.0], [1.0]], [0, 1], (1,)).with_threshold(0.4)
    write_scorers({"item": scorer}, CARD, tmp_path / "weights.json")
    assert load_scorers(tmp_path / "weights.json") == {"item": scorer}
    assert read_scorer_file(tmp_path / "weights.json").card == CARD
    assert [file.name for file in tmp_path.iterdir()] == ["weights.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"scorers": {}}', '{"item": {"features": []}}'])
def test_a_file_of_scorers_that_is_not_right_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "weights.json").write_text(text, encoding="utf-8")
    for name in ("weights.json", "none.json"):
        with pytest.raises(GraphError, match="cannot be read"):
            load_scorers(tmp_path / name)


def test_the_packaged_scorers_say_what_they_were_fitted_to() -> None:
    card = read_scorer_file().card
    assert {material.terms for material in card.trained_on} == {"our own"}
    assert card.command.startswith("python -m eval.kg_figures.integration_learning")
    assert card.pairs["item, train"] > 10_000
    assert card.pairs["person, train"] > 10_000


def test_the_packaged_scorers_fit_the_features() -> None:
    scorers = load_scorers()
    assert scorers["item"].features == ITEM_FEATURES
    assert scorers["person"].features == PERSON_FEATURES
    assert len(ITEM_SIGNS) == len(ITEM_FEATURES)
    assert len(PERSON_SIGNS) == len(PERSON_FEATURES)
