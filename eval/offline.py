"""Offline accuracy on a fixed split: fit on train, rank every item but those of train, look for those of
test."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, Field
from scipy.sparse import csr_array

from eval.metrics import hit_rate_at_k, ndcg_at_k, recall_at_k, target_ranks
from eval.split import Split
from kg.files import write_text
from recsys.attributes import attribute_matrix, item_text
from recsys.encoder import Encoder
from recsys.models.base import Scorer, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.persist import library_versions
from recsys.models.popularity import Popularity
from recsys.models.text_tower import TextTower

K = 20


class ModelResult(BaseModel):
    """How one model did; means over people with at least one target."""

    model: str
    recall: float
    ndcg: float
    hit_rate: float
    fit_seconds: float
    score_seconds: float
    config: dict[str, object] = Field(default_factory=dict)


class OfflineReport(BaseModel):
    """The results with everything that is needed to get them again."""

    split: str
    part: str
    k: int
    seed: int
    users: int
    items: int
    train: int
    targets: int
    data_hash: str
    versions: dict[str, str]
    results: list[ModelResult]
    left_out: list[str]
    """Models that the data cannot feed, in words."""

    def markdown(self) -> str:
        """Return the report as Markdown, a table first."""
        lines = [
            f"# Offline accuracy on {self.split}",
            "",
            f"| model | Recall@{self.k} | NDCG@{self.k} | hit rate@{self.k} | fit (s) | score (s) |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| {r.model} | {r.recall:.4f} | {r.ndcg:.4f} | {r.hit_rate:.4f} | {r.fit_seconds:.1f} "
            f"| {r.score_seconds:.1f} |"
            for r in self.results
        ]
        lines += ["", *(f"- Left out: {reason}" for reason in self.left_out)]
        lines += [
            f"- All {self.items:,} items are ranked for {self.users:,} people; only the {self.train:,} items "
            f"of train are masked; {self.targets:,} targets in {self.part}; ties count against the model.",
            *(f"- {r.model}: {r.config}" for r in self.results if r.config),
            f"- Seed {self.seed}; data {self.data_hash[:16]}; "
            + ", ".join(f"{name} {version}" for name, version in sorted(self.versions.items())),
            "",
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Contender:
    """A model to measure, and what it learns from."""

    label: str
    make: Callable[[], Scorer]
    data: TrainingData
    config: dict[str, object]


def contenders(split: Split, encoder: Encoder | None = None) -> tuple[list[Contender], list[str]]:
    """Return the models that this split can feed, and in words why others are left out."""
    bare = TrainingData(split.train, csr_array((0, split.train.shape[1])))
    plain = EaseConfig(dropout=0.0, attribute_weight=0.0)
    found = [
        Contender("popularity", Popularity, bare, {}),
        Contender("EASE", lambda: Ease(plain), bare, plain.model_dump()),
    ]
    if not split.items:
        return found, ["EASE + attributes and the text tower: the split has no item index."]
    attributes, _ = attribute_matrix(split.items)
    known = TrainingData(split.train, attributes, [item_text(item) for item in split.items])
    full = EaseConfig()
    described = {**full.model_dump(), "attributes": attributes.shape[0]}
    found.append(Contender("EASE + attributes", lambda: Ease(full), known, described))
    tower = TextTower(encoder)
    found.append(Contender("text tower from history", lambda: tower, known, {"encoder": tower.encoder.name}))
    return found, []


def evaluate(
    name: str,
    split: Split,
    seed: int = 0,
    part: str = "test",
    models: list[Contender] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> OfflineReport:
    """Fit and measure each model; `part` is `test`, or `valid` while something is being chosen.

    Only train is ever masked: masking valid as well would shrink the field of wrong answers.
    """
    if part not in ("test", "valid"):
        raise ValueError(f"part must be test or valid, not {part!r}")
    targets = split.test if part == "test" else split.valid
    chosen, left_out = (models, []) if models is not None else contenders(split)
    results = []
    for contender in chosen:
        progress(contender.label)
        results.append(_measure(contender, split, targets))
    return OfflineReport(
        split=name,
        part=part,
        k=K,
        seed=seed,
        users=int((np.diff(targets.indptr) > 0).sum()),
        items=split.train.shape[1],
        train=int(split.train.nnz),
        targets=int(targets.nnz),
        data_hash=split.data_hash,
        versions={"python": platform.python_version(), **library_versions()},
        results=results,
        left_out=left_out,
    )


def write_report(report: OfflineReport, folder: Path) -> list[Path]:
    """Write `offline.json` and `offline.md` into `folder`, each in one step; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "offline.json", folder / "offline.md"]
    write_text(files[0], report.model_dump_json(indent=2) + "\n")
    write_text(files[1], report.markdown())
    return files


def _measure(contender: Contender, split: Split, targets: csr_array) -> ModelResult:
    model = contender.make()
    started = time.perf_counter()
    model.fit(contender.data)
    fitted = time.perf_counter()
    scores = model.score(Users(split.train))
    scored = time.perf_counter()
    ranks = target_ranks(scores, targets, split.train)
    return ModelResult(
        model=contender.label,
        recall=float(recall_at_k(ranks, K).mean()),
        ndcg=float(ndcg_at_k(ranks, K).mean()),
        hit_rate=float(hit_rate_at_k(ranks, K).mean()),
        fit_seconds=fitted - started,
        score_seconds=scored - fitted,
        config=contender.config,
    )
