"""Collective resolution: items are compared by their people and people by their items, until nothing changes.

After Bhattacharya and Getoor, Collective Entity Resolution in Relational Data (TKDD 2007), with a trained
scorer in the place of their weighted similarity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kg.graph import GraphError
from kg.resolution.blocking import Pair, item_pairs, person_pairs
from kg.resolution.clusters import Clusters, Link, merge_links
from kg.resolution.config import STORED, Key, ResolutionConfig
from kg.resolution.features import ItemFeatures, PersonFeatures
from kg.resolution.records import Neighbourhoods, Records
from kg.resolution.scorer import PairScorer, load_scorers
from kg.sources.dump import Dump


@dataclass(frozen=True)
class Resolution:
    """Which records are one entity."""

    records: Records
    roots: tuple[int, ...]
    """The least record of each record's cluster."""
    links: tuple[Link, ...]
    """What the merges rest on."""
    scores: Mapping[Pair, float]
    """The last score of every pair that was compared."""
    rounds: int
    pairs: Mapping[str, int] = field(default_factory=dict)
    """Number of pairs compared, by scorer, in the last round."""


def resolve(
    dumps: Iterable[Dump],
    config: ResolutionConfig = ResolutionConfig(),  # noqa: B008 - frozen
    scorers: Mapping[str, PairScorer] | None = None,
    pinned: Mapping[Key, Key] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Resolution:
    """Find the records of all dumps that are one entity; the order of the dumps does not matter.

    Args:
        dumps: one a source. What one source calls one entity stays one.
        config: what is compared and how sure a merge must be.
        scorers: `item` and `person`; those of the package where left out.
        pinned: record to the stored record (source `STORED`) that it was found to be before. Stored records
            never merge with each other, so their ids stay.
        progress: takes a line to show.

    Raises `GraphError` when two dumps have one name, or the config names a record or a scorer that is not there.
    """
    return _Resolver(Records(dumps), config, scorers or load_scorers(), pinned or {}, progress).run()


def people_around(
    records: Records, clusters: Sequence[int], config: ResolutionConfig
) -> tuple[list[int], PersonFeatures, Neighbourhoods]:
    """Return the people that can be compared, their features and the items around them."""
    numbers = [n for n in records.of_kinds(config.scored_by("person")) if records.names[n]]
    items = frozenset(records.of_kinds(config.scored_by("item")))
    around = Neighbourhoods(records, numbers, clusters, config.weak_relations)
    sources: dict[int, set[str]] = defaultdict(set)
    years: dict[int, int] = {}
    for item in items:
        sources[clusters[item]].add(records.source(item))
        year = records.years[item]
        if year is not None:
            years[clusters[item]] = min(year, years.get(clusters[item], year))
    known = {item: frozenset(found) for item, found in sources.items()}
    return numbers, PersonFeatures(records, numbers, around, known, years), around


def items_around(
    records: Records, clusters: Sequence[int], config: ResolutionConfig
) -> tuple[list[int], ItemFeatures, Neighbourhoods]:
    """Return the items that can be compared, their features and what is around them."""
    numbers = [n for n in records.of_kinds(config.scored_by("item")) if records.names[n]]
    around = Neighbourhoods(records, numbers, clusters, config.weak_relations)
    return numbers, ItemFeatures(records, around), around


def first_tokens(records: Records, roots: Sequence[int], config: ResolutionConfig) -> list[int]:
    """Return tokens for the first round: people of one name are held to be one until they are compared."""
    people = frozenset(config.scored_by("person"))
    first: dict[tuple[str, str], int] = {}
    tokens = list(roots)
    for number, names in enumerate(records.names):
        kind = records.kind(number)
        if kind in people and names:
            tokens[number] = first.setdefault((kind, names[0]), roots[number])
    return tokens


class _Resolver:
    def __init__(
        self,
        records: Records,
        config: ResolutionConfig,
        scorers: Mapping[str, PairScorer],
        pinned: Mapping[Key, Key],
        progress: Callable[[str], None],
    ) -> None:
        missing = set(config.scored.values()) - scorers.keys()
        if missing or not set(config.scored.values()) <= {"item", "person"}:
            raise GraphError(f"There is no scorer {sorted(missing)}; kinds are scored as item or person.")
        self.records = records
        self.config = config
        self.scorers = scorers
        self.progress = progress
        self.told = [Link(self._pair(one, other), 1.0, "told") for one, other in config.together]
        self.told += [Link(self._pair(*pair), 1.0, "told") for pair in pinned.items()]
        self.pinned = frozenset(n for n in range(len(records)) if records.source(n) == STORED)
        self.apart = frozenset(self._pair(one, other) for one, other in config.apart)
        self.certain = [*self.told, *self._by_identifier(), *self._by_name()]

    def run(self) -> Resolution:
        clusters, links, _ = self._cluster([], {})
        roots = clusters.roots()
        tokens = first_tokens(self.records, roots, self.config)
        scores: dict[Pair, float] = {}
        counts: dict[str, int] = {}
        rounds = 0
        for rounds in range(1, self.config.max_rounds + 1):
            before = roots
            numbers, items, around = items_around(self.records, tokens, self.config)
            found = item_pairs(self.records, numbers, around)
            self.progress(f"Round {rounds}: comparing {len(found):,} pairs of items")
            of_items = self._score("item", found, items)
            clusters, links, _ = self._cluster(self._links("item", of_items), of_items)
            numbers, people, around = people_around(self.records, clusters.roots(), self.config)
            found = person_pairs(self.records, numbers, around)
            self.progress(f"Round {rounds}: comparing {len(found):,} pairs of people")
            of_people = self._score("person", found, people)
            scores = of_items | of_people
            proposed = self._links("item", of_items) + self._links("person", of_people)
            clusters, links, refused = self._cluster(proposed, scores)
            roots = tokens = clusters.roots()
            counts = {"item": len(of_items), "person": len(of_people)}
            self.progress(
                f"Round {rounds}: {len(of_items):,} pairs of items and {len(of_people):,} of people compared, "
                f"{len(set(roots)):,} entities of {len(roots):,} records, {refused:,} merges refused."
            )
            if roots == before:
                break
        return Resolution(self.records, tuple(roots), tuple(links), scores, rounds, counts)

    def _score(
        self, name: str, pairs: list[Pair], features: Callable[[Pair], list[float]]
    ) -> dict[Pair, float]:
        rows = [features(pair) for pair in pairs]
        found = self.scorers[name].score(rows).tolist() if rows else []
        return dict(zip(pairs, found, strict=True))

    def _threshold(self, name: str) -> float:
        return self.config.thresholds.get(name, self.scorers[name].threshold)

    def _links(self, name: str, scores: Mapping[Pair, float]) -> list[Link]:
        least = self._threshold(name)
        return [Link(pair, score, "scored") for pair, score in scores.items() if score >= least]

    def _cluster(
        self, proposed: list[Link], scores: Mapping[Pair, float]
    ) -> tuple[Clusters, list[Link], int]:
        clusters = Clusters(len(self.records))
        by_kind = {kind: self._threshold(name) for kind, name in self.config.scored.items()}
        links: list[Link] = []
        for batch in (self.told, self.certain[len(self.told) :], proposed):
            links += merge_links(
                clusters,
                batch,
                scores,
                self.records.source,
                self.config.near_certain,
                lambda number: by_kind.get(self.records.kind(number), 0.0),
                self.records.years_far,
                self.apart,
                self.pinned,
            )
        return clusters, links, len(self.certain) + len(proposed) - len(links)

    def _by_identifier(self) -> list[Link]:
        having: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, identifiers in self.records.identifiers.items():
            for identifier in identifiers:
                if identifier.partition(":")[0] in self.config.trusted_identifiers:
                    having[self.records.kind(number), identifier].append(number)
        return [
            _chain(block, place, "identifier") for block in having.values() for place in range(1, len(block))
        ]

    def _by_name(self) -> list[Link]:
        having: dict[str, list[int]] = defaultdict(list)
        for number, names in enumerate(self.records.names):
            kind = self.records.kind(number)
            if names and kind not in self.config.scored:
                name = names[0]
                if kind in ("brand", "company"):
                    name = _without_legal_form(name, self.config.legal_forms)
                key = f"{kind}:{name}"
                having[self.config.synonyms.get(key, key)].append(number)
        return [_chain(block, place, "name") for block in having.values() for place in range(1, len(block))]

    def _pair(self, one: Key, other: Key) -> Pair:
        try:
            first, second = self.records.number[one], self.records.number[other]
        except KeyError as error:
            source, entity = error.args[0]
            raise GraphError(
                f"No record {entity!r} of {source} was read; take it out of the pairs."
            ) from error
        return (min(first, second), max(first, second))


def _without_legal_form(name: str, forms: frozenset[str]) -> str:
    words = name.split()
    while len(words) > 1 and words[-1] in forms:
        words.pop()
    return " ".join(words)


def _chain(block: Sequence[int], place: int, reason: str) -> Link:
    return Link((block[0], block[place]), 1.0, reason)
