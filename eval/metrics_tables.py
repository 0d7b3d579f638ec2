"""Tables that a metric reads, and how they become ranks and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.errors import TastegraphError

NEVER = 2**62
"""The rank of a target that was not recommended."""


class MetricError(TastegraphError):
    """A table, a column or a value that a metric needs is missing or wrong."""


@dataclass(frozen=True)
class Tables:
    """What was recommended and what was right, as long tables; None where a metric does not need one."""

    recommended: pl.DataFrame | None = None
    """`user`, `item`, and `score` (higher first) or `rank` (1 first); each item once a user."""
    truth: pl.DataFrame | None = None
    """`user`, `item`: each person's targets, each once."""
    history: pl.DataFrame | None = None
    """`user`, `item`: what each person met before."""
    catalogue: pl.DataFrame | None = None
    """`item`, each once, and `groups` (list of text: genres, categories)."""
    ratings: pl.DataFrame | None = None
    """`rating` and `predicted`."""
    texts: pl.DataFrame | None = None
    """`text`: what a system said."""

    def table(self, name: str, columns: Sequence[str], metric: str) -> pl.DataFrame:
        """Return a table that has these columns, `score or rank` for either of the two.

        Raises `MetricError` that names the table or every column that is missing.
        """
        frame: pl.DataFrame | None = getattr(self, name)
        if frame is None:
            raise MetricError(f"{metric} needs the table {name} with {', '.join(columns)}.")
        missing = [c for c in columns if not set(c.split(" or ")) & set(frame.columns)]
        if missing:
            raise MetricError(
                f"{metric} needs {', '.join(missing)} in the table {name}, which has {', '.join(frame.columns)}."
            )
        return frame

    @cached_property
    def people(self) -> list[object]:
        """Everybody with a target, in order."""
        return [] if self.truth is None else self.truth["user"].unique().sort().to_list()

    @cached_property
    def ranks(self) -> list[NDArray[np.int64]]:
        """The ranks of each person's targets, ascending; ties behind every other item of that score."""
        assert self.recommended is not None
        assert self.truth is not None
        wanted = self.truth.select("user", "item", pl.lit(True).alias("wanted"))
        places = (
            ordered(self.recommended.join(wanted, on=["user", "item"], how="left"), by_truth=True)
            .filter(pl.col("wanted"))
            .select("user", "item", "place")
        )
        joined = wanted.join(places, on=["user", "item"], how="left").sort("user", "place", nulls_last=True)
        grouped = joined.group_by("user", maintain_order=True).agg(pl.col("place").fill_null(NEVER))
        return [np.asarray(row, dtype=np.int64) for row in grouped["place"]]

    @cached_property
    def ranked(self) -> NDArray[np.int64]:
        """How many items were recommended to each of `people`."""
        assert self.recommended is not None
        counts = dict(self.recommended.group_by("user").len().iter_rows())
        return np.array([counts.get(person, 0) for person in self.people], dtype=np.int64)

    def lists(self, k: int, metric: str) -> tuple[list[object], NDArray[np.int64]]:
        """Return people and the first k items of each as rows of the catalogue, (n, k).

        Raises `MetricError` where somebody has fewer, or an item is not in the catalogue.
        """
        assert self.recommended is not None
        assert self.catalogue is not None
        rows = self.catalogue.select("item", pl.int_range(pl.len()).alias("row"))
        top = ordered(self.recommended, by_truth=False).filter(pl.col("place") <= k)
        top = top.join(rows, on="item", how="left").sort("user", "place")
        if top["row"].null_count():
            unknown = top.filter(pl.col("row").is_null())["item"][0]
            raise MetricError(
                f"{metric}: the item {unknown!r} is recommended and not in the table catalogue."
            )
        grouped = top.group_by("user", maintain_order=True).agg("row")
        short = grouped.filter(pl.col("row").list.len() < k)
        if len(short):
            raise MetricError(f"{metric} at {k}: {short['user'][0]!r} was recommended fewer than {k} items.")
        found = np.array(grouped["row"].to_list(), dtype=np.int64).reshape(len(grouped), k)
        return grouped["user"].to_list(), found

    @cached_property
    def groups(self) -> csr_array:
        """The catalogue's items by their groups, 0 or 1."""
        assert self.catalogue is not None
        of = self.catalogue["groups"].to_list()
        names = sorted({name for groups in of for name in groups or ()})
        at = {name: column for column, name in enumerate(names)}
        cells = [(row, at[name]) for row, groups in enumerate(of) for name in set(groups or ())]
        rows, columns = zip(*cells, strict=True) if cells else ((), ())
        ones = np.ones(len(cells))
        return csr_array((ones, (rows, columns)), shape=(len(of), max(1, len(names))))


def ordered(recommended: pl.DataFrame, by_truth: bool) -> pl.DataFrame:
    """Return the rows with their `place`, 1 first, in each person's list.

    Rows of one score keep the order of the table; with `by_truth` those that are `wanted` go behind the others.
    """
    by_rank = "rank" in recommended.columns and "score" not in recommended.columns
    key = pl.col("rank") if by_rank else -pl.col("score")
    wanted = [pl.col("wanted").fill_null(False)] if by_truth else []
    return recommended.sort("user", key, *wanted, maintain_order=True).with_columns(
        (pl.int_range(pl.len()).over("user") + 1).alias("place")
    )


def check_once(frame: pl.DataFrame, name: str, metric: str) -> None:
    """Raise `MetricError` where a user has an item twice, or a score is not a finite number."""
    twice = frame.filter(frame.select("user", "item").is_duplicated())
    if len(twice):
        user, item = twice.select("user", "item").row(0)
        raise MetricError(f"{metric}: the table {name} has the item {item!r} twice for {user!r}.")
    for column in ("score", "rank"):
        if column in frame.columns:
            values = frame[column].cast(pl.Float64, strict=False)
            if values.null_count() or not values.is_finite().all():
                raise MetricError(
                    f"{metric}: {column} in the table {name} must be a finite number everywhere."
                )
