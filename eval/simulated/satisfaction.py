"""How content people are with the manner of an answer, learned from people's own labels.

CCPE's dialogues (Radlinski et al., 2019, CC BY 4.0) were labelled with satisfaction from 1 to 5, three or more labels a
turn (Sun et al., SIGIR 2021). The other side asks in them and never recommends: what can be learned is how glad people
are of the way they are talked to, not of what they are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kg.text import fold_name
from recsys.errors import SourceError

FEATURES = ("place", "words", "asks", "repeats", "takes up")
_LATE = 12.0


@dataclass(frozen=True)
class Exchange:
    """What a system said, after what, and how content the person was with it."""

    dialogue: int
    earlier: tuple[str, ...]
    """What the system said before, oldest first."""
    before: str
    """What the person had said; empty at the start."""
    text: str
    """What the system said."""
    content: float = float("nan")
    """Mean label, 1 to 5."""

    @property
    def features(self) -> NDArray[np.float64]:
        """Shape (5,), in the order of `FEATURES`."""
        words, before = fold_name(self.text).split(), fold_name(self.before).split()
        said = set(words)
        overlaps = [_overlap(said, set(fold_name(one).split())) for one in self.earlier]
        return np.array(
            [
                min(1.0, len(self.earlier) / _LATE),
                np.log1p(len(words)),
                float("?" in self.text),
                max(overlaps, default=0.0),
                len(said & set(before)) / max(1, len(set(before))),
            ]
        )


class Contentment:
    """A ridge regression from an exchange to a label."""

    def __init__(self) -> None:
        self._weights: NDArray[np.float64] = np.zeros(len(FEATURES))
        self._centre: NDArray[np.float64] = np.zeros(len(FEATURES))
        self._spread: NDArray[np.float64] = np.ones(len(FEATURES))
        self._low: NDArray[np.float64] = np.zeros(len(FEATURES))
        self._high: NDArray[np.float64] = np.zeros(len(FEATURES))
        self._mean = 0.0

    @property
    def weights(self) -> dict[str, float]:
        """Points on the scale of 1 to 5 for one standard deviation of each feature."""
        return dict(zip(FEATURES, self._weights.tolist(), strict=True))

    def fit(self, exchanges: Sequence[Exchange]) -> None:
        """Learn from labelled exchanges."""
        from sklearn.linear_model import Ridge

        rows = np.stack([one.features for one in exchanges])
        labels = np.array([one.content for one in exchanges])
        self._low, self._high = np.quantile(rows, [0.02, 0.98], axis=0)
        self._centre, self._spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
        model = Ridge(alpha=10.0).fit(self._scaled(rows), labels)
        self._weights, self._mean = np.asarray(model.coef_), float(model.intercept_)

    def predict(self, exchanges: Sequence[Exchange]) -> NDArray[np.float64]:
        """Return a label a row, 1 to 5. What lies outside the range of the labelled dialogues counts as its edge."""
        rows = np.stack([one.features for one in exchanges])
        return np.clip(self._mean + self._scaled(rows) @ self._weights, 1.0, 5.0)

    def outside(self, exchanges: Sequence[Exchange]) -> dict[str, float]:
        """Return feature to the share of exchanges that lie outside the range that was learned from."""
        rows = np.stack([one.features for one in exchanges])
        beyond = (rows < self._low) | (rows > self._high)
        return dict(zip(FEATURES, beyond.mean(axis=0).tolist(), strict=True))

    def _scaled(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return (np.clip(rows, self._low, self._high) - self._centre) / self._spread


def read_ccpe(file: Path) -> list[Exchange]:
    """Read the labelled exchanges; what a person says in several messages is one, with the mean of its labels.

    Raises `SourceError` when the file is missing or of another form.
    """
    if not file.is_file():
        raise SourceError(
            f"There is no file {file}. It is CCPE with labels of satisfaction, one turn a line."
        )
    found: list[Exchange] = []
    blocks = file.read_text(encoding="utf-8").strip().split("\n\n")
    for number, block in enumerate(blocks):
        rows = [line.split("\t") for line in block.splitlines() if line.strip()]
        if any(len(row) < 3 or row[0] not in ("USER", "SYSTEM") for row in rows):
            raise SourceError(
                f"{file}, dialogue {number + 1}: a line has a speaker, a text and an act, with tabs between."
            )
        earlier: list[str] = []
        before = system = ""
        for speaker, lines in groupby((row for row in rows if row[1] != "OVERALL"), key=lambda row: row[0]):
            turn = list(lines)
            words = " ".join(row[1] for row in turn)
            if speaker == "SYSTEM":
                system = words
                continue
            labels = [int(one) for row in turn for one in "".join(row[3:4]).split(",") if one]
            if system and labels:
                found.append(Exchange(number, tuple(earlier), before, system, float(np.mean(labels))))
            earlier += [system] if system else []
            before, system = words, ""
    return found


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, len(one | other))
