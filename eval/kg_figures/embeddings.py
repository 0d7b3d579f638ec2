"""How well do learned vectors predict held-out facts, and how much does each relation help to recommend?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from eval.figures import Figure, MeasureOptions, Section
from eval.kg_figures.embedding_data import ml1m_triples, redial_triples
from eval.kg_figures.gates import measure_gates
from kg.embeddings.config import EmbeddingConfig
from kg.embeddings.edges import EdgeSplit, index_edges, split_edges
from kg.embeddings.links import LinkReport, ScoreAll, degree_scores, evaluate_links
from kg.embeddings.train import train_embeddings
from kg.embeddings.vectors import GraphEmbeddings
from kg.schema import Triple

CHOSEN = {
    "ComplEx": EmbeddingConfig(model="complex"),
    "RotatE": EmbeddingConfig(model="rotate", lr=0.3),
    "DistMult": EmbeddingConfig(model="distmult", dim=128),
}
"""Chosen on the validation edges of ml-1m; all three have as many numbers an entity."""
_GRAPHS: dict[str, Callable[[Path], list[Triple]]] = {"ml-1m": ml1m_triples, "ReDial": redial_triples}
_QUICK_TRIPLES = 6_000


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Train on two graphs, rank their held-out edges, and learn the gates on ml-1m.

    Training is kept in `options.out / "embeddings"` and goes on there when it was interrupted. Raises
    `SourceError` when the data is not there.
    """
    figures: list[Figure] = []
    gate_vectors: GraphEmbeddings | None = None
    for name, read in _GRAPHS.items():
        triples = read(options.data)
        split = split_edges(index_edges(triples[:_QUICK_TRIPLES] if options.quick else triples), options.seed)
        progress(f"{name}: {len(split.graph.edges):,} edges, {len(split.test):,} of them for the test")
        figures += _graph_figures(name, len(triples), split)
        for label, config in CHOSEN.items():
            vectors = _trained(name, split, config, options, progress)
            report = _report(split, vectors.score)
            figures += _link_figures(f"{name}, {label}", report, f"best epoch {vectors.card.epochs}")
            if label == "ComplEx":
                figures += _relation_figures(f"{name}, {label}", report)
            if gate_vectors is None:
                gate_vectors = vectors
    gates = measure_gates(options, gate_vectors, progress)
    return Section(
        title="Embeddings and gates",
        question="How high do facts that were held out stand among all entities, heads and tails, filtered, "
        "ties against the model; and does any relation help EASE to rank ml-1m's films?",
        figures=(*figures, *gates),
        config={label: config.model_dump_json() for label, config in CHOSEN.items()} | {"seed": options.seed},
    )


def _graph_figures(name: str, read: int, split: EdgeSplit) -> list[Figure]:
    graph = split.graph
    report = _report(split, degree_scores(split.train, len(graph.entities), len(graph.relations)))
    note = (
        f"{len(graph.entities):,} entities, {len(graph.relations)} relations, {read:,} triples read; "
        f"{len(split.train):,} train, {len(split.valid):,} valid, {len(split.test):,} test; "
        f"twins: {'; '.join(', '.join(names) for names in split.twins) or 'none'}"
    )
    return [
        Figure(name=f"{name}, edges", value=len(graph.edges), note=note),
        *_link_figures(
            f"{name}, degree", report, "the baseline: the entities met most often under the relation"
        ),
    ]


def _trained(
    name: str,
    split: EdgeSplit,
    config: EmbeddingConfig,
    options: MeasureOptions,
    progress: Callable[[str], None],
) -> GraphEmbeddings:
    changed: dict[str, int] = {"seed": options.seed}
    if options.quick:
        changed |= {"epochs": 2, "dim": 16}
    config = config.model_copy(update=changed)
    key = f"{split.graph.data_hash[:12]}-{config.model}-{options.seed}-{config.dim}"
    progress(f"{name}: {config.model}")
    return train_embeddings(split, config, progress, options.out / "embeddings" / f"{key}.safetensors")


def _report(split: EdgeSplit, score: ScoreAll) -> LinkReport:
    known = np.concatenate([split.train, split.valid, split.test])
    return evaluate_links(score, split.test, known, split.graph)


def _link_figures(name: str, report: LinkReport, note: str) -> list[Figure]:
    found = report.all
    on = f"{found.ranked:,} ranks; {note}"
    apart = f"tails {report.tails.mrr:.3f}, heads {report.heads.mrr:.3f}"
    return [
        Figure(name=f"{name}, MRR", value=found.mrr, note=f"{on}; {apart}"),
        Figure(name=f"{name}, Hits@1", value=found.hits_at_1),
        Figure(name=f"{name}, Hits@3", value=found.hits_at_3),
        Figure(name=f"{name}, Hits@10", value=found.hits_at_10),
    ]


def _relation_figures(name: str, report: LinkReport) -> Sequence[Figure]:
    return [
        Figure(
            name=f"{name}, {relation}, MRR",
            value=found.mrr,
            note=f"{found.ranked:,} ranks; Hits@10 {found.hits_at_10:.3f}",
        )
        for relation, found in report.relations.items()
    ]
