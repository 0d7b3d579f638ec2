"""How much each relation of the graph helps to rank ml-1m's films, beside EASE and EASE + attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eval.figures import Figure, MeasureOptions
from eval.kg_figures.embedding_data import film_of_column, ml1m_triples
from eval.metrics import ndcg_at_k, recall_at_k, target_ranks
from eval.split import Split, default_metadata, read_split
from kg.embeddings.vectors import GraphEmbeddings
from recsys.attributes import attribute_matrix
from recsys.models.base import FloatMatrix, Scorer, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.gram_gate import GramGateConfig, learn_gram_weights
from recsys.models.graph_gate import BASE, GraphGate, GraphGateConfig, relation_views
from recsys.models.popularity import Popularity
from recsys.models.relations import Blocks, relation_blocks, weighted_attributes

Progress = Callable[[str], None]
_K = 20
_SEEDS = 3


@dataclass(frozen=True)
class _Bench:
    split: Split
    blocks: Blocks
    bare: TrainingData
    known: TrainingData
    """With the attributes of the metadata, all of one weight."""


def measure_gates(
    options: MeasureOptions, vectors: GraphEmbeddings | None, progress: Progress
) -> list[Figure]:
    """Fit on train, rank all items for everybody with only train masked, and return validation and test.

    With `vectors`, their relations are views of their own. Raises `SourceError` when the data is not there.
    """
    bench, films = _bench(options)
    ease = EaseConfig()
    seeds = range(options.seed, options.seed + (1 if options.quick else _SEEDS))
    plain = EaseConfig(dropout=0.0, attribute_weight=0.0)
    found: list[Figure] = []
    for label, model, data in (
        ("popularity", Popularity(), bench.bare),
        ("EASE", Ease(plain), bench.bare),
        ("EASE + attributes", Ease(ease), bench.known),
        ("EASE + graph, one weight", Ease(ease), _stacked(bench, dict.fromkeys(bench.blocks, 5.0), ease)),
    ):
        progress(label)
        found += _figures(label, [_measured(model, data, bench.split)], "deterministic")
    # One seed: each step inverts the Gram matrix, and the gain on validation is within the spread of seeds.
    found += _gram_figures(bench, ease, [options.seed], options, progress)
    shared = relation_views(bench.blocks)
    gate = GraphGate(shared, GraphGateConfig(ease=plain, seed=options.seed))
    found += _figures("EASE + gate", [_measured(gate, bench.bare, bench.split)], f"seed {options.seed}")
    found += _gate_figures("gate, shared entities", bench, shared, ease, list(seeds), progress)
    if vectors is not None:
        seen = relation_views(bench.blocks, vectors, films)
        found += _gate_figures("gate, shared entities and vectors", bench, seen, ease, list(seeds), progress)
    return found


def _bench(options: MeasureOptions) -> tuple[_Bench, list[str]]:
    folder = options.data / "ml-1m" / "split"
    split = read_split(folder, default_metadata(folder))
    if options.quick:
        few = slice(0, 600)
        split = Split(split.train[few], split.valid[few], split.test[few], split.items, split.data_hash)
    films = film_of_column(folder)
    edges = [(t.subject, t.relation, t.object) for t in ml1m_triples(options.data)]
    edges += [
        (film, "decade", f"decade:{item.year // 10 * 10}")
        for film, item in zip(films, split.items, strict=True)
        if item.year is not None
    ]
    none = csr_array((0, split.train.shape[1]))
    known, _ = attribute_matrix(split.items)
    bench = _Bench(
        split,
        relation_blocks(films, edges),
        TrainingData(split.train, none),
        TrainingData(split.train, known),
    )
    return bench, films


def _stacked(bench: _Bench, weights: dict[str, float], ease: EaseConfig) -> TrainingData:
    stacked = weighted_attributes(bench.blocks, weights, ease.attribute_weight)
    return TrainingData(bench.split.train, stacked)


@dataclass(frozen=True)
class _Accuracy:
    valid: tuple[float, float]
    """Recall and NDCG."""
    test: tuple[float, float]


def _measured(model: Scorer, data: TrainingData, split: Split) -> _Accuracy:
    model.fit(data)
    scores = model.score(Users(split.train))
    return _Accuracy(_accuracy(scores, split.valid, split.train), _accuracy(scores, split.test, split.train))


def _accuracy(scores: FloatMatrix, targets: csr_array, train: csr_array) -> tuple[float, float]:
    ranks = target_ranks(scores, targets, train)
    return float(recall_at_k(ranks, _K).mean()), float(ndcg_at_k(ranks, _K).mean())


def _figures(label: str, runs: list[_Accuracy], note: str) -> list[Figure]:
    valid, test = (np.array([getattr(run, part) for run in runs]) for part in ("valid", "test"))
    if len(runs) > 1:
        spread = ", ".join(f"{run.test[0]:.4f}/{run.test[1]:.4f}" for run in runs)
        note = f"mean of {len(runs)} seeds ({spread}); {note}"
    return [
        Figure(
            name=f"ml-1m, {label}, {name}@{_K}",
            value=float(test[:, k].mean()),
            note=f"test; validation {valid[:, k].mean():.4f}; {note}",
        )
        for k, name in enumerate(("Recall", "NDCG"))
    ]


def _gram_figures(
    bench: _Bench, ease: EaseConfig, seeds: list[int], options: MeasureOptions, progress: Progress
) -> list[Figure]:
    runs, weights = [], []
    for seed in seeds:
        config = GramGateConfig(seed=seed, steps=3 if options.quick else GramGateConfig().steps)
        learned = learn_gram_weights(bench.split.train, bench.blocks, ease, config, progress)
        weights.append(learned.weights)
        runs.append(_measured(Ease(ease), _stacked(bench, learned.weights, ease), bench.split))
    figures = _figures("EASE + graph, learned weights", runs, "weights learned on a fifth of train")
    return figures + [
        Figure(
            name=f"weight of {name} in the Gram matrix",
            value=float(np.mean([found[name] for found in weights])),
            unit="people",
            note="by seed: " + ", ".join(f"{found[name]:.1f}" for found in weights),
        )
        for name in bench.blocks
    ]


def _gate_figures(
    label: str,
    bench: _Bench,
    views: dict[str, csr_array | FloatMatrix],
    ease: EaseConfig,
    seeds: list[int],
    progress: Progress,
) -> list[Figure]:
    runs, models = [], []
    for seed in seeds:
        progress(f"{label}, seed {seed}")
        model = GraphGate(views, GraphGateConfig(ease=ease, seed=seed))
        runs.append(_measured(model, bench.known, bench.split))
        models.append(model)
    figures = _figures(f"EASE + attributes + {label}", runs, "gates learned on a fifth of train")
    progress(f"{label}, each relation switched off")
    drops = _drops(models[0], bench.split)
    for name in views:
        gates = [model.gates[name] for model in models]
        if any(gates):
            note = "by seed: " + ", ".join(f"{gate:.4f}" for gate in gates)
            off = drops.get(name)
            note += (
                "" if off is None else f"; without it, NDCG@{_K} on validation (half the people) {off:+.5f}"
            )
            figures.append(Figure(name=f"{label}: {name}", value=float(np.mean(gates)), note=note))
    closed = sorted(name for name in views if not any(model.gates[name] for model in models))
    base = float(np.mean([model.gates[BASE] for model in models]))
    figures.append(
        Figure(
            name=f"{label}: {BASE}",
            value=base,
            note=f"gates of 0 on every seed: {', '.join(closed) or 'none'}",
        )
    )
    return figures


def _drops(model: GraphGate, split: Split) -> dict[str, float]:
    """Return for each open gate what NDCG on validation becomes more or less when its share is taken away."""
    rows: NDArray[np.int64] = np.arange(0, split.train.shape[0], 2)
    history, targets = split.train[rows], split.valid[rows]
    shares = model.shares(Users(history))
    whole: FloatMatrix = np.sum(list(shares.values()), axis=0, dtype=np.float32)
    ndcg = _accuracy(whole, targets, history)[1]
    return {
        name: _accuracy(whole - share, targets, history)[1] - ndcg
        for name, share in shares.items()
        if name != BASE
    }
