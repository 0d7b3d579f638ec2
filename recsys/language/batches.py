"""What is asked in one step: people with a part of their history, wishes, and the items that compete for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.language.config import LanguageTowerConfig
from recsys.language.sentences import Wish
from recsys.language.texts import same_text_groups
from recsys.models.base import Columns, FloatMatrix
from recsys.sparse import ones_at

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Batch:
    """One step; u people and w wishes ask for c items."""

    columns: Columns
    """Shape (c,); the items that compete, ascending."""
    people: Columns
    """Shape (u,); rows of the interactions."""
    history: csr_array
    """Shape (u, n_items); what is known of each person."""
    asked: Mask
    """Shape (u, c); what each person met besides."""
    blocked: Mask
    """Shape (u, c); what is no negative: all that the person met, items of the same words, and items that nobody
    met, of which nothing is known."""
    wishes: Columns
    """Shape (w,); numbers of wishes."""
    fulfilled: Mask
    """Shape (w, c)."""


class Sampler:
    """Draws batches; each is a function of the seed and the number of the step, so that training can go on later."""

    def __init__(
        self,
        met: csr_array,
        sequences: Sequence[Columns],
        wishes: Sequence[Wish],
        texts: Sequence[str],
        config: LanguageTowerConfig,
    ) -> None:
        """Take the meetings of training (n_users, n_items), their order where it is known, and the wishes."""
        self.config = config
        self.met = met.tocsr()
        self.sequences = [s[self._known(row, s)] for row, s in enumerate(sequences)]
        self.wishes = wishes
        n_items = self.met.shape[1]
        rows = [k for k, wish in enumerate(wishes) for _ in wish.items]
        columns = [int(c) for wish in wishes for c in wish.items]
        self.fulfilled = ones_at(rows, columns, (len(wishes), n_items))
        lengths = np.diff(self.met.indptr)
        self.people = np.flatnonzero(lengths >= 2) if config.history_weight else np.zeros(0, dtype=np.int64)
        self.often = np.bincount(self.met.indices, minlength=n_items)
        self.groups = same_text_groups(texts)
        self._doubled = len(np.unique(self.groups)) < n_items

    @property
    def steps_an_epoch(self) -> int:
        """Steps in which everybody, and every wish, had a turn."""
        config = self.config
        wishes = len(self.wishes) if config.wish_weight else 0
        return max(1, -(-len(self.people) // config.users_per_step), -(-wishes // config.wishes_per_step))

    def over_catalogue(self, step: int) -> Batch:
        """Return a batch in which all items compete, or a sample of `candidates` with all that is asked for."""
        rng = np.random.default_rng([self.config.seed, 2, step])
        people = self._turn(self.people, self.config.users_per_step, step)
        wishes = self._turn(np.arange(len(self.wishes)), self.config.wishes_per_step, step)
        history, asked = self._divide(people, rng)
        n_items = self.met.shape[1]
        columns = np.arange(n_items)
        if n_items > self.config.candidates:
            wanted = np.concatenate([asked.indices, self.fulfilled[wishes].indices])
            drawn = rng.choice(n_items, self.config.candidates, replace=False)
            columns = np.unique(np.concatenate([wanted, drawn]))
        return self._batch(columns, people, history, asked, wishes)

    def over_pool(self, step: int, near: Columns) -> Batch:
        """Return a batch over few items, whose texts are read in this step.

        `near` (n_items, k) has items near to each item, -1 for none. The pool has an item for each of up to a
        third of `negatives` wishes, items that people meet often more often than others, and `hard_negatives`
        items near to each of these. People are those who met at least two items of the pool; all else that they
        met is their history, and so is a part of the pool.
        """
        config, n_items = self.config, self.met.shape[1]
        rng = np.random.default_rng([config.seed, 3, step])
        size = min(config.negatives, n_items)
        seeds = max(2, size // (1 + min(config.hard_negatives, near.shape[1])))
        wishes = self._turn(np.arange(len(self.wishes)), min(config.wishes_per_step, max(1, size // 3)), step)
        by_wish = [int(rng.choice(self.wishes[k].items)) for k in wishes]
        chance = np.sqrt(self.often + 1.0)
        drawn = rng.choice(n_items, size, replace=False, p=chance / chance.sum())
        pool: dict[int, None] = dict.fromkeys(by_wish)
        for place, column in enumerate([*by_wish, *drawn[:seeds].tolist(), *drawn[seeds:].tolist()]):
            if len(pool) >= size:
                break
            pool[column] = None
            if place < seeds:
                found = near[column][near[column] >= 0]
                for hard in rng.permutation(found)[: config.hard_negatives].tolist():
                    pool[hard] = None
        columns = np.array(sorted(pool), dtype=np.int64)
        inside = self.met[:, columns] if len(self.people) else self.met[:0, columns]
        able = np.flatnonzero(np.diff(inside.tocsr().indptr) >= 2)
        able = np.intersect1d(able, self.people)
        people = np.sort(rng.permutation(able)[: config.users_per_step])
        history, asked = self._divide(people, rng, columns)
        return self._batch(columns, people, history, asked, wishes)

    def _batch(
        self, columns: Columns, people: Columns, history: csr_array, asked: csr_array, wishes: Columns
    ) -> Batch:
        wanted = asked[:, columns].toarray() > 0
        blocked = (self.met[people][:, columns].toarray() > 0) | (self.often[columns] == 0)[None, :]
        fulfilled = self.fulfilled[wishes][:, columns].toarray() > 0
        if self._doubled:
            same = self.groups[columns][:, None] == self.groups[columns][None, :]
            blocked |= (wanted.astype(np.float32) @ same.astype(np.float32)) > 0
            fulfilled = (fulfilled.astype(np.float32) @ same.astype(np.float32)) > 0
        return Batch(columns, people, history, wanted, blocked, wishes, fulfilled)

    def _divide(
        self, people: Columns, rng: np.random.Generator, pool: Columns | None = None
    ) -> tuple[csr_array, csr_array]:
        """Divide what each person met into a history and what is asked for, both (u, n_items).

        The later items are asked for, where there is an order. With `pool` only its items are; all else stays in
        the history.
        """
        known: list[Columns] = []
        asked: list[Columns] = []
        weights: list[FloatMatrix] = []
        in_pool = np.zeros(self.met.shape[1], dtype=bool)
        if pool is not None:
            in_pool[pool] = True
        for person in people.tolist():
            items = self._items_of(person, rng)
            can = np.flatnonzero(in_pool[items]) if pool is not None else np.arange(1, len(items))
            share = rng.uniform(0.2, 0.8) if self.config.cropping else 0.0
            out = np.zeros(len(items), dtype=bool)
            out[can[-max(1, int(len(can) * share)) :]] = True
            before, weight = weighed(items[~out], self.config.half_life if self.sequences else None)
            fresh = ~np.isin(before, items[out])
            known.append(before[fresh])
            weights.append(weight[fresh])
            asked.append(np.unique(items[out]))
        shape = (len(people), self.met.shape[1])
        history = _cells(known, shape)
        history.data[:] = np.concatenate(weights) if weights else 1.0
        return history, _cells(asked, shape)

    def _items_of(self, person: int, rng: np.random.Generator) -> Columns:
        """Return what a person met: in its order where there is one, else in a random one."""
        if self.sequences:
            # Where training starts in a sequence is random too: a short history is asked as often as a long one.
            items = self.sequences[person]
            if len(items) >= 2:
                stop = int(rng.integers(2, len(items) + 1)) if self.config.cropping else len(items)
                return items[:stop]
        cells = self.met.indices[self.met.indptr[person] : self.met.indptr[person + 1]]
        return rng.permutation(cells).astype(np.int64)

    def _turn(self, all_of: Columns, count: int, step: int) -> Columns:
        """Return whose turn it is: everybody once before anybody again, in an order that seed and round give."""
        if not len(all_of):
            return all_of
        count = min(count, len(all_of))
        turns = -(-len(all_of) // count)
        order = np.random.default_rng([self.config.seed, 4, step // turns]).permutation(len(all_of))
        return np.sort(all_of[order[(step % turns) * count : (step % turns + 1) * count]])

    def _known(self, row: int, sequence: Columns) -> Mask:
        cells = self.met.indices[self.met.indptr[row] : self.met.indptr[row + 1]]
        return np.isin(sequence, cells)


def weighed(items: Columns, half_life: float | None) -> tuple[Columns, FloatMatrix]:
    """Return the different items of a history, oldest first, ascending, and the weight of each: that of its last
    meeting."""
    columns, back = np.unique(items[::-1], return_index=True)
    weights = np.ones(len(columns)) if half_life is None else 0.5 ** (back / half_life)
    return columns.astype(np.int64), weights.astype(np.float32)


def history_sums(history: csr_array, vectors: FloatMatrix) -> FloatMatrix:
    """Return the weighted sum of the vectors of each history, shape (n, dim)."""
    return np.asarray(history.astype(np.float32) @ vectors, dtype=np.float32)


def _cells(found: Sequence[Columns], shape: tuple[int, int]) -> csr_array:
    rows = np.repeat(np.arange(len(found)), [len(columns) for columns in found])
    columns = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
    return ones_at(rows, columns, shape)
