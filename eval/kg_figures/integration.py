"""How well do the same films and people of OMDb, DBpedia and Wikipedia become one?

Truth on films: `mappings.tsv` between OMDb and DBpedia; the name of the page, which a DBpedia resource and a film of
Wikipedia's lists both carry, between those two; both together between OMDb and Wikipedia. No title or year decides
it. Some mappings lead to another film of nearly that title (its page's own year says so): figures are given as
stated, and without these. Truth on people: pairs judged by hand, chosen to be hard; the half that nothing was
learnt from.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from eval.kg_figures.figures import Figure, MeasureOptions, Section
from eval.kg_figures.integration_learning import LEARNING, half, learn, read_dumps
from eval.kg_figures.integration_truth import FilmTruth, Label, film_truth, people_by_films, read_labels
from kg.resolution.blocking import Pair, exact_pairs, item_pairs, person_pairs, reduction
from kg.resolution.clusters import groups
from kg.resolution.records import Records
from kg.resolution.resolve import Resolution, first_tokens, items_around, people_around, resolve

_SOURCES = ("omdb", "dbpedia", "wikipedia")


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Resolve the three sources with scorers learnt on the training part; report pairwise figures on the test part."""
    started = time.perf_counter()
    dumps = read_dumps(options.data, options.quick)
    records = Records(dumps)
    truth = film_truth(records, options.seed)
    read = time.perf_counter() - started
    progress(f"{len(records):,} records read")
    learned = learn(records, truth, progress)
    started = time.perf_counter()
    found = resolve(dumps, LEARNING, learned.scorers, progress=progress)
    took = time.perf_counter() - started
    clusters = groups(found.roots)
    films = _across(records, clusters, "film")
    people = _across(records, clusters, "person")
    exact = set(exact_pairs(records, records.of_kinds(["film"])))
    dated = {pair for pair in exact if _years_agree(records, pair)}
    same_name = set(exact_pairs(records, records.of_kinds(["person"])))
    labels = [label for label in read_labels(records) if half(label, records) == "test"]
    figures = [
        *_film_figures(
            records, truth, {"resolution": films, "same title": exact, "same title and year": dated}
        ),
        *_people_figures(labels, {"resolution": people, "same name": same_name}),
        *_by_films(records, truth, {"resolution": people, "same name": same_name}),
        *_blocking(records, truth, found, labels),
        Figure(name="records", value=len(records), note=_counts(records)),
        Figure(name="entities", value=len(clusters), note=f"{found.rounds} rounds until nothing changed"),
        Figure(name="reading", value=read, unit="s"),
        Figure(
            name="resolution",
            value=took,
            unit="s",
            note="blocking, features, scores and clusters, all rounds",
        ),
    ]
    return Section(
        title="Integration",
        question="How well do the films and people of OMDb (ml-1m), DBpedia and Wikipedia become one?",
        figures=tuple(figures),
        config={
            "seed": options.seed,
            "threshold films": learned.scorers["item"].threshold,
            "threshold people": learned.scorers["person"].threshold,
            "near certain": LEARNING.near_certain,
            **learned.notes,
        },
    )


def _film_figures(records: Records, truth: FilmTruth, ways: dict[str, set[Pair]]) -> Iterator[Figure]:
    known = {number for pair in truth.stated for number in pair}
    for one, other in combinations(_SOURCES, 2):
        for scope in ("test", "all"):
            for kind, true in (("as stated", truth.stated), ("sound", truth.sound)):
                wanted = {pair for pair in true if _between(records, pair, one, other)}
                if scope == "test":
                    wanted = {pair for pair in wanted if truth.part[pair[0]] == "test"}
                inside = {number for pair in wanted for number in pair}
                for way, pairs in ways.items():
                    if (scope, kind) != ("test", "sound") and way != "resolution":
                        continue
                    judged = {
                        pair
                        for pair in pairs
                        if _between(records, pair, one, other)
                        and _judged(truth, pair, inside, known, {one, other}, kind)
                    }
                    yield from _scores(f"films {one}-{other}, {scope}, {kind}, {way}", judged, wanted)


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


def _people_figures(labels: Sequence[Label], ways: dict[str, set[Pair]]) -> Iterator[Figure]:
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
            if wanted == {"within"} and way != "resolution":
                continue  # the plain rule looks across sources only
            judged = {label.pair for label in chosen if label.pair in pairs}
            yield from _scores(f"people judged by hand, {name}, {way}", judged, true, len(chosen))


def _by_films(records: Records, truth: FilmTruth, ways: dict[str, set[Pair]]) -> Iterator[Figure]:
    films = [pair for pair in truth.sound if truth.part[pair[0]] == "test"]
    ones, twos = people_by_films(records, films)
    for way, pairs in ways.items():
        yield from _scores(
            f"people of one test film in one role, {way}", pairs & (ones | twos), ones, len(ones | twos)
        )


def _blocking(
    records: Records, truth: FilmTruth, found: Resolution, labels: Sequence[Label]
) -> Iterator[Figure]:
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


def _between(records: Records, pair: Pair, one: str, other: str) -> bool:
    return {records.source(pair[0]), records.source(pair[1])} == {one, other}


def _years_agree(records: Records, pair: Pair) -> bool:
    years = records.years[pair[0]], records.years[pair[1]]
    return years[0] is None or years[1] is None or abs(years[0] - years[1]) <= 1


def _counts(records: Records) -> str:
    counts = Counter((records.source(n), records.kind(n)) for n in range(len(records)))
    return ", ".join(
        f"{source} {counts[source, 'film']:,} films {counts[source, 'person']:,} people"
        for source in _SOURCES
    )
