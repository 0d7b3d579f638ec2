"""Which item of a catalogue does an id or a title mean?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recsys.errors import TastegraphError

if TYPE_CHECKING:
    from agent.context import Services
    from recsys.schema import Item


class UnknownItem(TastegraphError):  # noqa: N818 - reads as what it is
    """No item has this id or title."""

    def __init__(self, wanted: str, nearest: Sequence[Item]) -> None:
        """Take what was asked for, and the items with the nearest titles, which may be none."""
        near = " or ".join(f"“{item.label}”" for item in nearest)
        super().__init__(
            f"There is no “{wanted}” in this catalogue. " + (f"Did you mean {near}?" if near else "")
        )
        self.nearest = tuple(nearest)


def item_named(services: Services, wanted: str) -> tuple[Item, str]:
    """Return the item of an id or a title, and a note where several have the title: the best-known is taken.

    Raises `UnknownItem` when there is none.
    """
    item = services.workspace.item(wanted)
    if item is not None:
        return item, ""
    found = services.titles.exact(wanted)
    if not found:
        raise UnknownItem(wanted, services.titles.nearest(wanted))
    others = f"{len(found)} items have the title of {found[0].label}; the best-known is meant, {found[0].id}."
    return found[0], others if len(found) > 1 else ""
