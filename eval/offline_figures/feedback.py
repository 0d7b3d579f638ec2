"""How fast feedback moves an answer, and what the bandit over granularities learns: regret, and NDCG by round."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.feedback_worlds import (
    BEST,
    CONFIG,
    GRANULARITIES,
    POLICIES,
    POOL,
    SHOWN,
    Parts,
    People,
    Policy,
    on_held_out,
    simulate,
    some_people,
)
from eval.offline_figures.kept import Found, Keeper, key_of
from eval.split import Split, default_metadata, read_split
from kg.files import written_whole
from recsys.feedback.bandit import contexts_of, regret_bound
from recsys.feedback.events import Event
from recsys.feedback.live import Feedback, Shown
from recsys.feedback.store import FeedbackStore

SEEDS, PEOPLE, ROUNDS, LIVE = 3, 120, 100, 300
EVERYBODY = "everybody's"
WORLDS = ("as believed", "one grain")
Curves = dict[tuple[str, Policy], list[dict[str, NDArray[np.float64]]]]


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Simulate people of ml-1m with hidden tastes by three seeds, replay real ones, and time the whole way of an event.

    Raises `SourceError` when ml-1m is not there.
    """
    folder = options.data / "ml-1m" / "split"
    split = read_split(folder, default_metadata(folder))
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + SEEDS))
    count, rounds = (30, 25) if options.quick else (PEOPLE, ROUNDS)
    progress("Parts of the score")
    parts = Parts(split)
    key = key_of(split.data_hash, CONFIG.model_dump(mode="json"), count, rounds, BEST, POOL, SHOWN)
    keeper = Keeper(options.out / f"feedback-{key}.json")
    curves: Curves = {(world, policy): [] for world in WORLDS for policy in POLICIES}
    real: list[Found] = []
    for seed in seeds:
        people = some_people(split, parts, count, seed)
        for world, policy in curves:
            progress(f"Seed {seed}, {world}, {policy}")
            made = partial(_course, people, world, policy, rounds, seed)
            curves[world, policy].append(_unpacked(keeper.get(f"{world} {policy} {seed}", made), rounds))
        progress(f"Seed {seed}, what people really met")
        many = some_people(split, parts, 2 * count, seed)
        real.append(keeper.get(f"real {seed}", partial(on_held_out, split, many, 15, seed)))
    progress("Time of an event")
    times = _latency(split, parts, 40 if options.quick else LIVE)
    plot = _plot(curves, rounds, options.out / "feedback.svg")
    return Section(
        title="Feedback",
        question="Does a like move the next answer at once, and do the weights find what a person goes by?",
        figures=_figures(curves, real, times, rounds),
        tables=(_table(curves, rounds), _real_table(real, 2 * count)),
        plots=(plot.name,),
        config={
            "seeds": len(seeds),
            "first seed": options.seed,
            "people": count,
            "rounds": rounds,
            "shown": SHOWN,
            "pool": POOL,
        },
    )


def _course(people: People, world: str, policy: Policy, rounds: int, seed: int) -> Found:
    course = simulate(people, world, policy, rounds, seed)
    told = {f"regret {k}": float(value) for k, value in enumerate(course.regret)}
    return told | {f"ndcg {k}": float(value) for k, value in enumerate(course.ndcg)}


def _unpacked(found: Found, rounds: int) -> dict[str, NDArray[np.float64]]:
    return {what: np.array([found[f"{what} {k}"] for k in range(rounds)]) for what in ("regret", "ndcg")}


def _latency(split: Split, parts: Parts, count: int) -> NDArray[np.float64]:
    """Return the milliseconds from an event to the next ten items, over `count` events of ten people."""
    position = {item.id: k for k, item in enumerate(split.items)}
    ids = [item.id for item in split.items]
    rng = np.random.default_rng(0)
    took = []
    with TemporaryDirectory() as folder:
        store = FeedbackStore.open(Path(folder))
        feedback = Feedback(store, bandit=CONFIG)
        shown: dict[str, Shown] = {}
        for number in range(count):
            user = f"person {number % 10}"
            item = (
                shown[user].items[int(rng.integers(0, 10))]
                if user in shown
                else ids[int(rng.integers(0, len(ids)))]
            )
            kind = "like" if rng.random() < 0.6 else "dislike"
            started = time.perf_counter()
            feedback.record(Event(user=user, item=item, kind=kind, time=datetime.now(UTC)), shown.get(user))
            found = {name: part[0] for name, part in parts.of(feedback.users(user, position).history).items()}
            weights = np.array(list(feedback.multipliers(user).values()))
            scores = contexts_of(found, GRANULARITIES) @ weights
            pool = np.argsort(-scores, kind="stable")[:POOL]
            took.append(1000.0 * (time.perf_counter() - started))
            shown[user] = Shown([ids[k] for k in pool], {name: part[pool] for name, part in found.items()})
        store.close()
    return np.array(took)


def _figures(
    curves: Curves, real: list[Found], times: NDArray[np.float64], rounds: int
) -> tuple[Figure, ...]:
    figures = [
        Figure(
            name="From an event to the next answer, p95",
            value=float(np.percentile(times, 95)),
            unit="ms",
            reach="< 50 ms",
            note=f"{len(times)} events kept on disk, learned from, folded in, 3,043 items scored; "
            f"median {np.median(times):.1f} ms, most {times.max():.1f} ms",
        )
    ]
    for world in WORLDS:
        fixed, learned = (_total(curves[world, policy]) for policy in ("fixed lambda", "Thompson"))
        figures.append(
            Figure(
                name=f"{world}: regret of {rounds} rounds, Thompson",
                value=float(learned.mean()),
                reach=f"< {fixed.mean():.2f}, fixed lambda",
                note=f"sum of mean reaction missed; seeds {', '.join(f'{value:.2f}' for value in learned)}; "
                f"bound of the theorem {_bound(rounds):,.0f}",
            )
        )
        growth = [_growth(np.cumsum(course["regret"])) for course in curves[world, "Thompson"]]
        figures.append(
            Figure(
                name=f"{world}: regret grows like rounds to the power of",
                value=float(np.mean(growth)),
                reach="< 1",
                note=f"over the second half; seeds {', '.join(f'{value:.2f}' for value in growth)}; fixed lambda 1",
            )
        )
    gain = [one["own"] - one[EVERYBODY] for one in real]
    figures.append(
        Figure(
            name="Real people: NDCG@20 on test, own weights less everybody's",
            value=float(np.mean(gain)),
            note=f"learned from validation; seeds {', '.join(f'{value:+.4f}' for value in gain)}",
        )
    )
    return tuple(figures)


def _total(courses: list[dict[str, NDArray[np.float64]]]) -> NDArray[np.float64]:
    return np.array([course["regret"].sum() for course in courses])


def _growth(total: NDArray[np.float64]) -> float:
    half = len(total) // 2
    return float(np.log(total[-1] / total[half - 1]) / np.log(len(total) / half))


def _bound(rounds: int) -> float:
    size = np.hypot(CONFIG.most * CONFIG.slope * np.sqrt(len(GRANULARITIES)), 1.0)
    return regret_bound(rounds, len(GRANULARITIES) + 1, float(size), float(np.hypot(3.0, 1.0)))


def _table(curves: Curves, rounds: int) -> Table:
    rows = []
    for (world, policy), courses in curves.items():
        total = _total(courses)
        ndcg = [np.mean([course["ndcg"][place].mean() for course in courses]) for place in _places(rounds)]
        rows.append(
            (
                world,
                policy,
                f"{total.mean():.2f}",
                f"{np.ptp(total):.2f}",
                *(f"{value:.3f}" for value in ndcg),
            )
        )
    return Table(
        title="Simulated people with a hidden taste",
        columns=(
            "taste",
            "policy",
            "regret",
            "spread",
            *(f"NDCG@{SHOWN}, rounds {p.start + 1}-{p.stop}" for p in _places(rounds)),
        ),
        rows=tuple(rows),
        note="Histories are real (ml-1m train), tastes and reactions are simulated. Regret: mean reaction in [-1, 1] "
        "that the best list would have got more, summed over rounds, mean over people; spread: largest less smallest "
        "of the seeds.",
    )


def _places(rounds: int) -> tuple[slice, slice, slice]:
    tenth = max(1, rounds // 10)
    return slice(0, tenth), slice(rounds // 2, rounds // 2 + tenth), slice(rounds - tenth, rounds)


def _real_table(real: list[Found], count: int) -> Table:
    return Table(
        title="Real people: weights learned from validation, judged on test",
        columns=("seed", "NDCG@20, everybody's weights", "NDCG@20, own weights"),
        rows=tuple((str(k), f"{one[EVERYBODY]:.4f}", f"{one['own']:.4f}") for k, one in enumerate(real)),
        note=f"{count} people a seed, 15 rounds of ten items; what is in validation counts as liked, the rest as "
        f"passed over. Items outside a person's {BEST} best count as ranked last; only train is masked.",
    )


def _plot(curves: Curves, rounds: int, file: Path) -> Path:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 4, figsize=(17, 3.6))
    place = np.arange(1, rounds + 1)
    for column, world in enumerate(WORLDS):
        for policy in POLICIES:
            courses = curves[world, policy]
            regret = np.mean([np.cumsum(course["regret"]) for course in courses], axis=0)
            ndcg = np.mean([course["ndcg"] for course in courses], axis=0)
            axes[column].plot(place, regret, label=policy)
            axes[2 + column].plot(place, ndcg, label=policy)
        axes[column].set(title=f"taste {world}", xlabel="round", ylabel="regret so far")
        axes[2 + column].set(title=f"taste {world}", xlabel="round", ylabel=f"NDCG@{SHOWN}")
        axes[column].legend(fontsize=8)
    figure.tight_layout()
    with written_whole(file) as beside:
        figure.savefig(beside, format="svg")
    plt.close(figure)
    return file
