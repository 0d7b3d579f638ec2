"""From a graph to vectors on disk, in one call: what a build of a workspace asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from kg.embeddings.config import EmbeddingConfig
from kg.embeddings.edges import index_edges, split_edges
from kg.embeddings.links import evaluate_links
from kg.embeddings.vectors import GraphEmbeddings
from kg.graph import KnowledgeGraph

_HELD_OUT = 0.05
_CHECKPOINT = ".training.safetensors"


def export_for_recommender(
    graph: KnowledgeGraph,
    out: Path,
    config: EmbeddingConfig | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> GraphEmbeddings:
    """Train on the graph's triples and write vectors, ids and card into `out`; return what was written.

    One edge in twenty is held out to know when to stop, and one in twenty to say in the card how good the
    vectors are. An interrupted run goes on where it was when it is called again with the same graph, folder
    and configuration. Raises `GraphError` when the graph has too few edges, `GraphUnavailable` when it is
    away.
    """
    from kg.embeddings.train import train_embeddings

    config = config or EmbeddingConfig()
    progress("Reading the triples")
    edges = index_edges(graph.triples())
    split = split_edges(edges, config.seed, _HELD_OUT)
    progress(
        f"Learning from {len(split.train):,} of {len(edges.edges):,} edges between {len(edges.entities):,} "
        f"entities, {len(edges.relations)} relations"
    )
    checkpoint = out / _CHECKPOINT
    vectors = train_embeddings(split, config, progress, checkpoint)
    progress("Ranking the held-out edges")
    known = np.concatenate([split.train, split.valid, split.test])
    notes = tuple(f"Relations of one fact: {', '.join(names)}." for names in split.twins)
    vectors.card = vectors.card.model_copy(
        update={
            "valid": evaluate_links(vectors.score, split.valid, known, edges),
            "test": evaluate_links(vectors.score, split.test, known, edges),
            "notes": notes,
        }
    )
    vectors.save(out)
    checkpoint.unlink(missing_ok=True)
    return vectors
