"""Every metric by name: what it needs, which way is better, what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from eval import beyond_metrics as beyond
from eval import metrics
from eval.metrics_tables import MetricError, Tables, check_once
from recsys.metrics import Values
from recsys.rerank import group_shares, taste_shares

Unit = Literal["person", "list", "rating", "all"]
_RANKING: Mapping[str, tuple[str, ...]] = {
    "recommended": ("user", "item", "score or rank"),
    "truth": ("user", "item"),
}
_LISTS: Mapping[str, tuple[str, ...]] = {
    "recommended": ("user", "item", "score or rank"),
    "catalogue": ("item",),
}


_GROUPS: Mapping[str, tuple[str, ...]] = {**_LISTS, "catalogue": ("item", "groups")}
_HISTORY = {"history": ("user", "item")}
_MET: Mapping[str, tuple[str, ...]] = {**_LISTS, **_HISTORY}


@dataclass(frozen=True)
class Metric:
    """One metric over tables."""

    name: str
    says: str
    """What it is, in one line."""
    needs: Mapping[str, tuple[str, ...]]
    """Table to its columns; `score or rank` for either."""
    compute: Callable[[Tables, int], Values]
    """Values by unit; (1,) where it is one of all."""
    unit: Unit = "person"
    at_k: bool = True
    """Whether it is cut at k; distinct-n takes n in its place."""
    smaller_is_better: bool = False

    def calculate(self, tables: Tables, k: int = 0) -> Values:
        """Return the values by unit; empty where there is no unit.

        Raises `MetricError` when a table, a column or k is missing, an item stands twice in a list, or a score is no
        finite number.
        """
        told = f"{self.name}@{k}" if self.at_k else self.name
        if self.at_k and k < 1:
            raise MetricError(f"{self.name} needs a cut of 1 or more, such as {self.name}@10.")
        for name, columns in self.needs.items():
            frame = tables.table(name, columns, told)
            if name in ("recommended", "truth"):
                check_once(frame, name, told)
        return self.compute(tables, k)


def _diversity(tables: Tables, k: int) -> Values:
    if k < 2:
        raise MetricError("diversity@1 has no pair of items. Take diversity@2 or more.")
    from sklearn.preprocessing import normalize

    return beyond.intra_list_diversity(tables.lists(k, "diversity")[1], csr_array(normalize(tables.groups)))


def _counts(tables: Tables) -> tuple[Values, int]:
    """Return how many people met each item of the catalogue, and how many people there are."""
    assert tables.catalogue is not None
    assert tables.history is not None
    met = tables.history.select("user", "item").unique()
    counts = tables.catalogue.select("item").join(
        met.group_by("item").len(), on="item", how="left", maintain_order="left"
    )
    return counts["len"].fill_null(0).cast(pl.Float64).to_numpy(), met["user"].n_unique()


def _novelty(tables: Tables, k: int) -> Values:
    counts, people = _counts(tables)
    return beyond.novelty(tables.lists(k, "novelty")[1], counts, people)


def _popularity(tables: Tables, k: int) -> Values:
    counts, people = _counts(tables)
    return beyond.average_popularity(tables.lists(k, "popularity")[1], counts, people)


def _miscalibration(tables: Tables, k: int) -> Values:
    assert tables.history is not None
    assert tables.catalogue is not None
    people, lists = tables.lists(k, "miscalibration")
    shares = group_shares(tables.groups)
    at = {person: row for row, person in enumerate(people)}
    columns = {item: column for column, item in enumerate(tables.catalogue["item"].to_list())}
    met = np.zeros((len(people), len(columns)))
    for user, item in tables.history.select("user", "item").iter_rows():
        if user in at and item in columns:
            met[at[user], columns[item]] = 1.0
    return beyond.miscalibration(lists, shares, taste_shares(csr_array(met), shares))


def _of_lists(name: str, compute: Callable[..., float]) -> Callable[[Tables, int], Values]:
    def of(tables: Tables, k: int) -> Values:
        assert tables.catalogue is not None
        lists = tables.lists(k, name)[1]
        return np.array([compute(lists, len(tables.catalogue))] if len(lists) else [], dtype=np.float64)

    return of


def _errors(tables: Tables) -> Values:
    assert tables.ratings is not None
    told = tables.ratings.select(pl.col("predicted", "rating").cast(pl.Float64))
    return np.asarray((told["predicted"] - told["rating"]).to_numpy(), dtype=np.float64)


def _rmse(tables: Tables, _: int) -> Values:
    errors = _errors(tables)
    return np.sqrt(np.array([(errors**2).mean()])) if len(errors) else np.zeros(0)


def _distinct(tables: Tables, n: int) -> Values:
    assert tables.texts is not None
    return np.array([metrics.distinct_n(tables.texts["text"].to_list(), n)])


_RATINGS = {"ratings": ("rating", "predicted")}
METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "recall", "share of the targets within k", _RANKING, lambda t, k: metrics.recall_at_k(t.ranks, k)
        ),
        Metric(
            "precision",
            "share of the first k that are targets",
            _RANKING,
            lambda t, k: metrics.precision_at_k(t.ranks, k),
        ),
        Metric(
            "hit-rate",
            "1 where any target is within k",
            _RANKING,
            lambda t, k: metrics.hit_rate_at_k(t.ranks, k),
        ),
        Metric(
            "ndcg",
            "gain that falls with the logarithm of the rank, over the best possible",
            _RANKING,
            lambda t, k: metrics.ndcg_at_k(t.ranks, k),
        ),
        Metric(
            "mrr", "1 / rank of the best target within k", _RANKING, lambda t, k: metrics.mrr_at_k(t.ranks, k)
        ),
        Metric(
            "map",
            "mean over the targets of the precision at their ranks",
            _RANKING,
            lambda t, k: metrics.average_precision_at_k(t.ranks, k),
        ),
        Metric(
            "auc",
            "share of (target, other) pairs in the right order",
            _RANKING,
            lambda t, _: metrics.area_under_curve(t.ranks, t.ranked),
            at_k=False,
        ),
        Metric(
            "coverage",
            "share of the catalogue in any list",
            _LISTS,
            _of_lists("coverage", beyond.coverage),
            "all",
        ),
        Metric(
            "gini",
            "how unevenly items are listed: 0 all alike",
            _LISTS,
            _of_lists("gini", beyond.gini),
            "all",
            smaller_is_better=True,
        ),
        Metric(
            "diversity",
            "1 less the mean cosine of the groups of a list's pairs",
            _GROUPS,
            _diversity,
            "list",
        ),
        Metric("novelty", "mean -log2 of the share of people who met the items", _MET, _novelty, "list"),
        Metric(
            "popularity",
            "mean share of people who met the items",
            _MET,
            _popularity,
            "list",
            smaller_is_better=True,
        ),
        Metric(
            "miscalibration",
            "divergence of the list's groups from those of the history, in nats",
            {**_GROUPS, **_HISTORY},
            _miscalibration,
            "list",
            smaller_is_better=True,
        ),
        Metric(
            "rmse",
            "root of the mean squared error",
            _RATINGS,
            _rmse,
            "all",
            at_k=False,
            smaller_is_better=True,
        ),
        Metric(
            "mae",
            "mean absolute error",
            _RATINGS,
            lambda t, _: np.abs(_errors(t)),
            "rating",
            at_k=False,
            smaller_is_better=True,
        ),
        Metric("distinct", "distinct n-grams over all n-grams; @n", {"texts": ("text",)}, _distinct, "all"),
    )
}


def parse(name: str) -> tuple[Metric, int]:
    """Return the metric and its cut from a name such as `ndcg@10`; raises `MetricError` on another name or cut."""
    base, is_cut, cut = name.strip().lower().partition("@")
    metric = METRICS.get(base)
    if metric is None:
        raise MetricError(f"There is no metric {base!r}. There are: {', '.join(METRICS)}.")
    if metric.at_k != bool(is_cut) or (is_cut and not cut.isdigit()):
        form = f"{base}@10" if metric.at_k else base
        raise MetricError(f"{name!r} is not how this metric is written: {form}.")
    return metric, int(cut or 0)


def calculate(names: Sequence[str], tables: Tables) -> dict[str, Values]:
    """Return the values by unit of each metric named; see `Metric.calculate` for what it raises."""
    parsed = {name: parse(name) for name in names}
    return {name: metric.calculate(tables, k) for name, (metric, k) in parsed.items()}
