"""Boosted trees as plain arrays: kept without pickling, and summed by numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.models.base import FloatMatrix

_DEEPEST = 64


@dataclass(frozen=True)
class TreeArrays:
    """The nodes of all trees in one row each; a leaf is its own child."""

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    """A row goes left where its number is at most this."""
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    roots: NDArray[np.int32]
    """Row of each tree's first node."""

    @classmethod
    def none(cls) -> Self:
        """Return no trees; every sum is 0."""
        made = {name: np.zeros(0, dtype) for name, dtype in _NODE.items()}
        return cls(**made, roots=np.zeros(0, np.int32))

    @classmethod
    def of(cls, fitted: Any) -> Self:  # noqa: ANN401 - scikit-learn has no types
        """Take the trees of a binary `HistGradientBoostingClassifier` that saw no categories and no missing values."""
        parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _NODE}
        roots, size = [], 0
        for (tree,) in fitted._predictors:
            nodes = tree.nodes
            own = np.arange(len(nodes)) + size
            leaf = nodes["is_leaf"].astype(bool)
            parts["feature"].append(np.where(leaf, 0, nodes["feature_idx"]))
            parts["threshold"].append(np.where(leaf, 0.0, nodes["num_threshold"]))
            parts["left"].append(np.where(leaf, own, nodes["left"] + size))
            parts["right"].append(np.where(leaf, own, nodes["right"] + size))
            parts["value"].append(nodes["value"])
            roots.append(size)
            size += len(nodes)
        made = {name: np.concatenate(found).astype(_NODE[name]) for name, found in parts.items()}
        return cls(**made, roots=np.array(roots, dtype=np.int32))

    def sums(self, rows: FloatMatrix) -> NDArray[np.float64]:
        """Return the sum over the trees for each row, shape (n,)."""
        total = np.zeros(len(rows))
        for root in self.roots.tolist():
            at = np.full(len(rows), root, dtype=np.int32)
            going = np.arange(len(rows))
            for _ in range(_DEEPEST):
                here = at[going]
                below = rows[going, self.feature[here]] <= self.threshold[here]
                there = np.where(below, self.left[here], self.right[here])
                moved = there != here
                at[going] = there
                going = going[moved]
                if not len(going):
                    break
            total += self.value[at]
        return total

    def tensors(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays by name."""
        return {name: getattr(self, name) for name in (*_NODE, "roots")}

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Take what `tensors` gave. Raises `KeyError` for a missing one, `ValueError` where one points outside."""
        made = cls(**{name: tensors[name] for name in (*_NODE, "roots")})
        n = len(made.value)
        for pointers in (made.left, made.right, made.roots):
            if ((pointers < 0) | (pointers >= n)).any():
                raise ValueError("a node points outside the trees")
        if len({len(getattr(made, name)) for name in _NODE}) != 1:
            raise ValueError("the parts of the nodes have not one length")
        return made


_NODE: dict[str, type[np.generic]] = {
    "feature": np.int32, "threshold": np.float64, "left": np.int32, "right": np.int32, "value": np.float64,
}  # fmt: skip
