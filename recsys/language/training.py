"""Training a language tower: from data to a folder that `load_tower` reads."""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_array

from kg.minilm import HUB_NAME
from recsys.language.backbone import LICENCES, Backbone
from recsys.language.batches import Sampler
from recsys.language.config import LanguageTowerConfig, TowerError
from recsys.language.encoding import BASE, HEAD, TunedEncoder, apply_head, read_texts
from recsys.language.head import Head
from recsys.language.head_stage import Read, train_head
from recsys.language.looks import SetAside
from recsys.language.loop import Curves, Tell, open_curves
from recsys.language.scorer import NAME, LanguageTower
from recsys.language.sentences import Wish, make_wishes
from recsys.language.texts import views_of
from recsys.language.tuning import tune_base
from recsys.models.base import Columns, FloatMatrix, TrainingData
from recsys.models.cards import ModelCard
from recsys.models.held_out import hold_out, people_with_targets
from recsys.models.persist import hash_training_data, library_versions
from recsys.schema import Item
from recsys.sparse import ones_at

_VALIDATION_WISHES = 500
_CHECKPOINTS = "checkpoints"


@dataclass(frozen=True)
class TowerResult:
    """A trained tower and how training went."""

    tower: LanguageTower
    figures: dict[str, float]
    """On what was set aside: `start_*` of the untuned tower, `head_*` after the head, `best_*` at the end."""
    seconds: dict[str, float] = field(default_factory=dict)
    """`reading`, `head`, `base` and `writing`; of this call only, where an earlier one was interrupted."""
    steps: dict[str, int] = field(default_factory=dict)
    """Of `head` and `base`, up to the best look."""


def train_tower(
    data: TrainingData,
    items: Sequence[Item],
    folder: Path,
    config: LanguageTowerConfig | None = None,
    progress: Tell = lambda _: None,
    cache: Path | None = None,
    kept_out: Sequence[int] = (),
) -> TowerResult:
    """Tune a language model on the recommendation task and write it into `folder`.

    `data.texts` are what is read of the items; `items`, in the order of the columns, are what wishes are made from and
    may be empty, which leaves wishes out. A share of the meetings and of the wishes' meanings is set aside to stop
    early. An interrupted call goes on from `folder/checkpoints`, and ends as it would have; what was read of the texts
    is kept there too, or in `cache`, to be shared between runs. No wish starts from an item whose column is in
    `kept_out`. Deterministic for the same data, configuration and number of threads.

    Raises `TowerError` when there is nothing to learn from, the base cannot be loaded, training diverges, or the
    folder holds a checkpoint of something else.
    """
    config = config or LanguageTowerConfig()
    n_items = data.interactions.shape[1]
    if len(data.texts) != n_items or len(items) not in (0, n_items):
        raise TowerError(
            f"{n_items} items have {len(data.texts)} texts and {len(items)} descriptions; each item needs one text, "
            "and each or none a description."
        )
    met, sequences, aside = set_aside(data, items, config, kept_out)
    wishes = _wishes(items, config, kept_out, held_out=False)
    if not wishes and not (met.nnz and config.history_weight):
        raise TowerError(
            "There is nothing to learn from: no meetings, and no items with attributes to make wishes from."
        )
    backbone = Backbone.of(config)
    base_hash = backbone.weights_hash()
    data_hash = _hash(data, items, kept_out)
    key = f"{data_hash}/{base_hash}/{config.model_dump_json()}"
    checkpoints = folder / _CHECKPOINTS
    curves = open_curves(folder / "curves") if config.tensorboard else None
    seconds: dict[str, float] = {}
    started = time.perf_counter()

    read = _read(
        backbone, data.texts, items, wishes, aside, config, base_hash, cache or checkpoints, progress
    )
    head = Head(backbone.dim, config.dim or backbone.dim, config.head, config.hidden)
    head.start(torch.from_numpy(read.views[0]), config.temperature, config.seed)
    sampler = Sampler(met, sequences, wishes, data.texts, config)
    figures = {f"start_{k}": v for k, v in _look(head, read, aside).items()}
    seconds["reading"] = time.perf_counter() - started
    run = train_head(
        head, read, sampler, aside, config, progress, curves, checkpoints / "head.safetensors", key
    )
    steps = {"head": run.best_step}
    figures |= {f"head_{k}": v for k, v in run.best_figures.items()}
    seconds["head"] = time.perf_counter() - started - sum(seconds.values())
    vectors = apply_head(head, read.views[0])
    if config.mode != "frozen":
        run = tune_base(
            backbone, head, data, items, met, sampler, aside, config, progress, curves,
            checkpoints / "base.safetensors", key,
        )  # fmt: skip
        steps["base"] = run.best_step
        vectors = TunedEncoder(backbone, head).encode(data.texts)
        seconds["base"] = time.perf_counter() - started - sum(seconds.values())
    figures |= {f"best_{k}": v for k, v in run.best_figures.items()}
    tower = _tower(backbone, head, vectors, config, base_hash, data_hash, figures)
    tower.save(folder)
    _close(curves)
    shutil.rmtree(checkpoints, ignore_errors=True)
    seconds["writing"] = time.perf_counter() - started - sum(seconds.values())
    return TowerResult(tower, figures, seconds, steps)


def load_tower(folder: Path) -> LanguageTower:
    """Read what `train_tower` wrote. Raises `WorkspaceError` when it is missing or damaged."""
    tower = LanguageTower()
    tower.load(folder)
    return tower


def set_aside(
    data: TrainingData, items: Sequence[Item], config: LanguageTowerConfig, kept_out: Sequence[int] = ()
) -> tuple[csr_array, list[Columns], SetAside]:
    """Return the meetings to learn from, their order where it is known, and what is set aside.

    Of a sequence the end is set aside, otherwise a random part of each history.
    """
    met = data.interactions.tocsr()
    sequences = list(data.sequences)
    if sequences:
        ends = [s[len(s) - int(config.validation * len(s)) :] for s in sequences]
        sequences = [s[: len(s) - len(e)] for s, e in zip(sequences, ends, strict=True)]
        starts = [np.unique(s) for s in sequences]
        kept = _rows(starts, met.shape)
        out = _rows([np.setdiff1d(e, s) for e, s in zip(ends, starts, strict=True)], met.shape)
    else:
        kept, out = hold_out(met, config.validation, config.seed)
    if not config.history_weight:
        out = out * 0.0
        out.eliminate_zeros()
    people = people_with_targets(out, config.validation_users, config.seed)
    held = _wishes(items, config, kept_out, held_out=True)
    return kept, sequences, SetAside(kept[people], out[people], held)


def _wishes(
    items: Sequence[Item], config: LanguageTowerConfig, kept_out: Sequence[int], held_out: bool
) -> list[Wish]:
    if not config.wish_weight or not items:
        return []
    skip = np.zeros(len(items), dtype=bool)
    skip[list(kept_out)] = True
    return make_wishes(
        items,
        _VALIDATION_WISHES if held_out else config.wishes,
        config.seed,
        held_out,
        config.validation,
        config.paraphrase or held_out,
        skip=skip,
    )


def _read(
    backbone: Backbone,
    texts: Sequence[str],
    items: Sequence[Item],
    wishes: Sequence[Wish],
    aside: SetAside,
    config: LanguageTowerConfig,
    base_hash: str,
    cache: Path,
    tell: Tell,
) -> Read:
    count = config.views if config.mode == "frozen" else 1
    views = views_of(items, texts, config.attribute_dropout, count, config.seed)

    def read(part: Sequence[str]) -> FloatMatrix:
        return read_texts(backbone, part, cache, tell, base_hash)

    return Read(
        [read(view) for view in views],
        read([wish.text for wish in wishes]),
        read([wish.text for wish in aside.wishes]),
    )


def _look(head: Head, read: Read, aside: SetAside) -> dict[str, float]:
    return aside.figures(
        apply_head(head, read.views[0]),
        head.history.weight.detach().cpu().numpy(),
        apply_head(head, read.aside_wishes),
    )


def _tower(
    backbone: Backbone,
    head: Head,
    vectors: FloatMatrix,
    config: LanguageTowerConfig,
    base_hash: str,
    data_hash: str,
    figures: dict[str, float],
) -> LanguageTower:
    tensors = {"vectors": vectors}
    tensors |= {f"{HEAD}{n}": t.detach().cpu().numpy().copy() for n, t in head.state_dict().items()}
    if config.mode != "frozen":
        tensors |= {
            f"{BASE}{n}": p.detach().float().cpu().numpy().copy() for n, p in backbone.trained().items()
        }
    licence = LICENCES.get(backbone.name, "unknown: look at the terms of the base")
    card = ModelCard(
        name=NAME,
        n_items=len(vectors),
        seed=config.seed,
        config={
            "tower": config.model_dump(),
            "dim": int(vectors.shape[1]),
            "base": {
                "name": backbone.name,
                "source": backbone.name if backbone.name == HUB_NAME else backbone.source,
                "hash": base_hash,
                "pooling": backbone.pooling,
                "dim": backbone.dim,
                "licence": licence,
            },
            "figures": {name: round(value, 5) for name, value in figures.items()},
        },
        data_hash=data_hash,
        versions=library_versions() | {n: importlib.metadata.version(n) for n in ("transformers", "peft")},
        notes=[f"Base: {backbone.name} ({licence}). The data it was tuned on has terms of its own."],
    )
    tower = LanguageTower(config)
    tower.set_up(card, tensors)
    tower.encoder = TunedEncoder(backbone, head)
    return tower


def _hash(data: TrainingData, items: Sequence[Item], kept_out: Sequence[int]) -> str:
    digest = hashlib.sha256(hash_training_data(data).encode())
    digest.update(repr([int(k) for k in kept_out]).encode())
    for item in items:
        digest.update(item.model_dump_json(exclude={"popularity"}).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _rows(found: Sequence[Columns], shape: tuple[int, int]) -> csr_array:
    rows = np.repeat(np.arange(len(found)), [len(columns) for columns in found])
    columns = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
    return ones_at(rows, columns, shape)


def _close(curves: Curves | None) -> None:
    if curves is not None:
        curves.close()
