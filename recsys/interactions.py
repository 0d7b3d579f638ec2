"""Which interactions are meetings: a low rating is not one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from recsys.schema import Item
from recsys.sparse import ones_at

LIKED_FROM = 3.5
"""On a scale of half a star to five stars, a rating from here up says that the person was glad of the
item."""
_STARS = (0.5, 5.0)


def meetings(interactions: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows that say a person met an item gladly.

    Rows whose `scene` is `rating` on a scale of 0.5 to 5 stars must have `LIKED_FROM` or more; every other
    row counts.
    """
    if interactions.is_empty():
        return interactions
    rating = pl.col("scene") == "rating"
    values = interactions.filter(rating)["value"]
    graded = values.n_unique() > 1
    low, high = values.min(), values.max()
    if not graded or not isinstance(low, float) or not isinstance(high, float):
        return interactions
    if low < _STARS[0] or high > _STARS[1]:
        return interactions
    return interactions.filter(~rating | (pl.col("value") >= LIKED_FROM))


def meeting_matrix(items: Sequence[Item], interactions: pl.DataFrame) -> csr_array:
    """Return a 0/1 matrix of shape (n_users, n_items) of meetings; rows of unknown items are left out.

    Users are in ascending order of their id.
    """
    met = meetings(interactions)
    position = pl.DataFrame(
        {"item": [item.id for item in items], "column": np.arange(len(items))},
        schema={"item": pl.String, "column": pl.Int64},
    )
    pairs = met.select("user", "item").join(position, on="item").unique(["user", "column"])
    rows = (
        pairs["user"].rank("dense").to_numpy().astype(np.int64) - 1 if len(pairs) else np.zeros(0, np.int64)
    )
    columns = pairs["column"].to_numpy()
    n_users = int(rows.max()) + 1 if len(rows) else 0
    return ones_at(rows, columns, (n_users, len(items)))
