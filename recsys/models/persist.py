"""How a model is kept: one safetensors file and one JSON card, both written beside and then renamed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_array

from kg.files import written_whole
from recsys.errors import WorkspaceError
from recsys.models.base import TrainingData
from recsys.models.cards import FORMAT, ModelCard

__all__ = [
    "ModelCard",
    "check_shape",
    "hash_training_data",
    "library_versions",
    "load_model",
    "save_model",
]

_VERSIONED = (
    "tastegraph",
    "torch",
    "sentence-transformers",
    "transformers",
    "peft",
    "torch-geometric",
    "numpy",
    "scipy",
    "polars",
    "ladybug",
    "chromadb",
    "faiss-cpu",
    "safetensors",
)


def hash_training_data(data: TrainingData) -> str:
    """Return the SHA-256 of everything that a model may learn from, independent of how it was assembled."""
    digest = hashlib.sha256()
    for matrix in (data.interactions, data.attributes):
        _add(digest, matrix)
    for text in data.texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    for name, matrix in _named(data):
        digest.update(name.encode() + b"\0")
        _add(digest, matrix)
    for sequence in data.sequences:
        digest.update(np.asarray(sequence, dtype=np.int64).tobytes() + b"\0")
    return digest.hexdigest()


def _named(data: TrainingData) -> Iterator[tuple[str, csr_array]]:
    for group, matrices in (("scene", data.scenes), ("relation", data.relations)):
        for name in sorted(matrices):
            yield f"{group} {name}", matrices[name]
    for name, one in (("ratings", data.ratings), ("social", data.social)):
        if one is not None:
            yield name, one


def _add(digest: hashlib._Hash, matrix: csr_array) -> None:
    canonical = matrix.tocsr(copy=True)
    canonical.sum_duplicates()
    digest.update(repr(canonical.shape).encode())
    digest.update(canonical.indptr.astype(np.int64).tobytes())
    digest.update(canonical.indices.astype(np.int64).tobytes())
    digest.update(canonical.data.astype(np.float32).tobytes())


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that shape a workspace and its models' numbers."""
    found = {}
    for name in _VERSIONED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def save_model(folder: Path, card: ModelCard, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write `NAME.safetensors` and `NAME.json` into `folder`, each in one step, the card last."""
    folder.mkdir(parents=True, exist_ok=True)
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    file = folder / f"{card.name}.safetensors"
    with written_whole(file) as beside:
        save_file(contiguous, beside)
    _write_json(folder / f"{card.name}.json", card.model_dump(mode="json"))


def load_model(folder: Path, name: str) -> tuple[ModelCard, dict[str, NDArray[Any]]]:
    """Read what `save_model` wrote.

    Raises `WorkspaceError` when a file is missing, unreadable, or of another model or format.
    """
    card_file, tensor_file = folder / f"{name}.json", folder / f"{name}.safetensors"
    if not card_file.is_file() or not tensor_file.is_file():
        raise WorkspaceError(f"The model {name} is missing in {folder}. Build the workspace anew.")
    try:
        card = ModelCard.model_validate_json(card_file.read_text(encoding="utf-8"))
        tensors: dict[str, NDArray[Any]] = load_file(tensor_file)
    except (ValueError, ValidationError, SafetensorError) as error:
        raise WorkspaceError(
            f"The model {name} in {folder} cannot be read ({error.__class__.__name__}). "
            "Build the workspace anew."
        ) from error
    if card.format != FORMAT or card.name != name:
        raise WorkspaceError(
            f"The model in {card_file} is {card.name!r} of format {card.format}; {name!r} of format {FORMAT} "
            "was expected. Build the workspace anew."
        )
    return card, tensors


def check_shape(name: str, tensor: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Raise `WorkspaceError` unless `tensor` has this shape."""
    if tensor.shape != shape:
        raise WorkspaceError(
            f"The model {name} has a tensor of shape {tensor.shape}; {shape} was expected. "
            "Build the workspace anew."
        )


def _write_json(file: Path, value: dict[str, Any]) -> None:
    with written_whole(file) as beside:
        beside.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
