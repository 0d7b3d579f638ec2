"""What is known of people as numbers: the form in which training and scoring both read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.fused.config import FusedConfig
from recsys.models.base import Columns, FloatMatrix, Users
from recsys.schema import Context

NOTHING = -1
"""Column of a place of a sequence where nothing stands."""


@dataclass(frozen=True)
class Known:
    """People, one a row; what a model has no use for is None."""

    history: csr_array
    """Shape (n, n_items) float32; weights of what was met over the degree of the person."""
    bucket: NDArray[np.int64]
    """Shape (n,); which lambdas hold, by how much is known."""
    scene: NDArray[np.int64]
    """Shape (n,); place in the model's scenes."""
    words: FloatMatrix | None = None
    """Shape (n, language_dim); the whitened vectors of people's words, weighted like met items."""
    recent: NDArray[np.int64] | None = None
    """Shape (n, recent); columns of a sequence's last items, the newest first, `NOTHING` past its start."""
    social: csr_array | None = None
    """Shape (n, n_items) float32; what neighbours met, over the degree."""
    context: FloatMatrix | None = None
    """Shape (n, n_values); the circumstances, rows of length 1 or 0."""

    @property
    def n(self) -> int:
        """Return how many people there are."""
        return int(self.history.shape[0])


def know(
    users: Users,
    config: FusedConfig,
    scenes: Sequence[str],
    words: FloatMatrix | None = None,
    context_values: Sequence[str] = (),
) -> Known:
    """Return people as numbers. `words` has a whitened vector a person, a row of zeros where they said nothing.

    Raises `WorkspaceError` when texts, sequences, contexts or neighbours are given and are not one a person.
    """
    history = users.history.tocsr().astype(np.float32)
    n = history.shape[0]
    for name, given in (
        ("texts", users.texts),
        ("sequences", users.sequences),
        ("contexts", users.contexts),
    ):
        if len(given) not in (0, n):
            raise WorkspaceError(f"{n} people have {len(given)} {name}; each needs one, or none has any.")
    if users.social is not None and users.social.shape != history.shape:
        raise WorkspaceError(
            f"What neighbours met is {users.social.shape}; like the histories it must be {history.shape}."
        )
    said = np.zeros(n, dtype=np.float32) if words is None else np.abs(words).max(axis=1, initial=0.0)
    said = (said > 0).astype(np.float32)
    count = np.diff(_present(history).indptr) + said
    if users.sequences:
        count = np.maximum(count, [len(sequence) for sequence in users.sequences])
    inverse = over_degree(np.asarray(abs(history).sum(axis=1)).ravel() + config.words * said, config)
    place = scenes.index(users.scene) if users.scene in scenes else 0
    return Known(
        history=csr_array(history.multiply(inverse[:, None]).tocsr()),
        bucket=bucket_of(count, config.buckets),
        scene=np.full(n, place, dtype=np.int64),
        words=None if words is None else words * (config.words * inverse * said)[:, None],
        recent=last_places(users.sequences, config.recent) if users.sequences else None,
        social=None if users.social is None else normalised(users.social, config),
        context=context_rows(users.contexts, context_values) if users.contexts and context_values else None,
    )


def over_degree(degree: NDArray[np.number], config: FusedConfig) -> NDArray[np.float32]:
    """Return degree^-user_degree, 0 where nothing is known."""
    degree = np.asarray(degree, dtype=np.float64)
    power = np.power(np.maximum(degree, 1e-12), -config.user_degree)
    return np.where(degree > 0, power, 0.0).astype(np.float32)


def normalised(rows: csr_array, config: FusedConfig) -> csr_array:
    """Return rows over their degree."""
    matrix = rows.tocsr().astype(np.float32)
    inverse = over_degree(np.asarray(abs(matrix).sum(axis=1)).ravel(), config)
    return csr_array(matrix.multiply(inverse[:, None]).tocsr())


def bucket_of(count: NDArray[np.floating] | NDArray[np.integer], edges: Sequence[int]) -> NDArray[np.int64]:
    """Return in which bucket a number of known things falls, from 0."""
    return np.searchsorted(np.asarray(edges, dtype=np.float64), count, side="right").astype(np.int64)


def last_places(sequences: Sequence[Columns], places: int) -> NDArray[np.int64]:
    """Return the last items of each sequence, the newest first, shape (n, places)."""
    found = np.full((len(sequences), places), NOTHING, dtype=np.int64)
    for row, sequence in enumerate(sequences):
        newest = np.asarray(sequence, dtype=np.int64)[::-1][:places]
        found[row, : len(newest)] = newest
    return found


def context_names(context: Context) -> tuple[str, ...]:
    """Return the values of a request's circumstances: part of the day, weekday or weekend, device."""
    names = []
    if context.time is not None:
        part = ("night", "morning", "afternoon", "evening")[context.time.hour // 6]
        names += [f"daypart:{part}", "day:weekend" if context.time.weekday() >= 5 else "day:weekday"]
    if context.device:
        names.append(f"device:{context.device.casefold()}")
    return tuple(names)


def context_rows(contexts: Sequence[Context], values: Sequence[str]) -> FloatMatrix:
    """Return a row of length 1 a request over the values that the model knows, zeros where it knows none."""
    place: Mapping[str, int] = {name: k for k, name in enumerate(values)}
    rows = np.zeros((len(contexts), len(values)), dtype=np.float32)
    for row, context in enumerate(contexts):
        known = [place[name] for name in context_names(context) if name in place]
        if known:
            rows[row, known] = 1.0 / np.sqrt(len(known))
    return rows


def _present(history: csr_array) -> csr_array:
    present = history.copy()
    present.eliminate_zeros()
    return present
