"""How far predicted ratings are from given ones, on ml-100k and ml-1m, beside means, biases and explicit ALS."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.kept import Keeper, key_of
from eval.offline_figures.rating_baselines import Als, Biases, GlobalMean, Predictor
from eval.offline_figures.rating_data import DATA_SETS, Ratings, Rows, read_ratings
from recsys.models.base import TrainingData
from recsys.models.rating import Rating, RatingConfig

Progress = Callable[[str], None]
SEEDS = 3
CONFIG = RatingConfig()
FEW = (0, 1, 3, 5, 10, 20)
"""Ratings that a new person has given."""
_ALS_PRICES = (8.0, 16.0, 32.0)
_REACH = {"ml-100k": "<= .92", "ml-1m": "<= .86"}
_PUBLISHED = {
    "ml-100k": "Published on random divisions of 80/20 to 90/10: tuned biased factorisation .905 to .92.",
    "ml-1m": "Published on random 90/10: tuned factorisation and item models .845 to .86, I-AutoRec .831.",
}
Run = dict[str, dict[str, float]]
"""Model to its figures."""


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Divide the ratings at random 80/10/10 by three seeds; settings from the validation, fitted on 90, told on 10.

    Raises `SourceError` when a data set is not there.
    """
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + SEEDS))
    figures: list[Figure] = []
    tables: list[Table] = []
    for name in DATA_SETS[:1] if options.quick else DATA_SETS:
        ratings = read_ratings(options.data, name)
        keeper = Keeper(options.out / f"rating-{name}-{key_of(ratings.data_hash, CONFIG.model_dump())}.json")
        runs = [_run(ratings, seed, keeper, progress) for seed in seeds]
        best = [run["ours"] for run in runs]
        for what in ("rmse", "mae"):
            found = [one[what] for one in best]
            figures.append(
                Figure(
                    name=f"{name}, {what.upper()}",
                    value=float(np.mean(found)),
                    unit="stars",
                    reach=_REACH[name] if what == "rmse" else "",
                    note=f"test, seeds {', '.join(f'{value:.4f}' for value in found)}",
                )
            )
        figures.append(Figure(name=f"{name}, time to train", value=_mean(best, "fit"), unit="s"))
        figures.append(
            Figure(name=f"{name}, time to fold everybody in and score", value=_mean(best, "score"), unit="s")
        )
        tables.append(_table(name, runs))
        if name == DATA_SETS[0]:
            tables.append(_new_people(ratings, seeds, keeper, progress))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures.append(Figure(name="Peak memory", value=peak, unit="MiB", note="of the whole run"))
    return Section(
        title="Rating prediction",
        question="How many stars would a person give, and how well is a new person known after a few ratings?",
        figures=tuple(figures),
        tables=tuple(tables),
        config={"seeds": len(seeds), "first seed": options.seed, **CONFIG.model_dump(exclude={"seed"})},
    )


class Ours:
    """Our model as a `Predictor`; everybody is folded in from their ratings, as a new person would be."""

    def __init__(self, config: RatingConfig) -> None:
        self.model = Rating(config)

    def fit(self, ratings: Ratings, rows: Rows) -> None:
        """Sample."""
        self._given = ratings.matrix(rows)
        met = csr_array((self._given > 0).astype(np.float32))
        self.model.fit(TrainingData(met, ratings.attributes, ratings=self._given))

    def predict(self, ratings: Ratings, rows: Rows) -> NDArray[np.float64]:
        """Return the expected ratings."""
        told = self.model.predict(self._given)
        return np.asarray(told[ratings.people[rows], ratings.items[rows]], dtype=np.float64)


def _run(ratings: Ratings, seed: int, keeper: Keeper, progress: Progress) -> Run:
    train, valid, test = ratings.divided(seed)
    price = keeper.get("als price", partial(_als_price, ratings, train, valid, progress))["price"]
    ours = CONFIG.model_copy(update={"seed": seed})
    contenders: dict[str, Predictor] = {
        "global mean": GlobalMean(),
        "biases": Biases(),
        f"biases + ALS, ridge {price:g}": Als(price, seed=seed),
        "ours without features": Ours(ours.model_copy(update={"seen": 0, "attributes": 0})),
        "ours": Ours(ours),
    }
    learned = np.concatenate([train, valid])
    found: Run = {}
    for name, model in contenders.items():
        progress(f"{ratings.name}, seed {seed}: {name}")
        found[name] = keeper.get(f"{name}, seed {seed}", partial(_measured, model, ratings, learned, test))
    return found


def _als_price(ratings: Ratings, train: Rows, valid: Rows, progress: Progress) -> dict[str, float]:
    told = {}
    for price in _ALS_PRICES:
        told[price] = _measured(Als(price), ratings, train, valid)["rmse"]
        progress(f"{ratings.name}: ALS, ridge {price:g}: {told[price]:.4f} on validation")
    return {"price": min(told, key=lambda one: told[one])}


def _measured(model: Predictor, ratings: Ratings, learned: Rows, asked: Rows) -> dict[str, float]:
    started = time.perf_counter()
    model.fit(ratings, learned)
    fitted = time.perf_counter()
    error = model.predict(ratings, asked) - ratings.stars[asked]
    return {
        "rmse": float(np.sqrt((error**2).mean())),
        "mae": float(np.abs(error).mean()),
        "fit": fitted - started,
        "score": time.perf_counter() - fitted,
    }


def _table(name: str, runs: list[Run]) -> Table:
    rows = []
    for model in runs[0]:
        found = [run[model] for run in runs]
        spread = np.ptp([one["rmse"] for one in found])
        times = (f"{_mean(found, 'fit'):.1f}", f"{_mean(found, 'score'):.1f}")
        rows.append(
            (model, f"{_mean(found, 'rmse'):.4f}", f"{spread:.4f}", f"{_mean(found, 'mae'):.4f}", *times)
        )
    return Table(
        title=f"{name}, random 90/10",
        columns=("model", "RMSE", "spread", "MAE", "fit (s)", "score (s)"),
        rows=tuple(rows),
        note=f"Mean of {len(runs)} seeds, each another division; spread is largest less smallest. {_PUBLISHED[name]}",
    )


def _new_people(ratings: Ratings, seeds: list[int], keeper: Keeper, progress: Progress) -> Table:
    found = []
    for seed in seeds:
        progress(f"{ratings.name}, seed {seed}: people who were not there in training")
        found.append(keeper.get(f"new people, seed {seed}", partial(_folded_in, ratings, seed)))
    rows = [
        (
            str(few),
            f"{_mean(found, f'ours {few}'):.4f}",
            f"{np.ptp([one[f'ours {few}'] for one in found]):.4f}",
            f"{_mean(found, f'biases {few}'):.4f}",
        )
        for few in FEW
    ]
    return Table(
        title=f"{ratings.name}, a tenth of the people unknown in training",
        columns=("ratings given", "RMSE, ours", "spread", "RMSE, biases"),
        rows=tuple(rows),
        note="The ratings beyond the first twenty of each new person, in random order, are to be told; biases are "
        f"learned without them and the person's own is shrunk as in training. {len(seeds)} seeds.",
    )


def _folded_in(ratings: Ratings, seed: int) -> dict[str, float]:
    known, new = ratings.without_people(seed)
    ours, biases = Ours(CONFIG.model_copy(update={"seed": seed})), Biases()
    ours.fit(ratings, known)
    biases.fit(ratings, known)
    order = new[np.lexsort((np.random.default_rng(seed).random(len(new)), ratings.people[new]))]
    start = np.r_[True, np.diff(ratings.people[order]) > 0]
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(start, np.arange(len(order)), 0))
    asked = order[place >= max(FEW)]
    found = {}
    for few in FEW:
        given = order[place < few]
        told = ours.model.predict(ratings.matrix(given))[ratings.people[asked], ratings.items[asked]]
        found[f"ours {few}"] = _rmse(told, ratings.stars[asked])
        left = ratings.stars[given] - biases.mean - biases.item[ratings.items[given]]
        n = ratings.shape[0]
        own = np.bincount(ratings.people[given], weights=left, minlength=n)
        own = own / (np.bincount(ratings.people[given], minlength=n) + 5.0)
        plain = biases.mean + biases.item[ratings.items[asked]] + own[ratings.people[asked]]
        found[f"biases {few}"] = _rmse(np.clip(plain, biases.low, biases.high), ratings.stars[asked])
    return found


def _rmse(told: NDArray[np.floating], given: NDArray[np.float64]) -> float:
    return float(np.sqrt(((told - given) ** 2).mean()))


def _mean(found: list[dict[str, float]], what: str) -> float:
    return float(np.mean([one[what] for one in found]))
