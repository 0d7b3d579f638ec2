"""Accuracy against what a knob is for, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kg.files import written_whole

Curve = Sequence[tuple[float, Mapping[str, float]]]


def plot_curves(curves: Mapping[str, Curve], measures: Mapping[str, str], file: Path) -> Path:
    """Draw one panel a measure, a line a knob, a dot a setting; returns the SVG file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    panels = list(dict.fromkeys(measures.values()))
    figure, axes = plt.subplots(1, len(panels), figsize=(4.2 * len(panels), 3.6), squeeze=False)
    for axis, measure in zip(axes[0], panels, strict=True):
        for knob, curve in curves.items():
            if measures[knob] != measure:
                continue
            axis.plot(
                [found[measure] for _, found in curve],
                [found["ndcg"] for _, found in curve],
                "o-",
                label=knob,
            )
            for x, found in curve:
                axis.annotate(
                    f"{x:g}",
                    (found[measure], found["ndcg"]),
                    fontsize=7,
                    xytext=(3, 3),
                    textcoords="offset points",
                )
        axis.set_xlabel(measure)
        axis.set_ylabel("NDCG@20, validation")
        axis.legend(fontsize=8)
    figure.tight_layout()
    with written_whole(file) as beside:
        figure.savefig(beside, format="svg")
    plt.close(figure)
    return file
