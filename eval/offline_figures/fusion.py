"""What each part of the fused model is worth on ml-1m, and how soon it is as good as a plain LightGCN.

Everything here is measured on validation: people are their train items, every other item is ranked, only train is
masked. No test figure is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.kg_figures.embedding_data import film_of_column, ml1m_triples
from eval.offline_figures.trials import Trial, Trials, mean_and_spread, ranked, timed
from eval.split import Split, default_metadata, read_split
from recsys.attributes import attribute_matrix, item_text
from recsys.encoder import Encoder
from recsys.fused.config import ORDER, FusedConfig
from recsys.fused.model import FusedModel
from recsys.fused.state import FusedState
from recsys.fused.training import ndcg
from recsys.models.base import FloatMatrix, Scorer, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.persist import hash_training_data
from recsys.models.popularity import Popularity
from recsys.models.relations import relation_blocks
from recsys.schema import Granularity

Progress = Callable[[str], None]
_K, _SEEDS, _QUICK_PEOPLE = 20, 3, 800
_BESIDE = (0.3, 0.6, 1.0)
"""Weights that the fused model is tried with beside EASE + attributes, both z-scored a person."""
_WATCHED = 1_500
"""People on whom the curves of accuracy over time are measured."""
LIGHT_GCN_EPOCHS = 150


@dataclass(frozen=True)
class _Bench:
    split: Split
    data: TrainingData
    language: FloatMatrix
    trials: Trials
    seed: int
    quick: bool

    def config(self, seed: int = 0, changes: Mapping[str, object] | None = None) -> FusedConfig:
        """Return the default configuration with changes, for this seed and size."""
        told: dict[str, object] = {"seed": self.seed + seed, **(changes or {})}
        if self.quick:
            told |= {"dim": 32, "epochs": 2}
        return FusedConfig.model_validate(told)

    def model(self, config: FusedConfig, progress: Progress = lambda _: None) -> FusedModel:
        """Return the fused model with this configuration, not fitted."""
        return FusedModel(config, self.language, tell=progress)

    def accuracy(self, scores: FloatMatrix) -> dict[str, float]:
        """Return the means over people with a validation item."""
        return ranked(scores, self.split.valid, self.split.train, _K)


def measure(options: MeasureOptions, progress: Progress = lambda _: None) -> Section:
    """Measure all of it; about forty minutes on one core."""
    bench = _bench(options, progress)
    plain: dict[str, Scorer] = {
        "popularity": Popularity(),
        "EASE": Ease(EaseConfig(dropout=0.0, attribute_weight=0.0)),
        "EASE + attributes": Ease(EaseConfig()),
    }
    rows = {name: [_plain_trial(bench, name, model)] for name, model in plain.items()}
    seeds = 1 if bench.quick else _SEEDS
    ours = [_watched(bench, "fused", bench.config(seed)) for seed in range(seeds)]
    light = _watched(bench, "light_gcn", _light_gcn(bench))
    rows |= {"the fused model": ours, "plain LightGCN with BPR": [light]}
    parts = {name: [_ablated(bench, name, changes)] for name, changes in ABLATIONS.items()}
    return Section(
        title="The fused model, part by part",
        question="What is each part of the fused model worth, and how soon is it as good as a plain LightGCN?",
        figures=_figures(rows, ours, light),
        tables=(
            _table(
                "Validation, ml-1m", rows, f"The fused model over {seeds} seeds, plus-minus half the span."
            ),
            _table(
                "Validation, ml-1m: what each part is worth",
                parts,
                "All of width 128 and 6 epochs, so that sixteen can be trained; one seed, the same for all.",
            ),
            _gate_table(ours[0]),
        ),
        config={"seed": options.seed, "seeds": seeds, "people": bench.split.train.shape[0]},
    )


def _figures(rows: Mapping[str, list[Trial]], ours: list[Trial], light: Trial) -> tuple[Figure, ...]:
    metric = f"NDCG@{_K}"
    best, seconds = light.scores["best"], light.scores["seconds to best"]
    reached = _reached(ours[0], best)
    return (
        Figure(
            name=f"{metric} of the fused model on validation",
            value=_mean(ours, metric),
            note=f"mean of {len(ours)} seeds; EASE + attributes {_mean(rows['EASE + attributes'], metric):.4f}",
        ),
        Figure(
            name="How many times sooner it has the accuracy of a plain LightGCN",
            value=seconds / reached if reached else 0.0,
            reach=">= 5",
            note=f"{metric} {best:.4f} after {seconds:.0f} s of LightGCN with BPR, passed after {reached:.0f} s; "
            "preparing counted, measuring not; on the same people, one thread"
            if reached
            else f"{metric} {best:.4f} of LightGCN with BPR was never reached",
        ),
        Figure(
            name=f"{metric} on validation of EASE + attributes and the fused model in one sum",
            value=_mean(ours, f"beside {metric}"),
            note=f"z-scored a person, weight 1 and the best of {_BESIDE}; their scores correlate "
            f"{_mean(ours, 'correlation'):.2f} a person; mean of {len(ours)} seeds",
        ),
    )


def _off(*grains: Granularity) -> dict[str, object]:
    return {"granularities": tuple(grain for grain in ORDER if grain not in grains)}


ABLATIONS: Mapping[str, dict[str, object]] = {
    "everything": {},
    "without attributes": _off(Granularity.ATTRIBUTES),
    "without the graph's entities": _off(Granularity.GRAPH),
    "without texts as a grain": _off(Granularity.TEXT),
    "without the popularity prior": _off(Granularity.POPULARITY),
    "without behaviour": _off(Granularity.BEHAVIOUR),
    "behaviour and popularity alone": _off(Granularity.ATTRIBUTES, Granularity.GRAPH, Granularity.TEXT),
    "without a start from texts": {"text_start": False},
    "relations without gates": {"gates": False},
    "no propagation": {"layers": 0},
    "two layers": {"layers": 2},
    "three layers": {"layers": 3},
    "without entities in the propagation": {"entities": False},
    "without a start from the graph's directions": {"spectral_start": False},
    "one role an item": {"own_role": False},
    "BPR instead of the softmax": {"loss": "bpr"},
    "sampled softmax": {"loss": "sampled"},
}
"""What is changed of the default, which has one layer."""
_SHORT: Mapping[str, object] = {"dim": 128, "epochs": 6}
"""Of every model that is compared part by part."""


def _bench(options: MeasureOptions, progress: Progress) -> _Bench:
    folder = options.data / "ml-1m" / "split"
    split = read_split(folder, default_metadata(folder))
    if options.quick:
        few = slice(0, _QUICK_PEOPLE)
        split = Split(split.train[few], split.valid[few], split.test[few], split.items, split.data_hash)
    edges = [(t.subject, t.relation, t.object) for t in ml1m_triples(options.data)]
    data = TrainingData(
        split.train,
        attribute_matrix(split.items)[0],
        relations=relation_blocks(film_of_column(folder), edges),
    )
    kept = options.out / "fusion"
    trials = Trials(kept, hash_training_data(data), progress)
    return _Bench(split, data, _language(options, split), trials, options.seed, options.quick)


def _language(options: MeasureOptions, split: Split) -> FloatMatrix:
    encoder = Encoder()
    file = options.out / "fusion" / f"language-{split.data_hash[:16]}-{encoder.name.replace('/', '-')}.npy"
    if file.is_file():
        found: FloatMatrix = np.load(file, allow_pickle=False)
        return found
    vectors = encoder.encode([item_text(item) for item in split.items])
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, vectors, allow_pickle=False)
    return vectors


def _plain_trial(bench: _Bench, name: str, model: Scorer) -> Trial:
    users = Users(bench.split.train)
    return bench.trials.of(
        name,
        {"part": "valid"},
        lambda: timed(lambda: model.fit(bench.data), lambda: bench.accuracy(model.score(users))),
    )


def _ablated(bench: _Bench, name: str, changes: Mapping[str, object]) -> Trial:
    config = bench.config(0, {**_SHORT, **changes})
    users = Users(bench.split.train)

    def run() -> Trial:
        model = bench.model(config)
        return timed(lambda: model.fit(bench.data), lambda: bench.accuracy(model.score(users)))

    return bench.trials.of(name, {"part": "valid", **config.model_dump(mode="json")}, run)


def _light_gcn(bench: _Bench) -> FusedConfig:
    epochs = 2 if bench.quick else LIGHT_GCN_EPOCHS
    return FusedConfig.light_gcn(seed=bench.seed, epochs=epochs)


def _watched(bench: _Bench, name: str, config: FusedConfig) -> Trial:
    """Train with NDCG@20 on validation over the seconds of training, those of measuring left out."""
    chosen = np.sort(np.random.default_rng(bench.seed).permutation(bench.split.train.shape[0])[:_WATCHED])
    met, targets = (csr_array(part[chosen]) for part in (bench.split.train, bench.split.valid))
    users = Users(bench.split.train)

    def run() -> Trial:
        model, looker = bench.model(config, bench.trials.progress), FusedModel(config)
        curve: dict[str, float] = {}
        spent, started = 0.0, time.perf_counter()

        def watch(epoch: int, state: FusedState) -> None:
            nonlocal spent
            now = time.perf_counter()
            looker.show(state, met.shape[1])
            curve[f"epoch {epoch} seconds"] = now - started - spent
            curve[f"epoch {epoch}"] = ndcg(looker.score(Users(met)), met, targets)
            spent += time.perf_counter() - now

        def score() -> dict[str, float]:
            scores = model.score(users)
            best = max(range(1, config.epochs + 1), key=lambda epoch: curve[f"epoch {epoch}"])
            ends = {"best": curve[f"epoch {best}"], "seconds to best": curve[f"epoch {best} seconds"]}
            gates = {f"gate {relation}": gate for relation, gate in model.gates.items()}
            lambdas = {f"lambda {known} {grain}": value for (_, known, grain), value in model.lambdas.items()}
            return {**bench.accuracy(scores), **_beside(bench, scores), **ends, **gates, **lambdas, **curve}

        model.watch = watch
        trial = timed(lambda: model.fit(bench.data), score)
        return trial.model_copy(update={"fit_seconds": trial.fit_seconds - spent})

    return bench.trials.of(name, {"part": "valid", **config.model_dump(mode="json")}, run)


def _reached(curve: Trial, value: float) -> float:
    """Return the seconds after which a curve is at least `value`, 0 where it never is."""
    epoch = 1
    while f"epoch {epoch}" in curve.scores:
        if curve.scores[f"epoch {epoch}"] >= value:
            return curve.scores[f"epoch {epoch} seconds"]
        epoch += 1
    return 0.0


def _beside(bench: _Bench, scores: FloatMatrix) -> dict[str, float]:
    """Return what a sum with EASE + attributes reaches, and how alike the two are."""
    ease = Ease(EaseConfig())
    ease.fit(bench.data)
    first, second = _z_scores(ease.score(Users(bench.split.train))), _z_scores(scores)
    correlation = float((first * second).mean(axis=1).mean())
    found = {weight: bench.accuracy(first + np.float32(weight) * second) for weight in _BESIDE}
    weight = max(found, key=lambda one: found[one][f"NDCG@{_K}"])
    told = {f"beside {metric}": value for metric, value in found[weight].items()}
    return {**told, "beside weight": weight, "correlation": correlation}


def _z_scores(scores: FloatMatrix) -> FloatMatrix:
    spread = scores.std(axis=1, keepdims=True)
    return np.asarray(
        (scores - scores.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-9), dtype=np.float32
    )


def _table(title: str, rows: Mapping[str, list[Trial]], note: str) -> Table:
    return Table(
        title=title,
        columns=("model", f"Recall@{_K}", f"NDCG@{_K}", "fit (s)", "score all (s)", "memory (MB)"),
        rows=tuple(
            (
                name,
                mean_and_spread([trial.scores[f"Recall@{_K}"] for trial in trials]),
                mean_and_spread([trial.scores[f"NDCG@{_K}"] for trial in trials]),
                f"{np.mean([trial.fit_seconds for trial in trials]):.0f}",
                f"{np.mean([trial.score_seconds for trial in trials]):.1f}",
                f"{max(trial.peak_mb for trial in trials):,.0f}",
            )
            for name, trials in rows.items()
        ),
        note=f"All items are ranked, only train is masked, ties count against the model. {note} Scoring includes "
        "ranking.",
    )


def _gate_table(trial: Trial) -> Table:
    found = sorted(
        (name, value) for name, value in trial.scores.items() if name.startswith(("gate ", "lambda "))
    )
    return Table(
        title="Gates of the relations and lambdas of the grains, as learned",
        columns=("which", "value"),
        rows=tuple((name, f"{value:.3f}") for name, value in found),
        note="A lambda's number is the least count of known items of its bucket; behaviour is the unit.",
    )


def _mean(trials: list[Trial], metric: str) -> float:
    return float(np.mean([trial.scores[metric] for trial in trials]))
