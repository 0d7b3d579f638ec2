"""What is known to be one and the same: film numbers, pages, and pairs of people judged by hand.

`mappings.tsv` says which DBpedia resource a MovieLens film is; a DBpedia resource is named after its Wikipedia
page; a film of Wikipedia's lists links to its page. None of it is shown to the resolution that is measured.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from kg.resolution.blocking import Pair
from kg.resolution.config import Key
from kg.resolution.names import best_match, given_names_fit, same_surname, suffixes_differ
from kg.resolution.records import Records

Part = Literal["train", "validation", "test"]
LABELS = Path(__file__).with_name("integration_labels.tsv")
"""Judged by reading both records with their films: source, id, source, id, 1 for one entity or 0, sort of pair."""

_YEARS = 2
"""Years by which a page may differ from the film it is mapped to before the mapping is held to be wrong."""


@dataclass(frozen=True)
class FilmTruth:
    """Which film records are one, for films that the mapping knows."""

    stated: frozenset[Pair]
    """As `mappings.tsv` and the pages say it."""
    sound: frozenset[Pair]
    """Without the mappings that the page's own year contradicts, and what follows from them."""
    doubtful: frozenset[int]
    """Records in a contradicted mapping; pairs with them say nothing and are left out of `sound` figures."""
    part: Mapping[int, Part]
    """Which part a record belongs to; records without one have no truth."""


class Label(NamedTuple):
    """A pair that somebody looked at."""

    pair: Pair
    one: bool
    sort: str
    """`easy`, `near` (names differ), `namesake` (same name, no film in common), or `page`."""


def film_truth(records: Records, seed: int) -> FilmTruth:
    """Return the truth on films of OMDb, DBpedia and Wikipedia; numbers are split 60/20/20 by seed."""
    numbers, pages = _by_identifier(records, "movielens"), _by_identifier(records, "wikipedia")
    stated: set[Pair] = set()
    part: dict[int, Part] = {}
    doubtful: set[int] = set()
    shuffled = sorted(numbers, key=int)
    random.Random(seed).shuffle(shuffled)
    for place, number in enumerate(shuffled):
        share = place / len(shuffled)
        which: Part = "train" if share < 0.6 else "validation" if share < 0.8 else "test"
        together = set(numbers[number])
        for record in numbers[number]:
            for page in _named(records, record, "wikipedia"):
                together.update(pages[page])
        for record in together:
            part.setdefault(record, which)
        stated.update(_across(records, together))
        if _contradicted(records, together):
            doubtful |= together
    sound = frozenset(pair for pair in stated if doubtful.isdisjoint(pair))
    return FilmTruth(frozenset(stated), sound, frozenset(doubtful), part)


def people_by_films(records: Records, films: Iterable[Pair]) -> tuple[set[Pair], set[Pair]]:
    """Return pairs of people of the same film that are one, and pairs that are two, as far as that can be told.

    One: the same role in a film that two sources share, and a compatible name: equal, or the same surname and
    first names that fit. Two: names that are alike but do not fit, where another person of that film fits.
    """
    ones: set[Pair] = set()
    twos: set[Pair] = set()
    for one, other in sorted(films):
        ours, theirs = _people(records, one), _people(records, other)
        fitting = [(a, b) for a in ours for b in theirs if _compatible(records, a, b)]
        taken = {person for pair in fitting for person in pair}
        for a, b in fitting:
            if ours[a] & theirs[b]:
                ones.add((min(a, b), max(a, b)))
        for a in ours:
            for b in theirs:
                if (a in taken or b in taken) and (a, b) not in fitting:
                    twos.add((min(a, b), max(a, b)))
    return ones, twos - ones


def read_labels(records: Records, file: Path = LABELS) -> list[Label]:
    """Return the labelled pairs whose records are there."""
    found = []
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream, delimiter="\t"):
            keys: tuple[Key, Key] = ((row[0], row[1]), (row[2], row[3]))
            numbers = [records.number[key] for key in keys if key in records.number]
            if len(numbers) == 2:
                found.append(Label((min(numbers), max(numbers)), row[4] == "1", row[5]))
    return found


def _by_identifier(records: Records, prefix: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number in records.identifiers:
        if records.kind(number) == "film":
            for name in _named(records, number, prefix):
                found[name].append(number)
    return found


def _named(records: Records, number: int, prefix: str) -> list[str]:
    parts = (one.partition(":") for one in records.identifiers.get(number, ()))
    return [name for head, _, name in parts if head == prefix]


def _across(records: Records, numbers: set[int]) -> Iterable[Pair]:
    ordered = sorted(numbers)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if records.source(one) != records.source(other):
                yield one, other


def _contradicted(records: Records, numbers: set[int]) -> bool:
    years = [year for number in numbers if (year := records.years[number]) is not None]
    return bool(years) and max(years) - min(years) > _YEARS


def _people(records: Records, film: int) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for relation, other in records.edges[film]:
        if records.kind(other) == "person" and records.names[other]:
            found[other].add(relation)
    return found


def _compatible(records: Records, one: int, other: int) -> bool:
    match = best_match(records.names[one], records.names[other])
    if suffixes_differ(match.one, match.other):
        return False
    return match.exact or (same_surname(match.one, match.other) and given_names_fit(match.one, match.other))
