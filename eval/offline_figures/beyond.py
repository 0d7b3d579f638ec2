"""What variety, proportion, less popularity and room for groups cost in accuracy, on ml-1m with EASE + attributes."""

from __future__ import annotations

import csv
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eval import beyond_metrics as beyond
from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.beyond_plot import plot_curves
from eval.offline_figures.kept import Keeper, key_of
from eval.split import Split, default_metadata, read_split
from recsys.attributes import attribute_matrix
from recsys.metrics import ndcg_at_k, recall_at_k
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.rerank import RerankConfig, group_shares, rerank, taste_shares
from recsys.sparse import unit_rows

Progress = Callable[[str], None]
K = 20
POOL = 100
STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.0)
MOST_COST = 0.01
"""Share of the NDCG that a default may cost on validation."""
CLASSES = ("popular", "middle", "seldom")
KNOBS: dict[str, tuple[Callable[[float], RerankConfig], str, int]] = {
    "diversity, MMR": (lambda x: RerankConfig(diversity=x), "diversity", 1),
    "diversity, DPP": (lambda x: RerankConfig(diversity=x, method="dpp"), "diversity", 1),
    "calibration": (lambda x: RerankConfig(calibration=x), "miscalibration", -1),
    "popularity": (lambda x: RerankConfig(popularity=x), "popularity", -1),
    "exposure": (lambda x: RerankConfig(exposure=x), "not popular", 1),
}
"""Knob to its setting, the measure that it is for, and whether that is to rise or to fall."""
_TOLD = (
    "ndcg",
    "recall",
    "diversity",
    "miscalibration",
    "popularity",
    "novelty",
    "coverage",
    "gini",
    "not popular",
)


@dataclass(frozen=True)
class _World:
    split: Split
    order: NDArray[np.int64]
    """Shape (n_users, POOL); each person's pool, best score first."""
    scores: FloatMatrix
    """Shape (n_users, POOL)."""
    features: csr_array
    """Shape (n_items, n_genres), rows of length 1."""
    likeness: FloatMatrix
    """Shape (n_items, n_items)."""
    genres: csr_array
    """Shape (n_items, n_genres), shares."""
    taste: NDArray[np.float64]
    counts: NDArray[np.float64]
    classes: NDArray[np.bool_]
    """Shape (n_items, 3); which class of popularity an item is of."""
    class_share: NDArray[np.float64]
    """Share of train's meetings by class."""
    fit_seconds: float
    score_seconds: float


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Turn each knob from 0 to 1 on validation, choose defaults there, and measure those on test.

    Raises `SourceError` when ml-1m is not there.
    """
    world = _world(options, progress)
    people: NDArray[np.int64] = np.arange(0, world.split.train.shape[0], 2)
    key = key_of(
        world.split.data_hash,
        world.split.train.shape[0],
        "genres, by score",
        K,
        POOL,
        EaseConfig().model_dump(),
    )
    keeper = Keeper(options.out / f"beyond-{key}.json")
    curves = {
        knob: [
            (0.0, keeper.get("plain", partial(_measured, world, RerankConfig(), world.split.valid, people)))
        ]
        for knob in KNOBS
    }
    for knob, (setting, _, _) in KNOBS.items():
        for x in STEPS:
            progress(f"{knob} at {x}")
            told = partial(_measured, world, setting(x), world.split.valid, people)
            curves[knob].append((x, keeper.get(f"{knob}={x}", told)))
    chosen = {knob: _default(curve) for knob, curve in curves.items()}
    plot = plot_curves(
        curves, {knob: what for knob, (_, what, _) in KNOBS.items()}, options.out / "beyond.svg"
    )
    settings = {"plain": RerankConfig()} | {
        f"{knob} {chosen[knob]:g}": setting(chosen[knob]) for knob, (setting, _, _) in KNOBS.items()
    }
    settings["all but DPP, at half"] = RerankConfig(
        diversity=chosen["diversity, MMR"] / 2,
        calibration=chosen["calibration"] / 2,
        popularity=chosen["popularity"] / 2,
        exposure=chosen["exposure"] / 2,
    )
    everybody: NDArray[np.int64] = np.arange(world.split.train.shape[0])
    tested = {}
    for name, config in settings.items():
        progress(f"test: {name}")
        told = partial(_measured, world, config, world.split.test, everybody)
        tested[name] = keeper.get(f"test {name}", told)
    return Section(
        title="Beyond accuracy",
        question="What do variety, true proportions, less popularity and room for groups cost, and for whom?",
        figures=_figures(world, chosen, tested),
        tables=(_table(curves), _test_table(tested), *_people(world, settings, options, progress)),
        plots=(plot.name,),
        config={
            "K": K,
            "pool": POOL,
            "most cost": MOST_COST,
            "seed": options.seed,
            "model": "EASE + attributes",
        },
    )


def _world(options: MeasureOptions, progress: Progress) -> _World:
    folder = options.data / "ml-1m" / "split"
    split = read_split(folder, default_metadata(folder))
    if options.quick:
        few = slice(0, 400)
        split = Split(split.train[few], split.valid[few], split.test[few], split.items, split.data_hash)
    attributes, names = attribute_matrix(split.items)
    progress("EASE + attributes")
    started = time.perf_counter()
    model = Ease(EaseConfig())
    model.fit(TrainingData(split.train, attributes))
    fitted = time.perf_counter()
    order, best = [], []
    for start in range(0, split.train.shape[0], 512):
        history = split.train[start : start + 512]
        scores = model.score(Users(history))
        scores[history.nonzero()] = -np.inf
        block = np.argsort(-scores, axis=1, kind="stable")[:, :POOL]
        order.append(block)
        best.append(np.take_along_axis(scores, block, axis=1))
    scored = time.perf_counter()
    # Of cast and crew nearly every pair of films is unlike, whatever a list does; genres are what a list varies in.
    having = attributes[[k for k, (facet, _) in enumerate(names) if facet == "genre"]].T.tocsr()
    features, genres = unit_rows(having), group_shares(having)
    counts = np.asarray(split.train.sum(axis=0), dtype=np.float64).ravel()
    classes = _classes(counts)
    return _World(
        split=split,
        order=np.concatenate(order).astype(np.int64),
        scores=np.concatenate(best),
        features=features,
        likeness=(features @ features.T).toarray().astype(np.float32),
        genres=genres,
        taste=taste_shares(split.train, genres),
        counts=counts,
        classes=classes,
        class_share=counts @ classes / counts.sum(),
        fit_seconds=fitted - started,
        score_seconds=scored - fitted,
    )


def _classes(counts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Divide the items: the fifth that is met most, the fifth that is met least, and those between."""
    n, fifth = len(counts), len(counts) // 5
    place = np.empty(n, dtype=np.int64)
    place[np.argsort(-counts, kind="stable")] = np.arange(n)
    return np.stack([place < fifth, (place >= fifth) & (place < n - fifth), place >= n - fifth], axis=1)


def _lists(world: _World, config: RerankConfig, people: NDArray[np.int64]) -> tuple[beyond.Lists, float]:
    """Return the lists, and the milliseconds that one took."""
    lists = np.empty((len(people), K), dtype=np.int64)
    genres = world.genres.toarray()
    started = time.perf_counter()
    for row, person in enumerate(people):
        pool = world.order[person]
        chosen = rerank(
            world.scores[person],
            K,
            config,
            likeness=world.likeness[np.ix_(pool, pool)] if config.diversity else None,
            groups=genres[pool],
            taste=world.taste[person],
            counts=world.counts[pool],
            members=world.classes[pool],
            target=world.class_share,
        )
        lists[row] = pool[chosen]
    return lists, 1000.0 * (time.perf_counter() - started) / len(people)


def _measured(
    world: _World, config: RerankConfig, truth: csr_array, people: NDArray[np.int64]
) -> dict[str, float]:
    lists, took = _lists(world, config, people)
    n, n_items = world.split.train.shape
    ranks = beyond.ranks_in_lists(lists, truth[people])
    seen = beyond.exposure(lists, world.classes)
    return {
        "ndcg": float(ndcg_at_k(ranks, K).mean()),
        "recall": float(recall_at_k(ranks, K).mean()),
        "diversity": float(beyond.intra_list_diversity(lists, world.features).mean()),
        "miscalibration": float(beyond.miscalibration(lists, world.genres, world.taste[people]).mean()),
        "popularity": float(beyond.average_popularity(lists, world.counts, n).mean()),
        "novelty": float(beyond.novelty(lists, world.counts, n).mean()),
        "coverage": beyond.coverage(lists, n_items),
        "gini": beyond.gini(lists, n_items),
        "not popular": float(1.0 - seen[0]),
        "ms": took,
    }


def _default(curve: Sequence[tuple[float, dict[str, float]]]) -> float:
    """Return the largest setting up to which the NDCG stays within `MOST_COST` of the plain ranking."""
    least = (1.0 - MOST_COST) * curve[0][1]["ndcg"]
    best = 0.0
    for x, found in curve:
        if found["ndcg"] < least:
            break
        best = x
    return best


def _figures(
    world: _World, chosen: dict[str, float], tested: dict[str, dict[str, float]]
) -> tuple[Figure, ...]:
    plain = tested["plain"]
    figures = [
        Figure(name=f"ml-1m, EASE + attributes, NDCG@{K}", value=plain["ndcg"], note="test, plain ranking"),
    ]
    for knob, (_, what, sign) in KNOBS.items():
        found = tested[f"{knob} {chosen[knob]:g}"]
        change = found[what] - plain[what]
        figures.append(
            Figure(
                name=f"{knob} at {chosen[knob]:g}: {what}",
                value=found[what],
                reach=f"{'above' if sign > 0 else 'below'} {plain[what]:.4f}, NDCG within 1 %",
                note=f"test; {change:+.4f} against plain; NDCG@{K} {found['ndcg']:.4f} "
                f"({100 * (found['ndcg'] / plain['ndcg'] - 1):+.2f} %); {found['ms']:.2f} ms a list",
            )
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures += [
        Figure(name="EASE + attributes, time to train", value=world.fit_seconds, unit="s"),
        Figure(
            name="EASE + attributes, time to score and sort everybody", value=world.score_seconds, unit="s"
        ),
        Figure(name="Peak memory", value=peak, unit="MiB"),
    ]
    return tuple(figures)


def _table(curves: dict[str, list[tuple[float, dict[str, float]]]]) -> Table:
    rows = [
        (knob, f"{x:g}", *(f"{found[name]:.4f}" for name in _TOLD))
        for knob, curve in curves.items()
        for x, found in curve
    ]
    return Table(
        title="Each knob from 0 to 1, on validation",
        columns=("knob", "at", *_TOLD),
        rows=tuple(rows),
        note=f"Every second person of ml-1m; lists of {K} from the {POOL} best; only train masked. Diversity is 1 less "
        "the mean cosine of genres, weighed by rarity; `not popular` is the share of attention that items outside the "
        "most-met fifth get. Nothing here depends on a seed.",
    )


def _test_table(tested: dict[str, dict[str, float]]) -> Table:
    return Table(
        title="At the defaults, on test",
        columns=("setting", *_TOLD, "ms a list"),
        rows=tuple(
            (name, *(f"{found[key]:.4f}" for key in _TOLD), f"{found['ms']:.2f}")
            for name, found in tested.items()
        ),
        note=f"A default is the largest setting that costs at most {100 * MOST_COST:g} % of NDCG@{K} on validation.",
    )


def _people(
    world: _World, settings: dict[str, RerankConfig], options: MeasureOptions, progress: Progress
) -> list[Table]:
    """Say whom the plain ranking and the re-ranked ones serve how well."""
    labels = _labels(options.data / "ml-1m")
    having = np.flatnonzero(np.diff(world.split.test.indptr) > 0).astype(np.int64)
    tables = []
    rows: dict[str, list[tuple[str, ...]]] = {"gender": [], "age": []}
    for name, config in settings.items():
        progress(f"groups of people: {name}")
        lists, _ = _lists(world, config, having)
        values = ndcg_at_k(beyond.ranks_in_lists(lists, world.split.test[having]), K)
        for group in rows:
            of = [labels[group][person] for person in having]
            found = beyond.group_difference(values, of, options.seed)
            told = ", ".join(f"{key} {mean:.4f} ({found.sizes[key]:,})" for key, mean in found.means.items())
            rows[group].append((name, told, f"{found.gap:.4f}", f"{found.noise:.4f}"))
    for group, found_rows in rows.items():
        tables.append(
            Table(
                title=f"NDCG@{K} by {group}, on test",
                columns=("setting", "mean (people)", "gap", "gap by chance"),
                rows=tuple(found_rows),
                note="Gap: best less worst group. By chance: mean gap of 200 random groupings of the same sizes.",
            )
        )
    return tables


def _labels(folder: Path) -> dict[str, list[str]]:
    known = {}
    for line in (folder / "users.dat").read_text(encoding="latin-1").splitlines():
        user, gender, age, *_ = line.split("::")
        known[user] = (gender, age)
    with (folder / "split" / "user_index_to_ml1m_userId.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    by_index = {int(row[0]): known[row[1]] for row in rows}
    ordered = [by_index[k] for k in sorted(by_index)]
    return {"gender": [gender for gender, _ in ordered], "age": [age for _, age in ordered]}
