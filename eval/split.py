"""Read a fixed public split: `train.txt`, `valid.txt`, `test.txt`, and what is known of its items."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from recsys.errors import SourceError
from recsys.schema import Item
from recsys.sparse import ones_at

_NAMED_YEAR = re.compile(r"^(?P<title>.*?)\s*\((?P<year>\d{4})\)\s*$")
_IN_BRACKETS = re.compile(r"\s*\([^)]*\)")
_FACETS = {
    "director": "Director",
    "writer": "Writer",
    "cast": "Actors",
    "genre": "Genre",
    "country": "Country",
    "language": "Language",
}


@dataclass(frozen=True)
class Split:
    """Three 0/1 matrices of shape (n_users, n_items) that share no cell, and one item a column."""

    train: csr_array
    valid: csr_array
    test: csr_array
    items: list[Item]
    """Empty when the split has no item index."""
    data_hash: str
    """SHA-256 over every file that was read."""


def read_split(folder: Path, metadata: Path | None = None) -> Split:
    """Read the split in `folder`.

    `*_index_to_*.csv` whose header has `index`, `title` and `genres` names the items; `metadata` is a JSONL
    file with `movieId`, `Director`, `Writer`, `Actors`, `Genre`, `Country`, `Language` and `Plot`. Raises
    `SourceError` when a file is missing or a line is not whole numbers.
    """
    files = [folder / f"{part}.txt" for part in ("train", "valid", "test")]
    for file in [*files, *([metadata] if metadata else [])]:
        if not file.is_file():
            raise SourceError(f"{file} is missing; a split has train.txt, valid.txt and test.txt.")
    rows = [list(_pairs(file)) for file in files]
    n_users = 1 + max((user for part in rows for user, _ in part), default=-1)
    n_items = 1 + max((item for part in rows for _, item in part), default=-1)
    index = _item_index(folder)
    items = _items(index, metadata, n_items) if index else []
    read = [*files, *([index] if index else []), *([metadata] if metadata else [])]
    train, valid, test = (_matrix(part, (n_users, n_items)) for part in rows)
    return Split(train, valid, test, items, _hash(read))


def default_metadata(folder: Path) -> Path | None:
    """Return `metadata.jsonl` in `folder` or beside it, or None."""
    for file in (folder / "metadata.jsonl", folder.parent / "metadata.jsonl"):
        if file.is_file():
            return file
    return None


def _pairs(file: Path) -> Iterator[tuple[int, int]]:
    with file.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            try:
                user, *items = (int(word) for word in line.split())
            except ValueError as error:
                raise SourceError(
                    f"{file}, line {number}: a line has a user and items, all whole numbers from 0."
                ) from error
            if user < 0 or any(item < 0 for item in items):
                raise SourceError(f"{file}, line {number}: a number is below 0.")
            for item in items:
                yield user, item


def _matrix(pairs: list[tuple[int, int]], shape: tuple[int, int]) -> csr_array:
    cells = np.array(sorted(set(pairs)), dtype=np.int64).reshape(-1, 2)
    return ones_at(cells[:, 0], cells[:, 1], shape)


def _item_index(folder: Path) -> Path | None:
    for file in sorted(folder.glob("*index*.csv")):
        with file.open(encoding="utf-8", newline="") as stream:
            if {"index", "title", "genres"} <= set(next(csv.reader(stream), [])):
                return file
    return None


def _items(index: Path, metadata: Path | None, n_items: int) -> list[Item]:
    known: dict[str, dict[str, Any]] = {}
    if metadata:
        with metadata.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    row = json.loads(line)
                    known[str(row["movieId"])] = row
                except (ValueError, KeyError, TypeError) as error:
                    raise SourceError(
                        f"{metadata}, line {number}: JSON with a movieId was expected."
                    ) from error
    items: dict[int, Item] = {}
    with index.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            items[int(row["index"])] = _item(row, known.get(row.get("movieId", ""), {}))
    missing = [column for column in range(n_items) if column not in items]
    if missing:
        raise SourceError(
            f"{index} does not name {len(missing)} items of the split, the first is {missing[0]}."
        )
    return [items[column] for column in range(n_items)]


def _item(row: dict[str, str], known: dict[str, Any]) -> Item:
    named = _NAMED_YEAR.match(row["title"])
    attributes = {facet: _values(known.get(key)) for facet, key in _FACETS.items()}
    attributes["genre"] = tuple(dict.fromkeys([*attributes["genre"], *row["genres"].split("|")]))
    plot = known.get("Plot")
    return Item(
        id=row["index"],
        title=named["title"] if named else row["title"],
        kind="film",
        year=int(named["year"]) if named else None,
        description=plot if isinstance(plot, str) and plot != "N/A" else "",
        attributes={facet: values for facet, values in attributes.items() if values},
    )


def _values(text: object) -> tuple[str, ...]:
    """Split a comma-separated cell; what stands in brackets says how somebody took part and is left out."""
    if not isinstance(text, str) or text == "N/A":
        return ()
    names = (part.strip() for part in _IN_BRACKETS.sub("", text).split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def _hash(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
