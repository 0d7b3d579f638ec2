"""From the titles that a system writes to the items of the data, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from eval.systems.material import MeasuredItem
from kg.linking import EntityLinker
from kg.schema import Entity

_LISTED = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.):])\s+(?P<title>\S.*)$")
_AFTER_TITLE = re.compile(r"\s+(?:[-–—:|]|by|starring|directed)\s+.*$")
_YEAR = re.compile(r"\((?:[^()]*\b)?(\d{4})(?:\b[^()]*)?\)\s*$")
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_MARKS = "*_\"'“”‘’` "


class TitleLinker:
    """Links what is written to items, by the knowledge graph's linker: years, articles, misspellings, initials."""

    def __init__(self, items: Sequence[MeasuredItem], popularity: Sequence[float] = ()) -> None:
        """`popularity`, one an item, decides between items of one title."""
        weights = popularity or [0.0] * len(items)
        self._linker = EntityLinker(
            [
                Entity(
                    id=item.id,
                    kind="film",
                    name=item.title,
                    aliases=tuple({item.id, f"{item.title} ({item.year})"} if item.year else {item.id}),
                    popularity=float(weight),
                )
                for item, weight in zip(items, weights, strict=True)
            ]
        )

    def item(self, title: str, exactly: bool = False) -> str | None:
        """Return the id of the item that is called so, or None; `exactly`: only where it is its name or an alias."""
        found = self._linker.link(title)
        if found.entity is None or (exactly and found.reason not in ("exact", "alias")):
            return None
        return found.entity.id

    def listed(self, text: str) -> tuple[tuple[str, ...], int]:
        """Return the items that a text lists one a line, each once, best first, and how many lines are no item.

        A line is a title where it begins with a dash or a number; what stands behind a dash after the title is left
        out. A text without such lines is searched for titles, and nothing in it counts as invented.
        """
        lines = list(_listed(text))
        if not lines:
            return tuple(dict.fromkeys(one.entity.id for one in self._linker.find(text))), 0
        found = [self.item(line) or self.item(_AFTER_TITLE.sub("", line).strip(_MARKS)) for line in lines]
        return tuple(dict.fromkeys(one for one in found if one is not None)), found.count(None)


def same_items(
    found: Sequence[tuple[str, str, int | None]],
    items: Sequence[MeasuredItem],
    popularity: Sequence[float] = (),
) -> dict[str, str]:
    """Return the id of each (id, title, year) to the id of the item that it is, by title and year.

    Where one of the two has no year the title decides, and among items of one title `popularity`.
    """
    linker = TitleLinker(items, popularity)
    years = {item.id: item.year for item in items}
    same: dict[str, str] = {}
    for own, title, year in found:
        linked = linker.item(f"{title} ({year})" if year else title, exactly=True)
        if linked is None and year:
            linked = linker.item(title, exactly=True)
        if linked is not None and (year is None or years[linked] in (None, year)):
            same[own] = linked
    return same


def title_and_year(name: str) -> tuple[str, int | None]:
    """Split `Heat (1995)` or `Water (1985 film)` into title and year."""
    year = _YEAR.search(name)
    return _IN_BRACKETS.sub("", name).strip() or name, int(year.group(1)) if year else None


def _listed(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if match := _LISTED.match(line):
            yield match["title"].strip(_MARKS)
