"""The extractors that are compared: the shipped one, and one taught by Wikipedia's paragraphs.

`python -m eval.kg_figures.extraction_train shipped OUT` trains the shipped one again from our own texts;
`... wikipedia OUT DATA` the other one.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.kg_figures.extraction_data import Film, films, of_part, starter_items
from kg.extraction.adapter_files import CARD, TaggerCard
from kg.extraction.labels import align
from kg.extraction.templates import compose
from kg.extraction.training import TrainingConfig, train_extractor

OWN_TEXTS = (6_000, 150)
"""Composed texts for training and for validation."""
PARAGRAPHS = (3_600, 150)
"""Paragraphs for training and for validation; half of each are of films whose directors are known."""


def train_shipped(
    out: Path, config: TrainingConfig, progress: Callable[[str], None], sizes: tuple[int, int] = OWN_TEXTS
) -> TaggerCard:
    """Learn from composed texts about the starter catalogue; templates for validation are not trained on."""
    items = starter_items()
    return train_extractor(
        compose(items, sizes[0], config.seed),
        compose(items, sizes[1], config.seed, held_out=True),
        out,
        config,
        "sentences of our own about the starter catalogue",
        progress,
        out / "checkpoint.safetensors",
    )


def train_wikipedia(
    found: Sequence[Film],
    out: Path,
    config: TrainingConfig,
    progress: Callable[[str], None],
    sizes: tuple[int, int] = PARAGRAPHS,
) -> TaggerCard:
    """Learn from paragraphs of older films; their own cast and genres and other sources' credits are the labels."""
    train = _sample(list(of_part(found, "train")), sizes[0], config.seed)
    valid = _sample(list(of_part(found, "valid")), sizes[1], config.seed)
    if (out / CARD).is_file():
        card = TaggerCard.model_validate_json((out / CARD).read_bytes())
        if card.texts == {"train": len(train), "valid": len(valid)} and card.seed == config.seed:
            return card
    return train_extractor(
        [align(f.document, f.facts) for f in train],
        [align(f.document, f.facts) for f in valid],
        out,
        config,
        "opening paragraphs of Wikipedia, labelled from a distance (CC BY-SA: for measuring, not to be shipped)",
        progress,
        out / "checkpoint.safetensors",
    )


def _sample(found: list[Film], count: int, seed: int) -> list[Film]:
    rng = random.Random(seed)
    rng.shuffle(found)
    known = [f for f in found if "director" in f.facts][: count // 2]
    others = [f for f in found if "director" not in f.facts][: count - len(known)]
    return known + others


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    which, folder = sys.argv[1], Path(sys.argv[2])
    report = lambda line: print(line, flush=True)  # noqa: E731, T201
    chosen = TrainingConfig(epochs=1, batch=8, evaluate_every=50, patience=3)
    if which == "shipped":
        train_shipped(folder, chosen, report)
    else:
        train_wikipedia(films(Path(sys.argv[3])), folder, chosen, report)
