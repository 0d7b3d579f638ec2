"""Choose the settings of the plain models on meetings that are held out of train; trials are kept as they end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kg.files import write_text
from recsys.errors import TastegraphError, WorkspaceError
from recsys.metrics import ndcg_at_k, recall_at_k, target_ranks
from recsys.models.base import Scorer, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.held_out import hold_out, people_with_targets
from recsys.models.ials import Ials, IalsConfig
from recsys.models.item_knn import ItemKnn, ItemKnnConfig
from recsys.models.persist import hash_training_data
from recsys.models.spectral import SpectralConfig, SpectralFilter

K = 20
_PEOPLE = 5_000
_BLOCK = 512


class TuningConfig(BaseModel):
    """How settings are chosen."""

    model_config = ConfigDict(frozen=True)

    trials: int = Field(default=12, ge=1)
    """Settings tried for each model; the first is the model's own default."""
    held_out: float = Field(default=0.2, gt=0.0, lt=1.0)
    """Share of each history that a setting is judged on."""
    seed: int = 0


class Trial(BaseModel):
    """One setting of one model and how it did on what was held out."""

    model_config = ConfigDict(frozen=True)

    model: str
    settings: dict[str, Any]
    ndcg: float
    recall: float


class Tuned(BaseModel):
    """What was chosen, and on what."""

    data_hash: str
    config: TuningConfig
    chosen: dict[str, Trial]
    """Model to its best trial, by NDCG@20."""


def ease_setting(rng: np.random.Generator, base: EaseConfig) -> EaseConfig:
    """Draw a setting of EASE around the one that fits the size of the data."""
    return base.model_copy(
        update={
            "regularization": float(base.regularization * np.exp(rng.uniform(np.log(0.1), np.log(5.0)))),
            "attribute_weight": float(base.attribute_weight * rng.choice([0.0, 0.3, 1.0, 3.0])),
            "dropout": float(rng.choice([0.0, 0.2, 0.33, 0.5])),
        }
    )


def ials_setting(rng: np.random.Generator) -> IalsConfig:
    """Draw a setting of iALS."""
    return IalsConfig(
        dim=int(rng.choice([32, 64, 128])),
        alpha=float(np.exp(rng.uniform(np.log(1.0), np.log(30.0)))),
        regularization=float(np.exp(rng.uniform(np.log(3.0), np.log(200.0)))),
    )


def knn_setting(rng: np.random.Generator) -> ItemKnnConfig:
    """Draw a setting of item-kNN."""
    return ItemKnnConfig(
        neighbours=int(rng.choice([20, 50, 100, 200])),
        shrinkage=float(rng.choice([0.0, 5.0, 20.0, 100.0])),
        popularity=float(rng.uniform(0.0, 0.8)),
    )


def spectral_setting(rng: np.random.Generator) -> SpectralConfig:
    """Draw a setting of the spectral filter."""
    return SpectralConfig(rank=int(rng.choice([16, 32, 64, 100, 200])), low_pass=float(rng.uniform(0.0, 1.0)))


def settings_of(model: str, trial: int, config: TuningConfig, data: TrainingData) -> BaseModel:
    """Return the settings of one trial; the same for the same seed, whatever was tried before."""
    base = EaseConfig.for_data(data.interactions)
    rng = np.random.default_rng([config.seed, trial, list(MODELS).index(model)])
    drawn: dict[str, Callable[[], BaseModel]] = {
        "ease": lambda: ease_setting(rng, base),
        "ials": lambda: ials_setting(rng),
        "item_knn": lambda: knn_setting(rng),
        "spectral": lambda: spectral_setting(rng),
    }
    defaults: dict[str, BaseModel] = {
        "ease": base,
        "ials": IalsConfig(),
        "item_knn": ItemKnnConfig(),
        "spectral": SpectralConfig(),
    }
    return drawn[model]() if trial else defaults[model]


MODELS: Mapping[str, Callable[[Any], Scorer]] = {
    "ease": Ease,
    "ials": Ials,
    "item_knn": ItemKnn,
    "spectral": SpectralFilter,
}
"""Model to what makes it from its settings."""
_SETTINGS: Mapping[str, type[BaseModel]] = {
    "ease": EaseConfig,
    "ials": IalsConfig,
    "item_knn": ItemKnnConfig,
    "spectral": SpectralConfig,
}


def scorer_of(trial: Trial) -> Scorer:
    """Return the model of a trial, not fitted."""
    return MODELS[trial.model](_SETTINGS[trial.model].model_validate(trial.settings))


def tune(
    data: TrainingData,
    folder: Path,
    config: TuningConfig | None = None,
    models: tuple[str, ...] = tuple(MODELS),
    progress: Callable[[str], None] = lambda _: None,
) -> Tuned:
    """Try settings, keep each trial in `folder / trials.jsonl` as it ends, write `folder / tuned.json`.

    Trials that were made before with the same data and configuration are not made again, so an interrupted
    run goes on where it was. Settings are judged by NDCG@20 over all items on held-out meetings, the meetings
    that are kept masked. Raises `TastegraphError` when a model is unknown or nobody met enough items.
    """
    config = config or TuningConfig()
    unknown = [model for model in models if model not in MODELS]
    if unknown:
        raise TastegraphError(f"There is no model {unknown[0]!r} to tune. Choose: {', '.join(MODELS)}.")
    kept, targets = hold_out(data.interactions, config.held_out, config.seed)
    rows = people_with_targets(targets, _PEOPLE, config.seed)
    if not len(rows):
        raise TastegraphError("Nobody met enough items to judge settings by; the defaults are kept.")
    folder.mkdir(parents=True, exist_ok=True)
    data_hash = hash_training_data(data)
    key = f"{data_hash}/{config.held_out}/{config.seed}"
    file = folder / "trials.jsonl"
    made = _read_trials(file, key)
    learned = TrainingData(kept, data.attributes, data.texts)
    chosen: dict[str, Trial] = {}
    for model in models:
        for number in range(config.trials):
            settings = settings_of(model, number, config, data)
            told = settings.model_dump(mode="json")
            name = json.dumps([model, told], sort_keys=True)
            if name not in made:
                scorer = MODELS[model](settings)
                scorer.fit(learned)
                made[name] = _judged(model, told, scorer, learned, targets, rows)
                with file.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps({"key": key, "trial": made[name].model_dump()}) + "\n")
            trial = made[name]
            if model not in chosen or trial.ndcg > chosen[model].ndcg:
                chosen[model] = trial
            progress(
                f"{model} {number + 1} of {config.trials}: NDCG@{K} {trial.ndcg:.4f}, best {chosen[model].ndcg:.4f}"
            )
    tuned = Tuned(data_hash=data_hash, config=config, chosen=chosen)
    write_text(folder / "tuned.json", tuned.model_dump_json(indent=2) + "\n")
    return tuned


def read_tuned(folder: Path) -> Tuned | None:
    """Return what `tune` wrote into `folder`, or None. Raises `WorkspaceError` when it cannot be read."""
    file = folder / "tuned.json"
    if not file.is_file():
        return None
    try:
        return Tuned.model_validate_json(file.read_text(encoding="utf-8"))
    except (ValueError, ValidationError) as error:
        raise WorkspaceError(f"{file} cannot be read. Remove it, or run `tastegraph tune` again.") from error


def _judged(
    model: str,
    settings: dict[str, Any],
    scorer: Scorer,
    data: TrainingData,
    targets: Any,  # noqa: ANN401 - a sparse array
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> Trial:
    ndcg, recall = [], []
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        history = data.interactions[block]
        ranks = target_ranks(scorer.score(Users(history)), targets[block], history)
        ndcg.append(ndcg_at_k(ranks, K))
        recall.append(recall_at_k(ranks, K))
    return Trial(
        model=model,
        settings=settings,
        ndcg=float(np.concatenate(ndcg).mean()),
        recall=float(np.concatenate(recall).mean()),
    )


def _read_trials(file: Path, key: str) -> dict[str, Trial]:
    if not file.is_file():
        return {}
    made: dict[str, Trial] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
            if row["key"] == key:
                trial = Trial.model_validate(row["trial"])
                made[json.dumps([trial.model, trial.settings], sort_keys=True)] = trial
        except (ValueError, KeyError, TypeError):
            # The last line of a run that was ended in the middle of it; that trial is made again.
            continue
    return made
