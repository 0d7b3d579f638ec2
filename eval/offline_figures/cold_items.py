"""New items: ranked for those who met them in test, when nobody met them in train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array

from eval.figures import Table
from eval.offline_figures.cold_data import hold_out_items
from eval.offline_figures.cold_films import OTHER, SHARE, Films, K, Settings, file_name
from eval.offline_figures.trials import Trial, Trials, mean_and_spread, ranked, timed
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.cold import ColdStart
from recsys.models.ease import Ease, EaseConfig
from recsys.models.ials import Ials
from recsys.models.popularity import Popularity
from recsys.models.text_tower import TextTower

_TEXT_ONLY, _ATTRIBUTES_ONLY = {"item_attributes": 0.0}, {"item_text": 0.0}
OURS = "placed by text and attributes"
ITEM_MODELS = (
    "chance",
    "popularity",
    "text match from history",
    "EASE with attributes",
    "placed by text",
    "placed by attributes",
    OURS,
)
_MOVES: tuple[tuple[str, Sequence[float]], ...] = (
    ("item_ridge", (0.3, 3.0, 10.0)),
    ("item_text", (0.5, 2.0)),
    ("trust", (100.0,)),
)
_EASE_WEIGHTS = (5.0, 20.0, 100.0)


class Chance:
    """Scores by chance: what a ranking gives for nothing."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def fit(self, data: TrainingData) -> None:
        """Learn nothing."""

    def score(self, users: Users) -> FloatMatrix:
        """Return numbers in [0, 1), shape (n, n_items)."""
        return self.rng.random(users.history.shape, dtype=np.float32)


class _Shared(ColdStart):
    """Factorises once for all settings that are tried on the same meetings."""

    kept: ClassVar[dict[str, Ials]] = {}

    def _factorise(self, met: csr_array) -> Ials:
        key = f"{met.nnz} {int(met.indices.astype(np.int64).sum())} {self.config.factors.model_dump_json()}"
        if key not in self.kept:
            self.kept[key] = super()._factorise(met)
        return self.kept[key]


def choose_for_items(films: Films, trials: Trials, seed: int) -> dict[str, Settings]:
    """Return the settings that rank the validation meetings of other new items best among all items."""

    def value(name: str, settings: Settings) -> float:
        return item_trial(films, trials, "valid", name, settings, seed + OTHER).scores[f"NDCG@{K} all"]

    ease = max(_EASE_WEIGHTS, key=lambda weight: value("EASE with attributes", {"attribute_weight": weight}))
    best: Settings = {}
    reached = value(OURS, best)
    for name, values in _MOVES:
        start = best
        for setting in values:
            if (now := value(OURS, {**start, name: setting})) > reached:
                best, reached = {**start, name: setting}, now
    return {
        "EASE with attributes": {"attribute_weight": ease},
        OURS: best,
        "placed by text": {**best, **_TEXT_ONLY},
        "placed by attributes": {**best, **_ATTRIBUTES_ONLY},
    }


def item_trial(films: Films, trials: Trials, part: str, name: str, settings: Settings, seed: int) -> Trial:
    """Rank the new items of this seed for those who met them in this part."""
    split = films.split

    def run() -> Trial:
        new = hold_out_items(split, SHARE, seed)
        targets = new.targets(split.valid if part == "valid" else split.test)
        rows = np.flatnonzero(np.diff(targets.indptr))
        model: Any
        if name == "chance":
            model = Chance(seed)
        elif name == "popularity":
            model = Popularity()
        elif name.startswith("text match"):
            model = TextTower(films.encoder)
        elif name.startswith("EASE"):
            model = Ease(EaseConfig(**settings))
        else:
            model = films.ours(settings, seed)
            if part == "valid" or name != OURS:
                # A part of the features alone takes the same factors; they need not be made again.
                model = _Shared(model.config, films.encoder, films.names)

        def score() -> dict[str, float]:
            scores = model.score(Users(new.train[rows]))
            mask, truth = split.train[rows], targets[rows]
            alone = mask[:, new.columns], truth[:, new.columns]
            among = {
                "all": ranked(scores, truth, mask, K),
                "new": ranked(scores[:, new.columns], alone[1], alone[0], K),
            }
            found = {
                f"{metric} {where}": value
                for where, values in among.items()
                for metric, value in values.items()
            }
            return {
                **found,
                "people": float(len(rows)),
                "targets": float(truth.nnz),
                "new": float(len(new.columns)),
            }

        return timed(lambda: model.fit(films.training(new.train)), score)

    return trials.of(file_name(f"{part} item {name}"), {**settings, "seed": seed}, run)


def item_table(items: Mapping[str, list[Trial]]) -> Table:
    """Return the models side by side."""
    count = items[OURS][0].scores
    metrics = (f"Recall@{K} all", f"NDCG@{K} all", f"Recall@{K} new", f"NDCG@{K} new")
    shown = (m.replace(" all", ", all items").replace(" new", ", new items") for m in metrics)
    rows = tuple(
        (
            name,
            *(mean_and_spread([t.scores[metric] for t in found]) for metric in metrics),
            f"{np.mean([t.fit_seconds for t in found]):.1f}",
            f"{np.mean([t.score_seconds for t in found]):.1f}",
            f"{max(t.peak_mb for t in found):,.0f}",
        )
        for name, found in items.items()
    )
    return Table(
        title="New items",
        columns=("model", *shown, "fit (s)", "score (s)", "MB"),
        rows=rows,
        note=f"ml-1m without the meetings of {count['new']:.0f} items; about {count['targets']:,.0f} meetings of test "
        f"by {count['people']:,.0f} people. What was met in train is masked; ties count against the model, so that a "
        f"constant earns nothing. The two that place by a part of the features share factors: the time to make them "
        f"is in that of the first. ± is half of the range over {len(items[OURS])} seeds, each with items of its own.",
    )
