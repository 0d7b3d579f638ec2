"""Scorers of pairs learnt from what is known to be one, and thresholds chosen on what they did not see.

`python -m eval.kg_figures.integration_learning` writes the scorers that come with the package.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from eval.kg_figures.integration_truth import FilmTruth, Label, film_truth, people_by_films, read_labels
from kg.resolution.blocking import Pair, item_pairs, person_pairs
from kg.resolution.clusters import Clusters, Link, merge_links
from kg.resolution.config import ResolutionConfig
from kg.resolution.features import ITEM_FEATURES, ITEM_SIGNS, PERSON_FEATURES, PERSON_SIGNS
from kg.resolution.names import best_match
from kg.resolution.records import Neighbourhoods, Records
from kg.resolution.resolve import first_tokens, items_around, people_around
from kg.resolution.scorer import WEIGHTS, PairScorer, best_threshold, fit_scorer, write_scorers
from kg.sources import Dump
from kg.sources.edge_list import read_edge_list
from kg.sources.omdb import read_omdb
from kg.sources.wikipedia_films import read_wikipedia_films

LEARNING = ResolutionConfig(trusted_identifiers=(), priority=("omdb", "dbpedia", "wikipedia"))
"""Pages and numbers are the truth here, so resolution must not see them."""

_HAND_SHARE = 0.5
"""Weight of the pairs judged by hand, beside those that films give for nothing; these are many and easy."""

_ALIKE = 0.92
"""Jaro-Winkler similarity from which two different names may well be spellings of one."""


class Learned(NamedTuple):
    """Scorers, and how they came about."""

    scorers: dict[str, PairScorer]
    notes: dict[str, float]
    """Numbers of labelled pairs and F1 on validation."""


def read_dumps(data: Path, quick: bool = False) -> list[Dump]:
    """Read OMDb's films of ml-1m, DBpedia's edge lists and Wikipedia's films; `quick`: those of the 1990s only."""
    films = data / "films" / "wikipedia"
    return [
        read_omdb(data / "ml-1m"),
        read_edge_list(data / "ml-1m" / "dbpedia"),
        read_wikipedia_films(films / "movies-1990s.json" if quick else films),
    ]


def half(label: Label, records: Records) -> Literal["development", "test"]:
    """Return which half of the hand labels a pair is in; people of one name are in one half."""
    name = min(records.names[number][0] for number in label.pair)
    return "development" if hashlib.sha256(name.encode()).digest()[0] % 2 else "test"


def learn(records: Records, truth: FilmTruth, progress: Callable[[str], None]) -> Learned:
    """Fit both scorers on training films (and half of the hand labels) and choose thresholds on validation."""
    items, roots, notes = _learn_items(records, truth)
    progress(f"Items: threshold {items.threshold:.3f}")
    people, more = _learn_people(records, truth, roots)
    progress(f"People: threshold {people.threshold:.3f}")
    return Learned({"item": items, "person": people}, notes | more)


def _learn_items(records: Records, truth: FilmTruth) -> tuple[PairScorer, list[int], dict[str, float]]:
    tokens = first_tokens(records, range(len(records)), LEARNING)
    numbers, features, around = items_around(records, tokens, LEARNING)
    pairs = item_pairs(records, numbers, around)
    known = {number for pair in truth.sound for number in pair}
    parts: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if truth.doubtful.isdisjoint(pair) and not known.isdisjoint(pair):
            part = {truth.part.get(number, "") for number in pair}
            if len(part) == 1 and records.source(pair[0]) != records.source(pair[1]):
                parts[part.pop()].append(pair)
    rows = {part: np.array([features(pair) for pair in of]) for part, of in parts.items()}
    labels = {part: np.array([pair in truth.sound for pair in of], dtype=float) for part, of in parts.items()}
    scorer = fit_scorer(ITEM_FEATURES, rows["train"], labels["train"], ITEM_SIGNS)
    threshold, f1 = best_threshold(scorer.score(rows["validation"]), labels["validation"])
    scorer = scorer.with_threshold(round(threshold, 4))
    scores = dict(zip(pairs, scorer.score([features(pair) for pair in pairs]).tolist(), strict=True))
    clusters = Clusters(len(records))
    links = [Link(pair, score, "scored") for pair, score in scores.items() if score >= threshold]
    merge_links(
        clusters, links, scores, records.source, LEARNING.near_certain, lambda _: threshold, records.years_far
    )
    notes = {f"film pairs, {part}": len(of) for part, of in parts.items()} | {"film F1, validation": f1}
    return scorer, clusters.roots(), notes


def _learn_people(
    records: Records, truth: FilmTruth, roots: Sequence[int]
) -> tuple[PairScorer, dict[str, float]]:
    numbers, features, around = people_around(records, roots, LEARNING)
    compared = set(person_pairs(records, numbers, around))
    by_hand = {
        label.pair: label.one
        for label in read_labels(records)
        if label.sort != "within" and half(label, records) == "development"
    }
    kept_apart = {label.pair for label in read_labels(records)}
    strangers = _strangers(records, sorted(compared - kept_apart), around)
    weak: dict[str, dict[Pair, bool]] = {}
    for part in ("train", "validation"):
        films = [pair for pair in truth.sound if truth.part[pair[0]] == part]
        ones, twos = people_by_films(records, films)
        twos |= _namesakes_in_other_roles(records, ones) | strangers[part]
        found = dict.fromkeys(twos, False) | dict.fromkeys(ones, True)
        weak[part] = {
            pair: one for pair, one in sorted(found.items()) if pair in compared and pair not in kept_apart
        }
    train = list(weak["train"].items()) + sorted(by_hand.items())
    scorer = fit_scorer(
        PERSON_FEATURES,
        [features(pair) for pair, _ in train],
        [float(one) for _, one in train],
        PERSON_SIGNS,
        _counts(len(weak["train"]), len(by_hand)),
    )
    chosen = list(weak["validation"].items()) + sorted(by_hand.items())
    scores = scorer.score([features(pair) for pair, _ in chosen])
    threshold, f1 = best_threshold(
        scores, [float(one) for _, one in chosen], _counts(len(weak["validation"]), len(by_hand))
    )
    notes = {
        "people pairs by films, train": len(weak["train"]),
        "people pairs by films, validation": len(weak["validation"]),
        "people pairs by hand, development": len(by_hand),
        "people F1, validation": f1,
    }
    return scorer.with_threshold(round(threshold, 4)), notes


def _counts(by_films: int, by_hand: int) -> list[float]:
    """Return how much each pair counts, mean 1: both sorts alike."""
    share = _HAND_SHARE if by_hand else 0.0
    both = by_films + by_hand
    return [(1 - share) * both / max(1, by_films)] * by_films + [share * both / max(1, by_hand)] * by_hand


def _strangers(records: Records, pairs: Sequence[Pair], around: Neighbourhoods) -> dict[str, set[Pair]]:
    """Return pairs of people whose names differ in more than a letter or two and who share no item.

    Held to be two without a look; the few that are one after all are noise.
    """
    far = [
        pair
        for pair in pairs
        if best_match(records.names[pair[0]], records.names[pair[1]]).jaro_winkler < _ALIKE
        and around.of(pair[0]).keys().isdisjoint(around.of(pair[1]))
    ]
    chosen = random.Random(0).sample(far, min(len(far), 3_000))
    return {"train": set(chosen[: len(chosen) * 3 // 4]), "validation": set(chosen[len(chosen) * 3 // 4 :])}


def _namesakes_in_other_roles(records: Records, ones: Iterable[Pair]) -> set[Pair]:
    """Return pairs of one's match's namesakes: same source, same name, another page and no role in common."""
    by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in records.of_kinds(["person"]):
        for name in records.names[number]:
            by_name[records.source(number), name].append(number)
    found = set()
    for one, other in ones:
        for first, second in ((one, other), (other, one)):
            roles = {relation for relation, _ in records.edges[second]}
            for name in records.names[second]:
                for namesake in by_name[records.source(second), name]:
                    if roles.isdisjoint(relation for relation, _ in records.edges[namesake]):
                        found.add((min(first, namesake), max(first, namesake)))
    return found


def main() -> None:
    """Learn from the measuring data and write the package's scorers."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    records = Records(read_dumps(given.data))
    learned = learn(records, film_truth(records, given.seed), print)
    write_scorers(learned.scorers, WEIGHTS)
    print("\n".join(f"{name}: {value:,.4g}" for name, value in learned.notes.items()))  # noqa: T201


if __name__ == "__main__":
    main()
