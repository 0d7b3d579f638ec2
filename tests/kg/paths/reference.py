"""Paths by trying everything, from the triples alone: what the stores must agree with."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

from kg.schema import Triple

Found = tuple[tuple[str, ...], tuple[str, ...]]


class ReferencePaths:
    """The rules in plain Python; the limits are arguments, so that small graphs can reach them."""

    def __init__(self, triples: Iterable[Triple], hub: int, walked: int, dense: int) -> None:
        self.hub, self.walked, self.dense = hub, walked, dense
        self.triples = {t.key: t for t in triples}
        self.beside: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self.degree: Counter[str] = Counter()
        for t in self.triples.values():
            self.degree.update([t.subject, t.object])
            if t.subject != t.object:
                self.beside[t.subject].add((t.relation, t.object))
                self.beside[t.object].add((t.relation, t.subject))

    def scored(self, source: str, target: str, hops: int, pool: int) -> list[tuple[float, Found]]:
        """Every path that may be chosen, best first."""
        if source == target:
            return []
        near, far = sorted([source, target], key=lambda k: (self.degree[k], k))
        walks = [w for w in self._walks(near, far) if len(w[1]) <= hops]
        kept = [w for w in walks if len(w[1]) == 1]
        two = [w for w in walks if len(w[1]) == 2 and self.degree[near] <= self.hub]
        kept += _fewest(two, lambda w: (w[1][1], (self.degree[w[0][1]], w[0][1])), pool)
        inner = {w[0][1] for w in walks if len(w[1]) == 3}
        inner |= {other for _, other in self.beside[near] if other not in (near, far)}
        most = self._most([self.degree[k] for k in inner if self.degree[k] <= self.hub])
        three = [
            w
            for w in walks
            if len(w[1]) == 3
            and self.degree[far] <= self.hub
            and self.degree[w[0][1]] <= most
            and self.degree[w[0][2]] <= self.hub
        ]
        kept += _fewest(
            three,
            lambda w: (w[1][1], (self.degree[w[0][1]] * self.degree[w[0][2]], w[0][1], w[0][2])),
            pool,
        )
        if near != source:
            kept = [(ids[::-1], relations[::-1]) for ids, relations in kept]
        return sorted(
            ((self.score(w), w) for w in kept),
            key=lambda one: (-one[0], len(one[1][1]), len(set(one[1][1])), *one[1]),
        )

    def score(self, walk: Found) -> float:
        ids, relations = walk
        score = 1.0
        for place, one in enumerate(ids[1:-1]):
            score *= min(self._information(one, relations[place + k]) for k in (0, 1))
        return score

    def _walks(self, near: str, far: str) -> list[Found]:
        found: list[Found] = []

        def walk(ids: tuple[str, ...], relations: tuple[str, ...]) -> None:
            if ids[-1] == far:
                found.append((ids, relations))
            elif len(relations) < 3:
                for relation, other in self.beside[ids[-1]]:
                    if other not in ids:
                        walk((*ids, other), (*relations, relation))

        walk((near,), ())
        return found

    def _most(self, degrees: list[int]) -> int:
        fitting = [d for d in degrees if sum(x for x in degrees if x <= d) <= self.walked]
        return max(fitting, default=0)

    def _information(self, one: str, relation: str) -> float:
        of = [t for t in self.triples.values() if t.relation == relation]
        n, prior = len(of), 20.0
        spread = 0.5
        if n > 1:
            sides = [Counter(t.subject for t in of), Counter(t.object for t in of)]
            entropies = [-sum(c / n * math.log(c / n) for c in side.values()) for side in sides]
            spread = (n * min(entropies) / math.log(n) + prior * 0.5) / (n + prior)
        degree = self.degree[one]
        if degree <= self.dense:
            degree = len({other for name, other in self.beside[one] if name == relation})
        return spread * math.log((n + prior) / min(degree, n)) / math.log(n + prior)


def _fewest(walks: list[Found], key, pool: int) -> list[Found]:
    """Keep the walks whose inner entities are among the first `pool` of their group."""
    groups = defaultdict(set)
    for walk in walks:
        group, rank = key(walk)
        groups[group].add(rank)
    first = {group: set(sorted(ranks)[:pool]) for group, ranks in groups.items()}
    return [walk for walk in walks if key(walk)[1] in first[key(walk)[0]]]


def chosen(scored: list[tuple[float, Found]], limit: int) -> list[tuple[float, Found]]:
    """Choose step by step, comparing every path with every chosen one."""
    if len(scored) <= limit:
        return scored
    taken: list[tuple[float, Found]] = []
    while len(taken) < limit:
        best = max(
            (one for one in scored if one not in taken),
            key=lambda one: (one[0] * 0.25 ** sum(_alike(one[1], t[1]) for t in taken), -scored.index(one)),
        )
        taken.append(best)
    return sorted(taken, key=scored.index)


def _alike(one: Found, other: Found) -> int:
    return (one[1] == other[1]) + len(set(one[0][1:-1]) & set(other[0][1:-1]))
