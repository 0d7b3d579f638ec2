"""Scorers fitted to pairs whose truth is known: your own sources, your own labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kg.resolution.blocking import Pair, item_pairs, person_pairs
from kg.resolution.clusters import Clusters, Link, merge_links
from kg.resolution.config import ResolutionConfig
from kg.resolution.features import ITEM_FEATURES, ITEM_SIGNS, PERSON_FEATURES, PERSON_SIGNS
from kg.resolution.records import Records
from kg.resolution.resolve import first_tokens, items_around, people_around
from kg.resolution.scorer import PairScorer, best_threshold, fit_scorer


@dataclass(frozen=True)
class LabelledPairs:
    """Records of several sources, and what is known of pairs of them.

    A record's number is `records.number[source, entity id]`; a pair has the smaller number first.
    """

    records: Records
    same: Callable[[Pair], bool | None]
    """Says of a pair of items or of people that it is one entity, or two, or (None) that nobody knows; the `get`
    of a dictionary will do. It is asked about the pairs that blocking finds: others are never scored."""
    counts: Mapping[Pair, float] = field(default_factory=dict)
    """How much a pair counts; 1 where left out."""


class Fitted(NamedTuple):
    """Scorers, and what they were fitted to."""

    scorers: dict[str, PairScorer]
    pairs: dict[str, int]
    """Labelled pairs that were compared, by scorer and part, such as `item, train`."""
    f1: dict[str, float]
    """On the pairs of validation, at the chosen threshold, by scorer."""


def fit_scorers(
    train: Sequence[LabelledPairs],
    validation: Sequence[LabelledPairs],
    config: ResolutionConfig,
    progress: Callable[[str], None] = lambda _: None,
) -> Fitted:
    """Fit both scorers to `train`; choose the thresholds with the best F1 on `validation`.

    Items first; people are then compared by the items that were found to be one, as `resolve` does it.
    Use the result as `resolve(..., scorers=fitted.scorers)`. The config should not trust identifiers that the
    labels come from.

    Raises `GraphError` when a scorer lacks pairs of either sort.
    """
    items = fit_items(train, validation, config)
    progress(f"Items: threshold {items.scorers['item'].threshold:.3f}")
    roots: dict[int, list[int]] = {}
    for one in (*train, *validation):
        if id(one.records) not in roots:
            roots[id(one.records)] = item_clusters(one.records, items.scorers["item"], config)
    people = fit_people(train, validation, config, lambda records: roots[id(records)])
    progress(f"People: threshold {people.scorers['person'].threshold:.3f}")
    return Fitted(items.scorers | people.scorers, items.pairs | people.pairs, items.f1 | people.f1)


def fit_items(
    train: Sequence[LabelledPairs], validation: Sequence[LabelledPairs], config: ResolutionConfig
) -> Fitted:
    """Fit the scorer of items; people of one name are held to be one. Raises as `fit_scorers`."""
    return _fit(
        "item", [_item_rows(one, config) for one in train], [_item_rows(v, config) for v in validation]
    )


def fit_people(
    train: Sequence[LabelledPairs],
    validation: Sequence[LabelledPairs],
    config: ResolutionConfig,
    roots: Callable[[Records], Sequence[int]],
) -> Fitted:
    """Fit the scorer of people; `roots` gives the clusters of the items. Raises as `fit_scorers`."""
    return _fit(
        "person",
        [_person_rows(one, config, roots(one.records)) for one in train],
        [_person_rows(one, config, roots(one.records)) for one in validation],
    )


def item_clusters(records: Records, scorer: PairScorer, config: ResolutionConfig) -> list[int]:
    """Return the root of every record when items alone are merged by a scorer."""
    tokens = first_tokens(records, range(len(records)), config)
    numbers, features, around = items_around(records, tokens, config)
    pairs = item_pairs(records, numbers, around)
    found = scorer.score([features(pair) for pair in pairs]).tolist() if pairs else []
    scores = dict(zip(pairs, found, strict=True))
    links = [Link(pair, score, "scored") for pair, score in scores.items() if score >= scorer.threshold]
    clusters = Clusters(len(records))
    least = scorer.threshold
    merge_links(
        clusters, links, scores, records.source, config.near_certain, lambda _: least, records.years_far
    )
    return clusters.roots()


class _Rows(NamedTuple):
    features: list[list[float]]
    labels: list[float]
    counts: list[float]


def _item_rows(known: LabelledPairs, config: ResolutionConfig) -> _Rows:
    records = known.records
    tokens = first_tokens(records, range(len(records)), config)
    numbers, features, around = items_around(records, tokens, config)
    return _rows(known, item_pairs(records, numbers, around), features)


def _person_rows(known: LabelledPairs, config: ResolutionConfig, roots: Sequence[int]) -> _Rows:
    numbers, features, around = people_around(known.records, roots, config)
    return _rows(known, person_pairs(known.records, numbers, around), features)


def _rows(known: LabelledPairs, compared: Sequence[Pair], features: Callable[[Pair], list[float]]) -> _Rows:
    labelled = [(pair, same) for pair in compared if (same := known.same(pair)) is not None]
    return _Rows(
        [features(pair) for pair, _ in labelled],
        [float(same) for _, same in labelled],
        [known.counts.get(pair, 1.0) for pair, _ in labelled],
    )


def _fit(name: str, train: Sequence[_Rows], validation: Sequence[_Rows]) -> Fitted:
    names, signs = (ITEM_FEATURES, ITEM_SIGNS) if name == "item" else (PERSON_FEATURES, PERSON_SIGNS)
    learnt, chosen = _joined(train), _joined(validation)
    scorer = fit_scorer(names, learnt.features, learnt.labels, signs, _mean_one(learnt.counts))
    threshold, f1 = best_threshold(scorer.score(chosen.features), chosen.labels, chosen.counts)
    return Fitted(
        {name: scorer.with_threshold(round(threshold, 4))},
        {f"{name}, train": len(learnt.labels), f"{name}, validation": len(chosen.labels)},
        {name: round(f1, 4)},
    )


def _joined(parts: Sequence[_Rows]) -> _Rows:
    return _Rows(
        [row for part in parts for row in part.features],
        [label for part in parts for label in part.labels],
        [count for part in parts for count in part.counts],
    )


def _mean_one(counts: Sequence[float]) -> list[float]:
    mean = sum(counts) / len(counts) if counts else 1.0
    return [count / mean for count in counts]
