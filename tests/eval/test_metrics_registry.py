import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import entropy
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.metrics.pairwise import cosine_similarity
from typer.testing import CliRunner

from eval import metrics
from eval.cli import app
from eval.metrics_registry import METRICS, calculate, parse
from eval.metrics_tables import MetricError, Tables
from recsys.rerank.calibration import MIXED

LISTED = pl.DataFrame(
    {"user": ["a", "a", "a", "b", "b"], "item": ["x", "y", "z", "x", "z"], "score": [3.0, 2.0, 1.0, 1.0, 1.0]}
)
TRUTH = pl.DataFrame({"user": ["a", "a", "b", "c"], "item": ["z", "w", "x", "x"]})
HISTORY = pl.DataFrame({"user": ["a", "a", "b"], "item": ["w", "x", "w"]})
CATALOGUE = pl.DataFrame({"item": ["w", "x", "y", "z"], "groups": [["A"], ["A"], ["A", "B"], ["B"]]})
ALL = Tables(LISTED, TRUTH, HISTORY, CATALOGUE)


def test_known_values_by_person():
    """Somebody to whom nothing was recommended counts, with nothing found; the tie of b is lost."""
    found = calculate(["recall@3", "hit-rate@1", "mrr@3", "auc"], ALL)
    assert found["recall@3"].tolist() == [0.5, 1.0, 0.0]
    assert found["hit-rate@1"].tolist() == [0.0, 0.0, 0.0]
    assert found["mrr@3"].tolist() == [pytest.approx(1 / 3), 0.5, 0.0]
    assert found["auc"].tolist() == [0.0, 0.0, 0.0]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), by=st.sampled_from(["score", "rank"]))
def test_tables_say_the_same_as_arrays(seed, by):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 3, (5, 6)).astype(float)
    truth = rng.random((5, 6)) < 0.3
    users, items = np.indices(scores.shape)
    place = {"score": scores.ravel(), "rank": -scores.ravel()}[by]
    listed = pl.DataFrame({"user": users.ravel(), "item": items.ravel(), by: place})
    rows, columns = truth.nonzero()
    tables = Tables(listed, pl.DataFrame({"user": rows, "item": columns}))
    ranks = [r for r in metrics.target_ranks(scores, csr_array(truth.astype(float))) if len(r)]
    for name, expected in (
        ("ndcg@3", metrics.ndcg_at_k(ranks, 3)),
        ("map@4", metrics.average_precision_at_k(ranks, 4)),
        ("precision@2", metrics.precision_at_k(ranks, 2)),
        ("auc", metrics.area_under_curve(ranks, [6] * len(ranks))),
    ):
        np.testing.assert_allclose(calculate([name], tables)[name], expected)


def test_lists_agree_with_what_others_compute():
    found = calculate(["coverage@2", "gini@2", "diversity@2", "novelty@2", "miscalibration@2"], ALL)
    assert found["coverage@2"].tolist() == [0.75]
    counts = np.array([0.0, 2.0, 1.0, 1.0])  # of w, x, y, z in [x y] and [x z]
    apart = np.abs(counts[:, None] - counts[None]).mean()
    assert found["gini@2"][0] == pytest.approx(apart / (2 * counts.mean()))
    kinds = np.array([[1, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    unlike = [1 - cosine_similarity(kinds[[a]], kinds[[b]])[0, 0] for a, b in ((1, 2), (1, 3))]
    np.testing.assert_allclose(found["diversity@2"], unlike)
    np.testing.assert_allclose(
        found["novelty@2"], [1.0, 1.0]
    )  # x was met by one of two, y and z count as by one
    taste, lists = np.array([1.0, 0.0]), np.array([[0.75, 0.25], [0.5, 0.5]])
    np.testing.assert_allclose(
        found["miscalibration@2"], [entropy(taste, (1 - MIXED) * row + MIXED * taste) for row in lists]
    )


def test_stars_and_texts():
    rating, predicted = [1.0, 4.0, 5.0], [2.0, 4.0, 3.0]
    tables = Tables(
        ratings=pl.DataFrame({"rating": rating, "predicted": predicted}),
        texts=pl.DataFrame({"text": ["a b a", "a c"]}),
    )
    found = calculate(["rmse", "mae", "distinct@1", "distinct@2"], tables)
    assert found["rmse"][0] == pytest.approx(root_mean_squared_error(rating, predicted))
    assert found["mae"].mean() == pytest.approx(mean_absolute_error(rating, predicted))
    assert (found["distinct@1"][0], found["distinct@2"][0]) == (0.6, 1.0)


@pytest.mark.parametrize("name", METRICS)
def test_what_is_missing_is_named(name):
    metric = METRICS[name]
    for table, columns in metric.needs.items():
        whole = {other: frame_with(needed) for other, needed in metric.needs.items()}
        whole[table] = pl.DataFrame({"other": [1]})
        with pytest.raises(MetricError) as error:
            metric.calculate(Tables(**whole), 2)
        assert all(column in str(error.value) for column in (*columns, table, name))
        with pytest.raises(MetricError, match=f"needs the table {table}"):
            metric.calculate(Tables(**{**whole, table: None}), 2)


def frame_with(columns):
    return pl.DataFrame(
        {column.split(" or ")[0]: [] for column in columns}, schema_overrides={"score": pl.Float64}
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [("recal@10", "There are: recall"), ("recall", "recall@10"), ("auc@3", "auc"), ("ndcg@x", "ndcg@10")],
)
def test_a_wrong_name_is_told_the_right_form(name, said):
    with pytest.raises(MetricError, match=said):
        parse(name)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.concat([LISTED, LISTED[:1]]), "'x' twice for 'a'"),
        (LISTED.with_columns(pl.lit(float("nan")).alias("score")), "finite"),
    ],
)
def test_a_list_that_is_none_is_refused(frame, said):
    with pytest.raises(MetricError, match=said):
        calculate(["recall@2"], Tables(frame, TRUTH))


def test_short_lists_and_strange_items_are_refused_where_lists_are_compared():
    with pytest.raises(MetricError, match="'b' was recommended fewer than 3"):
        calculate(["coverage@3"], ALL)
    with pytest.raises(MetricError, match="'x' is recommended and not in"):
        calculate(["coverage@2"], Tables(LISTED, catalogue=CATALOGUE[2:]))


def test_files_are_measured_and_two_systems_compared(tmp_path):
    LISTED.write_csv(tmp_path / "one.csv")
    LISTED.with_columns(-pl.col("score")).write_csv(tmp_path / "two.csv")
    TRUTH.write_csv(tmp_path / "truth.csv")
    for name in ("one", "two"):
        arguments = ["--recommended", str(tmp_path / f"{name}.csv"), "--truth", str(tmp_path / "truth.csv")]
        arguments += ["--metrics", "recall@2,auc", "--out", str(tmp_path / name)]
        ran = CliRunner().invoke(app, ["metrics", *arguments])
        assert ran.exit_code == 0, ran.output
    ran = CliRunner().invoke(app, ["compare", str(tmp_path / "one"), str(tmp_path / "two"), "--json"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)["samples"]
    assert [(s["metric"], s["units"]) for s in found] == [("recall@2", 3), ("auc", 3)]
    wrong = CliRunner().invoke(app, ["metrics", "--truth", str(tmp_path / "truth.csv")])
    assert wrong.exit_code == 1
    assert "needs the table recommended with user, item, score or rank" in wrong.output.replace("\n", " ")
