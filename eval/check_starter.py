"""How far do the facts of the starter films agree with public data sets, and which known films are missing?

python -m eval.check_starter --data ../shared/data --out report.md
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from recsys.attributes import PERSON_FACETS
from recsys.ingest import load
from recsys.schema import Item
from recsys.starter.catalogue import starter_items

SOURCES = {"ml-1m": "ml-1m", "ml-latest-small": "ml-latest-small", "wikipedia-films": "films/wikipedia"}
"""Adapter to its folder in the data directory."""
SET_FIELDS = ("genre", "director", "cast", "writer", "country", "language")
COVERAGE = (100, 300, 500)
RUNTIME_WITHIN = 5
"""Minutes by which two runtimes may differ."""
_SUFFIXES = frozenset({"jr", "sr"})
_ARTICLES = ("the ", "a ", "an ")
_SAME = {
    "genre": {
        "children": "family",
        "childrens": "family",
        "noir": "film noir",
        "science fiction": "sci fi",
        "historical": "history",
        "biographical": "biography",
        "sports": "sport",
        "superhero": "action",
        "spy": "action",
        "animated": "animation",
        "slasher": "horror",
        "supernatural": "horror",
        "suspense": "thriller",
        "romantic comedy": "romance",
        "martial arts": "action",
        "disaster": "action",
        "musical": "music",
    },
    "country": {
        "united states": "usa",
        "united kingdom": "uk",
        "west germany": "germany",
        "russia": "soviet union",
        "czech republic": "czechoslovakia",
        "federal republic of yugoslavia": "yugoslavia",
    },
    "language": {
        "farsi": "persian",
        "standard mandarin": "mandarin",
        "chinese": "mandarin",
        "none": "silent",
    },
}


@dataclass(frozen=True)
class Disagreement:
    """Where a source says something else."""

    film: str
    field: str
    ours: str
    theirs: str
    source: str


@dataclass
class Count:
    """How one field compares with one source."""

    compared: int = 0
    """Films for which both have the field."""
    agree: int = 0
    """Films that agree by the field's rule."""
    ours: int = 0
    """Our values (people, genres, ...) of those films."""
    found: int = 0
    """How many of them the source has too."""


@dataclass
class Report:
    """What the comparison found."""

    films: int = 0
    matched: dict[str, int] = field(default_factory=dict)
    """Source to number of starter films found in it; `any` for at least one source."""
    counts: dict[tuple[str, str], Count] = field(default_factory=dict)
    """(source, field) to its count."""
    disagreements: list[Disagreement] = field(default_factory=list)
    coverage: dict[int, tuple[int, list[str]]] = field(default_factory=dict)
    """Number of most-rated films to how many the starter has, and the missing ones."""


def fold(name: str) -> str:
    """Return a name without case, accents, punctuation and leading English article."""
    letters = unicodedata.normalize(
        "NFKD", name.casefold().replace("ł", "l").replace("ø", "o").replace("&", " and ")
    )
    bare = "".join(c for c in letters if not unicodedata.combining(c)).replace("'", "").replace("’", "")
    words = " ".join("".join(c if c.isalnum() else " " for c in bare).split())
    for article in _ARTICLES:
        words = words.removeprefix(article)
    return words


def fold_value(facet: str, value: str) -> str:
    """Return the form in which values of a facet are compared; the order of a person's names is no matter."""
    folded = fold(value)
    if facet in PERSON_FACETS:
        return " ".join(sorted(word for word in folded.split() if word not in _SUFFIXES))
    return _SAME.get(facet, {}).get(folded, folded)


def check(data_dir: Path) -> Report:
    """Compare the starter films with every source in `data_dir`.

    Raises `SourceError` when a source is missing or has bad rows.
    """
    films = starter_items("films")
    report = Report(films=len(films))
    anywhere: set[str] = set()
    for source, folder in SOURCES.items():
        catalogue = load(source, data_dir / folder)
        index = _index(catalogue.items)
        matched = 0
        for film in films:
            theirs = _match(film, index)
            if theirs is not None:
                matched += 1
                anywhere.add(film.id)
                _compare(film, theirs, source, report)
        report.matched[source] = matched
        if source == "ml-latest-small":
            _coverage(films, catalogue.items, report)
    report.matched["any"] = len(anywhere)
    return report


def _names(item: Item) -> set[str]:
    return {fold(name) for name in (item.title, *item.aliases)} - {""}


def _index(items: Iterable[Item]) -> dict[str, list[Item]]:
    index: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        for name in _names(item):
            index[name].append(item)
    return index


def _people(item: Item) -> set[str]:
    return {
        fold_value(facet, name) for facet in ("director", "cast") for name in item.attributes.get(facet, ())
    }


def _match(film: Item, index: dict[str, list[Item]]) -> Item | None:
    """Return the film of the same title and nearest year.

    Up to a year apart the title is enough, unless both name people and share none; further apart two shared
    people are needed.
    """
    best: tuple[int, int, Item] | None = None
    for name in sorted(_names(film)):
        for other in index.get(name, ()):
            if film.year is None or other.year is None:
                continue
            apart = abs(film.year - other.year)
            ours, theirs = _people(film), _people(other)
            shared = len(ours & theirs)
            if (apart <= 1 and (shared or not ours or not theirs or apart == 0)) or (
                apart <= 10 and shared >= 2
            ):
                key = (-shared, apart, other)
                if best is None or key[:2] < best[:2]:
                    best = key
    return best[2] if best else None


def _compare(film: Item, theirs: Item, source: str, report: Report) -> None:
    def differ(name: str, ours: object, other: object) -> None:
        report.disagreements.append(Disagreement(film.label, name, str(ours), str(other), source))

    def counted(name: str) -> Count:
        return report.counts.setdefault((source, name), Count())

    year = counted("year")
    year.compared += 1
    if film.year == theirs.year:
        year.agree += 1
    else:
        differ("year", film.year, theirs.year)
    for facet in SET_FIELDS:
        ours, other = film.attributes.get(facet, ()), theirs.attributes.get(facet, ())
        if not ours or not other or (facet == "language" and "Silent" in ours):
            continue
        have = {fold_value(facet, value) for value in other}
        missing = [value for value in ours if fold_value(facet, value) not in have]
        count = counted(facet)
        count.compared += 1
        count.ours += len(ours)
        count.found += len(ours) - len(missing)
        # Sources list a few players and every genre word they like: one in common agrees; a director must be
        # theirs.
        if missing and (facet == "director" or len(missing) == len(ours)):
            differ(facet, ", ".join(ours), ", ".join(other))
        else:
            count.agree += 1
            if missing and facet in ("cast", "writer"):
                differ(f"{facet} (some)", ", ".join(missing), ", ".join(other))
    if "runtime" in theirs.numbers:
        runtime = counted("runtime")
        runtime.compared += 1
        if abs(film.numbers["runtime"] - theirs.numbers["runtime"]) <= RUNTIME_WITHIN:
            runtime.agree += 1
        else:
            differ("runtime", f"{film.numbers['runtime']:.0f}", f"{theirs.numbers['runtime']:.0f}")


def _coverage(films: Sequence[Item], rated: Sequence[Item], report: Report) -> None:
    index = _index(films)
    ranked = sorted(rated, key=lambda item: (-item.popularity, item.id))
    for top in COVERAGE:
        missing = [item.label for item in ranked[:top] if _match(item, index) is None]
        report.coverage[top] = (top - len(missing), missing)


def agreement_table(report: Report) -> str:
    """Return the counts as a Markdown table."""
    lines = [
        "| field | source | films compared | films that agree | our values found there |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    order = ("year", *SET_FIELDS, "runtime")
    for (source, name), count in sorted(report.counts.items(), key=lambda pair: order.index(pair[0][1])):
        found = f"{count.found:,} of {count.ours:,} ({count.found / count.ours:.1%})" if count.ours else ""
        agree = f"{count.agree:,} ({count.agree / count.compared:.1%})"
        lines.append(f"| {name} | {source} | {count.compared:,} | {agree} | {found} |")
    return "\n".join(lines)


def render(report: Report) -> str:
    """Return the report as Markdown: counts, coverage, and every disagreement."""
    cell: Callable[[str], str] = lambda text: text.replace("|", "/")  # noqa: E731
    parts = [
        "# Starter films against public data",
        f"{report.films:,} films; found in "
        + ", ".join(f"{source}: {n:,}" for source, n in report.matched.items())
        + ".",
        agreement_table(report),
        "## Coverage of the most-rated films of ml-latest-small",
    ]
    for top, (has, missing) in report.coverage.items():
        parts.append(
            f"Top {top}: {has} ({has / top:.1%})." + (f" Missing: {'; '.join(missing)}." if missing else "")
        )
    parts.append(f"## Disagreements ({len(report.disagreements):,})")
    rows = [
        f"| {cell(d.field)} | {cell(d.film)} | {cell(d.ours)} | {cell(d.theirs)} | {d.source} |"
        for d in sorted(report.disagreements, key=lambda d: (d.field, d.film, d.source))
    ]
    parts.append(
        "\n".join(["| field | film | ours | theirs | source |", "| --- | --- | --- | --- | --- |", *rows])
    )
    return "\n\n".join(parts) + "\n"


def main(
    data: Annotated[
        Path, typer.Option(help="The folder that holds ml-1m, ml-latest-small and films/wikipedia.")
    ],
    out: Annotated[Path | None, typer.Option(help="Where to write the full report, in Markdown.")] = None,
) -> None:
    """Compare the starter films with public data; print the figures and write every disagreement."""
    report = check(data)
    typer.echo(agreement_table(report))
    for top, (has, _) in report.coverage.items():
        typer.echo(f"Top {top} of ml-latest-small: {has} ({has / top:.1%})")
    if out is not None:
        out.write_text(render(report), encoding="utf-8")
        typer.echo(f"{len(report.disagreements):,} disagreements: {out}")


if __name__ == "__main__":
    typer.run(main)
