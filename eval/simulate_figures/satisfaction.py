"""How content are people? What the labels of the data allow to be learned of it, and what they do not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from eval.simulated.satisfaction import Contentment, Exchange, read_ccpe
from recsys.errors import SourceError

_FOLDS = 5
_WHY = (
    "CCPE is the only labelled set at hand, and in it nothing is recommended: the labels can calibrate how content "
    "people are with the manner of answers, not with items. IARD and ReDial say which recommendations were accepted or "
    "liked, without a scale; the help-desk sets and the iEvaLM files have no labels of satisfaction."
)


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Predict labels of dialogues that were not learned from; beside it how well labellers predict each other."""
    file = options.data / "crs" / "ccpe.txt"
    exchanges = read_ccpe(file)
    progress(f"{len(exchanges):,} labelled exchanges")
    predicted, labels = cross_validated(exchanges), np.array([one.content for one in exchanges])
    constant = float(np.abs(labels - labels.mean()).mean())
    one, others = _labellers(file)
    model = Contentment()
    model.fit(exchanges)
    accepted, recommended = _accepted(options.data / "crs" / "iard.json")
    note = f"{len(exchanges):,} exchanges of CCPE, {_FOLDS} folds by dialogue"
    rank = float(spearmanr(predicted, labels).statistic)
    by_dialogue: dict[int, list[float]] = {}
    for exchange, guess in zip(exchanges, predicted, strict=True):
        by_dialogue.setdefault(exchange.dialogue, []).append(abs(guess - exchange.content))
    errors = {str(dialogue): float(np.mean(found)) for dialogue, found in by_dialogue.items()}
    first = [k for k in accepted if k is not None]
    return Section(
        title="Satisfaction",
        question="Do the labels of real people allow a simulated person to say how content they are?",
        figures=(
            Figure(name="rank correlation with the mean label", value=rank, note=note),
            Figure(name="rank correlation of one labeller with the mean of the others",
                   value=float(spearmanr(one, others).statistic), note="what a person reaches"),
            Figure(name="mean error of the prediction", value=float(np.abs(predicted - labels).mean()), unit="points",
                   note=note),
            Figure(name="mean error of always saying the mean", value=constant, unit="points",
                   note=f"labels are {labels.mean():.2f} on average with a spread of {labels.std():.2f}, on 1 to 5"),
            Figure(name="conversations with people in which a recommendation was accepted",
                   value=len(first) / len(accepted), note=f"{len(accepted)} dialogues of IARD"),
            Figure(name="recommending turns until the first accepted one, median", value=float(np.median(first)),
                   unit="turns", note="IARD; the recommender is a person"),
        ),
        tables=(
            Table(title="What moves the label", columns=("of the answer", "points for one standard deviation"),
                  rows=tuple((name, f"{weight:+.3f}") for name, weight in model.weights.items()), note=_WHY),
        ),
        samples=(Sample(system="contentment", metric="error", values=errors, smaller_is_better=True),),
        config={"folds": _FOLDS, "recommending turns of IARD": recommended},
    )  # fmt: skip


def cross_validated(exchanges: Sequence[Exchange]) -> np.ndarray:
    """Return the prediction for each exchange of a model that saw nothing of its dialogue."""
    from sklearn.model_selection import GroupKFold

    found = np.zeros(len(exchanges))
    groups = [one.dialogue for one in exchanges]
    for train, test in GroupKFold(_FOLDS).split(np.zeros((len(exchanges), 1)), groups=groups):
        model = Contentment()
        model.fit([exchanges[k] for k in train])
        found[test] = model.predict([exchanges[k] for k in test])
    return found


def _labellers(file: Path) -> tuple[list[float], list[float]]:
    one, others = [], []
    for line in file.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if cells[0] == "USER" and len(cells) > 3 and cells[3]:
            first, *rest = (int(label) for label in cells[3].split(",") if label)
            one.append(float(first))
            others.append(float(np.mean(rest)))
    return one, others


def _accepted(file: Path) -> tuple[list[int | None], int]:
    """Return for each dialogue which recommending turn was accepted first, None where none was; and all turns."""
    if not file.is_file():
        raise SourceError(f"There is no file {file}. It is IARD's dialogues.")
    found: list[int | None] = []
    total = 0
    for dialogue in json.loads(file.read_text(encoding="utf-8")).values():
        turns = sorted(dialogue["dialogue_info"].values(), key=lambda turn: turn["utterance_pos"])
        places = [
            turn["utterance_pos"]
            for turn in turns
            if turn["role"] == "recommender" and "Recommend" in turn["top-level intent/action"]
        ]
        total += len(places)
        yes = dialogue["accepted_recommendation"]
        before = [place for place in places if yes and place <= min(yes)]
        found.append(len(before) if before else None)
    return found, total
