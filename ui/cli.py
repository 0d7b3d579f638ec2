"""The command `tastegraph`. Heavy parts are imported inside the commands, so that help answers at once."""

from __future__ import annotations

import importlib.metadata
import io
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from typer.core import TyperGroup

from kg.graph import GraphError
from recsys.errors import TastegraphError
from ui import home
from ui.api.key_commands import keys_app
from ui.console import WorkspaceOption, complain, say, step
from ui.kg_commands import kg_app
from ui.llm_commands import app as llm_app
from ui.mcp_command import mcp
from ui.nlu_commands import nlu_app
from ui.password_commands import password_app
from ui.profile_commands import profile_app
from ui.recommend_command import recommend
from ui.service_command import assist
from ui.train_commands import add_to as add_train_commands

if TYPE_CHECKING:
    from typer._click import Command, Context

COMMAND_GROUP = "tastegraph.commands"
"""Entry points of this group become commands; each names a typer application."""


class Commands(TyperGroup):
    """Adds the commands of other parts when they are asked for; an error for a person becomes one line."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Return our commands, then those of the entry points."""
        own = super().list_commands(ctx)
        return own + sorted(point.name for point in _entry_points() if point.name not in own)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return a command by name, or None."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        return next((_attached(point) for point in _entry_points() if point.name == cmd_name), None)

    def invoke(self, ctx: Context) -> Any:  # noqa: ANN401 - as in the base class
        """Run the command; errors for a person end with 2, an interrupt with 130."""
        try:
            return super().invoke(ctx)
        except (TastegraphError, GraphError) as error:
            complain(str(error))
        except ValidationError as error:
            complain(_settings_message(error))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            complain(f"{error.filename or 'A file'} could not be used: {error.strerror or error}.")
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        raise typer.Exit(2)


app = typer.Typer(
    name="tastegraph",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="A conversational recommender: it chats, recommends, and gives reasons that can be checked.",
)
workspace_app = typer.Typer(no_args_is_help=True, help="Look into a workspace.")
app.add_typer(workspace_app, name="workspace")
app.add_typer(kg_app, name="kg")
app.add_typer(llm_app, name="llm")
app.add_typer(profile_app, name="profile")
app.add_typer(nlu_app, name="nlu")
app.add_typer(keys_app, name="keys")
app.add_typer(password_app, name="password")

add_train_commands(app)

Example = "\n\nExample: [cyan]"


@app.command(
    help="Build the starter workspaces: films, an invented shop, or both."
    + Example
    + "tastegraph starter --catalogue all --if-missing[/]"
)
def starter(
    catalogue: Annotated[str, typer.Option(help="films, shop or all.")] = "films",
    at: Annotated[
        Path | None, typer.Option("--home", help="Where workspaces live. Default: TASTEGRAPH_HOME.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the simulated behaviour and the training.")] = 7,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Leave a workspace that works as it is.")
    ] = False,
) -> None:
    """Build the starter workspaces."""
    if catalogue not in (*home.STARTERS, "all"):
        raise TastegraphError(f"There is no starter catalogue {catalogue!r}. Choose films, shop or all.")
    for name in home.STARTERS if catalogue == "all" else (catalogue,):
        path = home.starter_path(name, at)
        stale = _stale(path, name, seed) if if_missing else None
        if if_missing and stale is None:
            say(f"{name}: already in {path}")
            continue
        if stale:
            say(f"{name}: {stale}")
        from recsys.build import build_workspace
        from recsys.starter import load_starter

        say(f"{name}: building in {path}")
        path.mkdir(parents=True, exist_ok=True)
        build_workspace(path, load_starter("shop" if name == "shop" else "films", seed), seed, step)


@app.command(
    help="Turn a data source into a workspace."
    + Example
    + "tastegraph ingest ml-1m --from ml-1m --workspace ml[/]\n\nSources: tastegraph ingest --list"
)
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
) -> None:
    """Turn a data source into a workspace."""
    from recsys.ingest import ADAPTERS

    if listed:
        _list_sources()
        return
    if source is None or source not in ADAPTERS:
        raise TastegraphError(
            f"{'Name a source' if source is None else f'There is no source {source!r}'}. "
            f"Known: {', '.join(ADAPTERS)}. `tastegraph ingest --list` describes them."
        )
    if workspace is None:
        raise TastegraphError(
            f"Say where to build it: tastegraph ingest {source} --from PATH --workspace DIR"
        )
    given = _source_path(source, given, mapping, download)
    from recsys.build import build_workspace
    from recsys.ingest import load

    options = {"mapping": str(mapping) if mapping and mapping != given else None, "name": name}
    catalogue = load(source, given, {key: value for key, value in options.items() if value is not None})
    for note in catalogue.notes:
        step(note)
    folder = home.new_workspace(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    built = build_workspace(folder, catalogue, seed, step)
    counts = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in built.manifest.counts.items())
    say(f"{built.manifest.name} is in {folder}: {counts}")
    say(f"Chat with it: tastegraph chat --workspace {folder}")


@app.command(
    help="Chat in the terminal; lines piped in are answered one by one."
    + Example
    + 'tastegraph chat --once "something like Heat but less violent"[/]'
)
def chat(
    workspace: WorkspaceOption = None,
    user: Annotated[str | None, typer.Option(help="Whose taste this is. Default: your login name.")] = None,
    thread: Annotated[str | None, typer.Option(help="Go on with this dialogue. Default: a new one.")] = None,
    once: Annotated[str | None, typer.Option(help="Answer this message and leave.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as a line of JSON.")] = False,
) -> None:
    """Chat in the terminal."""
    from ui.chat_model_check import words
    from ui.terminal import Terminal, login_name

    path = _workspace(workspace)
    waiting = Console(stderr=True)
    with waiting.status("Getting ready"):
        from ui.agents import open_agent

        agent = open_agent(path)
        looked = [] if once is not None else words(agent.settings)
    for line in looked:
        waiting.print(line, markup=False)
    try:
        terminal = Terminal(agent, user or login_name(), thread, Console(highlight=False), as_json=as_json)
        if once is not None:
            terminal.say(once)
        else:
            if isinstance(sys.stdin, io.TextIOWrapper):
                # What is piped in may be anything; a byte that is no UTF-8 must not end the dialogue.
                sys.stdin.reconfigure(errors="replace")
            terminal.loop(sys.stdin)
    finally:
        agent.close()


app.command(
    help="Rank the catalogue for titles, words or a person, without a dialogue."
    + Example
    + "tastegraph recommend --like Heat --less violent[/]"
)(recommend)
app.command(
    help="The service desk: drafts replies to customers from orders, policy and templates; a human sends them."
    + Example
    + "tastegraph assist -w shop[/]"
)(assist)
app.command(
    help="Serve the agent's tools to other assistants over the Model Context Protocol."
    + Example
    + "tastegraph mcp -w films[/]"
)(mcp)


@app.command(
    help="Serve the web chat and the API, on this machine or, with a login, to others."
    + Example
    + "tastegraph serve --port 7861 --workspace films --workspace shop[/]"
)
def serve(
    host: Annotated[
        str,
        typer.Option(help="Where to listen. Beyond this machine people log in and programs need a key."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 7860,
    workspace: Annotated[
        list[str] | None,
        typer.Option("--workspace", "-w", help="May be given several times. Default: all at home."),
    ] = None,
    login: Annotated[
        bool, typer.Option("--login", help="Ask for a login on this machine too, as behind a proxy.")
    ] = False,
) -> None:
    """Serve the web chat."""
    from ui.access import Passwords, binding
    from ui.api.keys import KeyStore
    from ui.sign_in import SignIn

    passwords = Passwords.at_home()
    rule = binding(host, bool(passwords.names()), KeyStore.at_home().exist(), login)
    paths = [_workspace(one) for one in workspace] if workspace else home.workspaces_at_home()
    if not paths:
        raise TastegraphError(
            f"There is no workspace in {home.home() / 'workspaces'}. "
            "Make one: tastegraph starter --catalogue all"
        )
    served = {
        path.name if sum(p.name == path.name for p in paths) == 1 else str(path): path for path in paths
    }
    from agent.settings import Settings
    from ui.chat_model_check import tell
    from ui.web import serve as serve_web

    tell(Settings(), say)
    if rule.login:
        say(rule.words())
    secret = home.secret()
    serve_web(served, secret, host, port, say, SignIn(passwords, secret) if rule.login else None)


@app.command(
    help="Say of every part whether it works, and what to do if not."
    + Example
    + "tastegraph doctor --workspace films[/]"
)
def doctor(
    workspace: WorkspaceOption = None,
    port: Annotated[int, typer.Option(help="The port that the web chat would use.")] = 7860,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Say of every part whether it works."""
    from ui.doctor import healthy, run_checks, table

    checks = run_checks(home.find_workspace(workspace), port)
    if as_json:
        typer.echo(json.dumps([check.model_dump() for check in checks], ensure_ascii=False, indent=2))
    else:
        Console().print(table(checks))
    if not healthy(checks):
        raise typer.Exit(1)


@workspace_app.command(
    help="Show what a workspace holds and what made it."
    + Example
    + "tastegraph workspace info --workspace films[/]"
)
def info(
    workspace: WorkspaceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Show what a workspace holds."""
    from recsys.workspace import Workspace
    from ui.terminal import manifest_table

    opened = Workspace.open(home.find_workspace(workspace))
    if as_json:
        typer.echo(opened.manifest.model_dump_json(indent=2))
    else:
        Console().print(manifest_table(opened))


def main() -> None:
    """Run the command line."""
    # The driver reports each try to reach a server; we say once, in words, that the server is away.
    logging.getLogger("neo4j").setLevel(logging.ERROR)
    app()


def _entry_points() -> list[importlib.metadata.EntryPoint]:
    return list(importlib.metadata.entry_points(group=COMMAND_GROUP))


def _attached(point: importlib.metadata.EntryPoint) -> Command:
    try:
        loaded = point.load()
    except (ImportError, AttributeError) as error:
        return _absent(
            point.name, f"The command {point.name} cannot be loaded ({error}). Install the package anew."
        )
    command = typer.main.get_command(loaded)
    command.name = point.name
    return command


def _absent(name: str, why: str) -> Command:
    stub = typer.Typer(add_completion=False)

    @stub.command(name, help=why, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def absent() -> None:
        raise TastegraphError(why)

    return typer.main.get_command(stub)


def _workspace(given: str | None) -> Path:
    """Return the folder of a workspace that is there; raises `WorkspaceError` otherwise."""
    from recsys.workspace import Workspace

    return Workspace.open(home.find_workspace(given)).path


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


def _source_path(source: str, given: Path | None, mapping: Path | None, download: bool) -> Path:
    from recsys.ingest import ADAPTERS
    from recsys.ingest import download as fetch

    if download:
        from kg.server.jars import cache_folder

        return fetch(source, given.expanduser() if given else cache_folder(), step)
    path = given or mapping
    if path is None:
        raise TastegraphError(f"Say where it is: --from must point to {ADAPTERS[source].from_points_to}.")
    return path.expanduser()


def _list_sources() -> None:
    from rich.table import Table

    from recsys.ingest import ADAPTERS

    table = Table(title="Sources for tastegraph ingest", title_justify="left")
    for column in ("source", "what it is", "--from points to", "--download"):
        table.add_column(column, overflow="fold")
    for adapter in ADAPTERS.values():
        table.add_row(
            adapter.name, adapter.summary, adapter.from_points_to, "yes" if adapter.download else "no"
        )
    Console().print(table)


def _settings_message(error: ValidationError) -> str:
    parts = [
        f"{error.title}.{'.'.join(map(str, problem['loc'])) or 'values'}: {problem['msg']}"
        for problem in error.errors()
    ]
    return f"A value is wrong: {'; '.join(parts)}. Settings come from variables named TASTEGRAPH_…."
