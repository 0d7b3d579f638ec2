"""How is a Neo4j server run for a workspace? Start, stop, look, and copy the graph into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.errors import TastegraphError
from ui import home
from ui.console import WorkspaceOption, say

if TYPE_CHECKING:
    from kg.server import Neo4jServer
    from recsys.workspace import Workspace

neo4j_app = typer.Typer(no_args_is_help=True, help="Run a Neo4j server for a workspace.")
BATCH = 20_000
"""Triples that are sent to the server at once."""
_LOADED = "neo4j-builds.txt"  # in the workspace: which of its builds are on its server


@neo4j_app.command(
    help="Fetch the server's files without starting it.\n\nExample: [cyan]tastegraph neo4j fetch[/]"
)
def fetch() -> None:
    """Fetch the server's files."""
    from kg.server.jars import cache_folder, fetch_jars

    say(f"The server's files are in {fetch_jars(cache_folder(), say)}")


@neo4j_app.command(
    help="Start the server of a workspace.\n\nExample: [cyan]tastegraph neo4j start -w films[/]"
)
def start(
    workspace: WorkspaceOption = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one and keeps it.")] = 0,
) -> None:
    """Start the server of a workspace."""
    server = _server(workspace, port)
    server.start()
    say(f"Neo4j answers on {server.uri}")
    say("Copy the workspace's graph into it: tastegraph neo4j load")


@neo4j_app.command(help="Stop the server of a workspace.\n\nExample: [cyan]tastegraph neo4j stop -w films[/]")
def stop(workspace: WorkspaceOption = None) -> None:
    """Stop the server of a workspace."""
    server = _server(workspace)
    server.stop()
    say("Neo4j is stopped; its data stays.")


@neo4j_app.command(help="Say whether the server runs.\n\nExample: [cyan]tastegraph neo4j status -w films[/]")
def status(workspace: WorkspaceOption = None) -> None:
    """Say whether the server runs; exit 1 when it does not."""
    server = _server(workspace)
    if not server.running():
        say("Neo4j does not run. Start it: tastegraph neo4j start")
        raise typer.Exit(1)
    say(f"Neo4j answers on {server.uri}")
    _settings(server)


@neo4j_app.command(
    help="Copy the workspace's graph into its server, replacing its older builds there."
    "\n\nExample: [cyan]tastegraph neo4j load -w films[/]"
)
def load(workspace: WorkspaceOption = None) -> None:
    """Copy the workspace's graph into its server."""
    import polars as pl

    from kg.schema import Entity, Triple
    from kg.stores.neo4j import Neo4jGraph
    from recsys.workspace import Workspace, graph_namespace

    opened = Workspace.open(home.find_workspace(workspace))
    server = _server(workspace)
    if not server.running():
        raise TastegraphError("Neo4j does not run. Start it: tastegraph neo4j start")
    entities = pl.read_parquet(opened.build_dir / "entities.parquet")
    triples = pl.read_parquet(opened.build_dir / "triples.parquet")
    namespace = graph_namespace(opened)
    older = [name for name in _loaded(opened) if name != namespace]
    _remember(opened, [*older, namespace])
    graph = Neo4jGraph(server.uri, server.user, server.password, namespace=namespace)
    try:
        graph.clear()
        for part in entities.iter_slices(BATCH):
            graph.upsert([Entity.model_validate(row) for row in part.iter_rows(named=True)], [])
        done = 0
        for part in triples.iter_slices(BATCH):
            graph.upsert([], [Triple.model_validate(row) for row in part.iter_rows(named=True)])
            done += part.height
            say(f"{done:,} of {triples.height:,} triples")
        stats = graph.stats()
    finally:
        graph.close()
    for name in older:
        replaced = Neo4jGraph(server.uri, server.user, server.password, namespace=name)
        try:
            replaced.drop()
        finally:
            replaced.close()
    _remember(opened, [namespace])
    say(f"Neo4j holds {stats.total_entities:,} entities and {stats.total_triples:,} triples.")
    _settings(server)


def _loaded(workspace: Workspace) -> list[str]:
    """Return the namespaces of this workspace that its server may hold."""
    file = workspace.path / _LOADED
    return file.read_text(encoding="utf-8").split() if file.is_file() else []


def _remember(workspace: Workspace, namespaces: list[str]) -> None:
    from recsys.workspace import write_text

    write_text(workspace.path / _LOADED, "".join(f"{name}\n" for name in namespaces))


def _server(workspace: str | None, port: int = 0) -> Neo4jServer:
    from kg.server import Neo4jServer
    from recsys.workspace import Workspace

    path: Path = Workspace.open(home.find_workspace(workspace)).path
    return Neo4jServer(path / "neo4j", port=port, progress=say)


def _settings(server: Neo4jServer) -> None:
    say("To chat over it, set:")
    say(f"  export TASTEGRAPH_GRAPH={server.uri}")
    say(f"  export TASTEGRAPH_NEO4J_USER={server.user}")
    # The password stays in its file, which only the owner can read, and out of the terminal's history.
    say(f'  export TASTEGRAPH_NEO4J_PASSWORD="$(cat {server.home / "password"})"')
