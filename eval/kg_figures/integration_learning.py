"""Scorers of pairs learnt from what is known to be one, and thresholds chosen on what they did not see.

`python -m eval.kg_figures.integration_learning` writes the scorers that come with the package: they are fitted to
sources made from the starter catalogue, so nothing of anybody else's data is in them. `fit_on_labels` fits scorers
to OMDb, DBpedia and Wikipedia themselves, for the figures; those are not shipped.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal, cast

from eval.kg_figures.integration_truth import (
    FilmTruth,
    Label,
    Part,
    people_by_films,
    read_labels,
)
from eval.kg_figures.integration_worlds import WORLDS, labelled_worlds
from kg.resolution.blocking import Pair, person_pairs
from kg.resolution.config import ResolutionConfig
from kg.resolution.fitting import Fitted, LabelledPairs, fit_items, fit_people, fit_scorers, item_clusters
from kg.resolution.names import best_match
from kg.resolution.records import Neighbourhoods, Records
from kg.resolution.resolve import people_around
from kg.resolution.scorer import WEIGHTS, Material, ScorerCard, write_scorers
from kg.sources import Dump
from kg.sources.edge_list import read_edge_list
from kg.sources.omdb import read_omdb
from kg.sources.wikipedia_films import read_wikipedia_films
from recsys.starter.catalogue import StarterName, starter_items

PARTS: tuple[Part, ...] = ("train", "validation")
LEARNING = ResolutionConfig(trusted_identifiers=(), priority=("omdb", "dbpedia", "wikipedia"))
"""Pages and numbers are the truth here, so resolution must not see them."""

_HAND_SHARE = 0.5
"""Weight of the pairs judged by hand, beside those that films give for nothing; these are many and easy."""

_ALIKE = 0.92
"""Jaro-Winkler similarity from which two different names may well be spellings of one."""


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


def fit_shipped(seed: int, progress: Callable[[str], None], quick: bool = False) -> Fitted:
    """Fit the scorers that come with the package; worlds for validation are of other items than those for training."""
    count, fewer = (1, 1) if quick else (8, 4)
    parts: dict[str, list[LabelledPairs]] = {"train": [], "validation": []}
    for starter, share in (("films", 1.0), ("shop", 0.5)):
        items = starter_items(cast(StarterName, starter))
        held_out = [item for item in items if hashlib.sha256(item.id.encode()).digest()[0] % 5 < 2]
        kept = {item.id for item in held_out}
        others = [item for item in items if item.id not in kept]
        parts["train"] += labelled_worlds(others, max(1, int(count * share)), seed * 2)
        parts["validation"] += labelled_worlds(held_out, max(1, int(fewer * share)), seed * 2 + 1)
        progress(f"{starter}: {len(others):,} items to train on, {len(held_out):,} to choose on")
    return fit_scorers(parts["train"], parts["validation"], WORLDS, progress)


def card(fitted: Fitted, seed: int) -> ScorerCard:
    """Return where the shipped scorers come from."""
    return ScorerCard(
        trained_on=(
            Material(name="sources made from the starter films and shop of this project", terms="our own"),
        ),
        command=f"python -m eval.kg_figures.integration_learning --seed {seed}",
        seed=seed,
        pairs=fitted.pairs,
        validation_f1=fitted.f1,
        note=(
            "No record of another source was fitted to. The settings of the made sources (namesakes, sizes, careers, "
            "qualifiers) were revised three times with 199 pairs of people in view that are for choosing, judged by "
            "hand from OMDb, DBpedia and Wikipedia, and with the validation part of their films; among these pairs, "
            "about one in ten pairs of one name without a common film is two people."
        ),
    )


def fit_on_labels(records: Records, truth: FilmTruth, progress: Callable[[str], None]) -> Fitted:
    """Fit both scorers on training films (and half of the hand labels) and choose thresholds on validation."""
    films = {part: _film_labels(records, truth, part) for part in PARTS}
    items = fit_items([films["train"]], [films["validation"]], LEARNING)
    progress(f"Items: threshold {items.scorers['item'].threshold:.3f}")
    roots = item_clusters(records, items.scorers["item"], LEARNING)
    known = _people_labels(records, truth, roots)
    people = fit_people([known["train"]], [known["validation"]], LEARNING, lambda _: roots)
    progress(f"People: threshold {people.scorers['person'].threshold:.3f}")
    return Fitted(items.scorers | people.scorers, items.pairs | people.pairs, items.f1 | people.f1)


def _film_labels(records: Records, truth: FilmTruth, part: Part) -> LabelledPairs:
    known = {number for pair in truth.sound for number in pair}

    def same(pair: Pair) -> bool | None:
        if {truth.part.get(number) for number in pair} != {part} or not truth.doubtful.isdisjoint(pair):
            return None
        if known.isdisjoint(pair) or records.source(pair[0]) == records.source(pair[1]):
            return None
        return pair in truth.sound

    return LabelledPairs(records, same)


def _people_labels(records: Records, truth: FilmTruth, roots: Sequence[int]) -> dict[Part, LabelledPairs]:
    _, _, around = people_around(records, roots, LEARNING)
    numbers = [n for n in records.of_kinds(LEARNING.scored_by("person")) if records.names[n]]
    compared = set(person_pairs(records, numbers, around))
    judged = read_labels(records)
    by_hand = {
        label.pair: label.one
        for label in judged
        if label.sort != "within" and label.pair in compared and half(label, records) == "development"
    }
    kept_apart = {label.pair for label in judged}
    strangers = _strangers(records, sorted(compared - kept_apart), around)
    found: dict[Part, LabelledPairs] = {}
    for part in PARTS:
        films = [pair for pair in truth.sound if truth.part[pair[0]] == part]
        ones, twos = people_by_films(records, films)
        twos |= _namesakes_in_other_roles(records, ones) | strangers[part]
        by_films = (dict.fromkeys(twos, False) | dict.fromkeys(ones, True)).items()
        weak = {pair: one for pair, one in by_films if pair in compared and pair not in kept_apart}
        counts = dict.fromkeys(weak, (1 - _HAND_SHARE) / max(1, len(weak)))
        counts |= dict.fromkeys(by_hand, _HAND_SHARE / max(1, len(by_hand)))
        found[part] = LabelledPairs(records, (weak | by_hand).get, counts)
    return found


def _strangers(records: Records, pairs: Sequence[Pair], around: Neighbourhoods) -> dict[Part, set[Pair]]:
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
    """Fit the scorers that come with the package and write them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    fitted = fit_shipped(given.seed, print)
    write_scorers(fitted.scorers, card(fitted, given.seed), given.out)
    print("\n".join(f"{name}: {value:,.4g}" for name, value in (fitted.pairs | fitted.f1).items()))  # noqa: T201


if __name__ == "__main__":
    main()
