"""A score for each item that is a sum over what was said: items, their attributes, words and named attributes.

With q the vector of a dialogue and a_i of an item: score = b_i + (q_behaviour + q_graph + q_text + q_attributes) . a_i,
where an item's vector is its own plus those of its attributes, so that an item which nobody named is placed by what is
known of it, and a word such as "scary" meets the films that share an attribute. Nothing between words and score is
nonlinear: what each part gives is exact. Trained by cross-entropy over all items that were not named yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor

from recsys.dialogue.config import DialogueConfig
from recsys.dialogue.inputs import Rows
from recsys.models.base import FloatMatrix

PARTS = ("behaviour", "graph", "text", "attributes", "popularity")
"""Which parts make the score of a network."""
_NEVER = -1e4
_SCALE = 0.05
"""Standard deviation of the first vectors."""
_PEOPLE_A_STEP = 128
_LIKED_SHOWN, _LIKED_ASKED = 5, 5
"""At most so many liked items of a person outside the dialogues are given, and asked for."""

Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Lessons:
    """What a network is trained on; n rows."""

    rows: Rows
    targets: csr_array
    """Shape (n, n_items); 1.0 where an item was named next."""
    named: csr_array
    """Shape (n, n_items); non-zero where an item was named before and does not compete."""
    by_seeker: NDArray[np.bool_]
    """Shape (n,); True where the seeker named the targets."""
    attributes: csr_array
    """Shape (n_attributes, n_items)."""
    behaviour: csr_array | None
    """Shape (n_people, n_items) or None."""


class _Network(torch.nn.Module):
    def __init__(self, n_items: int, n_words: int, attributes: csr_array, dim: int) -> None:
        super().__init__()

        def vectors(n: int) -> torch.nn.Parameter:
            return torch.nn.Parameter(torch.randn(n, dim) * _SCALE)

        self.recommended, self.named = vectors(n_items), vectors(n_items)
        self.word = vectors(n_words)
        self.attribute, self.wanted = vectors(attributes.shape[0]), vectors(attributes.shape[0])
        self.said_by = torch.nn.Parameter(torch.ones(2))
        self.popularity, self.seekers_bias, self.outside_bias = (
            torch.nn.Parameter(torch.zeros(n_items)) for _ in range(3)
        )
        self._having = _shared_out(attributes.T.tocsr())

    def of_attributes(self) -> Tensor:
        return _sums(self._having, self.attribute)

    def queries(self, rows: Rows, of_attributes: Tensor) -> dict[str, Tensor]:
        def heard(vectors: Tensor) -> Tensor:
            by_seeker = self.said_by[0] * _sums(rows.seeker, vectors)
            return by_seeker + self.said_by[1] * _sums(rows.recommender, vectors)

        return {
            "behaviour": heard(self.named),
            "graph": heard(of_attributes),
            "text": _sums(rows.words, self.word),
            "attributes": _sums(rows.attributes, self.wanted + self.attribute),
        }


class DialogueNetwork:
    """One trained network: its vectors, and the scores they make."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        """`items` (n_items, d), `named` (n_items, d), `graph` (n_items, d), `words` (n_words, d), `attributes`
        (n_attributes, d), `popularity` (n_items,), `said_by` (2,)."""

    def shares(self, rows: Rows) -> dict[str, FloatMatrix]:
        """Return what each of `PARTS` gives, (n, n_items) a part."""
        made = self.tensors
        by = made["said_by"]
        heard = (rows.seeker * float(by[0]) + rows.recommender * float(by[1])).tocsr()
        queries = {
            "behaviour": heard @ made["named"],
            "graph": heard @ made["graph"],
            "text": rows.words @ made["words"],
            "attributes": rows.attributes @ made["attributes"],
        }
        parts = {name: np.asarray(query, np.float32) @ made["items"].T for name, query in queries.items()}
        parts["popularity"] = np.tile(made["popularity"], (len(rows), 1))
        return parts


def train_network(lessons: Lessons, config: DialogueConfig, seed: int) -> DialogueNetwork:
    """Train one network; deterministic for the same lessons, configuration and seed on one thread."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    n, n_items = lessons.targets.shape
    network = _Network(n_items, lessons.rows.words.shape[1], lessons.attributes, config.dim)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    steps = config.epochs * max(1, -(-n // config.batch_size))
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    for _ in range(config.epochs):
        order = rng.permutation(n)
        for start in range(0, n, config.batch_size):
            loss = _loss(network, lessons, order[start : start + config.batch_size], config, rng)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return DialogueNetwork(_taken(network))


def _loss(
    network: _Network,
    lessons: Lessons,
    batch: NDArray[np.int64],
    config: DialogueConfig,
    rng: np.random.Generator,
) -> Tensor:
    of_attributes = network.of_attributes()
    items = network.recommended + of_attributes
    rows = _thinned(lessons.rows.take(batch), config, rng)
    query = sum(network.queries(rows, of_attributes).values(), torch.zeros(()))
    query = torch.nn.functional.dropout(query, config.dropout)
    by_seeker = torch.tensor(lessons.by_seeker[batch].astype(np.float32))
    logits = query @ items.T + network.popularity + by_seeker[:, None] * network.seekers_bias
    weights = 1.0 - by_seeker * (1.0 - config.seeker_turns)
    loss = _cross_entropy(logits, lessons.targets[batch], lessons.named[batch], weights)
    if lessons.behaviour is not None and config.behaviour_weight > 0.0:
        people = rng.integers(0, lessons.behaviour.shape[0], _PEOPLE_A_STEP)
        shown, asked = _divided_likes(lessons.behaviour, people, rng)
        heard = _sums(shown, network.named + of_attributes)
        outside = torch.nn.functional.dropout(heard, config.dropout) @ items.T + network.outside_bias
        ones = torch.ones(len(people))
        loss = loss + config.behaviour_weight * _cross_entropy(outside, asked, shown, ones)
    return loss


def _cross_entropy(logits: Tensor, targets: csr_array, masked: csr_array, weights: Tensor) -> Tensor:
    """Return the mean over rows of the mean over their targets; rows without a target count nothing."""
    rows, columns = (torch.tensor(index, dtype=torch.int64) for index in masked.nonzero())
    logits = logits.index_put((rows, columns), torch.tensor(_NEVER))
    rows, columns = (torch.tensor(index, dtype=torch.int64) for index in targets.nonzero())
    counts = torch.bincount(rows, minlength=len(logits))
    log_share = logits[rows, columns] - torch.logsumexp(logits, 1)[rows]
    total = (weights * (counts > 0)).sum().clamp(min=1e-6)
    return -(log_share * (weights / counts.clamp(min=1))[rows]).sum() / total


def _thinned(rows: Rows, config: DialogueConfig, rng: np.random.Generator) -> Rows:
    def thin(matrix: csr_array, share: float) -> csr_array:
        kept = rng.random(len(matrix.data)) >= share
        values = np.where(kept, matrix.data / (1.0 - share), 0.0).astype(np.float32)
        return csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)

    return Rows(
        thin(rows.seeker, config.item_dropout),
        thin(rows.recommender, config.item_dropout),
        thin(rows.words, config.word_dropout),
        thin(rows.attributes, config.word_dropout),
    )


def _divided_likes(
    behaviour: csr_array, people: NDArray[np.int64], rng: np.random.Generator
) -> tuple[csr_array, csr_array]:
    """Return some likes of each person as what was said, and others to be found; people of one like have none."""
    shown: tuple[list[int], list[int], list[float]] = ([], [], [])
    asked: tuple[list[int], list[int], list[float]] = ([], [], [])
    for row, person in enumerate(people):
        liked = behaviour.indices[behaviour.indptr[person] : behaviour.indptr[person + 1]]
        if len(liked) < 2:
            continue
        liked = rng.permutation(liked)
        cut = min(int(rng.integers(1, _LIKED_SHOWN + 1)), len(liked) - 1)
        for to, items, weight in (
            (shown, liked[:cut], cut**-0.5),
            (asked, liked[cut : cut + _LIKED_ASKED], 1.0),
        ):
            to[0].extend([row] * len(items))
            to[1].extend(int(item) for item in items)
            to[2].extend([weight] * len(items))
    shape = (len(people), behaviour.shape[1])
    first, second = (csr_array((np.array(v, np.float32), (r, c)), shape=shape) for r, c, v in (shown, asked))
    return first, second


def _shared_out(having: csr_array) -> csr_array:
    """Divide each item's attributes by the root of their number, so that items are of one scale."""
    counts = np.diff(having.indptr)
    values = (having.data / np.repeat(np.sqrt(np.maximum(counts, 1)), counts)).astype(np.float32)
    return csr_array((values, having.indices, having.indptr), shape=having.shape)


def _sums(matrix: csr_array, vectors: Tensor) -> Tensor:
    """Return `matrix @ vectors`, shape (n, dim)."""
    return torch.nn.functional.embedding_bag(
        torch.tensor(matrix.indices, dtype=torch.int64),
        vectors,
        torch.tensor(matrix.indptr, dtype=torch.int64),
        mode="sum",
        per_sample_weights=torch.tensor(matrix.data, dtype=torch.float32),
        include_last_offset=True,
    )


def _taken(network: _Network) -> dict[str, NDArray[np.float32]]:
    with torch.no_grad():
        of_attributes = network.of_attributes()
        made = {
            "items": network.recommended + of_attributes,
            "named": network.named,
            "graph": of_attributes,
            "words": network.word,
            "attributes": network.wanted + network.attribute,
            "popularity": network.popularity,
            "said_by": network.said_by,
        }
        return {name: tensor.detach().numpy().copy() for name, tensor in made.items()}
