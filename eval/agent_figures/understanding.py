"""What is understood of people's own words: intents, polarity, what is out of scope, service intents.

Each task has training, validation and test parts that never meet (`agent.nlu.sources`); thresholds are chosen on
validation, for every method in the same way, and test is read once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.nlu import labels, sources
from agent.nlu.reader import NluReader
from agent.nlu.scores import auroc, best_split, intents_told, multi_f1
from agent.nlu.sources import Part, Said
from eval.agent_figures.next_tool_films import films_knowledge
from eval.agent_figures.understanding_methods import (
    HEAD_LABELS,
    Chances,
    Frozen,
    Majority,
    Method,
    Ours,
    Words,
)
from eval.agent_figures.understanding_rules import Rules
from eval.figures import Figure, MeasureOptions, Section, Table
from recsys.encoder import Encoder
from recsys.models.base import FloatMatrix

_GRID = np.arange(0.15, 0.71, 0.05)
_QUICK = 400
_TAUGHT_SERVICE, _TAUGHT_TOPIC = 150, 60
"""Utterances of an intent that every method learns from, as the reader did."""
_MOST_SERVICE = 2500
"""Service utterances of the test part that are drawn by the seed."""


@dataclass(frozen=True)
class Task:
    """Messages of one kind in their three parts."""

    train: list[Said]
    valid: list[Said]
    test: list[Said]


@dataclass(frozen=True)
class _Run:
    data: Path
    reader: NluReader
    encoder: Encoder
    rules: Rules
    quick: bool
    seed: int
    progress: Callable[[str], None]
    vectors: dict[str, FloatMatrix] = field(default_factory=dict)

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return sentence vectors; a text is encoded once, whatever tasks it is in."""
        missing = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        self.vectors.update(zip(missing, self.encoder.encode(missing), strict=True))
        return np.stack([self.vectors[text] for text in texts])

    def methods(self, head: str) -> list[Method]:
        return [Majority(), Words(), Frozen(self.encode), Ours(self.reader, head)]

    def task(self, read: Callable[[Path, Part], list[Said]]) -> Task:
        """Read the parts; with `quick` few of each, and validation in the place of test."""
        train, valid = read(self.data, "train"), read(self.data, "valid")
        test = valid if self.quick else read(self.data, "test")
        return Task(*(self.some(part) for part in (train, valid, test)))

    def some(self, given: list[Said]) -> list[Said]:
        if not self.quick or len(given) <= _QUICK:
            return given
        return random.Random(self.seed).sample(given, _QUICK)


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Measure the shipped reader beside plain methods and the builtin rules; with `quick` a sample of validation.

    Raises `SourceError` when a data set is missing.
    """
    knowledge = films_knowledge(options.data, options.out, progress)
    reader, encoder = NluReader(), Encoder()
    run = _Run(options.data, reader, encoder, Rules(knowledge), options.quick, options.seed, progress)
    figures: list[Figure] = []
    tables: list[Table] = []
    for part in (_intents, _polarity, _mention, _topics, _scope, _service):
        progress(part.__name__.strip("_"))
        some, table = part(run)
        figures += some
        tables.append(table)
    figures.append(_speed(run))
    return Section(
        title="What is understood of people's own words",
        question="Does the reader tell what people want, like, and do not mean for us?",
        figures=tuple(figures),
        tables=tuple(tables),
        config={"part": "valid, a sample" if options.quick else "test"},
    )


def _intents(run: _Run) -> tuple[list[Figure], Table]:
    task = run.task(sources.iard)
    wanted, judged = (_several(part, labels.INTENTS) for part in (task.test, task.valid))
    rows: list[tuple[str, ...]] = []
    told: NDArray[np.bool_] = wanted
    for method in run.methods("intents"):
        method.fit(task.train, labels.INTENTS, True)
        valid = method.chances(task.valid)
        cut = max(_GRID, key=lambda c, v=valid: multi_f1(intents_told(v, c), judged)[0])  # type: ignore[misc]
        told = intents_told(method.chances(task.test), cut)
        rows.append((method.name, *_places(*multi_f1(told, wanted), _exact(told, wanted)), f"{cut:.2f}"))
    micro, macro = multi_f1(told, wanted)
    if not run.quick:
        rules, right = run.rules.intents(run.data)
        rows.insert(3, ("builtin rules", *_places(*multi_f1(rules, right), _exact(rules, right)), ""))
    each = ", ".join(
        f"{name} {multi_f1(told[:, [k]], wanted[:, [k]])[0]:.2f} ({int(wanted[:, k].sum())})"
        for k, name in enumerate(labels.INTENTS)
        if wanted[:, k].any()
    )
    note = f"{len(task.test)} turns of seekers in {len({s.group for s in task.test})} dialogues of IARD, held out"
    return [
        Figure(
            name="Intent, micro F1", value=micro, reach=">= .85", note=f"{note}; nine intents, several a turn"
        ),
        Figure(name="Intent, macro F1", value=macro, reach=">= .85", note="the mean over the nine intents"),
    ], Table(
        title="Intents (IARD)",
        columns=("method", "micro F1", "macro F1", "all of a turn right", "threshold"),
        rows=tuple(rows),
        note=f"{note}. The threshold is chosen on {len(task.valid)} turns. F1 of the reader by intent (how often): "
        f"{each}.",
    )


def _polarity(run: _Run) -> tuple[list[Figure], Table]:
    task = run.task(sources.ccpe_polarities)
    alone = [
        Said(s.text, "", s.labels, s.group)
        for s in task.test
        if s.group == "told" and len(s.text.split()) > 3
    ]
    asked = [s for s in task.test if s.group == "asked"]
    names = HEAD_LABELS["polarity"]
    rows = []
    figures: list[Figure] = []
    for method in run.methods("polarity"):
        method.fit(task.train, names, False)
        row: list[str] = []
        for name, part in (("all", task.test), ("asked", asked), ("alone", alone)):
            if not part:
                row += ["", ""]
                continue
            right, f1 = _two_sided(method.chances(part), part, names)
            row += [f"{right:.3f}", f"{f1:.3f}"]
            if isinstance(method, Ours):
                figures += _polarity_figures(name, right, f1, len(part))
        rows.append((method.name, *row))
    cells: list[str] = []
    for part in (task.test, asked, alone):
        told = run.rules.polarities(part)
        right = float(np.mean([t == s.labels[0] for t, s in zip(told, part, strict=True)])) if part else 0.0
        cells += [f"{right:.3f} ({sum(bool(t) for t in told)} answered)", ""]
    rows.insert(3, ("builtin rules", *cells))
    return figures, Table(
        title="Polarity (CCPE)",
        columns=("method", "all", "F1", "left open", "F1", "words alone", "F1"),
        rows=tuple(rows),
        note=f"Accuracy and the mean F1 of like and dislike. All: {len(task.test)} answers after their question. Left "
        f"open: the {len(asked)} of them whose question takes no side (`Do you like the movie Up?`); right is the side "
        f"of the next question (`What do you dislike about it?`). Words alone: {len(alone)} answers of more than three "
        "words to a question for one side, the question out of sight; a bare name has no side of its own, so nobody "
        "could reach 1.",
    )


def _polarity_figures(name: str, right: float, f1: float, n: int) -> list[Figure]:
    if name == "all":
        return [
            Figure(
                name="Polarity, accuracy",
                value=right,
                reach=">= .90",
                note=f"{n} answers of CCPE, question in sight",
            ),
            Figure(name="Polarity, mean F1 of like and dislike", value=f1, reach=">= .90", note="the same"),
        ]
    note = "question takes no side" if name == "asked" else "question out of sight"
    return [Figure(name=f"Polarity, accuracy, {note}", value=right, note=f"{n} answers of CCPE")]


def _mention(run: _Run) -> tuple[list[Figure], Table]:
    task = run.task(sources.ccpe_mentions)
    rows = []
    any_f1 = right = 0.0
    true = np.array([labels.MENTIONS.index(s.labels[0]) for s in task.test])
    for method in run.methods("mention"):
        method.fit(task.train, labels.MENTIONS, False)
        told = method.chances(task.test).argmax(axis=1)
        right = float((told == true).mean())
        any_f1 = multi_f1((told > 0)[:, None], (true > 0)[:, None])[0]
        none_f1 = multi_f1((told == 0)[:, None], (true == 0)[:, None])[0]
        macro = multi_f1(np.eye(3, dtype=bool)[told], np.eye(3, dtype=bool)[true])[1]
        rows.append((method.name, *_places(right, macro, any_f1, none_f1)))
    note = f"{len(task.test)} utterances of CCPE"
    return [
        Figure(name="Entity or preference in a turn, F1", value=any_f1, note=note),
        Figure(name="Entity, preference or neither, accuracy", value=right, note=note),
    ], Table(
        title="Entity or preference in a turn (CCPE)",
        columns=("method", "accuracy", "macro F1", "F1 something", "F1 nothing"),
        rows=tuple(rows),
        note=f"{note}, each labelled with one of three: names something, says what is liked about it, neither.",
    )


def _topics(run: _Run) -> tuple[list[Figure], Table]:
    inside = run.task(lambda data, part: sources.clinc(data, part)[0])
    outside = run.task(lambda data, part: sources.clinc(data, part)[1])
    names = sorted({s.labels[0] for s in inside.train})
    inside = Task(
        *([s for s in part if s.labels[0] in names] for part in (inside.train, inside.valid, inside.test))
    )
    taught = _of_each(inside.train, _TAUGHT_TOPIC, run.seed)
    rows = []
    figures: list[Figure] = []
    for method in run.methods("topic"):
        method.fit(taught, names, False)
        valid = method.known([*inside.valid, *outside.valid])
        cut = best_split(valid, np.arange(len(valid)) < len(inside.valid))
        chances, scores = method.chances(inside.test), method.known([*inside.test, *outside.test])
        n = len(inside.test)
        known = np.arange(len(scores)) < n
        right = float((chances.argmax(axis=1) == [names.index(s.labels[0]) for s in inside.test]).mean())
        refused = scores < cut
        recall, kept = float(refused[~known].mean()), float(1 - refused[known].mean())
        precision = float((~known)[refused].mean()) if refused.any() else 0.0
        area = auroc(-scores, ~known)
        rows.append((method.name, *_places(right, area, recall, precision, kept)))
        if isinstance(method, Ours):
            note = (
                f"{n:,} utterances with one of 150 intents and {len(outside.test):,} with none, clinc150 test"
            )
            figures = [
                Figure(name="Out of scope, AUROC", value=area, note=note),
                Figure(
                    name="Out of scope, recall",
                    value=recall,
                    note=f"precision {precision:.3f}, {kept:.3f} of what is in scope kept; threshold of validation",
                ),
                Figure(name="150 intents, accuracy in scope", value=right, note=note),
            ]
    return figures, Table(
        title="Out of scope (clinc150)",
        columns=("method", "accuracy in scope", "AUROC", "recall", "precision", "in scope kept"),
        rows=tuple(rows),
        note="Refused is what is like no intent: by the likeliest one's chance, the reader by its logits' energy. The "
        "threshold is where the mean of both recalls is highest on validation. Every method learned "
        f"{_TAUGHT_TOPIC} utterances an intent; the reader also 100 without one.",
    )


def _scope(run: _Run) -> tuple[list[Figure], Table]:
    task = run.task(_ours_or_not)
    inside = np.array([s.labels[0] == "inside" for s in task.test])
    rows = []
    figures: list[Figure] = []
    for method in run.methods("scope"):
        method.fit(task.train, labels.SCOPES, False)
        valid, chances = method.chances(task.valid)[:, 0], method.chances(task.test)[:, 0]
        cut = max(float(np.quantile(valid[[s.labels[0] == "inside" for s in task.valid]], 0.98)), 0.5)
        refused = chances > cut
        area = auroc(chances, ~inside)
        recall, wrong = float(refused[~inside].mean()), float(refused[inside].mean())
        rows.append((method.name, *_places(area, recall, wrong)))
        figures = [
            Figure(
                name="Not for us, AUROC",
                value=area,
                note=f"{int(inside.sum()):,} turns of IARD, CCPE and Bitext, {int((~inside).sum()):,} of clinc150",
            ),
            Figure(name="Not for us, recall", value=recall, note=f"{wrong:.3f} of what is for us refused"),
        ]
    refused = run.rules.outside(task.test)
    rows.insert(
        3, ("builtin rules", "", *_places(float(refused[~inside].mean()), float(refused[inside].mean())))
    )
    return figures, Table(
        title="For us or not",
        columns=("method", "AUROC", "what is not for us, refused", "what is for us, refused"),
        rows=tuple(rows),
        note="For us: a recommendation, a taste, an item, an order or an account. Not for us: clinc150's other "
        "requests, without small talk. The threshold refuses one in fifty of what is for us on validation. The "
        "sources differ in style, so a method can win by style; the rules cannot.",
    )


def _ours_or_not(data: Path, part: Part) -> list[Said]:
    rng = random.Random(0)
    turns = [s for s in sources.iard(data, part) if set(s.labels) - {"other", "neutral"}]
    named = [s for s in sources.ccpe_mentions(data, part) if s.labels != ("none",)]
    for some in (named, sources.bitext(data, part)):
        turns += rng.sample(some, min(len(some), 500))
    inside, outside = sources.clinc(data, part)
    others = [s for s in [*inside, *outside] if s.labels[0] not in labels.SMALL_TALK]
    others = rng.sample(others, min(len(others), 1200))
    alone = [Said(s.text, "", ("inside",)) for s in turns]
    return [*alone, *(Said(s.text, "", ("outside",)) for s in others)]


def _service(run: _Run) -> tuple[list[Figure], Table]:
    task = run.task(sources.bitext)
    task = Task(task.train, [], random.Random(run.seed).sample(task.test, min(len(task.test), _MOST_SERVICE)))
    known = {word for s in task.train for word in (s.group,)}
    taught = _of_each(task.train, _TAUGHT_SERVICE, run.seed)
    true = np.array([labels.SERVICE_INTENTS.index(s.labels[0]) for s in task.test])
    rows = []
    right = macro = 0.0
    for method in run.methods("service"):
        method.fit(taught, labels.SERVICE_INTENTS, False)
        told = method.chances(task.test).argmax(axis=1)
        right = float((told == true).mean())
        eye = np.eye(len(labels.SERVICE_INTENTS), dtype=bool)
        macro = multi_f1(eye[told], eye[true])[1]
        rows.append((method.name, *_places(right, macro)))
    asked = float(run.rules.service(task.test[:500]).mean())
    rows.insert(3, ("builtin rules", "", f"{asked:.3f} taken for a service request"))
    note = f"{len(task.test):,} held-out utterances of both Bitext sets, 27 intents"
    return [
        Figure(name="Service intent, accuracy", value=right, note=note),
        Figure(name="Service intent, macro F1", value=macro, note=note),
    ], Table(
        title="Service intents (Bitext)",
        columns=("method", "accuracy", "macro F1"),
        rows=tuple(rows),
        note=f"{note}. Divided by wording: utterances with the same telling words (cut to four letters, whatever their "
        f"order) are on one side; training has {len(known):,} wordings, of which every method learned at most "
        f"{_TAUGHT_SERVICE} utterances an intent. The utterances were generated by the sets' makers, not said by "
        "customers.",
    )


def _speed(run: _Run) -> Figure:
    texts = [s.text for s in run.some(sources.iard(run.data, "valid"))][:200]
    run.reader.read_all(texts[:5])
    took = []
    for text in texts:
        started = time.perf_counter()
        run.reader.read_all([text])
        took.append(1000 * (time.perf_counter() - started))
    return Figure(
        name="Time a message, p95",
        value=float(np.quantile(took, 0.95)),
        unit="ms",
        reach="<= 15",
        note=f"{len(texts)} turns one by one, p50 {float(np.median(took)):.1f} ms",
    )


def _of_each(given: Sequence[Said], most: int, seed: int) -> list[Said]:
    by_label: dict[str, list[Said]] = {}
    for said in given:
        by_label.setdefault(said.labels[0], []).append(said)
    rng = random.Random(seed)
    return [said for group in by_label.values() for said in rng.sample(group, min(len(group), most))]


def _several(given: Sequence[Said], names: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([[name in said.labels for name in names] for said in given])


def _exact(told: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    return float((told == wanted).all(axis=1).mean())


def _two_sided(chances: Chances, given: Sequence[Said], names: Sequence[str]) -> tuple[float, float]:
    true = np.array([names.index(s.labels[0]) for s in given])
    told = chances.argmax(axis=1)
    eye = np.eye(len(names), dtype=bool)
    return float((told == true).mean()), multi_f1(eye[told], eye[true])[1]


def _places(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.3f}" for value in values)
