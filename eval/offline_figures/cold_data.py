"""What is held back to measure cold start on a fixed split: items that nobody met, and people who are new."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_array

from eval.split import Split
from kg.files import written_whole
from recsys.encoder import DIMENSIONS, Encoder
from recsys.models.base import FloatMatrix
from recsys.schema import Item
from recsys.sparse import ones_at

Columns = NDArray[np.int64]
_PLOT_WORDS = 14
_LEARNED = (
    "I mostly watch {genre} and {other_genre} films.",
    "I like what {director} directs and anything with {actor} in it.",
    "Not long ago I enjoyed a story like this: {plot}.",
)
_ASKED = (
    "My favourites are {genre}, and sometimes {other_genre}.",
    "{director} is a director I trust, and I would see {actor} in everything.",
    "I am in the mood for something about {plot}.",
)


@dataclass(frozen=True)
class NewItems:
    """Items whose every meeting was taken out of train."""

    columns: Columns
    """The new items, ascending."""
    train: csr_array
    """Train without them, of the same shape."""

    def targets(self, part: csr_array) -> csr_array:
        """Return the meetings of `part` with new items alone, of the same shape."""
        is_new = np.zeros(part.shape[1], dtype=bool)
        is_new[self.columns] = True
        return _cells(part, is_new[part.tocoo().col])


def hold_out_items(split: Split, share: float, seed: int) -> NewItems:
    """Draw this share of the items and take their meetings out of train."""
    n_items = split.train.shape[1]
    drawn = np.sort(np.random.default_rng(seed).permutation(n_items)[: round(share * n_items)]).astype(
        np.int64
    )
    is_new = np.zeros(n_items, dtype=bool)
    is_new[drawn] = True
    return NewItems(drawn, _cells(split.train, ~is_new[split.train.tocoo().col]))


def hold_out_people(split: Split, share: float, seed: int) -> tuple[Columns, Columns]:
    """Return the rows of people who are known, and of this share who are new; ascending, only those with train
    and test."""
    lengths = np.minimum(np.diff(split.train.indptr), np.diff(split.test.indptr))
    rows = np.flatnonzero(lengths > 0)
    drawn = np.random.default_rng(seed).permutation(rows)
    count = round(share * len(rows))
    return np.sort(drawn[count:]).astype(np.int64), np.sort(drawn[:count]).astype(np.int64)


def some_of(history: csr_array, most: int, seed: int) -> csr_array:
    """Return at most `most` meetings of each row, drawn by the seed; fewer items are among those of more."""
    met = history.tocsr()
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(met.shape[0]), np.diff(met.indptr))
    order = np.lexsort((rng.random(met.nnz), row))
    place = np.empty(met.nnz, dtype=np.int64)
    place[order] = np.arange(met.nnz) - np.repeat(met.indptr[:-1], np.diff(met.indptr))
    return _cells(met, place < most)


def sentences(items: Sequence[Item], history: csr_array, rows: Columns, asked: bool) -> list[str]:
    """Return three sentences for each of these rows of `history`: favourite genres, people, and words of a plot.

    A person's sentences are always the same, and no title is in them. `asked` words them as a request, otherwise
    as a statement, so that what is learned from the one is measured on the other. A genre or person is a favourite
    when the history has it oftener than the catalogue would by chance.
    """
    usual = {
        facet: Counter(value for item in items for value in item.attributes.get(facet, ()))
        for facet in ("genre", "director", "cast")
    }
    told = [k for k, item in enumerate(items) if len(item.description.split()) >= _PLOT_WORDS]
    has_plot = np.zeros(len(items), dtype=bool)
    has_plot[told] = True
    met = history.tocsr()
    texts = []
    for row in rows:
        seen = met.indices[met.indptr[row] : met.indptr[row + 1]].astype(np.int64)
        favourites = {facet: _favourites(items, seen, facet, usual[facet]) for facet in usual}
        plots = seen[has_plot[seen]]
        words = {
            "genre": _nth(favourites["genre"], 0, "good"),
            "other_genre": _nth(favourites["genre"], 1, "other"),
            "director": _nth(favourites["director"], 0, "nobody in particular"),
            "actor": _nth(favourites["cast"], 0, "good actors"),
            "plot": _plot(items[int(np.random.default_rng(int(row)).choice(plots))])
            if len(plots)
            else "anything good",
        }
        texts.append(" ".join(template.format(**words) for template in (_ASKED if asked else _LEARNED)))
    return texts


class KeptEncoder(Encoder):
    """An encoder that keeps every answer in one file of a folder, so that a text is encoded once."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.file = folder / "vectors.safetensors"
        self._known: dict[str, FloatMatrix] | None = None

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one vector a text, shape (n, 384), encoding only those that are new."""
        if self._known is None:
            self._known = dict(load_file(self.file)) if self.file.is_file() else {}
        keys = [hashlib.sha256(f"{self.name}\0{text}".encode()).hexdigest()[:24] for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            vectors = super().encode(list(new.values()))
            self._known.update({key: vectors[k].copy() for k, key in enumerate(new)})
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(self.file) as beside:
                save_file(self._known, beside)
        return np.stack([self._known[key] for key in keys]) if keys else np.zeros((0, DIMENSIONS), np.float32)


def _favourites(items: Sequence[Item], seen: Columns, facet: str, usual: Counter[str]) -> list[str]:
    """Values by how far the history has them beyond what its length would bring by chance; at least twice."""
    here = Counter(value for k in seen for value in items[k].attributes.get(facet, ()))
    expected = len(seen) / max(len(items), 1)
    found = [
        ((count - expected * usual[value]) / np.sqrt(1.0 + expected * usual[value]), value)
        for value, count in here.items()
        if count >= 2
    ]
    return [value for _, value in sorted(found, key=lambda pair: (-pair[0], pair[1]))]


def _nth(values: Sequence[str], place: int, otherwise: str) -> str:
    return values[place] if place < len(values) else otherwise


def _plot(item: Item) -> str:
    """The first words of the plot, without those of the title."""
    title = {word.casefold() for word in re.findall(r"\w{3,}", item.title)}
    words = [word for word in item.description.split() if re.sub(r"\W", "", word).casefold() not in title]
    return " ".join(words[:_PLOT_WORDS]).rstrip(".,;")


def _cells(matrix: csr_array, chosen: NDArray[np.bool_]) -> csr_array:
    cells = matrix.tocoo()
    return ones_at(cells.row[chosen], cells.col[chosen], matrix.shape)
