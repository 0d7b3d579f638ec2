"""How many have found something after so many messages, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kg.files import written_whole


def plot_found(curves: Mapping[str, Sequence[float]], file: Path) -> Path:
    """Draw a line a system: messages against the share of conversations that found something; returns the SVG file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(6.4, 4.0))
    for name, curve in curves.items():
        axis.plot(range(1, len(curve) + 1), curve, "o-", markersize=3, label=name)
    axis.set_xlabel("messages of the person")
    axis.set_ylabel("share that found something")
    axis.set_ylim(bottom=0.0)
    axis.legend(fontsize=8)
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(file) as beside:
        figure.savefig(beside, format="svg")
    plt.close(figure)
    return file
