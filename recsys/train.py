"""Train every model of a workspace from its items and interactions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.attributes import attribute_matrix, item_text
from recsys.encoder import Encoder, EncoderError
from recsys.interactions import meeting_matrix
from recsys.models.base import FloatMatrix, TrainingData
from recsys.models.ease import Ease, EaseConfig
from recsys.models.persist import ModelCard, hash_training_data, library_versions, load_model, save_model
from recsys.models.popularity import Popularity
from recsys.models.text_tower import TextTower
from recsys.schema import Item
from recsys.sparse import unit_rows

SCALES = "scales"
"""Name of the card and tensors that hold each granularity's unit."""
_NEIGHBOUR = 20
_SAMPLE = 500


def train_models(
    folder: Path,
    items: list[Item],
    interactions: pl.DataFrame,
    seed: int,
    simulated: bool,
    progress: Callable[[str], None],
    encoder: Encoder | None = None,
) -> dict[str, int]:
    """Write the models into `folder / "models"` and return counts for the manifest.

    `interactions` has the columns of `INTERACTION_SCHEMA`. Without any meeting there is no EASE, and
    popularity is flat. Raises `EncoderError` when the sentence encoder cannot be loaded.
    """
    models = folder / "models"
    models.mkdir(parents=True, exist_ok=True)
    notes = ["The behaviour was simulated, not observed."] if simulated else []
    attributes, names = attribute_matrix(items)
    met = meeting_matrix(items, interactions)
    data = TrainingData(met, attributes, tuple(item_text(item) for item in items))
    counts = {"meetings": int(met.nnz), "attributes": len(names)}

    def told(done: int, of: int) -> None:
        if done < of:
            progress(f"  {done:,} of {of:,} texts")

    tower = TextTower(encoder, told)
    # The encoder takes seconds to load; meanwhile the other models learn. What fails here is raised by `fit`.
    loading = threading.Thread(target=_try_to_load, args=(tower.encoder,), daemon=True)
    loading.start()
    found = _fit_plain(models, data, seed, notes, progress)
    counts |= found.counts
    scales = {"graph": _neighbour_level(unit_rows(attributes.T.tocsr()), seed), **found.scales}

    progress(f"Reading the texts of {len(items):,} items")
    loading.join()
    tower.fit(data)
    _finish(tower.card, seed, notes)
    tower.save(models)
    sample = _sample(len(items), seed)
    scales["text"] = _level(tower.centred[sample] @ tower.centred.T, skip=1)
    counts["text_vectors"] = len(tower.vectors)

    _save_scales(models, scales, data, seed, notes)
    return counts


def refit_plain_models(
    models: Path, data: TrainingData, seed: int, simulated: bool, progress: Callable[[str], None]
) -> dict[str, int]:
    """Fit popularity and EASE again on new meetings of the same items; texts are not read again.

    `models` holds what `train_models` wrote. Returns the counts that changed, for the manifest.
    """
    _, scales = load_model(models, SCALES)
    notes = ["Some of the behaviour was simulated, not observed."] if simulated else []
    found = _fit_plain(models, data, seed, notes, progress)
    kept = {name: float(value[0]) for name, value in scales.items()}
    _save_scales(models, kept | found.scales, data, seed, notes)
    return {"meetings": int(data.interactions.nnz), **found.counts}


def set_behaviour_scale(models: Path, unit: float) -> None:
    """Write down the unit of another model of behaviour beside those of the other parts."""
    card, scales = load_model(models, SCALES)
    save_model(models, card, scales | {"behaviour": np.array([unit], dtype=np.float64)})


class _Plain(NamedTuple):
    counts: dict[str, int]
    scales: dict[str, float]


def _fit_plain(
    models: Path, data: TrainingData, seed: int, notes: list[str], progress: Callable[[str], None]
) -> _Plain:
    popularity = Popularity()
    popularity.fit(data)
    _finish(popularity.card, seed, notes)
    popularity.save(models)
    met = data.interactions
    if not met.nnz:
        return _Plain({}, {})
    progress(f"Learning from {met.nnz:,} meetings of {met.shape[0]:,} people")
    ease = Ease(EaseConfig.for_data(met))
    ease.fit(data)
    _finish(ease.card, seed, notes)
    ease.save(models)
    return _Plain(
        {"ease_items": len(ease.columns)},
        {"behaviour": _level(ease.weights[_sample(len(ease.weights), seed)])},
    )


def _save_scales(
    models: Path, scales: dict[str, float], data: TrainingData, seed: int, notes: list[str]
) -> None:
    card = ModelCard(
        name=SCALES,
        n_items=data.interactions.shape[1],
        seed=seed,
        config={"neighbour": _NEIGHBOUR, "sample": _SAMPLE},
        data_hash=hash_training_data(data),
        versions=library_versions(),
        notes=[
            "Mean strength of an item's twentieth-nearest neighbour: the unit of each part of a score.",
            *notes,
        ],
    )
    save_model(models, card, {name: np.array([value], dtype=np.float64) for name, value in scales.items()})


def _try_to_load(encoder: Encoder) -> None:
    with suppress(EncoderError):
        encoder.warm_up()


def _finish(card: ModelCard, seed: int, notes: list[str]) -> None:
    card.seed = seed
    card.notes = [*card.notes, *notes]


def _sample(n: int, seed: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(seed).permutation(n)[:_SAMPLE])


def _level(strengths: FloatMatrix, skip: int = 0) -> float:
    """Return the mean over rows of the twentieth-largest strength; 1.0 where that is not positive.

    Below a hundred columns it is the largest fifth's last one instead.

    `skip` leaves out that many of the largest in each row (an item's strength to itself).
    """
    rows, columns = strengths.shape
    if not rows or columns <= skip:
        return 1.0
    place = min(_NEIGHBOUR, -(-columns // 5)) + skip
    place = min(place, columns)
    level = float(np.partition(strengths, columns - place, axis=1)[:, columns - place].mean())
    return level if level > 1e-6 else 1.0


def _neighbour_level(rows: csr_array, seed: int) -> float:
    sample = _sample(rows.shape[0], seed)
    return _level((rows[sample] @ rows.T).toarray(), skip=1)
