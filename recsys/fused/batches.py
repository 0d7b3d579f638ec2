"""Batches of people: at each step a history is split anew into what is shown and what is to be found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.fused.config import FusedConfig
from recsys.fused.known import Known, bucket_of, last_places, normalised, over_degree
from recsys.models.base import Columns, FloatMatrix
from recsys.schema import Granularity as Grain

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """People of one step."""

    known: Known
    shown_row: Places
    shown_column: Places
    """Cells that are shown, so that they need not compete."""
    row: Places
    """Shape (targets,); the person of each target."""
    column: Places
    """Shape (targets,); its item."""
    weight: NDArray[np.float32]
    """Shape (targets,); of each target in the loss, before dividing by the sum."""


@dataclass(frozen=True)
class Behaviour:
    """What batches are drawn from; rows are people everywhere."""

    met: csr_array
    sequences: Sequence[Columns]
    scenes: Mapping[str, csr_array]
    """Scene to meetings, in the model's order, without the default one."""
    contexts: Mapping[str, csr_array]
    """Value of the circumstances to the meetings in them."""
    social: csr_array | None
    """Shape (n, n_items); how often each item was met by a person's neighbours."""


def batches(
    behaviour: Behaviour, config: FusedConfig, grains: Sequence[Grain], rng: np.random.Generator
) -> Iterator[Batch]:
    """Yield the batches of one epoch: everybody with a meeting once, in an order of the generator."""
    people = np.flatnonzero(np.diff(behaviour.met.indptr) > 0)
    rng.shuffle(people)
    for start in range(0, len(people), config.batch):
        yield _batch(behaviour, people[start : start + config.batch], config, grains, rng)


def steps_of(behaviour: Behaviour, config: FusedConfig) -> int:
    """Return how many batches an epoch has."""
    people = int((np.diff(behaviour.met.indptr) > 0).sum())
    return -(-people // config.batch)


def _batch(
    behaviour: Behaviour,
    people: Places,
    config: FusedConfig,
    grains: Sequence[Grain],
    rng: np.random.Generator,
) -> Batch:
    n = len(people)
    met = behaviour.met[people]
    low, high = config.input_share
    share = rng.uniform(low, high, n)
    recent = None
    if Grain.SEQUENCE in grains and behaviour.sequences:
        met, shown, recent = _in_order(behaviour, met, people, share, config)
    else:
        shown = _at_random(met, share, rng)
    row = np.repeat(np.arange(n), np.diff(met.indptr))
    column = met.indices.astype(np.int64)
    wanted = ~shown
    scene = np.zeros(n, dtype=np.int64)
    if behaviour.scenes:
        scene = rng.integers(0, len(behaviour.scenes) + 1, n)
        for k, cells in enumerate(behaviour.scenes.values(), start=1):
            wanted &= (scene[row] != k) | _inside(cells, people[row], column)
    context: FloatMatrix | None = None
    if Grain.CONTEXT in grains and behaviour.contexts:
        context, wanted = _in_context(behaviour.contexts, people, row, column, wanted, rng)
    history = csr_array((met.data[shown], (row[shown], column[shown])), shape=met.shape).tocsr()
    count = np.diff(history.indptr)
    inverse = over_degree(np.asarray(abs(history).sum(axis=1)).ravel(), config)
    targets = np.bincount(row[wanted], minlength=n)
    weight = np.power(np.maximum(targets, 1), config.target_power - 1.0)[row[wanted]]
    social = None
    if Grain.SOCIAL in grains and behaviour.social is not None:
        social = normalised(behaviour.social[people], config)
    known = Known(
        history=csr_array(history.multiply(inverse[:, None]).tocsr().astype(np.float32)),
        bucket=bucket_of(count, config.buckets),
        scene=scene,
        recent=recent,
        social=social,
        context=context,
    )
    return Batch(known, row[shown], column[shown], row[wanted], column[wanted], weight.astype(np.float32))


def _at_random(met: csr_array, share: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose the cells that are shown; everybody keeps at least one target."""
    lengths = np.diff(met.indptr)
    draw = rng.random(met.nnz)
    shown = draw < np.repeat(share, lengths)
    filled = np.flatnonzero(lengths > 0)
    starts = met.indptr[:-1][filled]
    all_shown = np.logical_and.reduceat(shown, starts) if len(starts) else np.zeros(0, dtype=bool)
    for person in filled[all_shown]:
        cells = slice(met.indptr[person], met.indptr[person + 1])
        shown[met.indptr[person] + int(np.argmax(draw[cells]))] = False
    return shown


def _in_order(
    behaviour: Behaviour, met: csr_array, people: Places, share: NDArray[np.float64], config: FusedConfig
) -> tuple[csr_array, NDArray[np.bool_], Places]:
    """Show the first part of each sequence; what was met later is to be found."""
    first: list[Columns] = []
    for person, part in zip(people, share, strict=True):
        sequence = np.asarray(behaviour.sequences[person], dtype=np.int64)
        first.append(sequence[: min(round(part * len(sequence)), max(0, len(sequence) - 1))])
    row = np.repeat(np.arange(len(people)), [len(part) for part in first])
    column = np.concatenate(first) if first else np.zeros(0, dtype=np.int64)
    seen = csr_array((np.ones(len(row), dtype=np.float32), (row, column)), shape=met.shape).tocsr()
    shown = _inside(
        seen, np.repeat(np.arange(len(people)), np.diff(met.indptr)), met.indices.astype(np.int64)
    )
    return met, shown, last_places(first, config.recent)


def _in_context(
    contexts: Mapping[str, csr_array],
    people: Places,
    row: Places,
    column: Places,
    wanted: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[FloatMatrix, NDArray[np.bool_]]:
    """Draw circumstances for each person; who has targets in them is to find those alone."""
    drawn = rng.integers(0, len(contexts), len(people))
    inside = np.zeros(len(row), dtype=bool)
    for k, cells in enumerate(contexts.values()):
        of_value = drawn[row] == k
        inside[of_value] = _inside(cells, people[row[of_value]], column[of_value])
    inside &= wanted
    has = np.bincount(row[inside], minlength=len(people)) > 0
    rows = np.zeros((len(people), len(contexts)), dtype=np.float32)
    rows[has, drawn[has]] = 1.0
    return rows, np.where(has[row], inside, wanted)


def _inside(cells: csr_array, row: Places, column: Places) -> NDArray[np.bool_]:
    """Return which (row, column) places hold something."""
    if not len(row):
        return np.zeros(0, dtype=bool)
    found: NDArray[np.bool_] = np.asarray(cells[row, column]).ravel() != 0
    return found
