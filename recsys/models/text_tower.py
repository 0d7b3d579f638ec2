"""The text tower: items and people as vectors of one sentence encoder, so that cold ones work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kg.files import written_whole
from recsys.encoder import DIMENSIONS, Encoder
from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)

if TYPE_CHECKING:
    import faiss

_APPROXIMATE_FROM = 50_000
_CHUNK = 2_000
"""Texts between two words of progress; some twenty seconds on two cores."""


class TextTower:
    """Score items by the cosine of their text to a person's words, or to the texts of what the person met.

    Histories are compared after taking out the catalogue's mean vector, which all texts of one domain share
    and which says nothing about taste.
    """

    name = "text_tower"
    recommends_for_cold = True

    def __init__(
        self, encoder: Encoder | None = None, progress: Callable[[int, int], None] = lambda done, of: None
    ) -> None:
        """Take the encoder, and whom to tell how many texts are done of how many."""
        self.encoder = encoder or Encoder()
        self.progress = progress
        self.vectors: FloatMatrix = np.zeros((0, DIMENSIONS), dtype=np.float32)
        """Shape (n_items, 384), rows of length 1."""
        self.mean: FloatMatrix = np.zeros(DIMENSIONS, dtype=np.float32)
        """Shape (384,); the mean of the rows."""
        self.centred: FloatMatrix = np.zeros((0, DIMENSIONS), dtype=np.float32)
        """Shape (n_items, 384); rows less the mean, length 1 again (or 0 where nothing is left)."""
        self.index: Any = None
        """A faiss index over `vectors` by inner product."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Encode `data.texts`, one an item.

        Raises `WorkspaceError` when there is not one text for every item.
        """
        n_items = data.interactions.shape[1]
        if len(data.texts) != n_items:
            raise WorkspaceError(f"{n_items} items have {len(data.texts)} texts; each item needs one.")
        self._set_vectors(self._encode(data.texts))
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            config={"encoder": self.encoder.name, "dimensions": DIMENSIONS},
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def _encode(self, texts: Sequence[str]) -> FloatMatrix:
        parts = []
        for start in range(0, len(texts), _CHUNK):
            parts.append(self.encoder.encode(texts[start : start + _CHUNK]))
            self.progress(min(start + _CHUNK, len(texts)), len(texts))
        return np.concatenate(parts) if parts else np.zeros((0, DIMENSIONS), dtype=np.float32)

    def score(self, users: Users) -> FloatMatrix:
        """Return the mean of the cosines to a person's text and to their history, shape (n, n_items).

        Either may be missing; without both every score is 0.
        """
        n, n_items = users.history.shape
        if n_items != len(self.vectors):
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {len(self.vectors)}."
            )
        history = _unit_rows(np.asarray(users.history.astype(np.float32) @ self.centred))
        scores: FloatMatrix = history @ self.centred.T
        if users.texts:
            if len(users.texts) != n:
                raise WorkspaceError(
                    f"{n} people have {len(users.texts)} texts; each needs one, or none has any."
                )
            said = np.array([bool(text.strip()) for text in users.texts])
            texts = self.encoder.encode(list(users.texts)) * said[:, None]
            both = 1.0 + (said & (np.abs(history).sum(axis=1) > 0))
            scores = (scores + texts @ self.vectors.T) / both[:, None]
        return scores.astype(np.float32, copy=False)

    def nearest(self, vectors: FloatMatrix, limit: int) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """Return cosines and item columns of the nearest items, each of shape (n, min(limit, n_items)), best
        first."""
        found, columns = self.index.search(
            np.ascontiguousarray(vectors, dtype=np.float32), min(limit, len(self.vectors))
        )
        return found, columns

    def save(self, folder: Path) -> None:
        """Write `text_tower.safetensors`, `text_tower.json` and the index `text_tower.faiss`."""
        import faiss

        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.faiss"
        with written_whole(file) as beside:
            faiss.write_index(self.index, str(beside))
        save_model(folder, self.card, {"vectors": self.vectors})

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        import faiss

        card, tensors = load_model(folder, self.name)
        vectors = tensors.get("vectors", np.zeros(0))
        check_shape(self.name, vectors, (card.n_items, DIMENSIONS))
        file = folder / f"{self.name}.faiss"
        if not file.is_file():
            raise WorkspaceError(f"The text index {file} is missing. Build the workspace anew.")
        try:
            index = faiss.read_index(str(file))
        except RuntimeError as error:
            raise WorkspaceError(
                f"The text index {file} cannot be read. Build the workspace anew."
            ) from error
        if index.ntotal != card.n_items or index.d != DIMENSIONS:
            raise WorkspaceError(f"The text index {file} is of another catalogue. Build the workspace anew.")
        self.card = card
        self._set_vectors(vectors.astype(np.float32, copy=False), index)

    def _set_vectors(self, vectors: FloatMatrix, index: faiss.Index | None = None) -> None:
        self.vectors = vectors
        self.mean = (
            vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
            if len(vectors)
            else np.zeros(DIMENSIONS, dtype=np.float32)
        )
        self.centred = _unit_rows(vectors - self.mean)
        self.index = index if index is not None else _build_index(vectors)


def _build_index(vectors: FloatMatrix) -> faiss.Index:
    import faiss

    index: faiss.Index
    if len(vectors) < _APPROXIMATE_FROM:
        index = faiss.IndexFlatIP(DIMENSIONS)
    else:
        index = faiss.IndexHNSWFlat(DIMENSIONS, 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 100
        index.hnsw.efSearch = 128
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def _unit_rows(matrix: FloatMatrix) -> FloatMatrix:
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit: FloatMatrix = np.divide(matrix, length, out=np.zeros_like(matrix), where=length > 1e-6)
    return unit
