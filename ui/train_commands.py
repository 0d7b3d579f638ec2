"""`tastegraph tune`, `train`, `update` and `export`: what a workspace learns, and taking it elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ui import home
from ui.console import Example, JsonOption, Output, WorkspaceOption

if TYPE_CHECKING:
    from recsys.learning import Learned

SeedOption = Annotated[int, typer.Option(help="Decides everything random.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command, what, example in (
        (tune, "Choose the settings of the plain models on meetings that are held out.", "tune -w films"),
        (
            train,
            "Train the ensemble of a workspace; it is put in use where it beats EASE on held-out meetings.",
            "train -w films",
        ),
        (
            update,
            "Train again with what people said since: likes, dislikes and ratings of the chat.",
            "update -w films",
        ),
        (
            export,
            "Write models, ranked lists for everybody and neighbours of every item into a new folder.",
            "export -w films --to out --limit 20",
        ),
    ):
        app.command(help=f"{what}{Example}tastegraph {example}[/]")(command)


def tune(
    workspace: WorkspaceOption = None,
    model: Annotated[list[str] | None, typer.Option("--model", help="May be repeated. Default: all.")] = None,
    trials: Annotated[int, typer.Option(min=1, help="Settings tried for each model.")] = 12,
    seed: SeedOption = 7,
    as_json: JsonOption = False,
) -> None:
    """Choose the settings of the plain models; an interrupted run goes on where it was."""
    from recsys.learning import tune_workspace
    from recsys.tuning import MODELS, TuningConfig
    from recsys.workspace import Workspace

    opened = Workspace.open(home.find_workspace(workspace))
    out = Output(as_json)
    tuned = tune_workspace(opened, TuningConfig(trials=trials, seed=seed), tuple(model or MODELS), out.step)
    if out.document(tuned):
        return
    table = Table("model", "NDCG@20", "Recall@20", "settings")
    for name, trial in tuned.chosen.items():
        told = ", ".join(f"{key} {value:.4g}" for key, value in trial.settings.items())
        table.add_row(name, f"{trial.ndcg:.4f}", f"{trial.recall:.4f}", told)
    out.console().print(table)
    out.say(f"The next `tastegraph train -w {opened.path}` uses them.")


def train(
    workspace: WorkspaceOption = None,
    with_update: Annotated[
        bool, typer.Option("--update", help="Take in what people said since; the same as `update`.")
    ] = False,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="Leave a member out. May be repeated.")
    ] = None,
    seed: SeedOption = 7,
    as_json: JsonOption = False,
) -> None:
    """Train the ensemble of a workspace."""
    _learn(workspace, with_update, tuple(without or ()), seed, as_json)


def update(workspace: WorkspaceOption = None, seed: SeedOption = 7, as_json: JsonOption = False) -> None:
    """Train again with what people said since."""
    _learn(workspace, True, (), seed, as_json)


def export(
    to: Annotated[Path, typer.Option(help="A new folder.")],
    workspace: WorkspaceOption = None,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", help="models, recommendations or similar. May be repeated. Default: all."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Length of each ranked list.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Write what was learned into a new folder."""
    from recsys.export import PARTS, export_workspace
    from recsys.workspace import Workspace

    opened = Workspace.open(home.find_workspace(workspace))
    out = Output(as_json)
    files = export_workspace(opened, to.expanduser(), tuple(part or PARTS), limit, out.step)
    if not out.document(files):
        out.say(f"Wrote {len(files)} files into {to}; export.json says what made them.")


def _learn(workspace: str | None, updating: bool, without: tuple[str, ...], seed: int, as_json: bool) -> None:
    from recsys.learning import learn_workspace
    from recsys.workspace import Workspace

    opened = Workspace.open(home.find_workspace(workspace))
    out = Output(as_json)
    learned = learn_workspace(opened, seed, updating, without, out.step)
    if not out.document(learned):
        _print(learned, out)


def _print(learned: Learned, out: Output) -> None:
    table = Table("model", "NDCG@20 on held-out meetings", "weight")
    for name, ndcg in learned.held_out.items():
        weight = learned.weights.get(name)
        table.add_row(name, f"{ndcg:.4f}", "" if weight is None else f"{weight:.3f}")
    out.console().print(table)
    if learned.events:
        out.say(f"{learned.events:,} likes, dislikes and ratings of the chat took part.")
    out.say(learned.verdict)
