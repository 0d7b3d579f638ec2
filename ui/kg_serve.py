"""How is a Neo4j server run for a workspace? Start it, load the graph into it, look, stop."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg.graph import GraphError
from ui import home
from ui.console import PROBLEM, Example, JsonOption, Output, WorkspaceOption, WrongUsage

if TYPE_CHECKING:
    from kg.schema import GraphStats
    from kg.server import Neo4jServer
    from kg.stores.neo4j import Neo4jGraph
    from recsys.workspace import Workspace

serve_app = typer.Typer(
    invoke_without_command=True,
    help="Start a Neo4j server for a workspace, load its graph, and print the settings that use it."
    "\n\nIt goes on in the background until `kg serve stop`. Needs Java 17 or 21 with Maven, or Docker."
    + Example
    + "tastegraph kg serve -w films[/]",
)
_LOADED = "neo4j-builds.txt"  # in the workspace: which of its builds are on its server
_NOT_RUNNING = "Neo4j does not run. Start it: tastegraph kg serve"


@serve_app.callback()
def serve(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one and keeps it.")] = 0,
    heap: Annotated[str, typer.Option(help="Most memory of the server's Java heap: 512m, 2g.")] = "1g",
    load: Annotated[
        bool | None,
        typer.Option("--load/--no-load", help="Default: load where the server does not hold this graph."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start the server of a workspace and load its graph."""
    if context.invoked_subcommand is not None:
        return
    out = Output(as_json)
    opened = _workspace(workspace)
    server = _server(opened, out, port, heap)
    server.start()
    if load or (load is None and not _holds(opened, server, out)):
        _load(opened, server, out)
    _settings(server, out)


@serve_app.command(
    help="Stop the server of a workspace; its data stays.\n\nExample: [cyan]tastegraph kg serve stop -w films[/]"
)
def stop(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Stop the server of a workspace."""
    out = Output(as_json)
    _server(_workspace(workspace), out).stop()
    if not out.document({"running": False}):
        out.say("Neo4j is stopped; its data stays.")


@serve_app.command(
    help="Say whether the server runs, what it holds and who may write. Ends with 1 when it does not run."
    + Example
    + "tastegraph kg serve status -w films[/]"
)
def status(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Say whether the server runs, what it holds and who may write."""
    from kg.server import look

    out = Output(as_json)
    opened = _workspace(workspace)
    server = _server(opened, out)
    if not server.running():
        if not out.document({"running": False}):
            out.say(_NOT_RUNNING)
        raise typer.Exit(PROBLEM)
    access = look(server.uri, server.user, server.password)
    held = _stats(opened, server)
    told = {"running": True, "access": access, "holds": held}
    if out.document(told | _address(server.uri, server.user, server.home / "password")):
        return
    out.say(f"Neo4j answers on {server.uri}")
    out.say(access.words)
    if held.total_entities:
        out.say(f"It holds {_counts(held)} of this build.")
    else:
        out.say("It does not hold the graph of this build. Load it: tastegraph kg serve load")
    _settings(server, out)


@serve_app.command(
    help="Copy the workspace's graph into its server, in the place of older builds there."
    "\n\nReaders see the older one until the copy is whole."
    + Example
    + "tastegraph kg serve load -w films[/]"
)
def load(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Copy the workspace's graph into its server."""
    out = Output(as_json)
    opened = _workspace(workspace)
    server = _server(opened, out)
    if not server.running():
        raise GraphError(_NOT_RUNNING)
    _load(opened, server, out)
    _settings(server, out)


@serve_app.command(
    help="Fetch the server's files without starting it.\n\nExample: [cyan]tastegraph kg serve fetch[/]"
)
def fetch(as_json: JsonOption = False) -> None:
    """Fetch the server's files."""
    from kg.server import cache_folder, fetch_jars

    out = Output(as_json)
    folder = fetch_jars(cache_folder(), out.say)
    if not out.document({"folder": folder}):
        out.say(f"The server's files are in {folder}")


@serve_app.command(
    help="On an Enterprise server, make a user that may only read, for the chat to use."
    "\n\nThe server and a user that may manage users come from TASTEGRAPH_GRAPH, TASTEGRAPH_NEO4J_USER and "
    "TASTEGRAPH_NEO4J_PASSWORD. Community has no roles." + Example + "tastegraph kg serve reader -w films[/]"
)
def reader(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Make the user that may only read."""
    from agent.settings import Settings
    from kg.server import make_reader

    settings = Settings()
    if settings.graph == "embedded":
        raise WrongUsage("Set TASTEGRAPH_GRAPH to the address of the server first: bolt://localhost:7687")
    file = _workspace(workspace).path / "neo4j" / "reader-password"
    password = settings.neo4j_password.get_secret_value()
    user = make_reader(settings.graph, settings.neo4j_user, password, file)
    _settings_of(settings.graph, user, file, Output(as_json))


def _load(workspace: Workspace, server: Neo4jServer, out: Output) -> None:
    from kg.stores.copying import copy_graph
    from kg.stores.ladybug import LadybugGraph
    from recsys.workspace import graph_namespace

    namespace = graph_namespace(workspace)
    older = [name for name in _loaded(workspace) if name != namespace]
    # Written first: what a load that breaks off leaves behind is known to the next one.
    _remember(workspace, [*older, namespace])
    source = LadybugGraph(workspace.graph_path, read_only=True)
    try:
        target = _graph(server, namespace)
        try:
            stats = copy_graph(source, target, out.step)
        finally:
            target.close()
    finally:
        source.close()
    for name in older:
        replaced = _graph(server, name)
        try:
            replaced.drop()
        finally:
            replaced.close()
    _remember(workspace, [namespace])
    out.say(f"Neo4j holds {_counts(stats)}.")


def _holds(workspace: Workspace, server: Neo4jServer, out: Output) -> bool:
    """Say whether the server holds as much of this build as the workspace."""
    from kg.stores.ladybug import LadybugGraph

    held = _stats(workspace, server)
    source = LadybugGraph(workspace.graph_path, read_only=True)
    try:
        same = source.stats() == held
    finally:
        source.close()
    if same:
        out.say(f"Neo4j holds {_counts(held)} already; load it anew with --load.")
    return same


def _stats(workspace: Workspace, server: Neo4jServer) -> GraphStats:
    from recsys.workspace import graph_namespace

    graph = _graph(server, graph_namespace(workspace))
    try:
        return graph.stats()
    finally:
        graph.close()


def _counts(stats: GraphStats) -> str:
    return f"{stats.total_entities:,} entities and {stats.total_triples:,} triples"


def _graph(server: Neo4jServer, namespace: str) -> Neo4jGraph:
    from kg.stores.neo4j import Neo4jGraph

    return Neo4jGraph(server.uri, server.user, server.password, namespace=namespace)


def _loaded(workspace: Workspace) -> list[str]:
    """Return the namespaces of this workspace that its server may hold."""
    file = workspace.path / _LOADED
    return file.read_text(encoding="utf-8").split() if file.is_file() else []


def _remember(workspace: Workspace, namespaces: list[str]) -> None:
    from kg.files import write_text

    write_text(workspace.path / _LOADED, "".join(f"{name}\n" for name in namespaces))


def _workspace(name: str | None) -> Workspace:
    from recsys.workspace import Workspace

    return Workspace.open(home.find_workspace(name))


def _server(workspace: Workspace, out: Output, port: int = 0, heap: str = "1g") -> Neo4jServer:
    from kg.server import Neo4jServer

    return Neo4jServer(workspace.path / "neo4j", port=port, heap=heap, progress=out.say)


def _settings(server: Neo4jServer, out: Output) -> None:
    _settings_of(server.uri, server.user, server.home / "password", out)


def _address(uri: str, user: str, password: Path) -> dict[str, object]:
    return {"uri": uri, "user": user, "password_file": password}


def _settings_of(uri: str, user: str, password: Path, out: Output) -> None:
    if out.document(_address(uri, user, password)):
        return
    out.say("To chat over it, set:")
    out.say(f"  export TASTEGRAPH_GRAPH={uri}")
    out.say(f"  export TASTEGRAPH_NEO4J_USER={user}")
    # The password stays in its file, which only the owner can read, and out of the terminal's history.
    out.say(f'  export TASTEGRAPH_NEO4J_PASSWORD="$(cat {shlex.quote(str(password))})"')
