"""Which pairs are worth comparing: records that share a key of the name, or neighbours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from rapidfuzz.distance import JaroWinkler

from kg.resolution.records import Neighbourhoods, Records

Pair = tuple[int, int]
"""Two record numbers, the smaller first."""

_LOOSE_LIMIT = 60
"""Largest block of a loose key; a larger one says nothing."""
_CROWD = 40
"""Most records that a shared neighbour may have: beyond, it is no sign."""
_NEAR_NAMES = 0.75
"""Jaro-Winkler similarity from which two neighbours of one item are compared."""


def item_pairs(records: Records, numbers: Sequence[int], around: Neighbourhoods) -> list[Pair]:
    """Return pairs of items, sorted: a key of a title in common and years near, or two neighbours in common."""
    named = _same_block(records, numbers, _title_keys, _loose_title_keys)
    found = {pair for pair in named if not records.years_far(*pair)}
    shared: Counter[Pair] = Counter()
    for block in _blocks_around(records, numbers, around):
        shared.update(_across(records, block))
    found |= {pair for pair, count in shared.items() if count >= 2}
    return sorted(found)


def person_pairs(records: Records, numbers: Sequence[int], around: Neighbourhoods) -> list[Pair]:
    """Return pairs of people, sorted: a key of a name in common, or an item in common and names alike."""
    found = _same_block(records, numbers, _person_keys, _loose_person_keys)
    for block in _blocks_around(records, numbers, around, crowd=400):
        for pair in _across(records, block):
            if pair not in found and _alike(records, pair):
                found.add(pair)
    return sorted(found)


def exact_pairs(records: Records, numbers: Sequence[int]) -> list[Pair]:
    """Return pairs across sources with a folded name in common: the plainest rule, to compare with."""
    return sorted(_same_block(records, numbers, lambda name: [name], lambda _: [], within=False))


def reduction(records: Records, numbers: Sequence[int], pairs: int) -> float:
    """Return the share of all pairs across sources that blocking spares, in 0..1."""
    sizes = Counter(records.source(number) for number in numbers).values()
    everything = (sum(sizes) ** 2 - sum(size**2 for size in sizes)) // 2
    return 1.0 - pairs / everything if everything else 0.0


def _title_keys(name: str) -> list[str]:
    return [name, " ".join(sorted(name.split()))]


def _loose_title_keys(name: str) -> list[str]:
    words = name.split()
    return [f"3:{' '.join(words[:3])}", f"8:{''.join(words)[:8]}", f"e:{''.join(words)[-8:]}"]


def _person_keys(name: str) -> list[str]:
    return [name, " ".join(sorted(name.split()))]


def _loose_person_keys(name: str) -> list[str]:
    words = name.split()
    if len(words) < 2:
        return []
    return [
        f"i:{words[0][0]} {words[-1]}",
        f"f:{words[0]} {words[-1][:4]}",
        f"l:{words[0][:3]} {words[-1][:5]}",
        f"o:{words[0]} {words[1]}",
    ]


def _same_block(
    records: Records,
    numbers: Sequence[int],
    strict: Callable[[str], list[str]],
    loose: Callable[[str], list[str]],
    within: bool = True,
) -> set[Pair]:
    strictly: dict[str, set[int]] = defaultdict(set)
    loosely: dict[str, set[int]] = defaultdict(set)
    for number in numbers:
        for name in records.names[number]:
            for key in strict(name):
                strictly[key].add(number)
            for key in loose(name):
                loosely[key].add(number)
    found: set[Pair] = set()
    for block in strictly.values():
        found.update(_across(records, sorted(block), within))
    for block in loosely.values():
        if len(block) <= _LOOSE_LIMIT:
            found.update(_across(records, sorted(block)))
    return found


def _across(records: Records, block: Sequence[int], within: bool = False) -> Iterator[Pair]:
    for one, other in combinations(block, 2):
        if records.kind(one) == records.kind(other) and (
            within or records.source(one) != records.source(other)
        ):
            yield one, other


def _blocks_around(
    records: Records, numbers: Sequence[int], around: Neighbourhoods, crowd: int = _CROWD
) -> Iterable[list[int]]:
    having: dict[int, list[int]] = defaultdict(list)
    for number in numbers:
        for token in around.of(number):
            having[token].append(number)
    for block in having.values():
        if 2 <= len(block) <= crowd and len({records.source(number) for number in block}) > 1:
            yield block


def _alike(records: Records, pair: Pair) -> bool:
    return any(
        JaroWinkler.similarity(one, other, score_cutoff=_NEAR_NAMES) > 0
        for one in records.names[pair[0]]
        for other in records.names[pair[1]]
    )
