"""`tastegraph eval`: measure the parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from eval.metrics_command import metrics
from eval.report_commands import compare, merge
from eval.run_suite import RunOptions, run_all, run_suite
from eval.stated_command import stated
from eval.suites import ENTRIES, SuiteEntry

app = typer.Typer(help="Measure how good the answers are.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(help="Folder of the data sets.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for the reports and what is built on the way. Default: reports/NAME."),
]
Only = Annotated[str, typer.Option(help="Sections, with commas between; all when left out.")]
Seed = Annotated[
    int, typer.Option(help="Seed of everything random; what needs several takes them from here.")
]
Budget = Annotated[
    float | None,
    typer.Option(
        min=0.0, help="Minutes for the whole run, dealt out to its sections; each says where it stopped."
    ),
]
Quick = Annotated[bool, typer.Option(help="Samples, about a minute a section; not to be quoted.")]
Resume = Annotated[bool, typer.Option(help="Keep what a run like this has finished.")]
AsJson = Annotated[bool, typer.Option("--json", help="The report as JSON on the standard output.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="A setting of the suite; a wrong one lists what there is."
    ),
]

DATA = Path("../shared/data")


@app.callback()
def main() -> None:
    """Measure how good the answers are."""


def _suite_command(entry: SuiteEntry) -> Callable[..., None]:
    def command(
        data: Data = DATA,
        out: Out = None,
        only: Only = "",
        seed: Seed = 0,
        budget: Budget = None,
        quick: Quick = False,
        resume: Resume = False,
        as_json: AsJson = False,
        settings: Settings = None,
    ) -> None:
        folder = out or Path("reports") / entry.name
        run_suite(entry, RunOptions(data, folder, only, seed, budget, quick, resume, as_json, settings or []))

    return command


for _entry in ENTRIES:
    if _entry.name != "offline":
        app.command(
            _entry.name,
            help=f"Measure {_entry.measures}."
            f"\n\nExample: tastegraph eval {_entry.name} --data ../shared/data --out reports/{_entry.name}",
        )(_suite_command(_entry))


@app.command("all")
def all_suites(
    data: Data = DATA,
    out: Out = None,
    only: Annotated[
        str, typer.Option(help="Suites and SUITE.SECTION, with commas between: crs,kg.linking.")
    ] = "",
    seed: Seed = 0,
    budget: Budget = None,
    quick: Quick = False,
    resume: Resume = False,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Measure everything: each suite in a folder of its own, and one report of all of them (results.*).

    Example: tastegraph eval all --data ../shared/data --budget 60 --resume
    """
    folder = out or Path("reports") / "all"
    run_all(RunOptions(data, folder, only, seed, budget, quick, resume, as_json, settings or []))


app.command()(metrics)
app.command()(stated)
app.command()(compare)
app.command()(merge)


@app.command()
def offline(
    data: Data = DATA,
    out: Out = None,
    only: Only = "",
    seed: Seed = 0,
    budget: Budget = None,
    quick: Quick = False,
    resume: Resume = False,
    as_json: AsJson = False,
    settings: Settings = None,
    suite: Annotated[str, typer.Option(help="Older name of --only; all for everything.")] = "",
    split: Annotated[
        Path | None,
        typer.Option(
            help="Plain models on a split of your own: a folder with train.txt, valid.txt, test.txt."
        ),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(
            help="With --split: JSONL with people, genres and plots; found beside it when left out."
        ),
    ] = None,
    part: Annotated[
        str, typer.Option(help="With --split: test, or valid while something is being chosen.")
    ] = "test",
) -> None:
    """Measure the recommender: every figure beside its peers, or plain models on a split of your own.

    Examples: tastegraph eval offline --data ../shared/data --only ml1m,cold --resume

    tastegraph eval offline --split ../shared/data/ml-1m/split
    """
    if split is not None and (suite or only):
        raise typer.BadParameter("give --split, or sections with --only", param_hint="--split")
    folder = out or Path("reports") / "offline"
    if split is not None:
        _plain(split, metadata, folder, seed, part)
        return
    sections = only or ("" if suite == "all" else suite)
    run_suite(
        ENTRIES[0], RunOptions(data, folder, sections, seed, budget, quick, resume, as_json, settings or [])
    )


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


if __name__ == "__main__":
    app()
