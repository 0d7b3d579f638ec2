"""What the language tower is measured on: ml-1m with a tenth of its films kept out of training, and wishes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from scipy.sparse import csr_array

from eval.metrics import ndcg_at_k, recall_at_k, target_ranks
from eval.split import Split, read_split
from recsys.attributes import attribute_matrix, item_text
from recsys.language.sentences import Wish, make_wishes
from recsys.models.base import Columns, FloatMatrix, TrainingData
from recsys.schema import Item

COLD_SHARE = 0.1
"""Of the items; nobody's meeting with them is trained on."""
MEASURED_WISHES = 500
_WISH_SEED = 10_000
"""Added to the seed: the wishes that stop training early come from other draws."""
_BLOCK = 1024
ScoreBlock = Callable[[slice], FloatMatrix]
"""From rows of people to their scores, (rows, n_items)."""


@dataclass(frozen=True)
class LanguageData:
    """One split as the tower learns it and is asked about it."""

    split: Split
    people: csr_array
    """Shape (n, n_items); `split.train` without the cold items: the histories."""
    data: TrainingData
    cold: Columns
    """Ascending; items that training does not see met."""
    wishes: list[Wish]
    """Meanings and phrasings that training never reads; cold items may fulfil them."""

    @property
    def items(self) -> list[Item]:
        """One a column."""
        return self.split.items


def ml1m(folder: Path, seed: int, quick: bool = False, cold_share: float = COLD_SHARE) -> LanguageData:
    """Read `ml-1m/` in `folder`; `quick` keeps 600 people and 400 items. Raises `SourceError` when it is not there."""
    source = folder / "ml-1m"
    split = read_split(source / "split", source / "metadata.jsonl")
    if quick:
        split = _sample(split)
    n_items = split.train.shape[1]
    rng = np.random.default_rng([seed, 7])
    cold = np.sort(rng.permutation(n_items)[: int(cold_share * n_items)]).astype(np.int64)
    attributes, _ = attribute_matrix(split.items)
    met = without(split.train, cold)
    data = TrainingData(met, attributes, tuple(item_text(item) for item in split.items))
    wishes = make_wishes(split.items, MEASURED_WISHES, seed + _WISH_SEED, held_out=True)
    return LanguageData(split, met, data, cold, wishes)


def history_figures(
    known: LanguageData, score: ScoreBlock, truth: csr_array | None = None
) -> dict[str, float]:
    """Return `recall`, `ndcg` of the items that training saw and `cold_recall`, `cold_ndcg` of those it did not.

    Every item is ranked for everybody, but those of `split.train`. `truth` (n, n_items) is `split.valid` unless given.
    """
    truth = known.split.valid if truth is None else truth
    warm, cold = without(truth, known.cold), only(truth, known.cold)
    warm_ranks, cold_ranks = [], []
    for begin in range(0, truth.shape[0], _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        scores, mask = score(rows), known.split.train[rows]
        warm_ranks += target_ranks(scores, warm[rows], mask)
        cold_ranks += target_ranks(scores, cold[rows], mask)
    found = {
        "recall": float(recall_at_k(warm_ranks, 20).mean()),
        "ndcg": float(ndcg_at_k(warm_ranks, 20).mean()),
    }
    if cold.nnz:
        found["cold_recall"] = float(recall_at_k(cold_ranks, 20).mean())
        found["cold_ndcg"] = float(ndcg_at_k(cold_ranks, 20).mean())
    return found


def wish_figures(known: LanguageData, scores: FloatMatrix) -> dict[str, float]:
    """Return `wish_recall`, `wish_ndcg` over all items and `wish_cold_recall` of the cold ones among the fulfilling.

    `scores` (n_wishes, n_items).
    """
    truth = np.zeros(scores.shape, dtype=np.float32)
    for row, wish in enumerate(known.wishes):
        truth[row, wish.items] = 1.0
    fulfilled = csr_array(truth)
    ranks = target_ranks(scores, fulfilled)
    cold = target_ranks(scores, only(fulfilled, known.cold))
    return {
        "wish_recall": float(recall_at_k(ranks, 20).mean()),
        "wish_ndcg": float(ndcg_at_k(ranks, 20).mean()),
        "wish_cold_recall": float(recall_at_k(cold, 20).mean()),
    }


def without(matrix: csr_array, columns: Columns) -> csr_array:
    """Return the matrix with nothing in these columns."""
    keep = np.ones(matrix.shape[1], dtype=np.float32)
    keep[columns] = 0.0
    return _kept(matrix, keep)


def only(matrix: csr_array, columns: Columns) -> csr_array:
    """Return the matrix with nothing outside these columns."""
    keep = np.zeros(matrix.shape[1], dtype=np.float32)
    keep[columns] = 1.0
    return _kept(matrix, keep)


def _kept(matrix: csr_array, keep: FloatMatrix) -> csr_array:
    found = cast(csr_array, csr_array(matrix.multiply(keep[None, :])).astype(np.float32))
    found.eliminate_zeros()
    return found


def _sample(split: Split) -> Split:
    often = np.argsort(-np.asarray(split.train.sum(axis=0)).ravel(), kind="stable")
    columns = np.sort(often[:400])
    parts = [part[:600][:, columns] for part in (split.train, split.valid, split.test)]
    return replace(
        split, train=parts[0], valid=parts[1], test=parts[2], items=[split.items[c] for c in columns]
    )
