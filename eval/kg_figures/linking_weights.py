"""Fit the weights with which `kg.linking` takes a stretch of a text for a title, on training dialogues of ReDial.

Run as `python -m eval.kg_figures.linking_weights DATA`; it writes `kg/linking/title_weights.json`.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from eval.kg_figures.linking import Case, find_cases, messages_without, misspell
from eval.kg_figures.linking_data import Dialogue, read_catalogue, read_dialogues
from kg.linking.candidates import Candidate
from kg.linking.lexicon import Lexicon
from kg.linking.likelihood import features
from kg.linking.mentions import Finder

FIT, COUNTED = 500, 2400
"""Dialogues from `FIT` to `COUNTED` are fitted on; those after give the popularity; those before are for choosing."""
_MIN_COUNT = 12
_MISSPELT_SHARE = 0.3


def examples(
    lexicon: Lexicon, text: str, spans: Sequence[tuple[int, int, frozenset[str]]]
) -> Iterator[tuple[list[str], bool]]:
    """Yield (features, whether it is a title) for the stretches of a text that may be one.

    `spans` are (start, end, ids) of the titles that are there. What lies inside one of them says nothing.
    """
    finder = Finder(lexicon, text)
    seen: set[tuple[int, int]] = set()
    for k in range(len(finder.view.tokens)):
        for one in (*finder.walker.exact(k), *finder.walker.misspelt(k)):
            senses = lexicon.senses(one.key)
            if not any(s.entity in lexicon.ranks for s in senses):
                continue
            start, end = finder.view.tokens[one.span.first].start, finder.view.tokens[one.span.last - 1].end
            label = _label(lexicon, one, start, end, spans)
            if label is None or (one.misspelt >= 0 and (one.span.first, one.span.last) in seen):
                continue
            if one.misspelt < 0 or label:
                seen.add((one.span.first, one.span.last))
            evidence = finder.evidence(one.span, senses, one if one.misspelt >= 0 else None)
            yield features(finder.view, one.span, evidence), label


def _label(
    lexicon: Lexicon, one: Candidate, start: int, end: int, spans: Sequence[tuple[int, int, frozenset[str]]]
) -> bool | None:
    ids = {lexicon.entities[s.entity].id for s in lexicon.senses(one.key)}
    for first, last, truth in spans:
        if start < last and first < end:
            if ids & truth and abs(end - last) <= 1 and abs(start - first) <= 4:
                return True
            return None if first <= start and end <= last else False
    return False


def fit(data: Path, progress: Callable[[str], None]) -> dict[str, float]:
    """Return the weight of each feature."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    catalogue = read_catalogue(data, skip_train=COUNTED)
    lexicon = Lexicon(catalogue.entities)
    lexicon.warm_up()
    dialogues = read_dialogues(data / "crs/redial/train_union_partial.jsonl")[FIT:COUNTED]
    rows: list[list[str]] = []
    labels: list[bool] = []
    rng = random.Random(0)
    for text, spans in texts(dialogues, list(find_cases(dialogues, catalogue)), rng):
        for found, label in examples(lexicon, text, spans):
            rows.append(found)
            labels.append(label)
    counts = Counter(name for row in rows for name in row)
    kept = [{name: 1.0 for name in row if counts[name] >= _MIN_COUNT} for row in rows]
    progress(f"{len(rows)} candidates, {sum(labels)} titles")
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=0.5, max_iter=300, fit_intercept=False)
    model.fit(vectorizer.fit_transform(kept), labels)
    names = vectorizer.get_feature_names_out()
    weights = {str(name): round(float(w), 2) for name, w in zip(names, model.coef_[0], strict=True)}
    return {name: weight for name, weight in sorted(weights.items()) if abs(weight) >= 0.05}


def texts(
    dialogues: Sequence[Dialogue], cases: Sequence[Case], rng: random.Random
) -> Iterator[tuple[str, list[tuple[int, int, frozenset[str]]]]]:
    """Yield texts with the titles in them: as written, in lower case, some misspelt, and those without a title."""
    by_text: dict[str, list[tuple[int, int, frozenset[str]]]] = {}
    for case in cases:
        start = len(case.before)
        by_text.setdefault(case.text, []).append((start, start + len(case.title), case.truth))
    plain: dict[str, list[tuple[int, int, frozenset[str]]]] = {
        text: [] for _, text in messages_without(dialogues)
    }
    for text, spans in (*by_text.items(), *plain.items()):
        yield text, spans
        if len(text) == len(text.lower()):
            yield text.lower(), spans
        if spans and rng.random() < 0.5:
            yield _small_titles(text, spans), spans
    for case in cases:
        if rng.random() < _MISSPELT_SHARE:
            title = misspell(case.title, rng.randrange(1_000_000))
            text = case.before + title + case.after
            start = len(case.before)
            others = [
                (s, e, ids)
                if e <= start
                else (s + len(title) - len(case.title), e + len(title) - len(case.title), ids)
                for s, e, ids in by_text[case.text]
                if s != start
            ]
            spans = sorted([*others, (start, start + len(title), case.truth)])
            yield (text.lower() if rng.random() < 0.5 else text), spans


def _small_titles(text: str, spans: Sequence[tuple[int, int, frozenset[str]]]) -> str:
    """Return a text with its titles, and nothing else, in lower case."""
    for start, end, _ in spans:
        small = text[start:end].lower()
        if len(small) == end - start:
            text = text[:start] + small + text[end:]
    return text


if __name__ == "__main__":
    found = fit(Path(sys.argv[1]), lambda line: print(line, file=sys.stderr))  # noqa: T201
    target = Path(__file__).parents[2] / "kg/linking/title_weights.json"
    target.write_text(json.dumps(found, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
