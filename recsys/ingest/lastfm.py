"""Last.fm of HetRec 2011: how often people played which artist, with a music graph where present."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from recsys.catalogue import INTERACTION_SCHEMA, Catalogue, with_popularity
from recsys.ingest.options import no_options
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import Column, check_known, check_unique, find_file, read_table
from recsys.schema import Item

_ARTIST = Column("artistID", "integer", low=1)


def load_lastfm(folder: Path, options: Mapping[str, str]) -> Catalogue:
    """Read user_artists.dat and, where present, artists.dat (names), kg.txt and item_index2entity_id.txt.

    The value of an interaction is the number of plays. Raises `SourceError` that lists the bad rows.
    """
    no_options("lastfm-hetrec", options)
    errors = RowErrors("lastfm-hetrec")
    file = find_file(folder, "user_artists.dat")
    plays = read_table(
        file,
        [Column("userID", "integer", low=1), _ARTIST, Column("weight", "integer", low=1)],
        errors,
        separator="\t",
    )
    names: dict[int, str] = {}
    if (folder / "artists.dat").is_file():
        table = read_table(
            folder / "artists.dat",
            [
                Column("id", "integer", low=1),
                Column("name"),
                Column("url", optional=True),
                Column("pictureURL", optional=True),
            ],
            errors,
            separator="\t",
            quoted=False,
        )
        check_unique(table, "id", "artists.dat", errors)
        check_known(plays, "artistID", table["id"], "artists.dat", file.name, errors)
        names = dict(table.select("id", "name").iter_rows())
    facets: dict[int, dict[str, tuple[str, ...]]] = {}
    links = None
    if (folder / "kg.txt").is_file():
        facets, links = _graph(folder / "kg.txt", find_file(folder, "item_index2entity_id.txt"), errors)
    errors.stop_if_any()
    numbers = sorted(set(plays["artistID"].to_list()) | set(names) | set(facets))
    items = [
        Item(
            id=f"artist:{number}",
            title=names.get(number, f"Artist {number}"),
            kind="artist",
            attributes=facets.get(number, {}),
        )
        for number in numbers
    ]
    interactions = plays.select(
        user=pl.col("userID").cast(pl.String),
        item=pl.format("artist:{}", "artistID"),
        value=pl.col("weight").cast(pl.Float64),
        time=pl.lit(None, dtype=INTERACTION_SCHEMA["time"]),
        scene=pl.lit("listen"),
    )
    notes = ["HetRec 2011, Last.fm: for research, not commercial. The value is the number of plays."]
    if not names:
        notes.append("No artists.dat in the folder: artists have numbers for names.")
    if facets:
        notes.append("kg.txt names its entities by number only.")
    catalogue = Catalogue(
        "Last.fm (HetRec 2011)",
        "music",
        "lastfm-hetrec",
        with_popularity(items, interactions),
        interactions,
        notes=notes,
    )
    if links is not None:
        catalogue = Catalogue(**{**catalogue.__dict__, "links": links})
    return catalogue


def facet_of(relation: str) -> str:
    """Return the last two parts of a Freebase relation: `music.artist.origin` gives `artist_origin`."""
    return "_".join(relation.split(".")[-2:])


def _graph(
    file: Path, map_file: Path, errors: RowErrors
) -> tuple[dict[int, dict[str, tuple[str, ...]]], pl.DataFrame]:
    entity = {"kind": "integer", "low": 0}
    ids = read_table(map_file, [_ARTIST, Column("entity", **entity)], errors, separator="\t", header=False)  # type: ignore[arg-type]
    for column in ("artistID", "entity"):
        check_unique(ids, column, map_file.name, errors)
    triples = read_table(
        file,
        [Column("head", **entity), Column("relation"), Column("tail", **entity)],  # type: ignore[arg-type]
        errors,
        separator="\t",
        header=False,
        quoted=False,
    )
    check_known(triples, "head", ids["entity"], map_file.name, file.name, errors)
    artist = {entity: number for number, entity in ids.select("artistID", "entity").iter_rows()}
    facets: dict[int, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    links: dict[tuple[str, str, str], None] = {}
    for head, relation, tail in triples.select("head", "relation", "tail").iter_rows():
        if head not in artist:
            continue
        if tail in artist:
            links[f"artist:{artist[head]}", facet_of(relation), f"artist:{artist[tail]}"] = None
        else:
            facets[artist[head]][facet_of(relation)][f"entity {tail}"] = None
    table = pl.DataFrame(
        list(links), schema={"subject": pl.String, "relation": pl.String, "object": pl.String}, orient="row"
    )
    return {n: {f: tuple(values) for f, values in by.items()} for n, by in facets.items()}, table
