"""Is a reason borne out? Each is looked up in the tables of the build, by code that shares nothing with its maker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from eval.explain_figures.explainers import Explained
from recsys.interactions import meetings
from recsys.schema import Evidence, Item
from recsys.workspace import Workspace

_POPULAR = 0.9
"""From this quantile of meetings on an item is among the most popular."""
_LEAST_BOTH = 2
_CLOSE = 0.35
_SAID_OF_TEXT = ("is described much like", "comes near to")


@dataclass(frozen=True)
class Verdict:
    """What was found of one reason."""

    kind: str
    borne_out: bool
    why: str = ""
    """What is wrong; empty where nothing is."""


class Proof:
    """The tables of a build: items, edges, meetings."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._items: dict[str, Item] = {item.id: item for item in workspace.items}

    @cached_property
    def _edges(self) -> set[tuple[str, str, str]]:
        rows = pl.read_parquet(
            self._workspace.build_dir / "triples.parquet", columns=["subject", "relation", "object"]
        )
        return set(rows.iter_rows())

    @cached_property
    def _names(self) -> dict[str, str]:
        rows = pl.read_parquet(self._workspace.build_dir / "entities.parquet", columns=["id", "name"])
        return dict(rows.iter_rows())

    @cached_property
    def _people(self) -> dict[str, frozenset[str]]:
        """Item to the people who were glad of it."""
        met = meetings(self._workspace.interactions).group_by("item").agg(pl.col("user").unique())
        return {item: frozenset(users) for item, users in met.iter_rows()}

    @cached_property
    def _everybody(self) -> int:
        return len(frozenset().union(*self._people.values()))

    @cached_property
    def _popular_from(self) -> float:
        return float(np.quantile([len(self._people.get(i, ())) for i in self._items], _POPULAR))

    def verdict(
        self, explained: Explained, reason: Evidence, wanted: Iterable[tuple[str, str]] = ()
    ) -> Verdict:
        """Say whether a reason holds; `wanted` are the facet values that the person asked for."""
        item = explained.recommendation.item
        check = {
            "path": self._path,
            "history": self._history,
            "attribute": self._attribute,
            "popularity": self._popularity,
            "text": self._text,
        }[reason.kind]
        asked = {(facet.casefold(), value.casefold()) for facet, value in wanted}
        why = check(item, reason, set(explained.history), asked)
        return Verdict(reason.kind, not why, why)

    def path_faults(self, item: Item, reason: Evidence, history: set[str]) -> str:
        """Return what is wrong with a path, or an empty string.

        Every edge must be in the table of triples in one of its directions, no entity comes twice, one end is the item
        and the other an item that the person liked, and the names that are said are those of entities on it.
        """
        path = reason.path
        if path is None:
            return "no path"
        ids = [entity.id for entity in path.entities]
        if len(path.relations) != len(ids) - 1 or len(set(ids)) != len(ids):
            return "no simple walk"
        for one, relation, other in zip(ids, path.relations, ids[1:], strict=False):
            if not {(one, relation, other), (other, relation, one)} & self._edges:
                return f"no edge {one} {relation} {other}"
        ends = {ids[0], ids[-1]}
        if item.id not in ends:
            return "the item is at no end"
        if not (ends - {item.id}) & history:
            return "the other end is nothing that the person liked"
        named = {self._names.get(i, "") for i in ids} | {
            self._items[i].label for i in ids if i in self._items
        }
        named |= {self._items[i].title for i in ids if i in self._items}
        return next((f"{name} is not on the path" for name in reason.names if name not in named), "")

    def _path(self, item: Item, reason: Evidence, history: set[str], _: set[tuple[str, str]]) -> str:
        return self.path_faults(item, reason, history)

    def _history(self, item: Item, reason: Evidence, history: set[str], _: set[tuple[str, str]]) -> str:
        cited = [i for i in reason.entity_ids if i in self._items]
        if not cited:
            return "names no item"
        for other in cited:
            if other not in history:
                return "the person did not like it"
            one, two = self._people.get(item.id, frozenset()), self._people.get(other, frozenset())
            both = len(one & two)
            if both < _LEAST_BOTH or both * self._everybody <= len(one) * len(two):
                return "people who like one do not like the other more often than people do"
        return ""

    def _attribute(self, item: Item, reason: Evidence, history: set[str], asked: set[tuple[str, str]]) -> str:
        if not reason.names:
            return "" if any(char.isdigit() for char in reason.text) else "names no value"
        having = {
            (facet.casefold(), value.casefold())
            for facet, values in item.attributes.items()
            for value in values
        }
        if item.year is not None:
            having.add(("decade", f"{item.year // 10 * 10}s"))
        for name in reason.names:
            facets = {facet for facet, value in having if value == name.casefold()}
            if not facets:
                return f"the item does not have {name}"
            claimed = "as you asked" in reason.text or "which you like" in reason.text
            if claimed and not any((facet, name.casefold()) in asked for facet in facets):
                return f"nobody asked for {name}"
        return ""

    def _popularity(self, item: Item, reason: Evidence, history: set[str], _: set[tuple[str, str]]) -> str:
        count = len(self._people.get(item.id, ()))
        return "" if count >= self._popular_from else "is not among the tenth that most people like"

    def _text(self, item: Item, reason: Evidence, history: set[str], _: set[tuple[str, str]]) -> str:
        from recsys.models.text_tower import TextTower

        if not reason.text.startswith(_SAID_OF_TEXT):
            return "says something else of the text"
        others = [i for i in reason.entity_ids if i != item.id and i in self._workspace.position]
        if not others:
            # What was said is not in the evidence; whether it is near can only be asked of the model that says so.
            return "cannot be checked from the tables"
        tower = TextTower()
        tower.load(self._workspace.models_dir)
        row = tower.centred[self._workspace.position[item.id]]
        near = max(float(row @ tower.centred[self._workspace.position[i]]) for i in others)
        return "" if near >= _CLOSE else "the descriptions are not alike"


def judged(
    proof: Proof, explained: Sequence[Explained], wanted: Sequence[tuple[str, str]] = ()
) -> list[tuple[Explained, Verdict]]:
    """Return a verdict for each reason of each recommendation."""
    return [(one, proof.verdict(one, reason, wanted)) for one in explained for reason in one.reasons]
