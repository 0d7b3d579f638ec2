"""What speaks for each item in a dialogue, as numbers a tree can split on: mentions, graph, titles, memory.

The graph is read both ways: from values that the words name (*anything by Sam Mendes*) to the items that have them, and
from the items that were named to those that share a value with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from recsys.dialogue.inputs import tokens
from recsys.dialogue.repeats import latest_first
from recsys.dialogue.state import DialogueState, DialogueTurn, Speaker
from recsys.models.base import FloatMatrix

GROUPS = ("people", "genre", "language", "year")
PEOPLE = frozenset({"actor", "star", "cast", "director", "writer", "author", "artist"})
"""Relations to people: who is named is seldom named as what."""
_LONGEST_NAME = 5
_NEVER = 99.0
_SMALL = frozenset({"the", "of", "a", "an", "and", "in", "to"})

NAMES = (
    "age", "mentions", "by_seeker", "first", "place",
    *(f"{group} said {when}" for group in GROUPS for when in ("now", "before", "ever")),
    *(f"{group} shared {with_}" for group in GROUPS for with_ in ("latest", "all")),
    "title like latest", "title said",
    "after latest", "after all", "recommended", "named", "values",
    "named items", "utterances", "repeats",
)  # fmt: skip
"""Columns of `Candidates.read`."""


@dataclass(frozen=True)
class Facts:
    """What is known of the items, by group of relations."""

    titles: tuple[str, ...]
    """One an item, without the year."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Group to the names of its values."""
    having: Mapping[str, csr_array] = field(default_factory=dict)
    """Group to a 0/1 matrix (n_items, n_values)."""

    @classmethod
    def of(cls, titles: Sequence[str], attributes: Sequence[Sequence[tuple[str, str]]]) -> Self:
        """Group (relation, value) pairs, one sequence an item; other relations than those of `GROUPS` are left out."""
        values: dict[str, dict[str, int]] = {group: {} for group in GROUPS}
        cells: dict[str, set[tuple[int, int]]] = {group: set() for group in GROUPS}
        for item, pairs in enumerate(attributes):
            for relation, value in pairs:
                group = "people" if relation in PEOPLE else relation
                if group in values:
                    number = values[group].setdefault(value.lower(), len(values[group]))
                    cells[group].add((item, number))
        return cls(
            tuple(titles),
            {group: tuple(found) for group, found in values.items()},
            {group: _ones(cells[group], (len(titles), len(values[group]))) for group in GROUPS},
        )


@dataclass(frozen=True)
class Memory:
    """What the dialogues that were learned from say; counts."""

    after: csr_array
    """Shape (n_items, n_items); how often the column was recommended after the row was named."""
    recommended: np.ndarray
    """Shape (n_items,)."""
    named: np.ndarray
    """Shape (n_items,); dialogues in which an item was named."""

    @classmethod
    def of(cls, turns: Sequence[DialogueTurn], n_items: int) -> Self:
        """Count in these turns."""
        after: Counter[tuple[int, int]] = Counter()
        recommended, named = np.zeros(n_items, np.float32), np.zeros(n_items, np.float32)
        met = {(turn.dialogue, item) for turn in turns for item in turn.state.named}
        for turn in turns:
            for item in turn.items:
                recommended[item] += 1.0
                after.update((before, item) for before in turn.state.named if before != item)
        for _, item in met:
            named[item] += 1.0
        pairs = np.array(sorted(after), dtype=np.int64).reshape(-1, 2)
        counts = np.array([after[row, column] for row, column in pairs.tolist()], dtype=np.float32)
        return cls(
            csr_array((counts, (pairs[:, 0], pairs[:, 1])), shape=(n_items, n_items)), recommended, named
        )


class Candidates:
    """Reads dialogues of one catalogue."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._rarity = {
            group: np.log1p(having.shape[0] / np.maximum(1.0, np.asarray(having.sum(axis=0)).ravel()))
            for group, having in facts.having.items()
        }
        self._said = {group: having.tocsc() for group, having in facts.having.items()}
        self._group_of = {
            " ".join(tokens(value)): (group, number)
            for group in reversed(GROUPS)
            for number, value in enumerate(facts.values.get(group, ()))
            if tokens(value)
        }
        self._richness = sum(np.diff(having.indptr) for having in facts.having.values())

    def read(self, state: DialogueState, memory: Memory, repeats: float) -> FloatMatrix:
        """Return (n_items, len(NAMES)). `repeats` is how much the words sound as if a named item is meant, as a
        log-odds."""
        latest = latest_first(state)
        columns = [
            *self._mentions(state, latest),
            *self._values_said(state),
            *self._values_shared(latest),
            *self._titles(state, latest),
            *self._remembered(latest, memory),
        ]
        n_items = len(self.facts.titles)
        of_turn = (float(len(latest)), float(len(state.utterances)), repeats)
        columns += [np.full(n_items, value) for value in of_turn]
        return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)

    def _mentions(self, state: DialogueState, latest: Sequence[int]) -> list[np.ndarray]:
        n_items = len(self.facts.titles)
        age, first, place = (np.full(n_items, _NEVER) for _ in range(3))
        count, by_seeker = np.zeros(n_items), np.zeros(n_items)
        for mention in state.mentions:
            item = mention.item
            age[item] = len(state.utterances) - 1 - mention.utterance
            first[item] = min(first[item], mention.utterance)
            count[item] += 1.0
            by_seeker[item] += state.utterances[mention.utterance].speaker is Speaker.SEEKER
        place[list(latest)] = np.arange(len(latest))
        return [age, count, by_seeker, first, place]

    def _values_said(self, state: DialogueState) -> list[np.ndarray]:
        said = [self._named_values(utterance.text) for utterance in state.utterances]
        columns = []
        for group in GROUPS:
            for part in (said[-1:], said[-3:-1], said):
                column = np.zeros(len(self.facts.titles))
                for number in {number for found in part for of, number in found if of == group}:
                    cells = slice(*self._said[group].indptr[number : number + 2])
                    column[self._said[group].indices[cells]] += 1.0
                columns.append(column)
        return columns

    def _named_values(self, text: str) -> set[tuple[str, int]]:
        words = tokens(text)
        spans = (
            " ".join(words[start : start + length])
            for length in range(1, _LONGEST_NAME + 1)
            for start in range(len(words) - length + 1)
        )
        return {self._group_of[span] for span in spans if span in self._group_of}

    def _values_shared(self, latest: Sequence[int]) -> list[np.ndarray]:
        columns = []
        for group in GROUPS:
            having = self.facts.having[group]
            for items in (latest[:1], latest):
                weights = np.asarray(having[list(items)].sum(axis=0)).ravel() * self._rarity[group]
                columns.append(having @ weights if len(items) else np.zeros(having.shape[0]))
        return columns

    def _titles(self, state: DialogueState, latest: Sequence[int]) -> list[np.ndarray]:
        words, having = self._title_words
        lengths = np.maximum(1, np.diff(having.indptr))
        like = np.zeros(len(lengths))
        if latest:
            shared = np.asarray((having @ having[[latest[0]]].T).todense()).ravel()
            like = shared / np.maximum(1.0, lengths + lengths[latest[0]] - shared)
        last = tokens(state.utterances[-1].text) if state.utterances else []
        said = np.zeros(len(words))
        said[[words[word] for word in set(last) if word in words]] = 1.0
        return [like, (having @ said) / lengths]

    @cached_property
    def _title_words(self) -> tuple[dict[str, int], csr_array]:
        words: dict[str, int] = {}
        cells = {
            (item, words.setdefault(word, len(words)))
            for item, title in enumerate(self.facts.titles)
            for word in tokens(title)
            if word not in _SMALL
        }
        return words, _ones(cells, (len(self.facts.titles), len(words)))

    def _remembered(self, latest: Sequence[int], memory: Memory) -> list[np.ndarray]:
        rows = memory.after[list(latest)] if latest else None
        nothing = np.zeros(len(self.facts.titles))
        return [
            nothing if rows is None else np.asarray(rows[[0]].todense()).ravel(),
            nothing if rows is None else np.asarray(rows.sum(axis=0)).ravel(),
            np.log1p(memory.recommended),
            np.log1p(memory.named),
            np.asarray(self._richness, dtype=np.float32) + nothing,
        ]


def _ones(cells: set[tuple[int, int]], shape: tuple[int, int]) -> csr_array:
    pairs = np.array(sorted(cells), dtype=np.int64).reshape(-1, 2)
    return csr_array((np.ones(len(pairs), np.float32), (pairs[:, 0], pairs[:, 1])), shape=shape)
