"""A graph on its way into a store: checked, each thing once, and on disk, however large it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from kg.schema import Entity, Triple
from kg.stores.rows import check_id, missing_endpoints, search_key

ENTITY_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "id": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "search_key": pl.String,
    "aliases": pl.List(pl.String),
    "popularity": pl.Float64,
}
TRIPLE_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "subject": pl.String,
    "object": pl.String,
    "relation": pl.String,
    "source": pl.String,
    "confidence": pl.Float64,
    "first_seen": pl.Date,
    "last_seen": pl.Date,
    "sentence": pl.String,
}
_ROWS_A_PART = 50_000
_DIGEST = 16
_Digests = npt.NDArray[np.bytes_]
_T = TypeVar("_T")


def entity_frame(entities: Iterable[Entity]) -> pl.DataFrame:
    """Return entities as the columns of `ENTITY_SCHEMA`."""
    rows = [(e.id, e.kind, e.name, search_key(e), list(e.aliases), e.popularity) for e in entities]
    return pl.DataFrame(rows, schema=ENTITY_SCHEMA, orient="row")


def triple_frame(triples: Iterable[Triple]) -> pl.DataFrame:
    """Return triples as the columns of `TRIPLE_SCHEMA`."""
    rows = [tuple(getattr(triple, name) for name in TRIPLE_SCHEMA) for triple in triples]
    return pl.DataFrame(rows, schema=TRIPLE_SCHEMA, orient="row")


class Spool:
    """Reads a graph once and gives it back in frames.

    In memory are 16 bytes an entity and a triple (a digest of what makes it the same again) and one part of
    50,000 rows; the rest is Parquet in `folder`.
    """

    def __init__(self, folder: Path, progress: Callable[[str], None]) -> None:
        self._folder = folder
        self._progress = progress
        self._keep_entities: npt.NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._keep_triples = self._keep_entities
        folder.mkdir(parents=True, exist_ok=True)

    def fill(self, entities: Iterable[Entity], triples: Iterable[Triple]) -> None:
        """Read everything, entities first.

        Raises `GraphError` when an id is too long, or when a triple names an entity that was not given.
        """
        ids: list[_Digests] = []
        for number, part in enumerate(_parts(entities)):
            for entity in part:
                check_id(entity.id)
            ids.append(_digests([entity.id] for entity in part))
            entity_frame(part).write_parquet(self._folder / f"entities-{number}.parquet")
            self._tell("entities", number, len(part))
        given = _joined(ids)
        self._keep_entities = _last_of_each(given)
        given.sort()
        keys: list[_Digests] = []
        for number, links in enumerate(_parts(triples)):
            _check_ends(links, given)
            keys.append(_digests(triple.key for triple in links))
            triple_frame(links).write_parquet(self._folder / f"triples-{number}.parquet")
            self._tell("triples", number, len(links))
        self._keep_triples = _last_of_each(_joined(keys))

    @property
    def entities(self) -> int:
        """Number of entities that will be stored."""
        return int(self._keep_entities.sum())

    @property
    def triples(self) -> int:
        """Number of triples that will be stored."""
        return int(self._keep_triples.sum())

    def entity_frames(self, rows: int = _ROWS_A_PART) -> Iterator[pl.DataFrame]:
        """Yield the entities, each once, in frames of `ENTITY_SCHEMA` with at most `rows` rows."""
        return self._frames("entities", self._keep_entities, rows)

    def triple_frames(self, rows: int = _ROWS_A_PART) -> Iterator[pl.DataFrame]:
        """Yield the triples, each once, in frames of `TRIPLE_SCHEMA` with at most `rows` rows."""
        return self._frames("triples", self._keep_triples, rows)

    def _frames(self, name: str, keep: npt.NDArray[np.bool_], rows: int) -> Iterator[pl.DataFrame]:
        for start in range(0, len(keep), _ROWS_A_PART):
            frame = pl.read_parquet(self._folder / f"{name}-{start // _ROWS_A_PART}.parquet")
            kept = frame.filter(pl.Series(keep[start : start + _ROWS_A_PART]))
            yield from kept.iter_slices(rows) if len(kept) else ()

    def _tell(self, name: str, number: int, rows: int) -> None:
        self._progress(f"Read {number * _ROWS_A_PART + rows:,} {name}")


def _parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(values)
    while part := list(islice(rest, _ROWS_A_PART)):
        yield part


def _digests(keys: Iterable[Iterable[str]]) -> _Digests:
    # Each text is preceded by its length, so that no two keys make the same bytes.
    texts = ("".join(f"{len(text)}:{text}" for text in key) for key in keys)
    return np.frombuffer(
        b"".join(blake2b(text.encode(), digest_size=_DIGEST).digest() for text in texts), dtype=f"S{_DIGEST}"
    )


def _joined(parts: list[_Digests]) -> _Digests:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=f"S{_DIGEST}")


def _last_of_each(digests: _Digests) -> npt.NDArray[np.bool_]:
    """Mark, of those that are equal, the last."""
    order = np.argsort(digests, kind="stable")
    sorted_digests = digests[order]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = sorted_digests[1:] != sorted_digests[:-1]
    keep = np.zeros(len(order), dtype=bool)
    keep[order[last]] = True
    return keep


def _check_ends(triples: list[Triple], given: _Digests) -> None:
    missing: set[str] = set()
    for ends in ([triple.subject for triple in triples], [triple.object for triple in triples]):
        digests = _digests([end] for end in ends)
        places = np.searchsorted(given, digests)
        there = np.zeros(len(ends), dtype=bool)
        inside = places < len(given)
        there[inside] = given[places[inside]] == digests[inside]
        missing.update(ends[k] for k in np.flatnonzero(~there))
    if missing:
        raise missing_endpoints(sorted(missing))
