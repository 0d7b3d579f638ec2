"""Latency and memory as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kg.files import written_whole

if TYPE_CHECKING:
    from eval.load_figures.people import Growth, Look

_MIB = 2**20


def plot_latency(milliseconds: Mapping[str, np.ndarray], file: Path) -> Path:
    """Draw the share of turns that were answered within a time, a line each; returns the SVG file."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    for name, values in milliseconds.items():
        if len(values):
            ordered = np.sort(values)
            axis.step(ordered, np.arange(1, len(ordered) + 1) / len(ordered), where="post", label=name)
    for share in (0.5, 0.95, 0.99):
        axis.axhline(share, color="0.8", linewidth=0.8, zorder=0)
    axis.set_xscale("log")
    axis.set_xlabel("milliseconds")
    axis.set_ylabel("share of turns")
    axis.legend(loc="lower right", fontsize=8)
    return _written(figure, file)


def plot_memory(looks: Sequence[Look], grown: Growth | None, file: Path) -> Path:
    """Draw resident memory and turns by time, with the line of its growth; returns the SVG file."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    minutes = [one.seconds / 60 for one in looks]
    axis.plot(
        minutes,
        [one.resident / _MIB for one in looks],
        color="tab:blue",
        linewidth=1.2,
        label="resident memory",
    )
    if grown is not None:
        line = [
            (one.seconds / 60, (grown.start + grown.slope * (one.turns - grown.first_turn)) / _MIB)
            for one in looks
            if one.turns >= grown.first_turn
        ]
        axis.plot(
            *zip(*line, strict=True), "--", color="tab:orange", linewidth=1.2, label="growth, Theil-Sen"
        )
    axis.set_ylim(bottom=0)
    axis.set_xlabel("minutes")
    axis.set_ylabel("MiB")
    beside = axis.twinx()
    beside.plot(minutes, [one.turns for one in looks], color="0.6", linewidth=0.9)
    beside.set_ylabel("turns (grey)")
    beside.set_ylim(bottom=0)
    axis.legend(loc="lower right", fontsize=8)
    return _written(figure, file)


def _pyplot() -> Any:  # noqa: ANN401 - matplotlib is loaded when it is needed
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    return plt


def _written(figure: Any, file: Path) -> Path:  # noqa: ANN401 - as above
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(file) as beside:
        figure.savefig(beside, format="svg")
    _pyplot().close(figure)
    return file
