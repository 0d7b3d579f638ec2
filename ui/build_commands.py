"""`tastegraph starter` and `ingest`: how does a workspace come about?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ui import home
from ui.console import Example, JsonOption, Output, WrongUsage

HELP_STARTER = (
    "Build the starter workspaces: films, an invented shop, or both."
    + Example
    + "tastegraph starter --catalogue all --if-missing[/]"
)
HELP_INGEST = (
    "Turn a data source into a workspace."
    + Example
    + "tastegraph ingest ml-1m --from ml-1m --workspace ml[/]\n\nSources: tastegraph ingest --list"
)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(help=HELP_STARTER)(starter)
    app.command(help=HELP_INGEST)(ingest)


def starter(
    catalogue: Annotated[str, typer.Option(help="films, shop or all.")] = "films",
    at: Annotated[
        Path | None, typer.Option("--home", help="Where workspaces live. Default: TASTEGRAPH_HOME.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the simulated behaviour and the training.")] = 7,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Leave a workspace that works as it is.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build the starter workspaces."""
    if catalogue not in (*home.STARTERS, "all"):
        raise WrongUsage(f"There is no starter catalogue {catalogue!r}. Choose films, shop or all.")
    out = Output(as_json)
    made = []
    for name in home.STARTERS if catalogue == "all" else (catalogue,):
        path = home.starter_path(name, at)
        built = _starter(name, path, seed, if_missing, out)
        made.append({"name": name, "folder": path, "built": built})
    out.document(made)


def _starter(name: str, path: Path, seed: int, if_missing: bool, out: Output) -> bool:
    """Build a starter workspace where one has to be; says whether it was."""
    stale = _stale(path, name, seed) if if_missing else None
    if if_missing and stale is None:
        out.say(f"{name}: already in {path}")
        return False
    if stale:
        out.say(f"{name}: {stale}")
    from recsys.build import build_workspace
    from recsys.starter import load_starter

    out.say(f"{name}: building in {path}")
    path.mkdir(parents=True, exist_ok=True)
    build_workspace(path, load_starter("shop" if name == "shop" else "films", seed), seed, out.step)
    return True


def ingest(
    source: Annotated[str | None, typer.Argument(help="Name of the source; --list shows them.")] = None,
    given: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="The folder or file of the source; with --download the folder to fetch it into, by default "
            "TASTEGRAPH_CACHE or the user's cache.",
        ),
    ] = None,
    workspace: Annotated[
        str | None,
        typer.Option(
            "--workspace",
            "-w",
            help="Where to build it: a bare name means HOME/workspaces/NAME, anything else is a path (./NAME). "
            "There is no default.",
        ),
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of the source `table`.")] = None,
    name: Annotated[str | None, typer.Option(help="Which part of a source that has several.")] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch it from its publisher first.")] = False,
    seed: Annotated[int, typer.Option(help="Decides the training.")] = 7,
    listed: Annotated[bool, typer.Option("--list", help="List the sources and leave.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Turn a data source into a workspace."""
    from recsys.ingest import ADAPTERS

    out = Output(as_json)
    if listed:
        _list_sources(out)
        return
    if source is None or source not in ADAPTERS:
        raise WrongUsage(
            f"{'Name a source' if source is None else f'There is no source {source!r}'}. "
            f"Known: {', '.join(ADAPTERS)}. `tastegraph ingest --list` describes them."
        )
    if workspace is None:
        raise WrongUsage(f"Say where to build it: tastegraph ingest {source} --from PATH --workspace DIR")
    given = _source_path(source, given, mapping, download, out)
    from recsys.build import build_workspace
    from recsys.ingest import load

    options = {"mapping": str(mapping) if mapping and mapping != given else None, "name": name}
    catalogue = load(source, given, {key: value for key, value in options.items() if value is not None})
    for note in catalogue.notes:
        out.step(note)
    folder = home.new_workspace(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    built = build_workspace(folder, catalogue, seed, out.step)
    if out.document({"folder": folder, "manifest": built.manifest}):
        return
    counts = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in built.manifest.counts.items())
    out.say(f"{built.manifest.name} is in {folder}: {counts}")
    out.say(f"Chat with it: tastegraph chat --workspace {folder}")


def _stale(path: Path, name: str, seed: int) -> str | None:
    """Return why the starter in `path` has to be built, "" where there is none, None for one that is good."""
    from recsys.errors import WorkspaceError
    from recsys.starter import is_current
    from recsys.workspace import Workspace

    if not (path / "manifest.json").is_file():
        return ""
    try:
        if is_current(Workspace.open(path), name, seed):
            return None
    except WorkspaceError as error:
        return f"built anew, because it cannot be opened. {error}"
    return f"built anew, because it is not a whole build of this version with seed {seed}."


def _source_path(source: str, given: Path | None, mapping: Path | None, download: bool, out: Output) -> Path:
    from recsys.ingest import ADAPTERS
    from recsys.ingest import download as fetch

    if download:
        from kg.server.jars import cache_folder

        return fetch(source, given.expanduser() if given else cache_folder(), out.step)
    path = given or mapping
    if path is None:
        raise WrongUsage(f"Say where it is: --from must point to {ADAPTERS[source].from_points_to}.")
    return path.expanduser()


def _list_sources(out: Output) -> None:
    from rich.table import Table

    from recsys.ingest import ADAPTERS

    told: list[dict[str, Any]] = [
        {
            "name": adapter.name,
            "summary": adapter.summary,
            "from": adapter.from_points_to,
            "download": bool(adapter.download),
        }
        for adapter in ADAPTERS.values()
    ]
    if out.document(told):
        return
    table = Table(title="Sources for tastegraph ingest", title_justify="left")
    for column in ("source", "what it is", "--from points to", "--download"):
        table.add_column(column, overflow="fold")
    for one in told:
        table.add_row(one["name"], one["summary"], one["from"], "yes" if one["download"] else "no")
    out.console().print(table)
