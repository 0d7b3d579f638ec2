"""`tastegraph eval`: measure the parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.figures import MeasureOptions
    from eval.sections import Suite

app = typer.Typer(help="Measure how good the answers are.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Measure how good the answers are."""


@app.command()
def offline(
    suite: Annotated[
        str, typer.Option(help="all, or sections of the whole report with commas between: ml1m,gowalla.")
    ] = "",
    data: Annotated[Path | None, typer.Option(help="With --suite: the folder of the data sets.")] = None,
    split: Annotated[
        Path | None, typer.Option(help="Without --suite: a folder with train.txt, valid.txt and test.txt.")
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(help="JSONL with people, genres and plots; found beside the split when left out."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for the report as JSON and Markdown, plots, and what is built.")
    ] = Path("reports/offline"),
    seed: Annotated[int, typer.Option(help="Seed of everything random; a suite takes three from here.")] = 0,
    part: Annotated[
        str, typer.Option(help="With --split: test, or valid while something is being chosen.")
    ] = "test",
    quick: Annotated[
        bool, typer.Option(help="With --suite: samples, about a minute a section; not to be quoted.")
    ] = False,
    resume: Annotated[
        bool, typer.Option(help="With --suite: keep what a run like this has finished.")
    ] = False,
) -> None:
    """Measure the recommender: every figure beside its peers, or plain models on a split of your own.

    Examples: tastegraph eval offline --suite all --data ../shared/data --resume

    tastegraph eval offline --split ../shared/data/ml-1m/split
    """
    if bool(suite) == (split is not None) or (suite and data is None):
        raise typer.BadParameter("give --suite with --data, or --split", param_hint="--suite")
    if suite and data is not None:
        from eval.figures import MeasureOptions
        from eval.offline_suite import SUITE

        only = "" if suite == "all" else suite
        _run(SUITE, MeasureOptions(data=data, out=out, seed=seed, quick=quick), only, resume)
    elif split is not None:
        _plain(split, metadata, out, seed, part)


def _plain(split: Path, metadata: Path | None, out: Path, seed: int, part: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from eval.offline import evaluate, write_report
    from eval.split import default_metadata, read_split
    from recsys.errors import TastegraphError

    console = Console()
    if part not in ("test", "valid"):
        raise typer.BadParameter("choose test or valid", param_hint="--part")
    try:
        data = read_split(split, metadata or default_metadata(split))
        name = f"{split.resolve().parent.name}/{split.resolve().name}"
        with console.status("Measuring") as status:
            report = evaluate(
                name, data, seed, part, progress=lambda label: status.update(f"Measuring {label}")
            )
        files = write_report(report, out)
    except TastegraphError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    title = f"{name}: {report.users:,} people, {report.items:,} items, {part}"
    table = Table("model", title=title)
    for column in (f"Recall@{report.k}", f"NDCG@{report.k}", f"hit rate@{report.k}", "fit (s)", "score (s)"):
        table.add_column(column, justify="right")
    for r in report.results:
        table.add_row(
            r.model,
            f"{r.recall:.4f}",
            f"{r.ndcg:.4f}",
            f"{r.hit_rate:.4f}",
            f"{r.fit_seconds:.1f}",
            f"{r.score_seconds:.1f}",
        )
    console.print(table)
    for reason in report.left_out:
        console.print(f"Left out: {reason}")
    for file in files:
        console.print(f"Wrote {file}", markup=False)


@app.command()
def replay(
    workspace: Annotated[Path, typer.Option(help="A workspace of films, such as one of ml-1m.")],
    dialogues: Annotated[Path, typer.Option(help="ReDial's test_data.jsonl.")],
    count: Annotated[int, typer.Option(min=1, help="How many requests.")] = 20,
    out: Annotated[
        Path | None, typer.Option(help="Markdown file for requests, answers and problems.")
    ] = None,
) -> None:
    """Put opening requests of real seekers to the agent, and check every item and reason of its answers.

    Example: tastegraph eval replay --workspace ml --dialogues ../shared/data/crs/redial/test_data.jsonl
    """
    from rich.console import Console

    from eval.replay import replay_all, summary, write_transcript
    from recsys.errors import TastegraphError

    console = Console()
    try:
        results = replay_all(
            workspace, dialogues, count, progress=lambda line: console.print(line, markup=False)
        )
    except TastegraphError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    for result in results:
        for problem in result.problems:
            console.print(f"{result.opening.dialogue}: {problem}", style="red", markup=False)
    console.print(summary(results), markup=False)
    if out is not None:
        write_transcript(results, out)
        console.print(f"Wrote {out}", markup=False)
    if any(result.problems for result in results):
        raise typer.Exit(1)


@app.command()
def kg(
    data: Annotated[Path, typer.Option(help="Folder of the data sets.")],
    out: Annotated[Path, typer.Option(help="Folder for kg.json, kg.md and what is built on the way.")] = Path(
        "reports/kg"
    ),
    only: Annotated[str, typer.Option(help="Sections, with commas between; all when left out.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    quick: Annotated[bool, typer.Option(help="Samples, about a minute a section.")] = False,
    resume: Annotated[
        bool, typer.Option(help="Keep the sections that a run like this has finished.")
    ] = False,
) -> None:
    """Measure the knowledge graph: linking, paths, extraction, integration, embeddings, Neo4j.

    Example: tastegraph eval kg --data ../shared/data --out reports/kg
    """
    from eval.figures import MeasureOptions
    from eval.kg import SUITE

    _run(SUITE, MeasureOptions(data=data, out=out, seed=seed, quick=quick), only, resume)


@app.command()
def agent(
    data: Annotated[Path, typer.Option(help="Folder of the data sets.")],
    out: Annotated[
        Path, typer.Option(help="Folder for agent.json, agent.md and what is built on the way.")
    ] = Path("reports/agent"),
    only: Annotated[str, typer.Option(help="Sections, with commas between; all when left out.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    quick: Annotated[bool, typer.Option(help="Samples, about a minute a section.")] = False,
    resume: Annotated[
        bool, typer.Option(help="Keep the sections that a run like this has finished.")
    ] = False,
) -> None:
    """Measure the conversation: understanding, next tool, grounding, guards, service, speed.

    Example: tastegraph eval agent --data ../shared/data --out reports/agent
    """
    from eval.agent import SUITE
    from eval.figures import MeasureOptions

    _run(SUITE, MeasureOptions(data=data, out=out, seed=seed, quick=quick), only, resume)


@app.command()
def conversations(
    out: Annotated[Path, typer.Option(help="Markdown file to write.")] = Path("docs/conversations.md"),
    films: Annotated[
        Path | None,
        typer.Option(help="With --shop: a built starter workspace of films, instead of building one."),
    ] = None,
    shop: Annotated[
        Path | None,
        typer.Option(help="With --films: a built starter workspace of the shop, instead of building one."),
    ] = None,
) -> None:
    """Hold the conversations of the gallery anew with the builtin chat model, and write them down.

    Example: tastegraph eval conversations
    """
    from tempfile import TemporaryDirectory

    from rich.console import Console

    from eval.conversations import build, hold, markdown
    from kg.files import write_text
    from kg.graph import GraphError
    from recsys.errors import TastegraphError

    console = Console()
    if (films is None) != (shop is None):
        raise typer.BadParameter("give both workspaces or neither", param_hint="--films, --shop")
    try:
        with TemporaryDirectory(prefix="tastegraph-starters-") as folder:
            built = {"films": films, "shop": shop} if films and shop else build(Path(folder), console.print)
            text = markdown(hold(built))
    except (TastegraphError, GraphError) as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(out, text)
    console.print(f"Wrote {out}", markup=False)


def _run(suite: Suite, options: MeasureOptions, only: str, resume: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from eval.figures import shown_number
    from eval.sections import measure_all, write_report
    from kg.graph import GraphError
    from recsys.errors import TastegraphError

    console = Console()
    names = [name.strip() for name in only.split(",") if name.strip()]
    try:
        report = measure_all(suite, options, names, lambda line: console.print(line, markup=False), resume)
        files = write_report(report, options.out, suite.name)
    except (TastegraphError, GraphError) as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    for section in report.sections.values():
        if section.figures:
            shown = Table("figure", "value", "asked", "on what", title=section.title, title_justify="left")
            for figure in section.figures:
                value = f"{shown_number(figure.value)} {figure.unit}".strip()
                shown.add_row(figure.name, value, figure.reach, figure.note)
            console.print(shown)
        for table in section.tables:
            shown = Table(*table.columns, title=table.title, title_justify="left", caption=table.note)
            for row in table.rows:
                shown.add_row(*row)
            console.print(shown)
    for file in files:
        console.print(f"Wrote {file}", markup=False)


if __name__ == "__main__":
    app()
