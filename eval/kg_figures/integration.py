"""How well do the same films and people of OMDb, DBpedia and Wikipedia become one?

Truth on films: `mappings.tsv` between OMDb and DBpedia; the name of the page, which a DBpedia resource and a film of
Wikipedia's lists both carry, between those two; both together between OMDb and Wikipedia. No title or year decides
it. Some mappings lead to another film of nearly that title (its page's own year says so): figures are given as
stated, and without these. Truth on people: pairs judged by hand, chosen to be hard; the half that nothing was
learnt from.

The scorers that come with the package were fitted to none of this (see `integration_learning`), so for them it is a
blind test. Beside them stand scorers fitted to the training part, and the plain rules of equal names.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from eval.figures import Figure, MeasureOptions, Section
from eval.kg_figures.integration_learning import LEARNING, fit_on_labels, half, read_dumps
from eval.kg_figures.integration_truth import FilmTruth, Label, Part, film_truth, people_by_films, read_labels
from kg.resolution.blocking import Pair, exact_pairs, item_pairs, person_pairs, reduction
from kg.resolution.clusters import groups
from kg.resolution.records import Records
from kg.resolution.resolve import Resolution, first_tokens, items_around, people_around, resolve
from kg.resolution.scorer import load_scorers

SHIPPED, FITTED = "shipped scorers", "scorers fitted here"
_SOURCES = ("omdb", "dbpedia", "wikipedia")


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Resolve the three sources, with the shipped scorers and with ones fitted to the training part of these.

    The shipped ones never saw these sources. Both are reported on the same test part.
    """
    started = time.perf_counter()
    dumps = read_dumps(options.data, options.quick)
    records = Records(dumps)
    truth = film_truth(records, options.seed)
    read = time.perf_counter() - started
    progress(f"{len(records):,} records read")
    started = time.perf_counter()
    found = resolve(dumps, LEARNING, progress=progress)
    took = time.perf_counter() - started
    fitted = fit_on_labels(records, truth, progress)
    again = resolve(dumps, LEARNING, fitted.scorers, progress=progress)
    labels = [label for label in read_labels(records) if half(label, records) == "test"]
    figures = [
        *compare(records, truth, "test", labels, {SHIPPED: found, FITTED: again}),
        *_shipped_on_all(records, truth, found),
        *_blocking(records, truth, found),
        Figure(name="records", value=len(records), note=_counts(records)),
        *(
            Figure(
                name=f"entities, {way}",
                value=len(set(of.roots)),
                note=f"{of.rounds} rounds until nothing changed",
            )
            for way, of in ((SHIPPED, found), (FITTED, again))
        ),
        Figure(name="reading", value=read, unit="s"),
        Figure(
            name="resolution",
            value=took,
            unit="s",
            note="blocking, features, scores and clusters, all rounds",
        ),
    ]
    shipped = load_scorers()
    return Section(
        title="Integration",
        question="How well do the films and people of OMDb (ml-1m), DBpedia and Wikipedia become one?",
        figures=tuple(figures),
        config={
            "seed": options.seed,
            "shipped threshold films": shipped["item"].threshold,
            "shipped threshold people": shipped["person"].threshold,
            "fitted threshold films": fitted.scorers["item"].threshold,
            "fitted threshold people": fitted.scorers["person"].threshold,
            "near certain": LEARNING.near_certain,
            **{f"fitted to pairs: {name}": count for name, count in fitted.pairs.items()},
        },
    )


def compare(
    records: Records, truth: FilmTruth, part: Part, labels: Sequence[Label], ways: Mapping[str, Resolution]
) -> Iterator[Figure]:
    """Yield pairwise figures on a part of the films and on labels, of these ways and of the plain rules."""
    clusters = {way: groups(found.roots) for way, found in ways.items()}
    titles = set(exact_pairs(records, records.of_kinds(["film"])))
    dated = {pair for pair in titles if _years_agree(records, pair)}
    films = {way: _across(records, of, "film") for way, of in clusters.items()}
    people = {way: _across(records, of, "person") for way, of in clusters.items()}
    people["same name"] = set(exact_pairs(records, records.of_kinds(["person"])))
    films |= {"same title": titles, "same title and year": dated}
    for one, other in combinations(_SOURCES, 2):
        sound = _of_part(records, truth, truth.sound, part, (one, other))
        for way, pairs in films.items():
            yield from _film_scores(
                records, truth, f"films {one}-{other}, sound, {way}", pairs, sound, (one, other)
            )
    yield from _people_figures(labels, people)
    yield from _by_films(records, truth, part, people)


def _shipped_on_all(records: Records, truth: FilmTruth, found: Resolution) -> Iterator[Figure]:
    """Yield the figures of the shipped scorers on all films, none of which they saw, and as the mapping states."""
    films = _across(records, groups(found.roots), "film")
    for between in combinations(_SOURCES, 2):
        for kind, true in (("as stated", truth.stated), ("sound", truth.sound)):
            wanted = {pair for pair in true if _between(records, pair, between)}
            name = f"films {'-'.join(between)}, all parts, {kind}, {SHIPPED}"
            yield from _film_scores(records, truth, name, films, wanted, between, kind)


def _of_part(
    records: Records, truth: FilmTruth, true: Iterable[Pair], part: Part, between: tuple[str, str]
) -> set[Pair]:
    return {pair for pair in true if truth.part[pair[0]] == part and _between(records, pair, between)}


def _film_scores(
    records: Records,
    truth: FilmTruth,
    name: str,
    found: set[Pair],
    wanted: set[Pair],
    between: tuple[str, str],
    kind: str = "sound",
) -> Iterator[Figure]:
    known = {number for pair in truth.stated for number in pair}
    inside = {number for pair in wanted for number in pair}
    judged = {
        pair
        for pair in found
        if _between(records, pair, between) and _judged(truth, pair, inside, known, set(between), kind)
    }
    yield from _scores(name, judged, wanted)


def _judged(
    truth: FilmTruth, pair: Pair, inside: set[int], known: set[int], sources: set[str], kind: str
) -> bool:
    """Say whether the truth can tell of a predicted pair that it is right or wrong."""
    if inside.isdisjoint(pair):
        return False
    if kind == "sound" and not truth.doubtful.isdisjoint(pair):
        return False
    # Every DBpedia resource is mapped; a page may have been moved, so there both ends must be known.
    return "wikipedia" not in sources or not known.isdisjoint(pair)


def _people_figures(labels: Sequence[Label], ways: Mapping[str, set[Pair]]) -> Iterator[Figure]:
    sorts = {
        "across sources": {"easy", "near", "namesake"},
        "names differ": {"near"},
        "same name, no film in common": {"namesake"},
        "within one source": {"within"},
    }
    for name, wanted in sorts.items():
        chosen = [label for label in labels if label.sort in wanted]
        true = {label.pair for label in chosen if label.one}
        for way, pairs in ways.items():
            if wanted == {"within"} and way == "same name":
                continue  # the plain rule looks across sources only
            judged = {label.pair for label in chosen if label.pair in pairs}
            yield from _scores(f"people judged by hand, {name}, {way}", judged, true, len(chosen))


def _by_films(
    records: Records, truth: FilmTruth, part: Part, ways: Mapping[str, set[Pair]]
) -> Iterator[Figure]:
    films = [pair for pair in truth.sound if truth.part[pair[0]] == part]
    ones, twos = people_by_films(records, films)
    for way, pairs in ways.items():
        yield from _scores(
            f"people of one film in one role, {way}", pairs & (ones | twos), ones, len(ones | twos)
        )


def _blocking(records: Records, truth: FilmTruth, found: Resolution) -> Iterator[Figure]:
    tokens = first_tokens(records, range(len(records)), LEARNING)
    numbers, _, around = items_around(records, tokens, LEARNING)
    pairs = item_pairs(records, numbers, around)
    yield Figure(
        name="blocking of films: pairs completeness",
        value=len(truth.sound & set(pairs)) / max(1, len(truth.sound)),
        note=f"{len(truth.sound):,} sound pairs, all parts; first round",
    )
    yield Figure(name="blocking of films: reduction ratio", value=reduction(records, numbers, len(pairs)))
    numbers, _, around = people_around(records, found.roots, LEARNING)
    pairs = person_pairs(records, numbers, around)
    true = people_by_films(records, [pair for pair in truth.sound if truth.part[pair[0]] == "test"])[0]
    yield Figure(
        name="blocking of people: pairs completeness",
        value=len(true & set(pairs)) / max(1, len(true)),
        note=f"{len(true):,} pairs of test films in one role; {len(pairs):,} pairs compared",
    )
    yield Figure(name="blocking of people: reduction ratio", value=reduction(records, numbers, len(pairs)))


def _scores(name: str, found: set[Pair], true: set[Pair], judged: int | None = None) -> Iterator[Figure]:
    hits = len(found & true)
    precision = hits / len(found) if found else 1.0
    recall = hits / len(true) if true else 1.0
    f1 = 2 * hits / (len(found) + len(true)) if found or true else 1.0
    note = f"{len(true):,} true, {len(found):,} found" + (f", {judged:,} pairs judged" if judged else "")
    for measured, value in (("precision", precision), ("recall", recall), ("F1", f1)):
        yield Figure(name=f"{name}: {measured}", value=value, note=note)


def _across(records: Records, clusters: Iterable[Sequence[int]], kind: str) -> set[Pair]:
    return {
        (one, other)
        for cluster in clusters
        if records.kind(cluster[0]) == kind
        for one, other in combinations(cluster, 2)
    }


def _between(records: Records, pair: Pair, between: tuple[str, str]) -> bool:
    return {records.source(pair[0]), records.source(pair[1])} == set(between)


def _years_agree(records: Records, pair: Pair) -> bool:
    years = records.years[pair[0]], records.years[pair[1]]
    return years[0] is None or years[1] is None or abs(years[0] - years[1]) <= 1


def _counts(records: Records) -> str:
    counts = Counter((records.source(n), records.kind(n)) for n in range(len(records)))
    return ", ".join(
        f"{source} {counts[source, 'film']:,} films {counts[source, 'person']:,} people"
        for source in _SOURCES
    )
