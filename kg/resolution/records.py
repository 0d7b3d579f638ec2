"""The entities of all dumps as numbered records with folded names, years and edges."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby, pairwise

from kg.graph import GraphError
from kg.resolution.config import Key
from kg.schema import Entity
from kg.sources.dump import Dump
from kg.text import fold_name, tokenize

FAR_YEARS = 3
"""Sources differ by a year or two on when an item came out; beyond this it is another of the same name."""
_LONGEST = 1_000
"""Characters of a name that are compared."""
_DIGITS = frozenset("0123456789")


class Records:
    """What resolution compares. Numbers follow (source, id), so the order of the dumps does not matter."""

    def __init__(self, dumps: Iterable[Dump]) -> None:
        ordered = sorted(dumps, key=lambda dump: dump.source)
        for one, other in pairwise(ordered):
            if one.source == other.source:
                raise GraphError(f"Two dumps are called {one.source!r}. Give one of them another name.")
        self.keys: list[Key] = []
        self.entities: list[Entity] = []
        self.identifiers: dict[int, tuple[str, ...]] = {}
        for dump in ordered:
            for entity in sorted(dump.entities, key=lambda entity: entity.id):
                if found := dump.identifiers.get(entity.id):
                    self.identifiers[len(self.keys)] = found
                self.keys.append((dump.source, entity.id))
                self.entities.append(entity)
        self.number = {key: number for number, key in enumerate(self.keys)}
        if len(self.number) != len(self.keys):
            raise GraphError("A dump has two entities of one id. Its reader must make ids that differ.")
        self.names = [_folded(entity) for entity in self.entities]
        self.edges: list[list[tuple[str, int]]] = [[] for _ in self.keys]
        self.years: list[int | None] = [None] * len(self.keys)
        for dump in ordered:
            self._read_edges(dump)

    def __len__(self) -> int:
        return len(self.keys)

    def source(self, number: int) -> str:
        """Return the source of a record."""
        return self.keys[number][0]

    def kind(self, number: int) -> str:
        """Return the kind of a record's entity."""
        return self.entities[number].kind

    def years_far(self, one: int, other: int) -> bool:
        """Say whether the years of two records are known and more than `FAR_YEARS` apart."""
        years = self.years[one], self.years[other]
        return years[0] is not None and years[1] is not None and abs(years[0] - years[1]) > FAR_YEARS

    def of_kinds(self, kinds: Sequence[str]) -> list[int]:
        """Return the records of these kinds."""
        wanted = frozenset(kinds)
        return [n for n, entity in enumerate(self.entities) if entity.kind in wanted]

    @cached_property
    def namesakes(self) -> Mapping[tuple[str, str, str], int]:
        """Count the records by (source, kind, folded name)."""
        counts: dict[tuple[str, str, str], int] = defaultdict(int)
        for number, names in enumerate(self.names):
            for name in names:
                counts[self.source(number), self.kind(number), name] += 1
        return counts

    def _read_edges(self, dump: Dump) -> None:
        for triple in dump.triples:
            try:
                subject = self.number[dump.source, triple.subject]
                target = self.number[dump.source, triple.object]
            except KeyError as error:
                raise GraphError(
                    f"An edge of {dump.source} names {error.args[0][1]!r}, which that dump does not have."
                ) from error
            self.edges[subject].append((triple.relation, target))
            self.edges[target].append((triple.relation, subject))
            if triple.relation == "year":
                digits = self.entities[target].name
                if len(digits) == 4 and _DIGITS.issuperset(digits):
                    known = self.years[subject]
                    self.years[subject] = int(digits) if known is None else min(known, int(digits))


class Neighbourhoods:
    """Each record's neighbours as tokens that are equal across sources, with how rare a token is."""

    def __init__(
        self, records: Records, numbers: Sequence[int], token: Sequence[int], weak: frozenset[str]
    ) -> None:
        """`token[n]` stands for record n: equal for records that are held to be one."""
        self._tokens: dict[int, dict[int, frozenset[str]]] = {}
        met: dict[int, int] = defaultdict(int)
        for number in numbers:
            found: dict[int, set[str]] = defaultdict(set)
            for relation, other in records.edges[number]:
                if relation not in weak:
                    found[token[other]].add(relation)
            self._tokens[number] = {key: frozenset(value) for key, value in found.items()}
            for key in found:
                met[key] += 1
        self._weights = {key: _rarity(count, len(numbers)) for key, count in met.items()}

    def of(self, number: int) -> Mapping[int, frozenset[str]]:
        """Return the tokens around a record, each with the relations that lead there."""
        return self._tokens[number]

    def weight(self, tokens: Iterable[int]) -> float:
        """Return the sum of the tokens' rarities, each in 0..1: 1 for one that a single record has."""
        return sum(self._weights[token] for token in tokens)


def _rarity(count: int, among: int) -> float:
    return 1.0 if count <= 1 or among <= 2 else max(0.0, 1.0 - math.log(count) / math.log(among))


def _folded(entity: Entity) -> tuple[str, ...]:
    fold = _person_key if entity.kind == "person" else fold_name
    keys = (fold(name) for name in (entity.name, *entity.aliases) if name.strip())
    return tuple(key for key in dict.fromkeys(keys) if key)


def _person_key(name: str) -> str:
    """Return the key of a person's or a group's name; `A. E. Hotchner` and `A.E. Hotchner` are one.

    Unlike the key of a title, an `a` in front is an initial and a `V` is no number.
    """
    words = [token.text for token in tokenize(name[:_LONGEST])]
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    joined = (
        part
        for single, run in groupby(words, key=lambda word: len(word) == 1 and word.isalpha())
        for part in (["".join(run)] if single else run)
    )
    return " ".join(joined) or fold_name(name)
