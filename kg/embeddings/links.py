"""Link prediction: the rank of the true entity among all, for the tail and for the head of each edge.

Filtered (Bordes et al., 2013): other entities that are known to be right are not counted as wrong. Ties count
against the model: an entity that scores the same as the true one is ranked ahead of it, so a constant score
earns nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from kg.embeddings.edges import Edges, EdgeSet
from kg.graph import GraphError

FloatMatrix = NDArray[np.float32]
ScoreAll = Callable[[NDArray[np.int64], NDArray[np.int64]], FloatMatrix]
"""From entities (n,) and relations (n,) to the scores of every entity as the answer, (n, n_entities).

Relation k of R asks for tails; k + R asks for heads of relation k.
"""
_BATCH = 256


class LinkFigures(BaseModel):
    """How high the true entities stand; shares in [0, 1]."""

    model_config = ConfigDict(frozen=True)

    mrr: float
    """Mean of 1 / rank."""
    hits_at_1: float
    hits_at_3: float
    hits_at_10: float
    ranked: int
    """How many ranks: two an edge, one for its tail and one for its head."""


class LinkReport(BaseModel):
    """Figures over all edges, and apart by relation and by what is asked for."""

    model_config = ConfigDict(frozen=True)

    all: LinkFigures
    tails: LinkFigures
    heads: LinkFigures
    relations: dict[str, LinkFigures]
    """By the name of the relation; one without an edge is left out."""


@dataclass(frozen=True)
class Questions:
    """The tails of each (entity, relation), heads asked for through relations R..2R-1."""

    entity: NDArray[np.int64]
    """Shape (q,)."""
    relation: NDArray[np.int64]
    """Shape (q,)."""
    start: NDArray[np.int64]
    """Shape (q + 1,); answers of question k are `answer[start[k]:start[k + 1]]`."""
    answer: NDArray[np.int64]
    """Shape (2n,)."""

    def answers_of(self, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return all answers of these questions, and for each of them its question's place in `chosen`."""
        lengths = self.start[chosen + 1] - self.start[chosen]
        line = np.repeat(np.arange(len(chosen)), lengths)
        offset = np.arange(len(line)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.answer[np.repeat(self.start[chosen], lengths) + offset], line


def questions(edges: Edges, n_relations: int) -> Questions:
    """Gather the answers of every question that `edges` answers, in both directions."""
    rows = both_ways(edges, n_relations)
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    new = np.flatnonzero(np.r_[True, (np.diff(rows[:, :2], axis=0) != 0).any(axis=1)][: len(rows)])
    return Questions(rows[new, 0], rows[new, 1], np.r_[new, len(rows)].astype(np.int64), rows[:, 2])


def both_ways(edges: Edges, n_relations: int) -> Edges:
    """Return the edges and, behind them in the same order, their reciprocals; shape (2n, 3)."""
    turned = np.stack([edges[:, 2], edges[:, 1] + n_relations, edges[:, 0]], axis=1)
    return np.concatenate([edges, turned])


def link_ranks(score: ScoreAll, edges: Edges, known: Edges, n_relations: int) -> NDArray[np.int64]:
    """Return 1-based ranks, shape (2n,): of the tail of each edge, then of the head of each.

    `known` holds every true edge, those of `edges` included. Raises `GraphError` when a score is not finite.
    """
    asked = both_ways(edges, n_relations)
    right = questions(known, n_relations)
    code = right.entity * 2 * n_relations + right.relation
    where = np.searchsorted(code, asked[:, 0] * 2 * n_relations + asked[:, 1])
    ranks = np.zeros(len(asked), dtype=np.int64)
    for begin in range(0, len(asked), _BATCH):
        rows = asked[begin : begin + _BATCH]
        scores = np.array(score(rows[:, 0], rows[:, 1]), dtype=np.float32)
        if not np.isfinite(scores).all():
            raise GraphError("The embeddings give scores that are not finite. Train them again.")
        target = scores[np.arange(len(rows)), rows[:, 2]]
        answers, line = right.answers_of(where[begin : begin + _BATCH])
        scores[line, answers] = -np.inf
        ranks[begin : begin + _BATCH] = 1 + (scores >= target[:, None]).sum(axis=1)
    return ranks


def evaluate_links(score: ScoreAll, edges: Edges, known: Edges, graph: EdgeSet) -> LinkReport:
    """Rank every entity of the graph for both ends of each of `edges`; see `link_ranks`."""
    n = len(edges)
    ranks = link_ranks(score, edges, known, len(graph.relations))
    relation = np.r_[edges[:, 1], edges[:, 1]]
    return LinkReport(
        all=figures_of(ranks),
        tails=figures_of(ranks[:n]),
        heads=figures_of(ranks[n:]),
        relations={
            name: figures_of(ranks[relation == k])
            for k, name in enumerate(graph.relations)
            if (relation == k).any()
        },
    )


def figures_of(ranks: NDArray[np.int64]) -> LinkFigures:
    """Average over these 1-based ranks; all zeros where there is none."""
    if not len(ranks):
        return LinkFigures(mrr=0.0, hits_at_1=0.0, hits_at_3=0.0, hits_at_10=0.0, ranked=0)
    return LinkFigures(
        mrr=float((1.0 / ranks).mean()),
        hits_at_1=float((ranks <= 1).mean()),
        hits_at_3=float((ranks <= 3).mean()),
        hits_at_10=float((ranks <= 10).mean()),
        ranked=len(ranks),
    )


def degree_scores(train: Edges, n_entities: int, n_relations: int) -> ScoreAll:
    """Return the baseline that names, for each relation, the entities that have most edges of it in train."""
    rows = both_ways(train, n_relations)
    counts = np.zeros((2 * n_relations, n_entities), dtype=np.float32)
    np.add.at(counts, (rows[:, 1], rows[:, 2]), 1.0)

    def score(entity: NDArray[np.int64], relation: NDArray[np.int64]) -> FloatMatrix:
        return counts[relation]

    return score
