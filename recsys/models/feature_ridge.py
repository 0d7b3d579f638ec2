"""A ridge regression from what is known of something, a text's vector and attributes, to its factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.encoder import DIMENSIONS
from recsys.models.base import FloatMatrix
from recsys.models.persist import check_shape

_MOST_EXAMPLES = 6_000
"""Examples that are learned from, drawn by the seed where there are more; their square matrix is solved."""


@dataclass(frozen=True)
class Features:
    """What is known of n things."""

    texts: FloatMatrix
    """Shape (n, 384); a row of zeros where there is no text."""
    attributes: csr_array
    """Shape (n, n_attributes); above 0 where the thing has it."""


class FeatureRidge:
    """Foretells factors from features. The texts lose the mean of the examples, the attributes are weighed by
    rarity and brought to length 1, so that the two weights compare."""

    def __init__(self, text: float = 1.0, attributes: float = 1.0, ridge: float = 1.0) -> None:
        """Take the weights of the two kinds of features, and the ridge in squared length of features."""
        self.text, self.attributes, self.ridge = text, attributes, ridge
        self.centre: FloatMatrix = np.zeros(DIMENSIONS, dtype=np.float32)
        self.rarity: FloatMatrix = np.zeros(0, dtype=np.float32)
        self.mean: FloatMatrix = np.zeros(0, dtype=np.float32)
        """Shape (dim,); what is foretold where nothing is known."""
        self.of_text: FloatMatrix = np.zeros((DIMENSIONS, 0), dtype=np.float32)
        self.of_attributes: FloatMatrix = np.zeros((0, 0), dtype=np.float32)

    @property
    def n_attributes(self) -> int:
        """How many attributes were there in training."""
        return len(self.rarity)

    def fit(self, features: Features, factors: FloatMatrix, weight: NDArray[Any], seed: int = 0) -> None:
        """Learn from n examples with factors (n, dim) and weights (n,) above 0; solves a matrix of n x n."""
        n = len(factors)
        if n > _MOST_EXAMPLES:
            drawn = np.sort(np.random.default_rng(seed).permutation(n)[:_MOST_EXAMPLES])
            features = Features(features.texts[drawn], features.attributes[drawn])
            factors, weight, n = factors[drawn], weight[drawn], _MOST_EXAMPLES
        entries = np.asarray(features.attributes.sum(axis=0)).ravel()
        self.rarity = np.log1p(n / np.maximum(entries, 1.0)).astype(np.float32)
        has_text = np.abs(features.texts).sum(axis=1) > 0
        self.centre = (
            features.texts[has_text].mean(axis=0) if has_text.any() else np.zeros(DIMENSIONS, np.float32)
        )
        texts, attributes = self._scaled(features)
        weight = np.maximum(np.asarray(weight, dtype=np.float64), 1e-6)
        self.mean = (weight @ factors / max(weight.sum(), 1e-6)).astype(np.float32)
        gram = (texts @ texts.T).astype(np.float64) + (attributes @ attributes.T).toarray()
        gram[np.diag_indices_from(gram)] += self.ridge / weight
        dual = np.linalg.solve(gram, (factors - self.mean).astype(np.float64)).astype(np.float32)
        self.of_text = texts.T @ dual
        self.of_attributes = np.asarray(attributes.T @ dual, dtype=np.float32)

    def foretell(self, features: Features) -> FloatMatrix:
        """Return the factors of n things, shape (n, dim)."""
        texts, attributes = self._scaled(features)
        return cast(FloatMatrix, self.mean + texts @ self.of_text + attributes @ self.of_attributes)

    def tensors(self, prefix: str) -> dict[str, NDArray[Any]]:
        """Return what is to be kept."""
        return {f"{prefix}.{name}": getattr(self, name) for name in _KEPT}

    def read(self, model: str, tensors: Mapping[str, NDArray[Any]], prefix: str, dim: int) -> None:
        """Take what `tensors` gave; raises `WorkspaceError` when it is missing or of another shape."""
        found = {name: tensors.get(f"{prefix}.{name}", np.zeros((0, 0, 0))) for name in _KEPT}
        n_attributes = found["rarity"].size
        shapes = ((DIMENSIONS,), (n_attributes,), (dim,), (DIMENSIONS, dim), (n_attributes, dim))
        for (name, tensor), shape in zip(found.items(), shapes, strict=True):
            check_shape(model, tensor, shape)
            setattr(self, name, tensor.astype(np.float32, copy=False))

    def _scaled(self, features: Features) -> tuple[FloatMatrix, csr_array]:
        has_text = np.abs(features.texts).sum(axis=1, keepdims=True) > 0
        texts = np.where(has_text, features.texts - self.centre, 0.0).astype(np.float32)
        rare = csr_array(features.attributes.multiply(self.rarity[None, :])).astype(np.float32)
        length = np.sqrt(np.asarray(rare.multiply(rare).sum(axis=1)).ravel())
        scale = np.divide(self.attributes, length, out=np.zeros_like(length), where=length > 0)
        return self.text * texts, csr_array(rare.multiply(scale[:, None])).astype(np.float32)


_KEPT = ("centre", "rarity", "mean", "of_text", "of_attributes")
