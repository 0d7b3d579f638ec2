"""What an adapter returns: one source turned into the one schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from recsys.customers import Customers
from recsys.schema import HelpAnswer, Item

INTERACTION_SCHEMA: dict[str, type[pl.DataType]] = {
    "user": pl.String,
    "item": pl.String,
    "value": pl.Float64,
    "time": pl.Int64,
    "scene": pl.String,
}
"""Columns of an interaction table, one row for one `recsys.schema.Interaction`; `time` is null where the
source has none."""


AS_OF = "as_of"
"""Key of `Catalogue.config`: today in a shop whose time stands still, as an ISO date."""
CURRENCY = "currency"
"""Key of `Catalogue.config`: the sign of the shop's prices; euros where it is missing."""
LINK_SCHEMA: dict[str, type[pl.DataType]] = {"subject": pl.String, "relation": pl.String, "object": pl.String}
"""Columns of a table of edges between items: `subject` and `object` are item ids."""


def no_links() -> pl.DataFrame:
    """Return a link table without rows."""
    return pl.DataFrame(schema=LINK_SCHEMA)


def no_interactions() -> pl.DataFrame:
    """Return an interaction table without rows."""
    return pl.DataFrame(schema=INTERACTION_SCHEMA)


@dataclass(frozen=True)
class Catalogue:
    """Items, who met them, and what a help desk knows, from one source."""

    name: str
    """As a person reads it: `MovieLens 1M`."""
    domain: str
    """`films`, `shop`, `music`, `products`, ..."""
    source: str
    """Short name of the adapter: `ml-1m`."""
    items: list[Item]
    interactions: pl.DataFrame = field(default_factory=no_interactions)
    """Columns as in `INTERACTION_SCHEMA`."""
    links: pl.DataFrame = field(default_factory=no_links)
    """Edges between two items that no facet says, such as `bought_with`; columns as in `LINK_SCHEMA`."""
    simulated: bool = False
    """True when the interactions were simulated, not observed. Every place that shows them says so."""
    help_answers: list[HelpAnswer] = field(default_factory=list)
    policy: str = ""
    """The shop's written policy in Markdown, or empty."""
    customers: Customers = field(default_factory=Customers)
    """Who ordered what, where the source is a shop that says so; only the service mode reads it."""
    notes: list[str] = field(default_factory=list)
    """What a person should know of the source: its terms, rows without a match."""
    config: dict[str, Any] = field(default_factory=dict)
    """What the manifest keeps of how this was made, as JSON values."""


def with_popularity(items: list[Item], interactions: pl.DataFrame) -> list[Item]:
    """Return the items, each with its number of interactions as popularity."""
    counts = dict(interactions.group_by("item").len().iter_rows())
    return [item.model_copy(update={"popularity": float(counts.get(item.id, 0))}) for item in items]
