"""What a chat model may know of a workspace before any tool runs: its words, not its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.linking import EntityLinker


@dataclass(frozen=True)
class Knowledge:
    """The vocabulary of one workspace."""

    domain: str
    """`films`, `shop`, ..."""
    name: str
    """The workspace's name as a person reads it."""
    noun: str
    """What an item is called: `film`, `product`."""
    linker: EntityLinker
    """Links mentions to entities of the graph."""
    facet_values: Mapping[str, Mapping[str, int]]
    """Facet to value to number of items with it."""
    has_help: bool
    """Whether a help desk answers questions here."""
    item_count: int
