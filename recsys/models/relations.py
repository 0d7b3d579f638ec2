"""What the graph says of items, one matrix a relation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import numpy as np
from scipy.sparse import csr_array, vstack

from recsys.sparse import ones_at

Blocks = Mapping[str, csr_array]
"""Relation to a matrix of shape (n_entities of this relation, n_items); 1.0 where the graph ties the two."""


def relation_blocks(
    items: Sequence[str], edges: Iterable[tuple[str, str, str]], min_items: int = 2
) -> dict[str, csr_array]:
    """Divide (subject, relation, object) edges at these items by relation, names ascending.

    An edge between two items ties each to the other. An entity that fewer than `min_items` items have under a
    relation ties nothing together and is left out; so is a relation that is left without any.
    """
    position = {item: k for k, item in enumerate(items)}
    ties: dict[str, dict[str, set[int]]] = {}
    for subject, relation, target in edges:
        for item, entity in ((subject, target), (target, subject)):
            if item in position:
                ties.setdefault(relation, {}).setdefault(entity, set()).add(position[item])
    blocks = {}
    for relation in sorted(ties):
        kept = [tied for _, tied in sorted(ties[relation].items()) if len(tied) >= min_items]
        if kept:
            rows = np.repeat(np.arange(len(kept)), [len(tied) for tied in kept])
            columns = np.array([column for tied in kept for column in sorted(tied)], dtype=np.int64)
            blocks[relation] = ones_at(rows, columns, (len(kept), len(items)))
    return blocks


def weighted_attributes(blocks: Blocks, weights: Mapping[str, float], unit: float) -> csr_array:
    """Stack the blocks into the attributes of `Ease`, so that a block of weight w counts as w people.

    `unit` is the `attribute_weight` that EASE will multiply with; a relation of weight 0, or without one, is
    left out. Shape (n_attributes, n_items).
    """
    n_items = next(iter(blocks.values())).shape[1] if blocks else 0
    kept = [
        block * np.float32(np.sqrt(weights[name] / unit))
        for name, block in blocks.items()
        if weights.get(name, 0.0) > 0.0
    ]
    if not kept:
        return cast(csr_array, csr_array((0, n_items), dtype=np.float32))
    return vstack(kept, format="csr")
