"""MovieLens 1M, latest-small and 100K, as GroupLens publishes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from recsys.catalogue import INTERACTION_SCHEMA, Catalogue, with_popularity
from recsys.errors import SourceError
from recsys.ingest.options import no_options
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import (
    LINE,
    Column,
    check_known,
    check_unique,
    find_file,
    read_table,
)
from recsys.ingest.titles import clean_title
from recsys.schema import Item

TERMS = "GroupLens: for research; may not be passed on or used commercially without permission."
LEAST_TAG_USES = 2
"""A free-text tag becomes a facet value when people used it at least this often."""
GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *(
        "Fantasy",
        "Film-Noir",
        "Horror",
        "Musical",
        "Mystery",
        "Romance",
        "Sci-Fi",
        "Thriller",
        "War",
        "Western",
    ),
)
"""The flags of u.item, in their order."""
_LATIN = ("utf-8", "latin-1")
_TIME = Column("timestamp", "integer", low=0)


def load_ml_1m(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read MovieLens 1M: movies.dat, ratings.dat (or ratings_no_timestamp.csv), metadata.jsonl if present.

    Raises `SourceError` that lists the bad rows.
    """
    from recsys.ingest.omdb import enrich, read_metadata

    no_options("ml-1m", options)
    errors = RowErrors("ml-1m")
    file = find_file(folder, "movies.dat")
    columns = [Column("MovieID", "integer", low=1), Column("Title"), Column("Genres", optional=True)]
    movies = read_table(file, columns, errors, separator="::", header=False, encodings=_LATIN, quoted=False)
    check_unique(movies, "MovieID", file.name, errors)
    ratings_file = find_file(folder, "ratings.dat", "ratings_no_timestamp.csv")
    timed = ratings_file.name == "ratings.dat"
    ratings = read_table(
        ratings_file,
        [
            Column("userId", "integer", low=1),
            Column("movieId", "integer", low=1),
            Column("rating", "number", low=1, high=5),
            *([_TIME] if timed else []),
        ],
        errors,
        separator="::" if timed else ",",
        header=not timed,
        quoted=False,
    )
    check_known(ratings, "movieId", movies["MovieID"], file.name, ratings_file.name, errors)
    extra_file = folder / "metadata.jsonl"
    extra = (
        read_metadata(extra_file, set(movies["MovieID"]), file.name, errors) if extra_file.is_file() else {}
    )
    errors.stop_if_any()
    items = [
        enrich(_film(row["MovieID"], row["Title"], _split(row["Genres"])), extra.get(row["MovieID"]))
        for row in movies.iter_rows(named=True)
    ]
    notes = [TERMS]
    if not extra:
        notes.append("No metadata.jsonl in the folder: films have genres only, no plots and no people.")
    if not timed:
        notes.append("ratings_no_timestamp.csv was read: the ratings have no times.")
    return _films("MovieLens 1M", "ml-1m", items, ratings, notes)


def load_ml_latest_small(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read MovieLens latest-small: movies.csv, ratings.csv, and tags.csv and links.csv where present.

    Raises `SourceError` that lists the bad rows.
    """
    no_options("ml-latest-small", options)
    errors = RowErrors("ml-latest-small")
    file = find_file(folder, "movies.csv")
    user, movie = Column("userId", "integer", low=1), Column("movieId", "integer", low=1)
    movies = read_table(file, [movie, Column("title"), Column("genres", optional=True)], errors)
    check_unique(movies, "movieId", file.name, errors)
    known = movies["movieId"]
    ratings_file = find_file(folder, "ratings.csv")
    ratings = read_table(
        ratings_file, [user, movie, Column("rating", "number", low=0.5, high=5), _TIME], errors
    )
    check_known(ratings, "movieId", known, file.name, ratings_file.name, errors)
    tags: dict[int, tuple[str, ...]] = {}
    if (folder / "tags.csv").is_file():
        table = read_table(folder / "tags.csv", [user, movie, Column("tag"), _TIME], errors)
        check_known(table, "movieId", known, file.name, "tags.csv", errors)
        tags = _tags(table)
    imdb: dict[int, int] = {}
    if (folder / "links.csv").is_file():
        number = {"kind": "integer", "low": 1}
        links = read_table(
            folder / "links.csv",
            [movie, Column("imdbId", **number), Column("tmdbId", **number, optional=True)],  # type: ignore[arg-type]
            errors,
        )
        check_known(links, "movieId", known, file.name, "links.csv", errors)
        imdb = dict(links.select("movieId", "imdbId").iter_rows())
    errors.stop_if_any()
    items = []
    for row in movies.iter_rows(named=True):
        number = row["movieId"]
        aliases = (f"tt{imdb[number]:07d}",) if number in imdb else ()
        items.append(_film(number, row["title"], _split(row["genres"]), tags.get(number, ()), aliases))
    return _films("MovieLens latest-small", "ml-latest-small", items, ratings, [TERMS])


def load_ml_100k(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read MovieLens 100K: u.item and u.data. Raises `SourceError` that lists the bad rows."""
    no_options("ml-100k", options)
    errors = RowErrors("ml-100k")
    file = find_file(folder, "u.item")
    flags = [Column(genre, "integer", low=0, high=1) for genre in GENRES_100K]
    columns = [Column("movie id", "integer", low=1), Column("movie title")]
    columns += [Column(name, optional=True) for name in ("release date", "video release date", "IMDb URL")]
    movies = read_table(
        file, columns + flags, errors, separator="|", header=False, encodings=_LATIN, quoted=False
    )
    check_unique(movies, "movie id", file.name, errors)
    ratings_file = find_file(folder, "u.data")
    ratings = read_table(
        ratings_file,
        [
            Column("userId", "integer", low=1),
            Column("movieId", "integer", low=1),
            Column("rating", "integer", low=1, high=5),
            _TIME,
        ],
        errors,
        separator="\t",
        header=False,
        quoted=False,
    )
    check_known(ratings, "movieId", movies["movie id"], file.name, ratings_file.name, errors)
    errors.stop_if_any()
    items = [
        _film(row["movie id"], row["movie title"], tuple(g for g in GENRES_100K[1:] if row[g]))
        for row in movies.iter_rows(named=True)
    ]
    return _films("MovieLens 100K", "ml-100k", items, ratings, [TERMS])


def film_id(number: int) -> str:
    """Return the item id of a MovieLens film number."""
    return f"film:{number}"


def _film(
    number: int,
    raw_title: str,
    genres: tuple[str, ...],
    tags: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Item:
    title, year, others = clean_title(raw_title)
    attributes = {"genre": genres, "tag": tags}
    return Item(
        id=film_id(number),
        title=title,
        kind="film",
        year=year,
        attributes={facet: values for facet, values in attributes.items() if values},
        aliases=others + aliases,
    )


def _split(genres: str | None) -> tuple[str, ...]:
    if not genres or genres == "(no genres listed)":
        return ()
    return tuple(dict.fromkeys(genre.strip() for genre in genres.split("|") if genre.strip()))


def _tags(table: pl.DataFrame) -> dict[int, tuple[str, ...]]:
    folded = table.with_columns(pl.col("tag").str.to_lowercase().str.replace_all(r"\s+", " "))
    often = folded.group_by("tag").len().filter(pl.col("len") >= LEAST_TAG_USES)["tag"]
    kept = folded.filter(pl.col("tag").is_in(often.implode())).sort(LINE)
    by_film = kept.group_by("movieId", maintain_order=True).agg(pl.col("tag").unique(maintain_order=True))
    return {number: tuple(tags) for number, tags in by_film.iter_rows()}


def _films(name: str, source: str, items: list[Item], ratings: pl.DataFrame, notes: list[str]) -> Catalogue:
    if not items:
        raise SourceError(f"{source}: there is no film in it; nothing was written.")
    time = pl.col("timestamp") if "timestamp" in ratings.columns else pl.lit(None)
    interactions = ratings.select(
        user=pl.col("userId").cast(pl.String),
        item=pl.format("film:{}", "movieId"),
        value=pl.col("rating").cast(pl.Float64),
        time=time.cast(INTERACTION_SCHEMA["time"]),
        scene=pl.lit("rating"),
    )
    means = dict(interactions.group_by("item").agg(pl.col("value").mean()).iter_rows())
    rated = [
        item.model_copy(update={"numbers": {**item.numbers, "rating": round(means[item.id], 3)}})
        if item.id in means
        else item
        for item in with_popularity(items, interactions)
    ]
    return Catalogue(name, "films", source, rated, interactions, notes=notes)
