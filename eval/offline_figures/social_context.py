"""What neighbours and the moment add: on real times for the moment, on a made-up world for neighbours.

The moment: MovieLens latest-small and 100K, each person's liked ratings divided in time. A request is a person on one
quarter of a day; all items are ranked, only those of train are masked. EASE is the strong plain model; the moment's
share is added to its score, z-scored per request, with a weight chosen on validation from a grid that has 0. The
clock is UTC for want of zones, and a rating's time is that of rating, which need not be that of watching.

Neighbours: no data set that is at hand has friendships between its people. What can be checked without them is that
the model gains when friends share tastes and not when they do not, in a world whose rules are known. That says
nothing of how much real friends share.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.metrics import ndcg_at_k, target_ranks
from eval.offline_figures.social_context_data import (
    Requests,
    Timed,
    in_time,
    read_100k,
    read_latest,
    requests,
)
from eval.offline_figures.trials import Trial, Trials, mean_and_spread, ranked, timed
from recsys.models.base import FloatMatrix, Scorer, TrainingData, Users
from recsys.models.context import ContextConfig, ContextShare
from recsys.models.ease import Ease, EaseConfig
from recsys.models.popularity import Popularity
from recsys.models.social import Social, neighbour_meetings
from recsys.sparse import ones_at

_K = 20
_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Of a nat of the moment beside one standard deviation of EASE."""
_RIDGES = (25.0, 50.0, 100.0, 200.0, 400.0)
_SHRINKAGES = (200.0, 2_000.0)
_KINDS = (("daypart",), ("weekday",), ("season",), ("daypart", "weekday", "season"))
_DRAWS = 1_000
_ALIKE = (0.0, 0.5, 0.9)
"""Share of friends drawn from those of the same taste."""


def measure(options: MeasureOptions, progress: Callable[[str], None] = lambda _: None) -> Section:
    """Measure both; about two minutes on one core."""
    figures, rows, chosen = [], [], []
    sources: tuple[tuple[str, Callable[[Path], Timed], str], ...] = (
        ("MovieLens latest-small", read_latest, "ml-latest-small"),
        ("MovieLens 100K", read_100k, "ml-100k"),
    )
    for name, read, folder in sources[1:] if options.quick else sources:
        data = read(options.data / folder)
        trials = Trials(options.out / "social_context", f"{data.data_hash} {options.seed}", progress)
        moments = _Moments.of(data)
        found = trials.of(
            f"moment-{folder}", {"weights": _WEIGHTS, "kinds": _KINDS}, moments_trial(moments, options.seed)
        )
        figures.append(
            Figure(
                name=f"NDCG@{_K} that the moment adds to EASE, {name}",
                value=found.scores["gain"],
                note=f"{found.scores['EASE NDCG']:.4f} to {found.scores['chosen NDCG']:.4f}, 95 % of bootstraps over "
                f"people [{found.scores['low']:+.4f}, {found.scores['high']:+.4f}]; "
                f"{found.scores['requests']:,.0f} requests",
            )
        )
        rows += [
            (name, model, f"{found.scores[f'{model} Recall']:.4f}", f"{found.scores[f'{model} NDCG']:.4f}")
            for model in ("popularity", "popularity and the moment", "EASE", "chosen")
        ]
        kinds = _KINDS[int(found.scores["kinds"])]
        chosen.append(
            f"{name}: lambda {found.scores['ridge']:g}, {' + '.join(kinds)}, shrinkage {found.scores['shrinkage']:g}, "
            f"weight {found.scores['weight']:g}"
        )
    friends = options.data / "music" / "lastfm-hetrec" / "user_friends.dat"
    figures.append(
        Figure(
            name="Friendships between people in the shared data",
            value=float(len(friends.read_text(encoding="utf-8").splitlines()) - 1)
            if friends.is_file()
            else 0.0,
            note="lastfm-hetrec comes with listens and triples alone; no other set has any"
            if not friends.is_file()
            else "",
        )
    )
    made_up = _made_up_table(options, progress)
    return Section(
        title="The moment and neighbours",
        question="Does it help EASE to know when somebody asks, and what their friends met?",
        figures=tuple(figures),
        tables=(
            Table(
                title="The moment, beside EASE",
                columns=("data", "model", f"Recall@{_K}", f"NDCG@{_K}"),
                rows=tuple(rows),
                note="Chosen on validation: "
                + "; ".join(chosen)
                + ". A weight of 0 leaves the moment out. Items with "
                "fewer than five liked ratings are left out.",
            ),
            made_up,
        ),
        config={"seed": options.seed, "bootstraps": _DRAWS},
    )


@dataclass(frozen=True)
class _Moments:
    """One data set, divided."""

    data: Timed
    train: np.ndarray
    valid: Requests
    test: Requests

    @classmethod
    def of(cls, data: Timed) -> _Moments:
        train, valid, test = in_time(data)
        return cls(data, train, requests(data, valid, train), requests(data, test, train))


def moments_trial(moments: _Moments, seed: int) -> Callable[[], Trial]:
    """Return what chooses on validation and measures on test once."""

    def run() -> Trial:
        data, _ = moments.data.training(moments.train)
        history = data.interactions
        ridge = max(_RIDGES, key=lambda value: _ndcg(_ease(data, value), history, moments.valid).mean())
        ease = _ease(data, ridge)
        base = standard(ease.score(Users(history[moments.valid.user])))
        best = (-1.0, 0.0, 0, _SHRINKAGES[0])
        for (place, kinds), shrinkage in itertools.product(enumerate(_KINDS), _SHRINKAGES):
            share = _moment(moments, kinds, shrinkage, moments.valid)
            for weight in _WEIGHTS:
                reached = float(_ndcg_of(base + weight * share, history, moments.valid).mean())
                if reached > best[0] + 1e-9:
                    best = (reached, weight, place, shrinkage)
        _, weight, place, shrinkage = best
        return timed(
            lambda: None,
            lambda: (
                _tested(moments, data, ease, weight, _KINDS[place], shrinkage, seed)
                | {"ridge": ridge, "weight": weight, "kinds": float(place), "shrinkage": shrinkage}
            ),
        )

    return run


def _tested(
    moments: _Moments,
    data: TrainingData,
    ease: Scorer,
    weight: float,
    kinds: tuple[str, ...],
    shrinkage: float,
    seed: int,
) -> dict[str, float]:
    asked, history = moments.test, data.interactions
    popularity = Popularity()
    popularity.fit(data)
    users = Users(history[asked.user])
    share = _moment(moments, kinds, shrinkage, asked)
    plain = standard(ease.score(users))
    scored = {
        "popularity": popularity.score(users),
        "popularity and the moment": np.log(popularity.score(users) + 1.0) + share,
        "EASE": plain,
        "chosen": plain + weight * share,
    }
    found: dict[str, float] = {"requests": float(len(asked.user))}
    for name, scores in scored.items():
        for metric, value in ranked(scores, asked.truth, history[asked.user], _K).items():
            found[f"{name} {metric.split('@')[0]}"] = value
    change = _ndcg_of(scored["chosen"], history, asked) - _ndcg_of(plain, history, asked)
    low, high = by_person(change, asked.user, seed)
    return {**found, "gain": float(change.mean()), "low": low, "high": high}


def by_person(change: np.ndarray, person: np.ndarray, seed: int) -> tuple[float, float]:
    """Return the middle 95 % of the mean change over bootstraps that draw people with all their requests."""
    people, row = np.unique(person, return_inverse=True)
    total, count = np.bincount(row, change), np.bincount(row)
    drawn = np.random.default_rng(seed).integers(len(people), size=(_DRAWS, len(people)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def standard(scores: FloatMatrix) -> FloatMatrix:
    """Return each row less its mean, over its standard deviation (or over 1 where that is 0)."""
    deviation = scores.std(axis=1, keepdims=True)
    centred: FloatMatrix = scores - scores.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.where(deviation > 0, deviation, 1.0), dtype=np.float32)


def _ease(data: TrainingData, ridge: float) -> Scorer:
    model = Ease(EaseConfig(regularization=ridge, attribute_weight=0.0))
    model.fit(data)
    return model


def _moment(moments: _Moments, kinds: tuple[str, ...], shrinkage: float, asked: Requests) -> FloatMatrix:
    data, meetings = moments.data.training(moments.train)
    model = ContextShare(ContextConfig(kinds=kinds, shrinkage=shrinkage), meetings)
    model.fit(data)
    return model.score(Users(data.interactions[asked.user], contexts=asked.contexts))


def _ndcg(model: Scorer, history: csr_array, asked: Requests) -> np.ndarray:
    return _ndcg_of(model.score(Users(history[asked.user])), history, asked)


def _ndcg_of(scores: FloatMatrix, history: csr_array, asked: Requests) -> np.ndarray:
    return ndcg_at_k(target_ranks(scores, asked.truth, history[asked.user]), _K)


def _made_up_table(options: MeasureOptions, progress: Callable[[str], None]) -> Table:
    rows = []
    for alike in _ALIKE:
        found: dict[str, list[float]] = {}
        for seed in range(options.seed, options.seed + (1 if options.quick else 3)):
            for name, value in made_up_world(alike, seed).items():
                found.setdefault(name, []).append(value)
        progress(f"Made-up friends, {alike:.0%} alike: done")
        rows += [(f"{alike:.0%}", name, mean_and_spread(values)) for name, values in found.items()]
    return Table(
        title="Neighbours, in a made-up world",
        columns=("friends of the same taste", "model", f"NDCG@{_K} of people without history"),
        rows=tuple(rows),
        note="1,000 people of ten tastes, 500 items, ten friends each, of whom the rest are drawn from everybody; 200 "
        "of the people are new. No real friendship is in it: it checks the model, and says nothing of real friends.",
    )


def made_up_world(alike: float, seed: int) -> dict[str, float]:
    """Return NDCG@20 for new people of popularity, neighbours, and both, where this share of friends is alike."""
    rng = np.random.default_rng(seed)
    people, items, tastes, new = 1_000, 500, 10, 200
    taste, kind = rng.integers(tastes, size=people), rng.integers(tastes, size=items)
    appeal = 1.0 / (1.0 + rng.permutation(items)) ** 0.7
    likely = np.clip(appeal * np.where(taste[:, None] == kind[None, :], 8.0, 1.0), 0.0, 0.9)
    person, item = np.nonzero(rng.random((people, items)) < likely * 0.5)
    met = ones_at(person, item, (people, items))
    rows = np.repeat(np.arange(people), 10)
    others = rng.integers(people, size=len(rows))
    same = rng.random(len(rows)) < alike
    others[same] = [rng.choice(np.flatnonzero(taste == taste[row])) for row in rows[same]]
    pairs = np.unique(np.column_stack([rows, others])[rows != others], axis=0)
    social = ones_at(pairs[:, 0], pairs[:, 1], (people, people))
    known = met.copy()
    known.data[np.repeat(np.arange(people), np.diff(met.indptr)) < new] = 0.0
    known.eliminate_zeros()
    data = TrainingData(known, ones_at((), (), (0, items)), social=social)
    popularity, neighbours = Popularity(), Social()
    popularity.fit(data)
    neighbours.fit(data)
    users = Users(known[:new], social=neighbour_meetings(social, known)[:new])
    often = np.asarray(popularity.score(users) / people, dtype=np.float32)
    near = neighbours.score(users)
    scored: dict[str, FloatMatrix] = {"popularity": often, "neighbours": near}
    scored["neighbours and popularity"] = near + often
    return {name: ranked(scores, met[:new], None, _K)[f"NDCG@{_K}"] for name, scores in scored.items()}
