"""Whether the sentiment of people's own words tells what they thought, beside counting words."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.kept import Found, Keeper, key_of
from eval.offline_figures.sentiment_data import FILES, Judged, read_judged
from recsys.encoder import Encoder
from recsys.sentiment import LexiconSentiment, Opinion, Sentiment, history_weight
from recsys.sentiment.training import SentimentConfig, train
from recsys.workspace import hash_files

SEEDS = 3
_ABOUT = {
    "ReDial": "messages that name one film, and whether its seeker said afterwards that they liked it (test part)",
    "IARD": "messages that accept or reject",
    "CCPE": "answers to what is liked or what is disliked",
}


class Reader(Protocol):
    """Something that has opinions of texts."""

    def of(self, texts: Sequence[str]) -> list[Opinion]:
        """Return one opinion a text."""


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Train the head on our own phrases by three seeds, and ask it and the lexicon about people's words.

    Raises `SourceError` when a data set is not there.
    """
    encoder = Encoder()
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + SEEDS))
    judged = {name: read_judged(options.data, name)[: 200 if options.quick else None] for name in FILES}
    read = hash_files(*(options.data / file for files in FILES.values() for file in files))
    phrases = hash_files(*sorted((Path(__file__).parents[2] / "recsys" / "sentiment").glob("*.toml")))
    keeper = Keeper(options.out / f"sentiment-{key_of(read, phrases, options.quick)}.json")
    lexicon = {
        name: keeper.get(f"lexicon {name}", partial(_measured, LexiconSentiment(), judged[name]))
        for name in FILES
    }
    heads: dict[str, list[Found]] = {name: [] for name in FILES}
    for seed in seeds:
        made = partial(_trained, options.out / f"sentiment-{seed}", seed, encoder, judged, progress)
        found = keeper.get(f"head {seed}", made)
        for name in FILES:
            heads[name].append({what: found[f"{name} {what}"] for what in lexicon[name]})
    figures = [
        Figure(
            name=f"{name}, area under the curve",
            value=_mean(heads[name], "auc"),
            reach=f"> {lexicon[name]['auc']:.3f}, the lexicon",
            note=f"{len(judged[name]):,} {_ABOUT[name]}; seeds {_each(heads[name])}",
        )
        for name in FILES
    ]
    figures.append(
        Figure(
            name="Time of one opinion",
            value=_latency(encoder),
            unit="ms",
            note="median of 30 messages, one at a time",
        )
    )
    return Section(
        title="Sentiment",
        question="Does the sound of people's own words tell what they thought?",
        figures=tuple(figures),
        tables=(_table(judged, lexicon, heads),),
        config={
            "seeds": len(seeds),
            "first seed": options.seed,
            "encoder": encoder.name,
            **_plain(SentimentConfig()),
        },
    )


def _trained(
    folder: Path,
    seed: int,
    encoder: Encoder,
    judged: dict[str, list[Judged]],
    progress: Callable[[str], None],
) -> Found:
    progress(f"Sentiment head, seed {seed}")
    train(folder, SentimentConfig(seed=seed), encoder)
    head = Sentiment(encoder, folder)
    found: Found = {}
    for name, rows in judged.items():
        progress(f"{name}: {len(rows):,} texts")
        found |= {f"{name} {what}": value for what, value in _measured(head, rows).items()}
    return found


def _measured(reader: Reader, rows: list[Judged]) -> Found:
    opinions = reader.of([row.text for row in rows])
    favour = np.array([row.favour for row in rows])
    polarity = np.array([opinion.polarity for opinion in opinions])
    weight = np.array([history_weight(opinion) for opinion in opinions])
    told = weight != 0.0
    right = np.sign(weight) == np.where(favour, 1.0, -1.0)
    return {
        "auc": _area(polarity, favour),
        "balanced": float(((polarity[favour] > 0).mean() + (polarity[~favour] < 0).mean()) / 2),
        "weighed": float(told.mean()),
        "for": float(right[told & favour].mean()) if (told & favour).any() else 0.0,
        "against": float(right[told & ~favour].mean()) if (told & ~favour).any() else 0.0,
    }


def _area(score: NDArray[np.float64], favour: NDArray[np.bool_]) -> float:
    """Return how likely somebody in favour scores above somebody against; ties count half."""
    ranks = rankdata(score)
    n, m = int(favour.sum()), int((~favour).sum())
    return float((ranks[favour].sum() - n * (n + 1) / 2) / (n * m))


def _latency(encoder: Encoder) -> float:
    head = Sentiment(encoder)
    head.of(["warm up"])
    took = []
    for k in range(30):
        started = time.perf_counter()
        head.of([f"I watched number {k} last week and the acting was better than I expected."])
        took.append(1000.0 * (time.perf_counter() - started))
    return float(np.median(took))


def _table(
    judged: dict[str, list[Judged]], lexicon: dict[str, Found], heads: dict[str, list[Found]]
) -> Table:
    rows = []
    for name, texts in judged.items():
        share = np.mean([row.favour for row in texts])
        for model, found in (("lexicon", [lexicon[name]]), ("head", heads[name])):
            cells = (f"{_mean(found, what):.3f}" for what in ("auc", "balanced", "weighed", "for", "against"))
            spread = f"{np.ptp([one['auc'] for one in found]):.3f}" if len(found) > 1 else ""
            rows.append((name, f"{len(texts):,}", f"{share:.2f}", model, *cells, spread))
    return Table(
        title="People's own words",
        columns=(
            "source",
            "texts",
            "in favour",
            "model",
            "AUC",
            "balanced accuracy",
            "weighed",
            "right, for",
            "right, against",
            "spread of AUC",
        ),
        rows=tuple(rows),
        note="Trained on phrases of our own only. `weighed`: the share that gets a weight in a history; `right`: of "
        "those in favour and those against that do, how many get the right sign. Many ReDial messages say nothing of "
        "how the film was. While the phrases were written, 300 texts each of IARD and CCPE were looked at, and "
        "ReDial's train part; 70 messages of its test part were read once before, for their form.",
    )


def _each(found: list[Found]) -> str:
    return ", ".join(f"{one['auc']:.3f}" for one in found)


def _mean(found: list[Found], what: str) -> float:
    return float(np.mean([one[what] for one in found]))


def _plain(config: SentimentConfig) -> dict[str, int]:
    return {"fills": config.fills}
