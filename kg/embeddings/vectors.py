"""Learned vectors: what they score, what they find similar, and how they are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from kg.embeddings.config import EmbeddingConfig
from kg.embeddings.links import FloatMatrix, LinkReport
from kg.files import written_whole
from kg.graph import GraphError

FORMAT = 1
CARD, TENSORS, IDS = "embeddings.json", "embeddings.safetensors", "entities.parquet"


class EmbeddingCard(BaseModel):
    """What saved vectors say of themselves."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    relations: tuple[str, ...]
    config: EmbeddingConfig
    epochs: int
    """Passes after which validation was best; the vectors are those of then."""
    data_hash: str
    """SHA-256 over the edges; see `EdgeSet.data_hash`."""
    edges: dict[str, int] = Field(default_factory=dict)
    """How many edges were in train, valid and test."""
    valid: LinkReport | None = None
    test: LinkReport | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    files: dict[str, str] = Field(default_factory=dict)
    """File name to SHA-256 of what was written with this card."""


class GraphEmbeddings:
    """A vector for each entity and each relation, in either direction.

    Entity vectors have shape (n, width): real parts, then imaginary parts (RotatE, ComplEx), or real numbers
    (DistMult). Relation vectors have shape (2R, width) in the same form; R + k turns relation k round. A
    rotation is kept as cosines and sines.
    """

    def __init__(
        self, ids: Sequence[str], entity: FloatMatrix, relation: FloatMatrix, card: EmbeddingCard
    ) -> None:
        if entity.shape[0] != len(ids) or relation.shape != (2 * len(card.relations), entity.shape[1]):
            raise GraphError(
                f"The vectors {entity.shape} and {relation.shape} do not fit {len(ids):,} entities and "
                f"{len(card.relations)} relations. Train the embeddings again."
            )
        self.ids, self.entity, self.relation, self.card = tuple(ids), entity, relation, card

    @cached_property
    def position(self) -> dict[str, int]:
        """Entity id to row."""
        return {name: k for k, name in enumerate(self.ids)}

    def query(self, entity: NDArray[np.int64], relation: NDArray[np.int64]) -> FloatMatrix:
        """Return where the answers of (entity, relation) are expected, shape (n, width)."""
        e, r = self.entity[entity], self.relation[relation]
        if self.card.config.model == "distmult":
            return np.asarray(e * r, dtype=np.float32)
        half = e.shape[1] // 2
        real = e[:, :half] * r[:, :half] - e[:, half:] * r[:, half:]
        imaginary = e[:, :half] * r[:, half:] + e[:, half:] * r[:, :half]
        return np.concatenate([real, imaginary], axis=1)

    def score(self, entity: NDArray[np.int64], relation: NDArray[np.int64]) -> FloatMatrix:
        """Score every entity as the answer, shape (n, n_entities); higher is more likely.

        ComplEx and DistMult give products, RotatE the negative distance.
        """
        asked = self.query(entity, relation)
        product = np.asarray(asked @ self.entity.T, dtype=np.float32)
        if self.card.config.model != "rotate":
            return product
        squared = (asked**2).sum(axis=1)[:, None] + self._squared - 2.0 * product
        return np.asarray(-np.sqrt(np.maximum(squared, 0.0)), dtype=np.float32)

    @cached_property
    def _squared(self) -> FloatMatrix:
        return np.asarray((self.entity**2).sum(axis=1), dtype=np.float32)[None, :]

    def expected(self, ids: Sequence[str], relation: str) -> FloatMatrix:
        """Return, for each id, the direction in which its answers under `relation` are expected.

        Shape (n, width), rows of length 1, so that products of rows are cosines; an id that is not in the
        graph has zeros. Two films whose directors would be near each other are near here under `director`.
        Raises `GraphError` for a relation that was not learned.
        """
        if relation not in self.card.relations:
            raise GraphError(
                f"The embeddings have no relation {relation!r}; they have {', '.join(self.card.relations)}."
            )
        found = np.zeros((len(ids), self.entity.shape[1]), dtype=np.float32)
        rows = np.array([k for k, name in enumerate(ids) if name in self.position], dtype=np.int64)
        places = np.array([self.position[ids[k]] for k in rows], dtype=np.int64)
        asked = self.query(places, np.full(len(rows), self.card.relations.index(relation)))
        length = np.linalg.norm(asked, axis=1, keepdims=True)
        found[rows] = np.divide(asked, length, out=np.zeros_like(asked), where=length > 0)
        return found

    def save(self, folder: Path) -> None:
        """Write the vectors, the ids and the card into `folder`, each in one step, the card last.

        The card holds the hashes of the two others, so a folder that was torn in between is found out by
        `load`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        tensors: dict[str, NDArray[Any]] = {
            "entity": np.ascontiguousarray(self.entity),
            "relation": np.ascontiguousarray(self.relation),
        }
        ids = pl.DataFrame({"id": list(self.ids)}, schema={"id": pl.String})
        hashes = {
            TENSORS: _written(folder / TENSORS, lambda file: save_file(tensors, file)),
            IDS: _written(folder / IDS, lambda file: ids.write_parquet(file)),
        }
        self.card = self.card.model_copy(update={"files": hashes})
        text = self.card.model_dump_json(indent=2) + "\n"
        _written(folder / CARD, lambda file: file.write_text(text, encoding="utf-8"))

    @classmethod
    def load(cls, folder: Path) -> GraphEmbeddings:
        """Read what `save` wrote; nothing is unpickled.

        Raises `GraphError` when a file is missing, unreadable, of another format, or not of this card.
        """
        again = "Train the embeddings again."
        missing = [name for name in (CARD, TENSORS, IDS) if not (folder / name).is_file()]
        if missing:
            raise GraphError(f"There are no embeddings in {folder}: {', '.join(missing)} is missing. {again}")
        try:
            card = EmbeddingCard.model_validate_json((folder / CARD).read_text(encoding="utf-8"))
            if card.format != FORMAT:
                raise GraphError(
                    f"The embeddings in {folder} have format {card.format}, not {FORMAT}. {again}"
                )
            for name in (TENSORS, IDS):
                if card.files.get(name) != _hash(folder / name):
                    raise GraphError(
                        f"{folder / name} is not the file that its card was written for. {again}"
                    )
            tensors = load_file(folder / TENSORS)
            ids = pl.read_parquet(folder / IDS)["id"].to_list()
            return cls(ids, tensors["entity"], tensors["relation"], card)
        except (ValueError, ValidationError, SafetensorError, KeyError, pl.exceptions.PolarsError) as error:
            raise GraphError(
                f"The embeddings in {folder} cannot be read ({error.__class__.__name__}). {again}"
            ) from error


def _written(file: Path, write: Callable[[Path], object]) -> str:
    with written_whole(file) as beside:
        write(beside)
        return _hash(beside)


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
