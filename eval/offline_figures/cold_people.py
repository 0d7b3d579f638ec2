"""New people: ranked for by three sentences, and by a few items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eval.figures import Table
from eval.offline_figures.cold_data import hold_out_people, sentences, some_of
from eval.offline_figures.cold_films import OTHER, SHARE, Films, K, Settings, file_name
from eval.offline_figures.trials import Trial, Trials, mean_and_spread, ranked, timed
from recsys.models.base import FloatMatrix, Scorer, TrainingData, Users
from recsys.models.cold import ColdStart, ColdStartConfig
from recsys.models.ease import Ease, EaseConfig
from recsys.models.popularity import Popularity
from recsys.models.text_tower import TextTower

_FOLDED = (1, 3, 5)
_LEARNED_FROM = 1_000
"""Known people whose sentences teach what words say."""


def choose_for_people(films: Films, trials: Trials, seed: int, items: Settings) -> Settings:
    """Return the settings that rank validation items of other new people best: words alone, then with items."""

    def run() -> Trial:
        world = _People.of(films, seed + OTHER, "valid")
        model = world.fitted(items, seed)

        def value(settings: Settings, counts: Sequence[int]) -> float:
            world.learn(model, settings)
            return float(np.mean([world.ranked(model.score(world.users(k)))[f"NDCG@{K}"] for k in counts]))

        best: Settings = {}
        reached = value(best, (0,))
        for name, values in (
            ("person_ridge", (0.3, 3.0, 10.0, 30.0)),
            ("person_attributes", (0.0, 0.5, 2.0)),
            ("person_text", (0.0, 0.5, 2.0)),
        ):
            start = best
            for setting in values:
                if (now := value({**start, name: setting}, (0,))) > reached:
                    best, reached = {**start, name: setting}, now
        patience = max((0.5, 1.0, 3.0, 10.0), key=lambda p: value({**best, "patience": p}, _FOLDED))
        return Trial(key="", scores={**best, "patience": patience, f"reached {K}": reached})

    found = trials.of(file_name("valid people"), {**items, "seed": seed + OTHER}, run).scores
    return {**items, **{name: value for name, value in found.items() if not name.startswith("reached")}}


def person_trial(films: Films, trials: Trials, part: str, settings: Settings, seed: int) -> Trial:
    """Rank for the new people of this seed under every model; keys are `model | items known | metric`."""

    def run() -> Trial:
        world = _People.of(films, seed, part)
        model = world.fitted(settings, seed)
        plain: dict[str, Scorer] = {
            "popularity": Popularity(),
            "text match": TextTower(films.encoder),
            "EASE": Ease(EaseConfig(dropout=0.0, attribute_weight=0.0)),
        }

        def fit() -> None:
            for other in plain.values():
                other.fit(world.data)

        def score() -> dict[str, float]:
            found: dict[str, dict[str, float]] = {}
            found["popularity | none"] = world.ranked(plain["popularity"].score(world.users(0)))
            found["text match | words"] = world.ranked(plain["text match"].score(world.users(0)))
            found["words, learned from the items' texts | words"] = world.ranked(model.score(world.users(0)))
            world.learn(model, settings)
            for k in (0, *_FOLDED):
                said, silent = world.users(k), world.users(k, words=False)
                found[f"words, learned from people | words{_and(k)}"] = world.ranked(model.score(said))
                if k:
                    found[f"text match | words{_and(k)}"] = world.ranked(plain["text match"].score(said))
                    found[f"the same without words | {k} items"] = world.ranked(model.score(silent))
                    found[f"EASE | {k} items"] = world.ranked(plain["EASE"].score(silent))
            found["EASE | all of train"] = world.ranked(plain["EASE"].score(world.users(10**6, words=False)))
            return {f"{name} | {metric}": v for name, values in found.items() for metric, v in values.items()}

        return timed(fit, score)

    return trials.of(file_name(f"{part} people"), {**settings, "seed": seed}, run)


@dataclass(frozen=True)
class _People:
    """New people of one seed, and the known ones that models learn from."""

    films: Films
    known: NDArray[np.int64]
    new: NDArray[np.int64]
    truth: csr_array
    said: tuple[str, ...]
    data: TrainingData

    @classmethod
    def of(cls, films: Films, seed: int, part: str) -> _People:
        split = films.split
        known, new = hold_out_people(split, SHARE, seed)
        truth = (split.valid if part == "valid" else split.test)[new]
        said = sentences(split.items, split.train, new, asked=True)
        return cls(films, known, new, truth, tuple(said), films.training(split.train[known]))

    def fitted(self, settings: Settings, seed: int) -> ColdStart:
        """Return our model, fitted on the known people; words are learned from the items' texts."""
        model = self.films.ours(settings, seed)
        model.fit(self.data)
        return model

    def learn(self, model: ColdStart, settings: Settings) -> None:
        """Learn words anew from known people, under these settings."""
        model.config = ColdStartConfig.model_validate({**model.config.model_dump(), **settings})
        texts, history = self.teachers
        model.learn_from_words(texts, history)

    @cached_property
    def teachers(self) -> tuple[list[str], csr_array]:
        """Sentences of known people, and what they met."""
        train = self.films.split.train
        drawn = np.random.default_rng(OTHER).permutation(train.shape[0])
        rows = drawn[np.isin(drawn, self.known)][:_LEARNED_FROM].astype(np.int64)
        return sentences(self.films.split.items, train, rows, asked=False), train[rows]

    def users(self, most: int, words: bool = True) -> Users:
        """Return the new people with at most so many items of their train, with or without their sentences."""
        return Users(some_of(self.films.split.train[self.new], most, 0), self.said if words else ())

    def ranked(self, scores: FloatMatrix) -> dict[str, float]:
        """Return the metrics among all items, train masked."""
        return ranked(scores, self.truth, self.films.split.train[self.new], K)


def _and(items: int) -> str:
    return f" and {items} items" if items else ""


def person_table(people: list[Trial]) -> Table:
    """Return the models side by side, by what is known of the person."""
    names = dict.fromkeys(key.rpartition(" | ")[0] for key in people[0].scores)
    rows = tuple(
        (
            *name.split(" | "),
            *(mean_and_spread([t.scores[f"{name} | {m}@{K}"] for t in people]) for m in ("Recall", "NDCG")),
        )
        for name in names
    )
    return Table(
        title="New people",
        columns=("model", "known of the person", f"Recall@{K}", f"NDCG@{K}"),
        rows=rows,
        note="ml-1m without a tenth of its people; all items ranked, train masked. Sentences are made of their own "
        "train history by templates, so they are truer than what people say. ± is half of the range over "
        f"{len(people)} seeds, each with people of its own.",
    )
