"""Which sources can be read, and what each of them needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recsys.catalogue import Catalogue
from recsys.errors import SourceError
from recsys.ingest.download import REMOTES, Remote
from recsys.ingest.lastfm import load_lastfm
from recsys.ingest.movielens import load_ml_1m, load_ml_100k, load_ml_latest_small
from recsys.ingest.retail_rocket import load_retail_rocket
from recsys.ingest.s3rec import NAMES, load_s3rec
from recsys.ingest.table import load_table
from recsys.ingest.tau_retail import load_tau_retail
from recsys.ingest.wikipedia import load_wikipedia_films

Load = Callable[[Path, Mapping[str, str]], Catalogue]


@dataclass(frozen=True)
class AdapterInfo:
    """One source."""

    name: str
    """As it is given to `tastegraph ingest`."""
    summary: str
    from_points_to: str
    """What `--from` must point to, in words."""
    load: Load
    """Reads the path with options; raises `SourceError`."""
    download: Remote | None = None
    """Where the publisher has it, or None where it cannot be fetched for a person."""


def _adapter(name: str, summary: str, points_to: str, load: Load) -> AdapterInfo:
    return AdapterInfo(name, summary, points_to, load, REMOTES.get(name))


ADAPTERS: dict[str, AdapterInfo] = {
    adapter.name: adapter
    for adapter in (
        _adapter(
            "ml-1m",
            "MovieLens 1M: a million ratings of 3,900 films",
            "the folder with movies.dat and ratings.dat (or ratings_no_timestamp.csv); "
            "metadata.jsonl adds plots and people",
            load_ml_1m,
        ),
        _adapter(
            "ml-latest-small",
            "MovieLens latest-small: 100,000 ratings of 9,700 films, with tags",
            "the folder with movies.csv and ratings.csv; tags.csv and links.csv add to them",
            load_ml_latest_small,
        ),
        _adapter(
            "ml-100k",
            "MovieLens 100K: 100,000 ratings of 1,700 films",
            "the folder with u.item and u.data",
            load_ml_100k,
        ),
        _adapter(
            "s3rec",
            "Amazon reviews in time order as S3-Rec prepared them, without names",
            f"the folder with NAME.txt and NAME_item2attributes.json; --name says which: {', '.join(NAMES)}",
            load_s3rec,
        ),
        _adapter(
            "retail-rocket",
            "Retail Rocket: views, carts and purchases of one shop",
            "the folder with train_view.tsv, train_cart.tsv, train_buy.tsv and kg.txt",
            load_retail_rocket,
        ),
        _adapter(
            "lastfm-hetrec",
            "Last.fm (HetRec 2011): who played which artist how often",
            "the folder with user_artists.dat; artists.dat adds names, kg.txt and "
            "item_index2entity_id.txt a graph",
            load_lastfm,
        ),
        _adapter(
            "wikipedia-films",
            "Films of Wikipedia's yearly lists since 1900, without ratings",
            "the folder with movies-*.json, or one such file",
            load_wikipedia_films,
        ),
        _adapter(
            "tau-retail",
            "An invented shop with variants, orders and a written policy",
            "the folder with data/products.json and wiki.md; data/users.json and data/orders.json add customers",
            load_tau_retail,
        ),
        _adapter(
            "table",
            "Your own CSV, TSV, JSONL or Parquet, through a mapping file",
            "the mapping file (.toml or .json), or the item table with --mapping FILE",
            load_table,
        ),
    )
}


def load(source: str, path: Path, options: Mapping[str, str] | None = None) -> Catalogue:
    """Read a source into the one schema.

    Args:
        source: a name in `ADAPTERS`.
        path: what the adapter's `from_points_to` says.
        options: options of the adapter, by name.

    Raises `SourceError` when the source is unknown, when a file is missing, or with the first 20 bad rows.
    """
    adapter = ADAPTERS.get(source)
    if adapter is None:
        raise SourceError(f"There is no source {source!r}. Known: {', '.join(ADAPTERS)}.")
    if not path.exists():
        raise SourceError(
            f"There is nothing at {path}. For {source}, --from must point to {adapter.from_points_to}."
        )
    return adapter.load(path, options or {})
