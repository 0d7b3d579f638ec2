"""Items as matrices and texts: what the models and the retrieval read of a catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from scipy.sparse import csr_array

from recsys.schema import Item
from recsys.sparse import ones_at

PERSON_FACETS = frozenset({"director", "cast", "writer"})
"""Facets whose values are people; the graph knows each person once, whatever they did."""
_DESCRIPTION_WORDS = 30
_TEXT_VALUES = 12


def attribute_pairs(item: Item) -> list[tuple[str, str]]:
    """Return the item's (facet, value) pairs, values in lower case, with a decade where a year is known."""
    pairs = {(facet, value.casefold()) for facet, values in item.attributes.items() for value in values}
    if item.year is not None and "decade" not in item.attributes:
        pairs.add(("decade", f"{item.year // 10 * 10}s"))
    return sorted(pairs)


def attribute_matrix(items: Sequence[Item], min_items: int = 2) -> tuple[csr_array, list[tuple[str, str]]]:
    """Return a 0/1 matrix of shape (n_attributes, n_items) and the (facet, value) of each row.

    An attribute that fewer than `min_items` items have ties nothing together and is left out.
    """
    having: dict[tuple[str, str], list[int]] = defaultdict(list)
    for column, item in enumerate(items):
        for pair in attribute_pairs(item):
            having[pair].append(column)
    names = sorted(pair for pair, columns in having.items() if len(columns) >= min_items)
    rows = [row for row, name in enumerate(names) for _ in having[name]]
    columns = [column for name in names for column in having[name]]
    matrix = ones_at(rows, columns, (len(names), len(items)))
    return matrix, names


def item_text(item: Item) -> str:
    """Return what the text tower reads of an item, about 40 tokens: what it is about, then its description.

    Titles and people are left out: the linker, the graph and the attributes know them exactly, and their words crowd
    out the content (a wish for a twist would find `Twister`). An item with nothing else is read by its title.
    """
    values = [
        value for facet, found in item.attributes.items() if facet not in PERSON_FACETS for value in found
    ][:_TEXT_VALUES]
    words = item.description.split()[:_DESCRIPTION_WORDS]
    parts = [", ".join(values), " ".join(words)]
    return ". ".join(part for part in parts if part) or item.label
