"""What is run beside each other on ml-1m, and the settings that are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.peers.exchange import Setting

Settings = Mapping[str, Setting]

SEEDS = 3
"""Of a model that begins at random."""


@dataclass(frozen=True)
class Entry:
    """A model of the comparison."""

    label: str
    peer: str
    grid: tuple[Settings, ...] = ({},)
    """What is tried on validation; the first alone in a quick run."""
    seeds: int = 1
    """More than one for a model that begins at random."""
    threads: int = 1
    attributes: bool = False
    fit_limit: float = 600.0
    quick_limit: float = 5.0
    """Seconds of training in a quick run, for models that go by epochs."""


def _grid(fixed: Settings, **choices: Sequence[Setting]) -> tuple[Settings, ...]:
    """Return every combination of the choices, beside what is fixed."""
    found: list[dict[str, Setting]] = [dict(fixed)]
    for name, values in choices.items():
        found = [{**one, name: value} for one in found for value in values]
    return tuple(found)


LIGHTGCN = "LightGCN (RecBole)"
OURS_ON_TWO = "EASE + attributes (ours), 2 threads"
ENTRIES = (
    Entry("popularity", "popularity"),
    Entry("item-kNN (ours)", "our-item-knn"),
    Entry(
        "EASE (ours, plain)",
        "our-ease",
        _grid({"attribute_weight": 0.0, "dropout": 0.0}, regularization=[500.0, 200.0, 1000.0]),
    ),
    Entry("EASE (ours, with dropout)", "our-ease", ({"attribute_weight": 0.0},)),
    Entry("EASE + attributes (ours)", "our-ease", ({},), attributes=True),
    Entry(
        "iALS (ours)", "our-ials", _grid({}, alpha=[8.0, 4.0, 2.0], regularization=[60.0, 30.0]), seeds=SEEDS
    ),
    Entry("EASE (LensKit)", "lenskit-ease", _grid({}, regularization=[500.0, 200.0, 1000.0])),
    Entry("EASE (RecBole)", "recbole-ease", _grid({}, reg_weight=[500.0, 200.0, 1000.0])),
    Entry(
        "ALS (implicit)",
        "implicit-als",
        # Its alpha is 1 plus ours: these are the very losses that ours is tried with.
        _grid({"factors": 128, "iterations": 12}, alpha=[9.0, 5.0, 3.0], regularization=[60.0, 30.0]),
        seeds=SEEDS,
    ),
    Entry(
        "BPR (implicit)",
        "implicit-bpr",
        _grid({"factors": 128, "learning_rate": 0.05, "regularization": 0.01}, iterations=[100, 50])
        + _grid({"factors": 128, "learning_rate": 0.02, "regularization": 0.005}, iterations=[100]),
        seeds=SEEDS,
    ),
    Entry(
        "Mult-VAE (RecBole)",
        "recbole-multvae",
        _grid({"epochs": 200, "train_batch_size": 512, "eval_step": 5, "stopping_step": 4}),
        fit_limit=300.0,
    ),
    Entry(
        LIGHTGCN,
        "recbole-lightgcn",
        # The published dimension, depth and decay; a larger batch and step, as published ones take 1,000 epochs.
        _grid(
            {
                "embedding_size": 64,
                "n_layers": 3,
                "reg_weight": 1e-4,
                "require_pow": True,
                "learning_rate": 0.01,
                "train_batch_size": 16384,
                "epochs": 1000,
                "eval_step": 2,
                "stopping_step": 10,
            }
        ),
        threads=2,
        fit_limit=480.0,
    ),
    Entry(OURS_ON_TWO, "our-ease", ({},), attributes=True, threads=2),
)
"""What is run on ml-1m, in this order."""
