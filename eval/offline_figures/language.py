"""What does fine-tuning a language model on the recommendation task give, from histories, for new items, for wishes?"""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.language_data import (
    LanguageData,
    ScoreBlock,
    history_figures,
    ml1m,
    wish_figures,
)
from eval.offline_figures.language_size import STUDENT, size_numbers, size_table
from kg.files import write_text
from recsys.language.config import LanguageTowerConfig
from recsys.language.loop import TowerProgress
from recsys.language.scorer import NAME, LanguageTower
from recsys.language.training import load_tower, train_tower
from recsys.models.base import Scorer, Users
from recsys.models.ease import Ease
from recsys.models.popularity import Popularity
from recsys.models.text_tower import TextTower
from recsys.starter import load_starter
from recsys.training_data import training_data

SMOLLM = Path(".cache/models/tastegraph-smollm2-135m")
"""Where `tastegraph llm` puts the small instruction model; its rows are left out when it is not there."""
_SHORT: dict[str, Any] = {"base_steps": 30, "evaluate_every": 5, "negatives": 96, "micro_batch": 160}
"""What two cores can pay for: some 3,000 item texts read with gradients, each film about once."""
DEFAULT = "MiniLM, frozen + MLP head"
TUNED: dict[str, LanguageTowerConfig] = {
    "MiniLM, frozen + linear head": LanguageTowerConfig(head="linear"),
    DEFAULT: LanguageTowerConfig(),
    "MiniLM, LoRA rank 8 + MLP head, 30 steps": LanguageTowerConfig(mode="lora", **_SHORT),
    "MiniLM, full + MLP head, 30 steps": LanguageTowerConfig(mode="full", **_SHORT),
}
_THREE_SEEDS = frozenset({"MiniLM, frozen + linear head", DEFAULT})
_SMOLLM_HEAD = "SmolLM2-135M (mean of tokens), frozen + MLP head"
_ABLATED: dict[str, Any] = {"head": "linear", "epochs": 6}
ABLATIONS: dict[str, dict[str, Any]] = {
    "everything on": {},
    "no attribute dropout": {"attribute_dropout": 0.0},
    "no cropping (one meeting asked for)": {"cropping": False},
    "no paraphrase": {"paraphrase": False},
    "histories only": {"wish_weight": 0.0},
    "wishes only": {"history_weight": 0.0},
}
_COLUMNS = ("recall", "ndcg", "cold_recall", "cold_ndcg", "wish_recall", "wish_ndcg", "wish_cold_recall")
_QUICK = {"epochs": 2, "wishes": 300, "views": 2}
Tell = Callable[[str], None]
Numbers = dict[str, float]


def measure(options: MeasureOptions, progress: Tell) -> Section:
    """Train every row, rank all items, and put plain baselines beside them.

    Each row is kept in `options.out / "language"` and training goes on there. Raises `SourceError` when the data is
    not there.
    """
    bench = _Bench(options, progress)
    rows = [_row(name, [bench.plain(name)]) for name in ("popularity", "EASE", "TextTower (MiniLM, untuned)")]
    found: dict[str, list[Numbers]] = {}
    for name, config in TUNED.items():
        seeds = 3 if name in _THREE_SEEDS and not options.quick else 1
        found[name] = [bench.tuned(config, options.seed + k) for k in range(seeds)]
        rows.append(_row(name, found[name]))
    if SMOLLM.is_dir() and not options.quick:
        config = LanguageTowerConfig(base=str(SMOLLM), pooling="mean", views=1, wishes=400, max_tokens=32)
        numbers = bench.tuned(config, options.seed)
        rows.append(_row("SmolLM2-135M (mean of tokens), untuned", [_untuned(numbers)]))
        rows.append(_row(_SMOLLM_HEAD, [numbers]))
    ablation = [
        _row(name, [bench.tuned(LanguageTowerConfig(**_ABLATED, **change), options.seed)])
        for name, change in ABLATIONS.items()
    ]
    best = found[DEFAULT]
    final, starter = bench.final(options.seed), bench.starter(options.seed)
    return Section(
        title="The language tower",
        question="What does fine-tuning a language model on the recommendation task give?",
        figures=(
            Figure(name="Wishes, NDCG@20, frozen + head", value=_mean(best, "wish_ndcg"), note="validation"),
            Figure(
                name="Histories, Recall@20, frozen + head, test",
                value=final["tuned_recall"],
                reach=f"> {final['plain_recall']:.4f} (untuned)",
                note="ml-1m, all items in training, masked train only",
            ),
            Figure(
                name="Histories, NDCG@20, frozen + head, test",
                value=final["tuned_ndcg"],
                reach=f"> {final['plain_ndcg']:.4f} (untuned)",
                note="ml-1m, as above",
            ),
            Figure(
                name="Starter films, wishes NDCG@20, frozen + head",
                value=starter["best_wish_ndcg@20"],
                reach=f"> {starter['start_wish_ndcg@20']:.4f} (untuned)",
                note="1,638 films, wishes that training set aside; behaviour is simulated",
            ),
            Figure(
                name="Starter films, training from start to end",
                value=starter["seconds"],
                unit="s",
                reach="<= 120",
                note="one thread, reading of all texts included",
            ),
        ),
        tables=(
            Table(
                title="Towers on ml-1m, validation",
                columns=_HEADINGS,
                rows=tuple(rows),
                note=_PROTOCOL,
            ),
            Table(
                title="One left out at a time (frozen + linear head, 6 epochs, validation)",
                columns=_HEADINGS,
                rows=tuple(ablation),
                note="One seed; as above.",
            ),
            size_table(bench.compressed(options.seed)),
        ),
        config={"seed": options.seed, "quick": options.quick, "texts": "recsys.attributes.item_text"},
    )


_HEADINGS = (
    "model", "R@20", "N@20", "new items R@20", "new items N@20", "wishes R@20", "wishes N@20",
    "wishes, new items R@20", "train s", "score all s", "peak MB",
)  # fmt: skip
_PROTOCOL = (
    "A tenth of the films is kept out of all training; every film is ranked, only train is masked. R@20 and N@20: "
    "validation targets among the films trained on; new items: among those kept out, still against all films. "
    "Wishes: 500 sentences in phrasings and combinations of values that training never reads, relevant is what has "
    "all values. Mean and, after ±, half of max-min over three seeds where there are three. Times on one thread; "
    "train s has the reading of the texts in it unless a row before read the same ones."
)


class _Bench:
    """The data and what was measured on it already."""

    def __init__(self, options: MeasureOptions, progress: Tell) -> None:
        self.options, self.progress = options, progress
        self.folder = options.out / "language"
        self.folder.mkdir(parents=True, exist_ok=True)

    def data(self, seed: int, cold_share: float = 0.1) -> LanguageData:
        """Read the data with the cold items of this seed."""
        return ml1m(self.options.data, seed, self.options.quick, cold_share)

    def plain(self, name: str) -> Numbers:
        """Measure a model that is not tuned on wishes."""
        seed = self.options.seed
        return self._kept(f"{name}/{seed}", lambda: self._plain(name, self.data(seed)))

    def tuned(self, config: LanguageTowerConfig, seed: int) -> Numbers:
        """Train a tower without the cold items and measure it."""
        config = self._config(config, seed)
        return self._kept(config.model_dump_json(), lambda: self._tuned(config, self.data(seed)))

    def final(self, seed: int) -> Numbers:
        """Train the default on all items and measure it on test, beside the untuned tower."""
        config = self._config(LanguageTowerConfig(), seed)
        return self._kept(f"final/{config.model_dump_json()}", lambda: self._final(config))

    def _config(self, config: LanguageTowerConfig, seed: int) -> LanguageTowerConfig:
        quick = _QUICK | ({"base_steps": 2, "negatives": 24} if config.mode != "frozen" else {})
        return config.model_copy(update={"seed": seed} | (quick if self.options.quick else {}))

    def _kept(self, key: str, measure: Callable[[], Numbers]) -> Numbers:
        name = hashlib.sha256(f"{key}/{self.options.quick}".encode()).hexdigest()[:16]
        file = self.folder / f"{name}.json"
        if file.is_file():
            found: dict[str, Numbers] = json.loads(file.read_text(encoding="utf-8"))
            return found["numbers"]
        numbers = measure()
        write_text(file, json.dumps({"of": key, "numbers": numbers}, indent=1) + "\n")
        return numbers

    def _plain(self, name: str, known: LanguageData) -> Numbers:
        self.progress(name)
        model: Scorer = {"popularity": Popularity, "EASE": Ease}.get(name, TextTower)()
        started = time.perf_counter()
        model.fit(known.data)
        numbers = {"train": time.perf_counter() - started}
        numbers |= self._histories(known, scores_of(model, known))
        if isinstance(model, TextTower):
            words = model.encoder.encode([wish.text for wish in known.wishes])
            numbers |= wish_figures(known, words @ model.vectors.T)
        return numbers

    def _tuned(self, config: LanguageTowerConfig, known: LanguageData) -> Numbers:
        self.progress(f"{config.base or 'MiniLM'}, {config.mode}, {config.head}, seed {config.seed}")
        work = self.folder / f"training-{hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:12]}"
        result = train_tower(
            known.data, known.items, work, config, self._told, self.folder / "read", known.cold.tolist()
        )
        tower = result.tower
        numbers = {"train": sum(result.seconds.values())}
        numbers |= self._histories(known, scores_of(tower, known))
        words = tower.encode([wish.text for wish in known.wishes])
        numbers |= wish_figures(known, words @ tower.vectors.T)
        numbers |= {f"inner_{name}": value for name, value in result.figures.items()}
        numbers |= {f"steps_{name}": float(count) for name, count in result.steps.items()}
        shutil.rmtree(work, ignore_errors=True)
        return numbers

    def _final(self, config: LanguageTowerConfig) -> Numbers:
        known = self.data(config.seed, cold_share=0.0)
        numbers: Numbers = {}
        plain = TextTower()
        plain.fit(known.data)
        tower = self._default(config, known)
        for name, model in (("plain", plain), ("tuned", tower)):
            found = history_figures(known, scores_of(model, known), known.split.test)
            numbers |= {f"{name}_{key}": value for key, value in found.items()}
        return numbers

    def starter(self, seed: int) -> Numbers:
        """Train the default on the starter films, as somebody does who builds a workspace."""
        config = self._config(LanguageTowerConfig(), seed)

        def train() -> Numbers:
            self.progress("The starter films")
            catalogue = load_starter("films", seed)
            items = catalogue.items[:200] if self.options.quick else catalogue.items
            data, _ = training_data(items, catalogue.interactions)
            result = train_tower(data, items, self.folder / "starter", config, self._told)
            return result.figures | {"seconds": sum(result.seconds.values())}

        return self._kept(f"starter/{config.model_dump_json()}", train)

    def compressed(self, seed: int) -> dict[str, Numbers]:
        """Measure smaller forms of the default that was trained on all items."""
        config = self._config(LanguageTowerConfig(), seed)
        student = STUDENT.model_copy(update={"steps": 4} if self.options.quick else {})
        key = f"sizes/{student.model_dump_json()}/{config.model_dump_json()}"

        def sizes() -> Numbers:
            known = self.data(config.seed, cold_share=0.0)
            tower = self._default(config, known)
            found = size_numbers(tower, known, student, self.folder, self._told, self.progress)
            return {f"{name}/{key}": v for name, numbers in found.items() for key, v in numbers.items()}

        found: dict[str, Numbers] = {}
        for name, value in self._kept(key, sizes).items():
            form, what = name.rsplit("/", 1)
            found.setdefault(form, {})[what] = value
        return found

    def _default(self, config: LanguageTowerConfig, known: LanguageData) -> LanguageTower:
        folder = self.folder / f"final-{hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:12]}"
        if (folder / f"{NAME}.json").is_file():
            return load_tower(folder)
        self.progress("The default on all items")
        return train_tower(known.data, known.items, folder, config, self._told, self.folder / "read").tower

    def _histories(self, known: LanguageData, score: ScoreBlock) -> Numbers:
        started = time.perf_counter()
        for begin in range(0, known.people.shape[0], 1024):
            score(slice(begin, begin + 1024))
        took = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"score": took, "peak": peak} | history_figures(known, score)

    def _told(self, now: TowerProgress) -> None:
        if now.done == now.of or now.done % 100 == 0 or now.stage == "base":
            figures = ", ".join(f"{name} {value:.4f}" for name, value in now.figures.items())
            self.progress(f"  {now.stage} {now.done}/{now.of} {figures}")


def scores_of(model: Scorer, known: LanguageData) -> ScoreBlock:
    """Return how a model scores rows of the people."""
    return lambda rows: model.score(Users(known.people[rows]))


def _untuned(numbers: Numbers) -> Numbers:
    """Return what training measured of the untuned tower on its own validation."""
    names = {
        "recall": "history_recall@20", "ndcg": "history_ndcg@20", "wish_recall": "wish_recall@20",
        "wish_ndcg": "wish_ndcg@20",
    }  # fmt: skip
    return {ours: numbers[f"inner_start_{theirs}"] for ours, theirs in names.items()}


def _row(name: str, found: list[Numbers]) -> tuple[str, ...]:
    cells = []
    for key in (*_COLUMNS, "train", "score", "peak"):
        values = [numbers[key] for numbers in found if key in numbers]
        form = "{:.4f}" if key in _COLUMNS else "{:.0f}" if key != "score" else "{:.1f}"
        cell = form.format(np.mean(values)) if values else "-"
        spread = (max(values) - min(values)) / 2 if len(values) > 1 and key in _COLUMNS else 0.0
        cells.append(cell + (f" ± {spread:.4f}" if spread else ""))
    return (name, *cells)


def _mean(found: list[Numbers], key: str) -> float:
    return float(np.mean([numbers[key] for numbers in found]))
