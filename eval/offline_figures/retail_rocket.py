"""Retail Rocket: does it help a model that foretells purchases to know views and carts as what they are?

All items are ranked for each of the held-out purchases. The split took each held-out purchase out of its person's
views and carts too, so nothing that a person met in train can be the answer; in the main table all of it is masked,
for every row alike. A second table masks past purchases only, as a shop would, where what was viewed may come again.
Every setting is chosen on purchases held out of train in the same way; test is met once a model and seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.retail_rocket_data import (
    ASKED,
    SCENES,
    Shop,
    first_people,
    for_validation,
    read_shop,
)
from eval.offline_figures.trials import Trial, Trials, mean_and_spread, ranked, timed
from recsys.models.base import Scorer
from recsys.models.ials import Ials, IalsConfig
from recsys.models.item_knn import ItemKnn, ItemKnnConfig
from recsys.models.popularity import Popularity
from recsys.models.scene_factors import SceneFactors, SceneFactorsConfig
from recsys.models.scenes import SceneEase, SceneEaseConfig

_K = 10
_SEEDS = 3
_QUICK_PEOPLE = 300
_MASKS = {"met": "everything met in train", "bought": "past purchases"}
Settings = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A model, what it is given, and the settings that are tried on validation, one group after the other."""

    name: str
    scenes: tuple[str, ...]
    """Scenes that it learns from; `()` is all of them as one, without telling them apart."""
    make: Callable[[Settings, int], Scorer]
    start: Settings
    moves: tuple[Mapping[str, Sequence[Any]], ...] = ()
    """For each setting in turn the values tried beside the best so far."""
    random: bool = False

    @property
    def buys_only(self) -> bool:
        """Whether it knows purchases and nothing else."""
        return self.scenes == (ASKED,)


def _ease(settings: Settings, seed: int) -> Scorer:
    return SceneEase(SceneEaseConfig(**settings))


def _factors(settings: Settings, seed: int) -> Scorer:
    return SceneFactors(SceneFactorsConfig(**settings, seed=seed))


_BUY = (ASKED,)
_BLIND = "EASE, all behaviours as one"
_EASE_MOVES: tuple[Mapping[str, Sequence[Any]], ...] = (
    {"regularization": (5.0, 20.0, 50.0, 100.0, 200.0)},
    {"activity": (0.0, 0.25, 0.5)},
    {"dropout": (0.0, 0.3, 0.5)},
)


def _weights(together: float, view: float, cart: float, buy: float) -> dict[str, float]:
    return {"default": together, "view": view, "cart": cart, "buy": buy}


_INPUTS = (
    _weights(1.0, 0.0, 0.0, 0.0),
    _weights(1.0, 0.0, 0.3, 0.3),
    _weights(1.0, 0.0, 0.6, 0.6),
    _weights(0.0, 1.0, 1.0, 1.0),
)
_TARGETS = (
    _weights(1.0, 0.0, 0.0, 1.0),
    _weights(3.0, 0.0, 0.0, 1.0),
    _weights(3.0, 0.0, 1.0, 1.0),
    _weights(0.2, 0.0, 0.3, 1.0),
    _weights(0.0, 0.0, 0.0, 1.0),
)
ENTRIES = (
    Entry("popularity", _BUY, lambda settings, seed: Popularity(), {}),
    Entry(
        "item-kNN, purchases",
        _BUY,
        lambda settings, seed: ItemKnn(ItemKnnConfig(**settings)),
        {"neighbours": 100, "popularity": 0.3, "shrinkage": 0.0},
        ({"popularity": (0.2, 0.5)}, {"shrinkage": (2.0,)}),
    ),
    Entry(
        "iALS, purchases",
        _BUY,
        lambda settings, seed: Ials(IalsConfig(**settings, seed=seed)),
        {"dim": 32, "alpha": 20.0, "regularization": 10.0, "sweeps": 6},
        ({"regularization": (3.0, 30.0)}, {"alpha": (5.0, 100.0)}),
        random=True,
    ),
    Entry(
        "EASE, purchases",
        _BUY,
        _ease,
        {"regularization": 20.0, "dropout": 0.0, "activity": 0.0},
        _EASE_MOVES,
    ),
    Entry(
        _BLIND,
        (),
        _ease,
        {"regularization": 20.0, "dropout": 0.0, "activity": 0.0},
        _EASE_MOVES,
    ),
    Entry(
        "scene EASE",
        SCENES,
        _ease,
        {
            "regularization": 100.0,
            "dropout": 0.3,
            "activity": 0.0,
            "together": True,
            "inputs": _INPUTS[0],
            "targets": _TARGETS[0],
        },
        (
            {"inputs": _INPUTS},
            {"targets": _TARGETS},
            {"regularization": (50.0, 200.0)},
            {"activity": (0.25,)},
        ),
    ),
    Entry(
        "scene factors",
        SCENES,
        _factors,
        {
            "dim": 32,
            "alpha": 20.0,
            "regularization": 10.0,
            "scene_regularization": 1_000.0,
            "sweeps": 6,
        },
        (
            {"scene_regularization": (10.0, 1e6)},
            {"regularization": (3.0, 30.0)},
            {"alpha": (100.0,)},
        ),
        random=True,
    ),
)
GRAPH = Entry(
    "scene EASE and the graph",
    SCENES,
    _ease,
    {},
    ({"relation_weight": (0.1, 0.3)},),
)
"""Starts from the settings chosen for scene EASE."""


def measure(options: MeasureOptions, progress: Callable[[str], None] = lambda _: None) -> Section:
    """Choose on validation, then rank test for every model; about ten minutes on one core."""
    shop = read_shop(options.data / "retail-rocket")
    if options.quick:
        shop = first_people(shop, _QUICK_PEOPLE)
    valid = for_validation(shop, options.seed)
    trials = Trials(options.out / "retail_rocket", f"{shop.data_hash} {options.quick}", progress)
    chosen = choose(trials, valid, options)
    tested = {
        (entry.name, mask): [
            attempt(trials, "test", shop, entry, settings, options.seed + k)
            for k in range(_SEEDS if entry.random else 1)
        ]
        for entry, found in chosen
        for mask, settings in found.items()
    }
    foreseen = {
        (entry.name, mask): attempt(trials, "valid", valid, entry, settings, options.seed).scores[
            f"NDCG@{_K} {mask}"
        ]
        for entry, found in chosen
        for mask, settings in found.items()
    }
    return _section(options, shop, valid, chosen, tested, foreseen)


def choose(trials: Trials, valid: Shop, options: MeasureOptions) -> list[tuple[Entry, dict[str, Settings]]]:
    """Return for each entry the settings that are best on validation under each mask."""
    chosen = []
    for entry in ENTRIES:
        chosen.append((entry, _best(trials, valid, entry, options.seed, options.quick)))
        if entry.name == "scene EASE":
            start = chosen[-1][1]["met"]
            graph = Entry(GRAPH.name, GRAPH.scenes, GRAPH.make, start, GRAPH.moves)
            chosen.append((graph, _best(trials, valid, graph, options.seed, options.quick, skip_start=True)))
    return chosen


def attempt(trials: Trials, part: str, shop: Shop, entry: Entry, settings: Settings, seed: int) -> Trial:
    """Fit and rank once, or read what was kept of it."""

    def run() -> Trial:
        model = entry.make(settings, seed)
        scenes = entry.scenes or SCENES
        data, users = shop.training(scenes), shop.asking(scenes)
        if not entry.scenes:
            data, users = _as_one(shop)
        rows = shop.people

        def score() -> dict[str, float]:
            scores = model.score(users)
            masks = {"met": shop.met[rows], "bought": shop.scenes[ASKED][rows]}
            return {
                f"{metric} {name}": value
                for name, mask in masks.items()
                for metric, value in ranked(scores, shop.truth[rows], mask, _K).items()
                if not metric.startswith("Recall")
            }

        return timed(lambda: model.fit(data), score)

    keyed = {"part": part, **settings, **({"seed": seed} if entry.random else {})}
    if part == "valid":
        keyed["drawn"] = int(shop.truth.indices.sum())
    return trials.of(f"{part} {entry.name}".replace(" ", "-").replace(",", ""), keyed, run)


def _best(
    trials: Trials, valid: Shop, entry: Entry, seed: int, quick: bool, skip_start: bool = False
) -> dict[str, Settings]:
    """Walk through the moves by NDCG with everything met masked; the other mask takes its best of what was tried."""
    tried: list[tuple[Settings, Trial]] = []

    def value(settings: Settings) -> float:
        tried.append((settings, attempt(trials, "valid", valid, entry, settings, seed)))
        return tried[-1][1].scores[f"NDCG@{_K} met"]

    best, reached = entry.start, -1.0 if skip_start else value(entry.start)
    for move in entry.moves[:1] if quick else entry.moves:
        for name, values in move.items():
            for setting in values:
                settings = {**best, name: setting}
                if settings not in [found for found, _ in tried] and (now := value(settings)) > reached:
                    better, reached = settings, now
                    best = better
    other = max(tried, key=lambda found: found[1].scores[f"NDCG@{_K} bought"])[0]
    return {"met": best, "bought": other}


def _as_one(shop: Shop) -> tuple[Any, Any]:
    """Return all scenes as a single one."""
    data, users = shop.training(), shop.asking()
    met = shop.met
    return (
        type(data)(met, data.attributes, relations=data.relations),
        type(users)(met[shop.people]),
    )


def _section(
    options: MeasureOptions,
    shop: Shop,
    valid: Shop,
    chosen: list[tuple[Entry, dict[str, Settings]]],
    tested: dict[tuple[str, str], list[Trial]],
    foreseen: dict[tuple[str, str], float],
) -> Section:
    tables, figures = [], []
    for mask, what in _MASKS.items():
        mean = {
            entry.name: float(np.mean([t.scores[f"NDCG@{_K} {mask}"] for t in tested[entry.name, mask]]))
            for entry, _ in chosen
        }
        plain = max((e.name for e, _ in chosen if e.buys_only), key=lambda name: mean[name])
        # Ours is the one that validation puts first; the plain one the best of test, which favours it.
        ours = max((e.name for e, _ in chosen if e.scenes == SCENES), key=lambda name: foreseen[name, mask])
        tables.append(_table(mask, what, shop, chosen, tested, plain, mean, foreseen))
        figures += [
            Figure(
                name=f"NDCG@{_K} from scenes over {against}, {what} masked",
                value=mean[ours] / max(mean[other], 1e-12) - 1.0,
                reach=reach,
                note=f"{ours}, first on validation, {mean[ours]:.4f} over {other} {mean[other]:.4f}; "
                f"{len(shop.people):,} purchases",
            )
            for against, other, reach in (
                ("the best model of purchases alone", plain, ">= .15"),
                ("all behaviours as one", _BLIND, ""),
            )
        ]
    tables.append(
        Table(
            title="Settings chosen on validation",
            columns=("model", "everything met masked", "past purchases masked"),
            rows=tuple((entry.name, str(found["met"]), str(found["bought"])) for entry, found in chosen),
            note=f"By NDCG@{_K} on {len(valid.people):,} purchases, one of each person with two or more, held out of "
            "all scenes; one setting after the other, the values in the order of the module.",
        )
    )
    return Section(
        title="Scenes: views, carts and purchases",
        question="Does knowing views and carts as what they are help to foretell purchases?",
        figures=tuple(figures),
        tables=tuple(tables),
        config={
            "seed": options.seed,
            "people": shop.truth.shape[0],
            "items": shop.truth.shape[1],
            **{scene: int(met.nnz) for scene, met in shop.scenes.items()},
        },
    )


def _table(
    mask: str,
    what: str,
    shop: Shop,
    chosen: list[tuple[Entry, dict[str, Settings]]],
    tested: dict[tuple[str, str], list[Trial]],
    plain: str,
    mean: dict[str, float],
    foreseen: dict[tuple[str, str], float],
) -> Table:
    rows = []
    for entry, _ in chosen:
        found = tested[entry.name, mask]
        rows.append(
            (
                entry.name,
                " + ".join(entry.scenes) or "all as one",
                f"{foreseen[entry.name, mask]:.4f}",
                mean_and_spread([t.scores[f"HR@{_K} {mask}"] for t in found]),
                mean_and_spread([t.scores[f"NDCG@{_K} {mask}"] for t in found]),
                f"{100 * (mean[entry.name] / max(mean[plain], 1e-12) - 1):+.0f} %",
                f"{np.mean([t.fit_seconds for t in found]):.1f}",
                f"{np.mean([t.score_seconds for t in found]):.1f}",
                f"{max(t.peak_mb for t in found):,.0f}",
            )
        )
    return Table(
        title=f"Held-out purchases, {what} masked",
        columns=(
            "model",
            "learns from",
            f"NDCG@{_K} on validation",
            f"HR@{_K}",
            f"NDCG@{_K}",
            f"over {plain}",
            "fit (s)",
            "score (s)",
            "MB",
        ),
        rows=tuple(rows),
        note=f"All {shop.truth.shape[1]:,} items are ranked for {len(shop.people):,} people; ties count against the "
        "model. ± is half of the range over three seeds, where a start is random. MB is memory above the start.",
    )
