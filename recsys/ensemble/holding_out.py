"""The part of the training data that members must not see while their weights are learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.models.base import Columns, TrainingData, Users
from recsys.models.held_out import hold_out
from recsys.sparse import ones_at

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class HeldOut:
    """Training data divided in two."""

    data: TrainingData
    """What members learn from meanwhile; as many people as before."""
    targets: csr_array
    """Shape (n_users, n_items), 1.0 where a meeting was set aside."""
    by_scene: dict[str, csr_array]
    """Scene to its part of the targets; one entry, `default`, where there is one scene only."""


def divide(data: TrainingData, share: float, seed: int) -> HeldOut:
    """Set meetings aside: the last item of each person where the order is known, else a share of each history.

    With an order, a person of fewer than three items keeps them all. What is set aside leaves ratings, scenes and
    sequences too.
    """
    if len(data.sequences):
        kept, targets, sequences = _without_last(data)
    else:
        kept, targets = hold_out(data.interactions, share, seed)
        sequences = data.sequences
    known = replace(
        data,
        interactions=kept,
        sequences=sequences,
        ratings=None if data.ratings is None else _without(data.ratings, targets),
        scenes={name: _without(matrix, targets) for name, matrix in data.scenes.items()},
    )
    by_scene = {name: _both(targets, matrix) for name, matrix in data.scenes.items()}
    return HeldOut(known, targets, by_scene or {"default": targets})


def people_of(data: TrainingData, rows: Rows, scene: str = "default") -> Users:
    """Return these people of the training data as they are known to a scorer."""
    return Users(
        history=data.interactions[rows],
        sequences=[data.sequences[row] for row in rows] if len(data.sequences) else (),
        scenes={name: matrix[rows] for name, matrix in data.scenes.items()},
        scene=scene,
        social=None if data.social is None else _met_by_neighbours(data, data.social, rows),
    )


def part_of(users: Users, rows: slice) -> Users:
    """Return some of these people."""
    return replace(
        users,
        history=users.history[rows],
        texts=users.texts[rows],
        sequences=users.sequences[rows],
        scenes={name: matrix[rows] for name, matrix in users.scenes.items()},
        social=None if users.social is None else users.social[rows],
        contexts=users.contexts[rows],
    )


def _met_by_neighbours(data: TrainingData, social: csr_array, rows: Rows) -> csr_array:
    return csr_array(_pattern(social[rows]) @ data.interactions)


def _without_last(data: TrainingData) -> tuple[csr_array, csr_array, Sequence[Columns]]:
    rows, columns, sequences = [], [], []
    for row, sequence in enumerate(data.sequences):
        if len(np.unique(sequence)) < 3:
            sequences.append(sequence)
            continue
        last = sequence[-1]
        sequences.append(sequence[sequence != last])
        rows.append(row)
        columns.append(int(last))
    targets = ones_at(rows, columns, data.interactions.shape)
    return _without(data.interactions, targets), targets, sequences


def _without(matrix: csr_array, cells: csr_array) -> csr_array:
    left = csr_array(matrix - matrix.multiply(_pattern(cells)))
    left.eliminate_zeros()
    return left


def _both(cells: csr_array, matrix: csr_array) -> csr_array:
    found = csr_array(cells.multiply(_pattern(matrix)))
    found.eliminate_zeros()
    return found.astype(np.float32)


def _pattern(matrix: csr_array) -> csr_array:
    """Return 1.0 wherever the matrix has an entry that is not 0."""
    found = matrix.astype(np.float32).tocsr(copy=True)
    found.eliminate_zeros()
    found.data[:] = 1.0
    return found
