"""Leave-one-out on Amazon Beauty, Sports and Toys (the files of S3-Rec): what does a person buy next?

The last item of a person is the test, the one before it the validation; models learn from the rest, and are given
the validation item when the test is asked for. Every item is ranked but those of the history, as S3-Rec does.
"""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np
from pydantic import BaseModel
from scipy.sparse import coo_array, csr_array

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.s3_data import LeaveOneOut, read_s3
from eval.offline_figures.s3_stack import Member, learn_weights, rank_all, softmax
from kg.files import write_text
from recsys.models.base import Columns, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.item_knn import ItemKnn, ItemKnnConfig
from recsys.models.persist import hash_training_data
from recsys.models.popularity import Popularity
from recsys.models.sequence import SequenceConfig, SequenceModel
from recsys.models.transitions import Transitions, TransitionsConfig

SEEDS = {"Beauty": 3, "Sports_and_Outdoors": 3, "Toys_and_Games": 3}
"""Seeds a data set, from `options.seed` on."""
PUBLISHED = {
    "Beauty": {
        "SASRec": (0.0605, 0.0318),
        "S3-Rec": (0.0647, 0.0327),
        "SASRec, full softmax": (0.0859, 0.0503),
    },
    "Sports_and_Outdoors": {"SASRec": (0.0350, 0.0192), "S3-Rec": (0.0385, 0.0204)},
    "Toys_and_Games": {"SASRec": (0.0675, 0.0374), "S3-Rec": (0.0700, 0.0376)},
}
"""HR@10 and NDCG@10 as published; the third of Beauty is a reproduction of SASRec with full cross-entropy."""
REACH = {"Beauty": (0.088, 0.052)}
PLAIN = SequenceConfig(use_attributes=False)
"""The tuned SASRec that ours stands beside."""
INFORMED = PLAIN.model_copy(update={"use_attributes": True})
"""The same with the attributes of the items in their vectors."""
ATTRIBUTE_WEIGHTS = (0.04, 0.08, 0.14)
"""Of `Transitions`, of which the validation chooses."""
RECENT = 0.8
"""What an item of a history counts for EASE and item-kNN in the sum, for each step that it lies before the last."""
_ASKED = 5_000
"""People whose validation chooses the epoch of a network and the weight of the attributes."""
_WEIGHED = 8_000
"""People whose validation chooses the weights of the sum."""
BASELINE, OURS, NETWORKS = "SASRec, full softmax", "ours: the sum", "both networks"


class Result(BaseModel):
    """What one seed gave on one data set."""

    key: str
    hit_rate: dict[str, float]
    """HR@10 of the test, a model a key."""
    ndcg: dict[str, float]
    validation: dict[str, float]
    """NDCG@10 of the validation."""
    unmasked: dict[str, float]
    """NDCG@10 of the test when the history is ranked too."""
    weights: dict[str, float]
    fit_seconds: dict[str, float]
    score_seconds: dict[str, float]
    """For the test of all people."""
    epochs: dict[str, int]
    people: int
    items: int
    peak_gb: float
    """Resident memory of the whole process."""


def measure(
    options: MeasureOptions, progress: Callable[[str], None], seeds: Mapping[str, int] = SEEDS
) -> Section:
    """Measure every data set of `seeds`, with so many seeds each; finished ones are found in `options.out`."""
    out = options.out / "s3"
    most = 500 if options.quick else 0
    wanted = {"Beauty": 1} if options.quick else seeds
    results: dict[str, list[Result]] = {}
    for name, count in wanted.items():
        data = read_s3(options.data / "s3rec", name, most)
        for seed in range(options.seed, options.seed + count):
            results.setdefault(name, []).append(_one(data, seed, out, options.quick, progress))
    return _section(results, options)


def _one(data: LeaveOneOut, seed: int, out: Path, quick: bool, progress: Callable[[str], None]) -> Result:
    update = {"seed": seed, "epochs": 4} if quick else {"seed": seed}
    plain, informed = (config.model_copy(update=update) for config in (PLAIN, INFORMED))
    training = data.training()
    told = "/".join(
        [
            data.data_hash,
            *(config.model_dump_json() for config in (plain, informed, TransitionsConfig(), ItemKnnConfig())),
            EaseConfig.for_data(training.interactions).model_dump_json(),
            str((ATTRIBUTE_WEIGHTS, RECENT, _ASKED, _WEIGHED)),
        ]
    )
    key = hashlib.sha256(told.encode()).hexdigest()
    file = out / f"{data.name}-{seed}.json"
    if file.is_file():
        kept = Result.model_validate_json(file.read_text(encoding="utf-8"))
        if kept.key == key:
            return kept
    rng = np.random.default_rng(0)
    order = rng.permutation(len(data.sequences)).astype(np.int64)
    asked, weighed = np.sort(order[:_ASKED]), np.sort(order[:_WEIGHED])
    fit_seconds: dict[str, float] = {}
    epochs: dict[str, int] = {}
    members = []
    for name, config, kind in (
        (BASELINE, plain, "plain"),
        ("sequence model with attributes", informed, "informed"),
    ):
        progress(f"{data.name}, seed {seed}: {name}")
        network, fit_seconds[name], epochs[name] = _network(
            data, training, config, asked, out / f"{data.name}-{kind}-{seed}", progress
        )
        members.append(Member(name, network.score, softmax))
    closed = _closed(data, training, asked, out, fit_seconds, progress)
    members += closed
    in_sum = [member for member in members if member.in_sum]
    progress(f"{data.name}, seed {seed}: weights of the sum")
    weights, _ = learn_weights(data, in_sum, weighed)
    pair, _ = learn_weights(data, in_sum[:2], weighed)
    sums = {OURS: weights, NETWORKS: pair}
    everybody = np.arange(len(data.sequences), dtype=np.int64)
    progress(f"{data.name}, seed {seed}: ranking for {len(everybody):,} people")
    validation = rank_all(data, members, sums, weighed, test=False)
    test = rank_all(data, members, sums, everybody, test=True)
    result = Result(
        key=key,
        hit_rate={name: test.hit_rate(name) for name in test.ranks},
        ndcg={name: test.ndcg(name) for name in test.ranks},
        validation={name: validation.ndcg(name) for name in validation.ranks},
        unmasked={name: test.ndcg(name, masked=False) for name in test.ranks},
        weights=weights,
        fit_seconds=fit_seconds,
        score_seconds=test.seconds,
        epochs=epochs,
        people=len(everybody),
        items=data.n_items,
        peak_gb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    )
    write_text(file, result.model_dump_json(indent=2) + "\n")
    progress(f"{data.name}, seed {seed}: HR@10 {result.hit_rate[OURS]:.4f}, NDCG@10 {result.ndcg[OURS]:.4f}")
    return result


class _Trained(BaseModel):
    seconds: float
    epochs: int


def _network(
    data: LeaveOneOut,
    training: TrainingData,
    config: SequenceConfig,
    asked: Columns,
    folder: Path,
    progress: Callable[[str], None],
) -> tuple[SequenceModel, float, int]:
    """Train, go on training, or read what was trained; the seconds and epochs that it took."""
    from recsys.models.sequence_training import NextItems

    users, targets = data.people(asked, test=False)
    model = SequenceModel(
        config,
        validation=NextItems(users.sequences, targets),
        checkpoints=folder,
        progress=lambda line: progress(f"  {line}"),
    )
    note = folder / "trained.json"
    if note.is_file():
        model.load(folder)
        same = model.config == config and model.card.data_hash == hash_training_data(training)
        if same:
            trained = _Trained.model_validate_json(note.read_text(encoding="utf-8"))
            return model, trained.seconds, trained.epochs
        model.config = config
    model.fit(training)
    assert model.outcome is not None
    trained = _Trained(seconds=model.outcome.seconds, epochs=model.outcome.epoch)
    model.save(folder)
    write_text(note, trained.model_dump_json() + "\n")
    return model, trained.seconds, trained.epochs


def _closed(
    data: LeaveOneOut,
    training: TrainingData,
    asked: Columns,
    out: Path,
    fit_seconds: dict[str, float],
    progress: Callable[[str], None],
) -> list[Member]:
    """Fit the models that have no seed."""
    started = time.perf_counter()
    tried: list[tuple[float, Transitions]] = []
    for weight in ATTRIBUTE_WEIGHTS:
        model = Transitions(TransitionsConfig(attribute_weight=weight))
        model.fit(training)
        member = Member("transitions", model.score)
        tried.append((rank_all(data, [member], {}, asked, test=False).ndcg("transitions"), model))
    transitions = max(tried, key=lambda found: found[0])[1]
    fit_seconds["transitions"] = time.perf_counter() - started
    progress(f"{data.name}: transitions with attributes {transitions.config.attribute_weight}")
    started = time.perf_counter()
    knn = ItemKnn()
    knn.fit(training)
    fit_seconds["item-kNN"] = time.perf_counter() - started
    popularity = Popularity()
    popularity.fit(training)
    ease = Ease(EaseConfig.for_data(training.interactions))
    folder = out / f"{data.name}-ease"
    note = folder / "trained.json"
    if note.is_file():
        ease.load(folder)
    if ease.card.data_hash != hash_training_data(training):
        progress(f"{data.name}: EASE")
        started = time.perf_counter()
        ease.fit(training)
        ease.save(folder)
        seconds = time.perf_counter() - started
        write_text(note, _Trained(seconds=seconds, epochs=0).model_dump_json() + "\n")
    fit_seconds["EASE"] = _Trained.model_validate_json(note.read_text(encoding="utf-8")).seconds
    return [
        Member("transitions", transitions.score),
        Member("attributes", lambda users: transitions.shares(users)["attributes"]),
        Member("EASE, recent items first", lambda users: ease.score(recent_first(users))),
        Member("EASE", ease.score, in_sum=False),
        Member("item-kNN", knn.score, in_sum=False),
        Member("popularity", popularity.score, in_sum=False),
    ]


def recent_first(users: Users) -> Users:
    """Return the same people with a history whose items weigh `RECENT` to the power of the steps they lie back."""
    lengths = np.array([len(sequence) for sequence in users.sequences])
    columns = np.concatenate(users.sequences)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    age = np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(columns))
    recent = coo_array((RECENT ** age.astype(np.float32), (rows, columns)), shape=users.history.shape)
    return Users(cast(csr_array, recent.tocsr()), sequences=users.sequences)


def _section(results: Mapping[str, list[Result]], options: MeasureOptions) -> Section:
    figures, tables = [], []
    for name, runs in results.items():
        note = f"{runs[0].people:,} people, {runs[0].items:,} items, {len(runs)} seed(s), mean"
        for metric, place in (("HR@10", 0), ("NDCG@10", 1)):
            ours, baseline = (_values(runs, model, place) for model in (OURS, BASELINE))
            reach = f">= {REACH[name][place]}" if name in REACH and not options.quick else ""
            figures += [
                Figure(name=f"{name} {metric}, ours", value=float(ours.mean()), reach=reach, note=note),
                Figure(
                    name=f"{name} {metric}, ours over SASRec with the full softmax",
                    value=float((ours / baseline).min()),
                    reach="> 1",
                    note=f"least over {len(runs)} seed(s); {ours.mean():.4f} over {baseline.mean():.4f}",
                ),
            ]
        tables += [_accuracy(name, runs), _weights(name, runs)]
    return Section(
        title="What comes next: Amazon Beauty, Sports, Toys",
        question="Does the sum of a sequence model, counted transitions and EASE beat a tuned SASRec of the same run?",
        figures=tuple(figures),
        tables=tuple(tables),
        config={
            "seed": options.seed,
            "dim": PLAIN.dim,
            "layers": PLAIN.layers,
            "dropout": PLAIN.dropout,
            "epochs": PLAIN.epochs,
            "batch": PLAIN.batch,
            "learning rate": PLAIN.learning_rate,
        },
    )


def _values(runs: list[Result], model: str, place: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([(run.hit_rate, run.ndcg)[place][model] for run in runs])


def _accuracy(name: str, runs: list[Result]) -> Table:
    rows = [
        (f"{model} (published)", f"{hits:.4f}", f"{gain:.4f}", "", "", "", "")
        for model, (hits, gain) in PUBLISHED.get(name, {}).items()
    ]
    for model in runs[0].hit_rate:
        hits, gains = _values(runs, model, 0), _values(runs, model, 1)
        unmasked = [run.unmasked[model] for run in runs]
        rows.append(
            (
                model,
                _spread(hits),
                _spread(gains),
                f"{np.mean([run.validation[model] for run in runs]):.4f}",
                f"{np.mean(unmasked):.4f}",
                _seconds([run.fit_seconds.get(model) for run in runs]),
                _seconds([run.score_seconds.get(model) for run in runs]),
            )
        )
    peak = max(run.peak_gb for run in runs)
    return Table(
        title=f"{name}: test, every item ranked",
        columns=(
            "model",
            "HR@10",
            "NDCG@10",
            "NDCG@10, validation",
            "NDCG@10, history ranked too",
            "s to train",
            "s to score all",
        ),
        rows=tuple(rows),
        note=f"Mean over {len(runs)} seed(s), in brackets the largest less the smallest. Items of the history are "
        "not ranked (no target is among them); ties count against the model. Epochs, attributes and weights "
        f"were chosen on the validation, {_WEIGHED:,} people at most. Networks: best epoch "
        f"{', '.join(str(run.epochs) for run in runs)}. Peak memory {peak:.1f} GB.",
    )


def _weights(name: str, runs: list[Result]) -> Table:
    return Table(
        title=f"{name}: weights of the sum, on z-scores of the roots",
        columns=("model", "weight"),
        rows=tuple(
            (model, _spread(np.array([run.weights[model] for run in runs]))) for model in runs[0].weights
        ),
    )


def _spread(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return f"{values.mean():.4f}" + (f" ({np.ptp(values):.4f})" if len(values) > 1 else "")


def _seconds(values: list[float | None]) -> str:
    found = [value for value in values if value is not None]
    return f"{np.mean(found):.1f}" if found else ""
