"""Ratings with their times, divided person by person in time, and requests that each have a moment."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.errors import SourceError
from recsys.models.base import TrainingData
from recsys.models.context import Meetings
from recsys.schema import Context
from recsys.sparse import ones_at

_LIKED = 4.0
"""Stars from which a rating is a meeting."""
_MIN_ITEM = 5
"""Liked ratings that an item must have to be a column."""
_GENRES = (
    "unknown Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical "
    "Mystery Romance Sci-Fi Thriller War Western"
).split()
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Timed:
    """Meetings in order of time, one a place in each array."""

    user: Whole
    item: Whole
    time: Whole
    """Seconds since 1970-01-01 UTC."""
    groups: csr_array
    """Shape (n_genres, n_items)."""
    data_hash: str

    @property
    def shape(self) -> tuple[int, int]:
        """People and items."""
        return int(self.user.max()) + 1, self.groups.shape[1]

    def part(self, chosen: NDArray[np.bool_]) -> csr_array:
        """Return these meetings as a 0/1 matrix."""
        cells = np.unique(np.column_stack([self.user[chosen], self.item[chosen]]), axis=0)
        return ones_at(cells[:, 0], cells[:, 1], self.shape)

    def training(self, chosen: NDArray[np.bool_]) -> tuple[TrainingData, Meetings]:
        """Return what a model learns from these meetings, and their circumstances."""
        contexts = [moment(int(time)) for time in self.time[chosen]]
        return TrainingData(self.part(chosen), self.groups), Meetings(self.item[chosen], contexts)


@dataclass(frozen=True)
class Requests:
    """One row a person and moment (a day and a quarter of it): who asks, when, and what they met then."""

    user: Whole
    contexts: tuple[Context, ...]
    truth: csr_array


def read_latest(folder: Path) -> Timed:
    """Read `ratings.csv` and `movies.csv` of MovieLens latest; raises `SourceError` when one is missing."""
    ratings, movies = _files(folder, "ratings.csv", "movies.csv")
    with ratings.open(encoding="utf-8", newline="") as stream:
        rows = [
            (int(r["userId"]), int(r["movieId"]), float(r["rating"]), int(r["timestamp"]))
            for r in csv.DictReader(stream)
        ]
    with movies.open(encoding="utf-8", newline="") as stream:
        genres = {int(r["movieId"]): r["genres"].split("|") for r in csv.DictReader(stream)}
    return _timed(rows, genres, (ratings, movies))


def read_100k(folder: Path) -> Timed:
    """Read `u.data` and `u.item` of MovieLens 100K; raises `SourceError` when one is missing."""
    ratings, movies = _files(folder, "u.data", "u.item")
    rows = []
    for line in ratings.read_text(encoding="ascii").splitlines():
        user, item, stars, time = line.split()
        rows.append((int(user), int(item), float(stars), int(time)))
    genres = {}
    for line in movies.read_text(encoding="latin-1").splitlines():
        cells = line.split("|")
        flags = zip(_GENRES, cells[-len(_GENRES) :], strict=True)
        genres[int(cells[0])] = [genre for genre, flag in flags if flag == "1"]
    return _timed(rows, genres, (ratings, movies))


def in_time(data: Timed, train: float = 0.7, valid: float = 0.15) -> tuple[NDArray[np.bool_], ...]:
    """Divide each person's meetings by time into train, validation and test: three masks over the meetings."""
    count = np.bincount(data.user)[data.user]
    order = np.lexsort((data.time, data.user))
    start = np.r_[0, np.cumsum(np.bincount(data.user))[:-1]]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - start[data.user[order]]
    share = (place + 0.5) / count
    return share < train, (share >= train) & (share < train + valid), share >= train + valid


def requests(data: Timed, chosen: NDArray[np.bool_], known: NDArray[np.bool_]) -> Requests:
    """Gather these meetings by person and moment; an item that the person met among `known` is no target."""
    before = data.part(known)
    moments: dict[tuple[int, int], set[int]] = {}
    for user, item, time in zip(data.user[chosen], data.item[chosen], data.time[chosen], strict=True):
        if not before[user, item]:
            moments.setdefault((int(user), int(time) // (6 * 3600)), set()).add(int(item))
    keys = sorted(moments)
    rows = np.repeat(np.arange(len(keys)), [len(moments[key]) for key in keys])
    columns = np.array([item for key in keys for item in sorted(moments[key])], dtype=np.int64)
    truth = ones_at(rows, columns, (len(keys), data.shape[1]))
    contexts = tuple(moment(quarter * 6 * 3600) for _, quarter in keys)
    return Requests(np.array([user for user, _ in keys], dtype=np.int64), contexts, truth)


def moment(seconds: int) -> Context:
    """Return the context of a time; the data has no zones, so the clock is UTC's."""
    return Context(time=datetime.fromtimestamp(seconds, UTC))


def _files(folder: Path, *names: str) -> Iterator[Path]:
    for name in names:
        if not (folder / name).is_file():
            raise SourceError(f"{folder / name} is missing; the folder has {' and '.join(names)}.")
        yield folder / name


def _timed(
    rows: list[tuple[int, int, float, int]], genres: dict[int, list[str]], files: tuple[Path, ...]
) -> Timed:
    liked = sorted((time, user, item) for user, item, stars, time in rows if stars >= _LIKED)
    times, users, items = (np.array(column, dtype=np.int64) for column in zip(*liked, strict=True))
    found, counts = np.unique(items, return_counts=True)
    kept = found[counts >= _MIN_ITEM]
    among = np.isin(items, kept)
    column = {int(item): k for k, item in enumerate(kept)}
    names = sorted({genre for item in column for genre in genres.get(item, ())})
    pairs = [(names.index(genre), k) for item, k in column.items() for genre in genres.get(item, ())]
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return Timed(
        np.unique(users[among], return_inverse=True)[1],
        np.searchsorted(kept, items[among]),
        times[among],
        ones_at([g for g, _ in pairs], [k for _, k in pairs], (len(names), len(kept))),
        digest.hexdigest(),
    )
