"""Facts from text: precision, recall and F1 a relation, on films held out by year.

Compared are our patterns, the shipped extractor (learned from sentences of our own), one learned from Wikipedia's
older films and, where `TASTEGRAPH_EXTRACTION_URL` and `TASTEGRAPH_EXTRACTION_MODEL` name a server, the chat model.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from eval.figures import Figure, MeasureOptions, Section
from eval.kg_figures.extraction_data import Film, films, of_part
from eval.kg_figures.extraction_train import PARAGRAPHS, train_wikipedia
from kg.extraction.choice import load_extractor
from kg.extraction.documents import OF_FILMS, Extractor
from kg.extraction.labels import stands_in
from kg.extraction.training import TrainingConfig
from kg.extraction.values import value_key

TESTED = 400
"""Held-out films; half of them have known directors."""
ASKED = 40
"""Held-out films for the chat model."""
MEASURED = tuple(relation for relation in OF_FILMS if relation != "based_on")


class Score(NamedTuple):
    """How one extractor does on one relation."""

    relation: str
    films: int
    """Held-out films of which the relation is known."""
    facts: int
    in_text: int
    """Facts whose name stands in the paragraph: no extractor can find the others."""
    found: int
    right: int

    @property
    def precision(self) -> float:
        """Share of what was found that a source states; sources are incomplete, so the truth is above it."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the facts in the text that were found."""
        return self.right / self.in_text if self.in_text else 0.0

    @property
    def recall_of_all(self) -> float:
        """Share of all facts that were found."""
        return self.right / self.facts if self.facts else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and of recall over the facts in the text."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Train the distantly supervised extractor where it is not in `options.out`, and compare all."""
    progress("Reading films and their facts")
    found = films(options.data)
    folder = options.out / ("extraction-quick" if options.quick else "extraction")
    sizes = (48, 24) if options.quick else PARAGRAPHS
    config = TrainingConfig(epochs=1, batch=8, evaluate_every=50, patience=3, seed=options.seed)
    train_wikipedia(found, folder, config, progress, sizes)
    tested = sample(list(of_part(found, "test")), 40 if options.quick else TESTED, options.seed)
    extractors: dict[str, Extractor] = {
        "patterns": load_extractor("patterns"),
        "minilm, shipped": load_extractor("minilm"),
        "minilm, Wikipedia": load_extractor("minilm", folder=folder),
    }
    figures = []
    for name, extractor in extractors.items():
        progress(f"{name}: {len(tested)} films")
        figures += compare(name, extractor, tested)
    figures += _chat(tested[: 6 if options.quick else ASKED], progress)
    return Section(
        title="Facts from text",
        question="How many of the facts in an opening paragraph are found, and how many of those found are right?",
        figures=tuple(figures),
        config={
            "train": "years to 2011 but 1996 and 1997",
            "validation": "1997, 2012 to 2014",
            "test": "1996, 2015 and later",
            "test films": len(tested),
            "paragraphs to learn from": sizes[0],
            "seed": options.seed,
        },
    )


def sample(found: list[Film], count: int, seed: int) -> list[Film]:
    """Draw films, half of them with known directors where there are as many."""
    rng = random.Random(f"test/{seed}")
    rng.shuffle(found)
    known = [f for f in found if "director" in f.facts][: count // 2]
    return known + [f for f in found if "director" not in f.facts][: count - len(known)]


def compare(name: str, extractor: Extractor, tested: Sequence[Film]) -> list[Figure]:
    """Return one F1 for each relation, with the rest of its score in the note, and the speed."""
    began = time.perf_counter()
    scores = score(extractor, tested)
    took = time.perf_counter() - began
    figures = [
        Figure(
            name=f"{name}: {s.relation}, F1",
            value=s.f1,
            note=f"P {s.precision:.3f}, R {s.recall:.3f} of {s.in_text} facts in the text, "
            f"{s.recall_of_all:.3f} of all {s.facts}; {s.films} films",
        )
        for s in scores
        if s.in_text
    ]
    figures.append(
        Figure(
            name=f"{name}: speed", value=len(tested) / took, unit="paragraphs/s", note="one after the other"
        )
    )
    return figures


def score(extractor: Extractor, tested: Sequence[Film]) -> list[Score]:
    """Compare what an extractor finds with what the sources state, relation by relation."""
    counts: Counter[tuple[str, str]] = Counter()
    for film, extraction in zip(tested, extractor.extract([f.document for f in tested]), strict=True):
        names = {entity.id: entity.name for entity in extraction.entities}
        for relation in MEASURED:
            if relation not in film.facts:
                continue
            wanted = {value_key(relation, name): name for name in film.facts[relation]}
            got = {value_key(relation, names[t.object]) for t in extraction.triples if t.relation == relation}
            within = {key for key, name in wanted.items() if stands_in(film.document.text, relation, name)}
            counts[relation, "films"] += 1
            counts[relation, "facts"] += len(wanted)
            counts[relation, "in text"] += len(within | (got & wanted.keys()))
            counts[relation, "found"] += len(got)
            counts[relation, "right"] += len(got & wanted.keys())
    columns = ("films", "facts", "in text", "found", "right")
    return [Score(relation, *(counts[relation, column] for column in columns)) for relation in MEASURED]


def _chat(tested: Sequence[Film], progress: Callable[[str], None]) -> list[Figure]:
    url, model = (os.environ.get(f"TASTEGRAPH_EXTRACTION_{name}", "") for name in ("URL", "MODEL"))
    if not url or not model:
        return []
    progress(f"chat model: {len(tested)} films")
    return compare(f"chat model {Path(model).name}", load_extractor("chat", url=url, model=model), tested)
