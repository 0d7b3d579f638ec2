"""What a scorer is told of a pair: names, years, and the neighbourhoods of both."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from kg.resolution.blocking import Pair
from kg.resolution.names import (
    NameMatch,
    best_match,
    given_names_fit,
    numbers_differ,
    same_surname,
    suffixes_differ,
    words_within,
)
from kg.resolution.records import Neighbourhoods, Records

ITEM_FEATURES = (
    "same name",
    "jaro-winkler",
    "words alike",
    "same year",
    "one year apart",
    "further apart",
    "numbers differ",
    "one within the other",
    "shared neighbours",
    "share of neighbours",
    "none shared of many",
    "neighbours unknown",
    "namesakes",
)
PERSON_FEATURES = (
    "same name",
    "jaro-winkler",
    "words alike",
    "same surname",
    "given names fit",
    "suffixes differ",
    "shared items",
    "share of common items",
    "no common items",
    "names differ, no shared item",
    "names fit, item shared",
    "same role",
    "a role in common",
    "told from namesakes",
    "shared colleagues",
    "years between careers",
    "namesakes",
    "common name, no shared item",
)

ITEM_SIGNS = (1, 1, 1, 1, 0, -1, -1, 1, 1, 1, -1, 0, -1)
"""Which way a feature may speak: 1 for one entity, -1 for two, 0 either way."""
PERSON_SIGNS = (1, 1, 1, 1, 1, -1, 1, 1, 0, -1, 1, 1, 1, -1, 1, -1, -1, -1)


class ItemFeatures:
    """Features of a pair of items, in the order of `ITEM_FEATURES`."""

    def __init__(self, records: Records, around: Neighbourhoods) -> None:
        self._records = records
        self._around = around

    def __call__(self, pair: Pair) -> list[float]:
        """Return the features, each from 0 to about 3."""
        records, (one, other) = self._records, pair
        match = best_match(records.names[one], records.names[other])
        years = (records.years[one], records.years[other])
        apart = abs(years[0] - years[1]) if years[0] is not None and years[1] is not None else None
        ours, theirs = self._around.of(one), self._around.of(other)
        shared = self._around.weight(ours.keys() & theirs.keys())
        least = min(self._around.weight(ours), self._around.weight(theirs))
        return [
            float(match.exact),
            match.jaro_winkler,
            match.tokens,
            float(apart == 0),
            float(apart == 1),
            float(apart is not None and apart > 1),
            float(numbers_differ(match.one, match.other)),
            float(words_within(records.names[one], records.names[other])),
            math.log1p(shared),
            shared / least if least > 0 else 0.0,
            float(shared == 0 and min(len(ours), len(theirs)) >= 3),
            float(not ours or not theirs),
            _namesakes(records, pair, match.one, match.other),
        ]


class PersonFeatures:
    """Features of a pair of people, in the order of `PERSON_FEATURES`."""

    def __init__(
        self,
        records: Records,
        numbers: Sequence[int],
        around: Neighbourhoods,
        sources_of: Mapping[int, frozenset[str]],
        years_of: Mapping[int, int],
    ) -> None:
        """`around` holds the people's items as tokens.

        `sources_of` says which sources know an item, `years_of` its year.
        """
        self._records = records
        self._around = around
        self._sources_of = sources_of
        self._years_of = years_of
        self._crew: dict[int, set[int]] = {}
        names: dict[str, int] = {}
        for number in numbers:
            first = names.setdefault(records.names[number][0] if records.names[number] else "", len(names))
            for item in around.of(number):
                self._crew.setdefault(item, set()).add(first)
        self._names = names
        self._firsts, self._lasts = Counter[str](), Counter[str]()
        for name in names:
            words = name.split()
            if words:
                self._firsts[words[0]] += 1
                self._lasts[words[-1]] += 1

    def __call__(self, pair: Pair) -> list[float]:
        """Return the features, each from 0 to about 5."""
        records, (one, other) = self._records, pair
        match = best_match(records.names[one], records.names[other])
        ours, theirs = self._around.of(one), self._around.of(other)
        shared = ours.keys() & theirs.keys()
        common = min(self._known_to(ours, records.source(other)), self._known_to(theirs, records.source(one)))
        agreeing = sum(1 for item in shared if ours[item] & theirs[item])
        return [
            float(match.exact),
            match.jaro_winkler,
            match.tokens,
            float(same_surname(match.one, match.other)),
            float(given_names_fit(match.one, match.other)),
            float(suffixes_differ(match.one, match.other)),
            math.log1p(len(shared)),
            len(shared) / common if common else 0.0,
            float(common == 0),
            float(not match.exact and not shared),
            float(not match.exact and bool(shared) and _fitting(match)),
            agreeing / len(shared) if shared else 0.0,
            float(not _roles(ours).isdisjoint(_roles(theirs))),
            float(self._told_apart(one) or self._told_apart(other)),
            math.log1p(self._colleagues(pair, ours, theirs)),
            self._years_between(ours, theirs),
            _namesakes(records, pair, match.one, match.other),
            0.0 if shared else min(self._commonness(match.one), self._commonness(match.other)),
        ]

    def _commonness(self, name: str) -> float:
        """Return log(1 + the people one expects to have this name), were first and last names independent."""
        words = name.split()
        if not words:
            return 0.0
        return math.log1p(self._firsts[words[0]] * self._lasts[words[-1]] / len(self._names))

    def _told_apart(self, number: int) -> bool:
        """Say whether a page's name has a qualifier, as pages have whose names several people share."""
        return any(name.endswith(")") for name in self._records.identifiers.get(number, ()))

    def _known_to(self, items: Mapping[int, frozenset[str]], source: str) -> int:
        return sum(1 for item in items if source in self._sources_of.get(item, ()))

    def _colleagues(
        self, pair: Pair, ours: Mapping[int, frozenset[str]], theirs: Mapping[int, frozenset[str]]
    ) -> int:
        """Count the names that both worked with, on items that only one of them has."""
        own = {self._names[self._records.names[n][0]] for n in pair if self._records.names[n]}
        apart = [self._people(ours.keys() - theirs.keys()), self._people(theirs.keys() - ours.keys())]
        return len((apart[0] & apart[1]) - own)

    def _people(self, items: set[int]) -> set[int]:
        return set().union(*(self._crew[item] for item in items)) if items else set()

    def _years_between(
        self, ours: Mapping[int, frozenset[str]], theirs: Mapping[int, frozenset[str]]
    ) -> float:
        """Return the decades between the last year of one and the first of the other; 0 where they overlap."""
        spans = []
        for items in (ours, theirs):
            years = [self._years_of[item] for item in items if item in self._years_of]
            if not years:
                return 0.0
            spans.append((min(years), max(years)))
        gap = max(spans[0][0], spans[1][0]) - min(spans[0][1], spans[1][1])
        return min(5.0, max(0, gap) / 10)


def _fitting(match: NameMatch) -> bool:
    return same_surname(match.one, match.other) and given_names_fit(match.one, match.other)


def _roles(items: Mapping[int, frozenset[str]]) -> set[str]:
    return set().union(*items.values())


def _namesakes(records: Records, pair: Pair, one: str, other: str) -> float:
    """Return how many rivals of the same name there are, as log(1 + rivals)."""
    count: Callable[[int, str], int] = lambda n, name: records.namesakes.get(  # noqa: E731
        (records.source(n), records.kind(n), name), 1
    )
    return math.log(
        max(1, count(pair[0], one), count(pair[1], other), count(pair[1], one), count(pair[0], other))
    )
