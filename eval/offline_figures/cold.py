"""Cold start on ml-1m: items that nobody met, people of whom three sentences are known, and nothing trained again.

New items: a tenth of the items, drawn by the seed, loses every meeting of train. Targets are their meetings of test;
what a person met in the whole of train is masked. Ranked among all items, where a new one must come before the
known ones, and among the new items alone.

New people: a tenth of the people, drawn by the seed, is unknown in training. Their three sentences are made of their
train history by templates that name genres, people and words of a plot, and no title; what the model learns words
from are sentences by other templates, of the people who are known. Their test items are ranked among all, with train
masked, from words alone and from words with 1, 3 and 5 items of train.

Settings are chosen on validation, for other new items and people than those of test.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.cold_films import SHARE, K, read_films
from eval.offline_figures.cold_items import ITEM_MODELS, OURS, choose_for_items, item_table, item_trial
from eval.offline_figures.cold_people import choose_for_people, person_table, person_trial
from eval.offline_figures.trials import Trial, Trials

_SEEDS = 3


def measure(options: MeasureOptions, progress: Callable[[str], None] = lambda _: None) -> Section:
    """Measure both; about ten minutes on one core."""
    films = read_films(options)
    trials = Trials(options.out / "cold", f"{films.split.data_hash} {options.quick}", progress)
    seeds = range(options.seed, options.seed + (1 if options.quick else _SEEDS))
    chosen = choose_for_items(films, trials, options.seed)
    items = {
        name: [item_trial(films, trials, "test", name, chosen.get(name, {}), seed) for seed in seeds]
        for name in ITEM_MODELS
    }
    words = choose_for_people(films, trials, options.seed, chosen[OURS])
    people = [person_trial(films, trials, "test", words, seed) for seed in seeds]
    plain = max(ITEM_MODELS[:4], key=lambda name: _mean(items[name], f"NDCG@{K} all"))
    said = "words, learned from people | words"
    figures = (
        Figure(
            name=f"New items: NDCG@{K} among all items",
            value=_mean(items[OURS], f"NDCG@{K} all"),
            note=f"the best plain model, {plain}, {_mean(items[plain], f'NDCG@{K} all'):.4f}",
        ),
        Figure(
            name=f"New people: NDCG@{K} from three sentences",
            value=_mean(people, f"{said} | NDCG@{K}"),
            note=f"popularity {_mean(people, f'popularity | none | NDCG@{K}'):.4f}, text match "
            f"{_mean(people, f'text match | words | NDCG@{K}'):.4f}",
        ),
    )
    settings = Table(
        title="Settings chosen on validation, for other items and people",
        columns=("model", "settings"),
        rows=tuple((name, str(found)) for name, found in {**chosen, "words": words}.items()),
    )
    return Section(
        title="Cold start: new items and new people",
        question="Can what nobody has met be recommended, and to whom nothing is known but three sentences?",
        figures=figures,
        tables=(item_table(items), person_table(people), settings),
        config={"seed": options.seed, "seeds": len(people), "share": SHARE, "encoder": films.encoder.name},
    )


def _mean(trials: list[Trial], metric: str) -> float:
    return float(np.mean([trial.scores[metric] for trial in trials]))
