"""`tastegraph eval metrics`: measure what any system recommended, from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import polars as pl

    from eval.figures import Section
    from eval.metrics_tables import Tables

_DEFAULT = "recall@10,ndcg@10,mrr@10"


def metrics(
    recommended: Annotated[
        Path | None, typer.Option(help="user, item, and score or rank: CSV, TSV, JSONL or Parquet.")
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="user, item: what was right.")] = None,
    history: Annotated[Path | None, typer.Option(help="user, item: what each person met before.")] = None,
    catalogue: Annotated[Path | None, typer.Option(help="item; groups (with | between in a CSV).")] = None,
    ratings: Annotated[Path | None, typer.Option(help="rating, predicted.")] = None,
    texts: Annotated[Path | None, typer.Option(help="text: what the system said.")] = None,
    names: Annotated[
        str, typer.Option("--metrics", help="Names with commas between; list for all.")
    ] = _DEFAULT,
    system: Annotated[str, typer.Option(help="How the system is called in the report.")] = "system",
    out: Annotated[
        Path | None, typer.Option(help="Folder for a report, to be compared with another.")
    ] = None,
) -> None:
    """Measure what any system recommended, from files; a missing table or column is named.

    Example: tastegraph eval metrics --recommended mine.csv --truth test.csv --metrics recall@10,ndcg@10,auc
    """
    from rich.console import Console

    from eval.metrics_registry import METRICS
    from eval.metrics_tables import Tables
    from recsys.errors import TastegraphError

    console = Console()
    if names.strip() == "list":
        for metric in METRICS.values():
            needs = "; ".join(f"{table}: {', '.join(columns)}" for table, columns in metric.needs.items())
            cut = "@k" if metric.at_k else ""
            console.print(f"{metric.name}{cut}: {metric.says} ({needs})", markup=False, soft_wrap=True)
        return
    try:
        files = {
            name: file
            for name, file in (
                ("recommended", recommended),
                ("truth", truth),
                ("history", history),
                ("catalogue", catalogue),
                ("ratings", ratings),
                ("texts", texts),
            )
            if file is not None
        }
        tables = Tables(**{name: read_table(file) for name, file in files.items()})
        section = measure(tables, [name.strip() for name in names.split(",") if name.strip()], system)
        for figure in section.figures:
            console.print(f"{figure.name}: {figure.value:.4f} ({figure.note})", markup=False)
        if out is not None:
            for file in _write(section, files, out):
                console.print(f"Wrote {file}", markup=False, soft_wrap=True)
    except TastegraphError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error


def measure(tables: Tables, names: Sequence[str], system: str) -> Section:
    """Return the means as figures, and the values by person of the metrics that have them.

    Raises `MetricError` as `eval.metrics_registry.calculate` does, and where nobody can be measured.
    """
    from eval.figures import Figure, Sample, Section
    from eval.metrics_registry import calculate, parse
    from eval.metrics_tables import MetricError

    figures, samples = [], []
    for name, values in calculate(names, tables).items():
        metric, _ = parse(name)
        if not len(values):
            raise MetricError(f"{name}: there is nothing to measure; the tables share no user, or are empty.")
        unit = {"person": "people", "list": "lists", "rating": "ratings", "all": "value"}[metric.unit]
        figures.append(Figure(name=name, value=float(values.mean()), note=f"{len(values):,} {unit}"))
        if metric.unit == "person" and len(values) == len(tables.people):
            by_person = dict(zip(map(str, tables.people), map(float, values), strict=True))
            smaller = metric.smaller_is_better
            samples.append(Sample(system=system, metric=name, values=by_person, smaller_is_better=smaller))
    return Section(
        title=f"Metrics of {system}",
        question="How good is what was recommended?",
        figures=tuple(figures),
        samples=tuple(samples),
    )


def read_table(file: Path) -> pl.DataFrame:
    """Read CSV, TSV, JSONL or Parquet by the file's ending; users and items as text, groups as a list.

    Raises `SourceError` when it cannot be read.
    """
    import polars as pl

    from recsys.errors import SourceError

    try:
        match file.suffix.lower():
            case ".parquet":
                frame = pl.read_parquet(file)
            case ".jsonl" | ".ndjson":
                frame = pl.read_ndjson(file)
            case ".csv" | ".tsv":
                frame = pl.read_csv(file, separator="\t" if file.suffix.lower() == ".tsv" else ",")
            case _:
                raise SourceError(f"{file} is no table that can be read: CSV, TSV, JSONL or Parquet.")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{file} could not be read: {error}") from error
    ids = [column for column in ("user", "item") if column in frame.columns]
    frame = frame.with_columns(pl.col(ids).cast(pl.String))
    if "groups" in frame.columns and frame["groups"].dtype == pl.String:
        frame = frame.with_columns(pl.col("groups").str.split("|"))
    return frame


def _write(section: Section, files: dict[str, Path], out: Path) -> list[Path]:
    from datetime import UTC, datetime

    from eval.provenance import code_hash, machine, versions
    from eval.report import Report
    from eval.report_html import write_html
    from eval.run_suite import typed_command
    from eval.sections import write_report
    from recsys.workspace import hash_files

    # What was recommended is the answer, not the question: two systems on one truth are to be comparable.
    asked = [files[name] for name in sorted(files) if name != "recommended"]
    report = Report(
        title=section.title,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=0,
        quick=False,
        data_hash=hash_files(*asked),
        versions=versions(),
        machine=machine(),
        sections={"metrics": section},
        seconds={},
        code=code_hash(),
        command=typed_command(),
    )
    return [*write_report(report, out, "metrics"), write_html(report, out, "metrics")]
