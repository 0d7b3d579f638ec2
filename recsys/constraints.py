"""What an answer must be: the catalogue's facets and numbers as masks, and what to give up when nothing
fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from recsys.attributes import attribute_pairs
from recsys.schema import Constraints, Item

Mask = NDArray[np.bool_]
_MOST_CLAUSES_TRIED = 10


@dataclass(frozen=True)
class Clause:
    """One condition that may be given up, and its name in words."""

    text: str
    mask: Mask
    """Shape (n_items,); True where the item meets it."""
    importance: int
    """0 for a number, 1 for a facet; the lower goes first."""


class ItemIndex:
    """Facet values and numbers of a catalogue, by item column."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.columns: dict[str, dict[str, NDArray[np.int64]]] = {}
        """Facet (lower case) to value (lower case) to the ascending columns that have it."""
        collected: dict[str, dict[str, list[int]]] = {}
        self.numbers: dict[str, NDArray[np.float64]] = {
            "year": np.array([np.nan if i.year is None else i.year for i in items], dtype=np.float64),
            "popularity": np.array([i.popularity for i in items], dtype=np.float64),
        }
        """Number to shape (n_items,); NaN where the item has none."""
        for column, item in enumerate(items):
            for facet, value in attribute_pairs(item):
                collected.setdefault(facet.casefold(), {}).setdefault(value, []).append(column)
            for name, number in item.numbers.items():
                if name not in self.numbers:
                    self.numbers[name] = np.full(len(items), np.nan)
                self.numbers[name][column] = number
        self.columns = {
            facet: {value: np.array(found, dtype=np.int64) for value, found in values.items()}
            for facet, values in collected.items()
        }

    def has_number(self, name: str) -> bool:
        """Whether at least half of the catalogue has this number, and not all the same."""
        values = self.numbers.get(name)
        if values is None or not len(values):
            return False
        known = values[np.isfinite(values)]
        return len(known) * 2 >= len(values) and known.min() < known.max()

    def having(self, facet: str, value: str) -> NDArray[np.int64]:
        """Return the columns of the items with this facet value, ascending; without case."""
        return self.columns.get(facet.casefold(), {}).get(value.casefold(), np.zeros(0, dtype=np.int64))

    def facets_of(self, value: str) -> list[str]:
        """Return the facets that have this value, without case."""
        wanted = value.casefold()
        return [facet for facet, values in self.columns.items() if wanted in values]

    def having_any(self, facet: str, values: Sequence[str]) -> Mask:
        """Return a mask of the items that have any of these values in this facet."""
        mask = np.zeros(len(self.items), dtype=bool)
        for value in values:
            mask[self.having(facet, value)] = True
        return mask

    def within(self, number: str, low: float | None, high: float | None, strict: bool = False) -> Mask:
        """Return a mask of the items whose number is known and within bounds (exclusive when `strict`)."""
        values = self.numbers.get(number)
        if values is None:
            return np.zeros(len(self.items), dtype=bool)
        mask: Mask = np.isfinite(values)
        if low is not None:
            mask &= (values > low) if strict else (values >= low)
        if high is not None:
            mask &= (values < high) if strict else (values <= high)
        return mask


def clauses_of(constraints: Constraints, index: ItemIndex) -> list[Clause]:
    """Return every condition that may be given up, one by one, with the least important first."""
    clauses = []
    for name, bound in constraints.number_max.items():
        clauses.append(Clause(f"{name} at most {bound:g}", index.within(name, None, bound), 0))
    for name, bound in constraints.number_min.items():
        clauses.append(Clause(f"{name} at least {bound:g}", index.within(name, bound, None), 0))
    if constraints.year_from is not None:
        year = constraints.year_from
        clauses.append(Clause(f"from {year} on", index.within("year", year, None), 0))
    if constraints.year_to is not None:
        year = constraints.year_to
        clauses.append(Clause(f"up to {year}", index.within("year", None, year), 0))
    for facet, values in constraints.include.items():
        if values:
            text = f"{facet} {' or '.join(values)}"
            clauses.append(Clause(text, index.having_any(facet, values), 1))
    return clauses


def excluded_mask(constraints: Constraints, index: ItemIndex) -> Mask:
    """Return a mask of the items that an unwanted facet value rules out; this is never given up."""
    mask = np.zeros(len(index.items), dtype=bool)
    for facet, values in constraints.exclude.items():
        mask |= index.having_any(facet, values)
    return mask


def satisfy(allowed: Mask, clauses: Sequence[Clause]) -> tuple[Mask, list[Clause]]:
    """Return the items that meet as many conditions as can be met together, and the conditions given up.

    As few as possible are given up, and among equally few the least important. `allowed` is never widened;
    when it is empty nothing is given up, since that would not help.
    """
    ordered = sorted(clauses, key=lambda clause: clause.importance)
    met = _meeting(allowed, ordered)
    if met.any() or not allowed.any():
        return met, []
    impossible = [clause for clause in ordered if not (allowed & clause.mask).any()]
    rest = [clause for clause in ordered if (allowed & clause.mask).any()]
    for size in range(len(rest) + 1 if len(rest) <= _MOST_CLAUSES_TRIED else 0):
        for dropped in combinations(range(len(rest)), size):
            kept = [clause for place, clause in enumerate(rest) if place not in dropped]
            met = _meeting(allowed, kept)
            if met.any():
                return met, [*impossible, *(rest[place] for place in dropped)]
    for place in range(len(rest)):
        met = _meeting(allowed, rest[place + 1 :])
        if met.any():
            return met, [*impossible, *rest[: place + 1]]
    return allowed.copy(), list(ordered)


def _meeting(allowed: Mask, clauses: Sequence[Clause]) -> Mask:
    met = allowed.copy()
    for clause in clauses:
        met &= clause.mask
    return met
