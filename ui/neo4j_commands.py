"""How is a Neo4j server run for a workspace? Start, stop, look, and copy the graph into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from recsys.errors import TastegraphError
from ui import home

if TYPE_CHECKING:
    from kg.server import Neo4jServer

neo4j_app = typer.Typer(no_args_is_help=True, help="Run a Neo4j server for a workspace.")
WorkspaceOption = Annotated[
    str | None,
    typer.Option("--workspace", "-w", help="A folder, or the name of a workspace at home. Default: films."),
]
BATCH = 20_000
"""Triples that are sent to the server at once."""


@neo4j_app.command(
    help="Fetch the server's files without starting it.\n\nExample: [cyan]tastegraph neo4j fetch[/]"
)
def fetch() -> None:
    """Fetch the server's files."""
    from kg.neo4j_jars import cache_folder, fetch_jars

    _say(f"The server's files are in {fetch_jars(cache_folder(), _say)}")


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
    _say(f"Neo4j answers on {server.uri}")
    _say("Copy the workspace's graph into it: tastegraph neo4j load")


@neo4j_app.command(help="Stop the server of a workspace.\n\nExample: [cyan]tastegraph neo4j stop -w films[/]")
def stop(workspace: WorkspaceOption = None) -> None:
    """Stop the server of a workspace."""
    server = _server(workspace)
    server.stop()
    _say("Neo4j is stopped; its data stays.")


@neo4j_app.command(help="Say whether the server runs.\n\nExample: [cyan]tastegraph neo4j status -w films[/]")
def status(workspace: WorkspaceOption = None) -> None:
    """Say whether the server runs; exit 1 when it does not."""
    server = _server(workspace)
    if not server.running():
        _say("Neo4j does not run. Start it: tastegraph neo4j start")
        raise typer.Exit(1)
    _say(f"Neo4j answers on {server.uri}")
    _settings(server)


@neo4j_app.command(
    help="Copy the workspace's graph into its server, replacing what is there."
    "\n\nExample: [cyan]tastegraph neo4j load -w films[/]"
)
def load(workspace: WorkspaceOption = None) -> None:
    """Copy the workspace's graph into its server."""
    import polars as pl

    from kg.neo4j_store import Neo4jGraph
    from kg.schema import Entity, Triple
    from recsys.workspace import Workspace

    opened = Workspace.open(home.find_workspace(workspace))
    server = _server(workspace)
    if not server.running():
        raise TastegraphError("Neo4j does not run. Start it: tastegraph neo4j start")
    entities = pl.read_parquet(opened.build_dir / "entities.parquet")
    triples = pl.read_parquet(opened.build_dir / "triples.parquet")
    graph = Neo4jGraph(server.uri, server.user, server.password)
    try:
        graph.clear()
        for part in entities.iter_slices(BATCH):
            graph.upsert([Entity.model_validate(row) for row in part.iter_rows(named=True)], [])
        done = 0
        for part in triples.iter_slices(BATCH):
            graph.upsert([], [Triple.model_validate(row) for row in part.iter_rows(named=True)])
            done += part.height
            _say(f"{done:,} of {triples.height:,} triples")
        stats = graph.stats()
    finally:
        graph.close()
    _say(f"Neo4j holds {stats.total_entities:,} entities and {stats.total_triples:,} triples.")
    _settings(server)


def _server(workspace: str | None, port: int = 0) -> Neo4jServer:
    from kg.server import Neo4jServer
    from recsys.workspace import Workspace

    path: Path = Workspace.open(home.find_workspace(workspace)).path
    return Neo4jServer(path / "neo4j", port=port, progress=_say)


def _settings(server: Neo4jServer) -> None:
    _say("To chat over it, set:")
    _say(f"  export TASTEGRAPH_GRAPH={server.uri}")
    _say(f"  export TASTEGRAPH_NEO4J_USER={server.user}")
    # The password stays in its file, which only the owner can read, and out of the terminal's history.
    _say(f'  export TASTEGRAPH_NEO4J_PASSWORD="$(cat {server.home / "password"})"')


def _say(line: str) -> None:
    Console(highlight=False).print(Text(line), soft_wrap=True)
