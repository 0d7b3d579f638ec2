"""The ratings of ml-100k and ml-1m as arrays, with genres and decades, and their random divisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.attributes import attribute_matrix
from recsys.errors import SourceError
from recsys.schema import Item

DATA_SETS = ("ml-100k", "ml-1m")
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Ratings:
    """One rating a row."""

    name: str
    people: Rows
    items: Rows
    stars: NDArray[np.float64]
    attributes: csr_array
    """Shape (n_attributes, n_items)."""
    data_hash: str

    @property
    def shape(self) -> tuple[int, int]:
        """People and items."""
        return int(self.people.max()) + 1, self.attributes.shape[1]

    def matrix(self, rows: Rows) -> csr_array:
        """Return these ratings as a matrix of all people and items."""
        cells = (self.stars[rows], (self.people[rows], self.items[rows]))
        matrix = csr_array(cells, shape=self.shape)
        matrix.sort_indices()
        return matrix

    def divided(self, seed: int) -> tuple[Rows, Rows, Rows]:
        """Divide the ratings at random: 80 % to learn from, 10 % to choose by, 10 % to be told."""
        order = np.random.default_rng(seed).permutation(len(self.stars)).astype(np.int64)
        first, second = int(0.8 * len(order)), int(0.9 * len(order))
        return order[:first], order[first:second], order[second:]

    def without_people(self, seed: int, share: float = 0.1) -> tuple[Rows, Rows]:
        """Divide by people: rows of those known, and of a share of people who are new."""
        n = self.shape[0]
        new = np.random.default_rng([seed, 1]).permutation(n)[: int(share * n)]
        belongs = np.isin(self.people, new)
        return np.flatnonzero(~belongs).astype(np.int64), np.flatnonzero(belongs).astype(np.int64)


def read_ratings(data: Path, name: str) -> Ratings:
    """Read one of `DATA_SETS`; raises `SourceError` when its files are missing."""
    folder = data / name
    stars, films = ("u.data", "u.item") if name == "ml-100k" else ("ratings_no_timestamp.csv", "movies.dat")
    files = [folder / stars, folder / films]
    for file in files:
        if not file.is_file():
            raise SourceError(f"{file} is missing; the rating figures are measured on it.")
    if name == "ml-100k":
        table = np.loadtxt(files[0], dtype=np.int64, usecols=(0, 1, 2))
    else:
        table = np.loadtxt(files[0], dtype=np.int64, delimiter=",", skiprows=1)
    _, people = np.unique(table[:, 0], return_inverse=True)
    ids, items = np.unique(table[:, 1], return_inverse=True)
    known = dict(_films_100k(files[1]) if name == "ml-100k" else _films_1m(files[1]))
    attributes, _ = attribute_matrix([known[int(one)] for one in ids])
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return Ratings(
        name,
        people.astype(np.int64),
        items.astype(np.int64),
        table[:, 2].astype(np.float64),
        attributes,
        digest,
    )


def _films_100k(file: Path) -> Iterator[tuple[int, Item]]:
    for line in file.read_text(encoding="latin-1").splitlines():
        number, title, released, _, _, *flags = line.split("|")
        genres = tuple(f"genre {k}" for k, flag in enumerate(flags) if flag == "1")
        yield int(number), _film(number, title, released[-4:], genres)


def _films_1m(file: Path) -> Iterator[tuple[int, Item]]:
    for line in file.read_text(encoding="latin-1").splitlines():
        number, title, genres = line.split("::")
        yield int(number), _film(number, title, title[-5:-1], tuple(genres.split("|")))


def _film(number: str, title: str, year: str, genres: tuple[str, ...]) -> Item:
    return Item(
        id=number,
        title=title,
        kind="film",
        year=int(year) if year.isdigit() else None,
        attributes={"genre": genres},
    )
