"""Titles of the catalogue by their folded spelling."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from kg.text import fold_name, split_year
from recsys.schema import Item

_NEAR = 65.0
"""Share of letters in common, in per cent, from which a title may be what was meant."""


class TitleIndex:
    """Finds items by title or alias. Read-only; threads may share it."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._by_key: dict[str, list[Item]] = {}
        for item in items:
            for name in dict.fromkeys((item.title, *item.aliases)):
                found = self._by_key.setdefault(fold_name(split_year(name)[0]), [])
                if item not in found:
                    found.append(item)
        self._keys = [key for key in self._by_key if key]
        self.openings = frozenset(key.split(" ", 1)[0] for key in self._keys)
        """Folded words that a title begins with, articles left out."""

    def exact(self, text: str) -> list[Item]:
        """Return the items of this title, most popular first; only those of its year when the text ends in
        one."""
        name, year = split_year(text.strip())
        found = self._by_key.get(fold_name(text), []) or self._by_key.get(fold_name(name), [])
        dated = [item for item in found if year is None or item.year == year]
        return sorted(dated, key=lambda item: (-item.popularity, item.id))

    def nearest(self, text: str, limit: int = 3) -> list[Item]:
        """Return the items whose titles look most like the text; empty when none does."""
        key = fold_name(split_year(text)[0])[:200]
        if not key:
            return []
        found = process.extract(key, self._keys, scorer=fuzz.QRatio, score_cutoff=_NEAR, limit=limit)
        return [self._by_key[name][0] for name, _, _ in found]
