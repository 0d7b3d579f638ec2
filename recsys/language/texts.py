"""What the tower reads of items while it learns, with attributes left out at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.attributes import PERSON_FACETS, item_text
from recsys.schema import Item


def with_attributes_left_out(item: Item, text: str, chance: float, rng: np.random.Generator) -> str:
    """Return the item's text without some of its attribute values or its description, each with this chance.

    What would leave nothing keeps everything. An item whose `text` is not the one that
    `recsys.attributes.item_text` makes is read as it is: nothing is known of its parts.
    """
    if chance == 0.0 or item_text(item) != text:
        return text
    kept = {
        facet: values if facet in PERSON_FACETS else tuple(v for v in values if rng.random() >= chance)
        for facet, values in item.attributes.items()
    }
    left = any(values for facet, values in kept.items() if facet not in PERSON_FACETS)
    described = item.description and (rng.random() >= chance or not left)
    if not left and not described:
        return text
    return item_text(
        item.model_copy(
            update={
                "attributes": {facet: values for facet, values in kept.items() if values},
                "description": item.description if described else "",
            }
        )
    )


def views_of(
    items: Sequence[Item], texts: Sequence[str], chance: float, count: int, seed: int
) -> list[list[str]]:
    """Return `count` versions of every text; the first is the text itself. One version when `chance` is 0 or
    the items are not known."""
    views = [list(texts)]
    if chance == 0.0 or len(items) != len(texts):
        return views
    rng = np.random.default_rng([seed, 1])
    views += [
        [with_attributes_left_out(i, t, chance, rng) for i, t in zip(items, texts, strict=True)]
        for _ in range(count - 1)
    ]
    return views


def same_text_groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return a number an item that is equal for items of equal text: to a text model these are one thing."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.int64)
