"""A Neo4j server for a workspace: started, loaded, looked at, stopped; and one under two workspaces."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from agent.context import Services
from agent.settings import Settings
from kg.graph import GraphError
from kg.stores.neo4j import Neo4jGraph
from recsys.build import build_workspace
from recsys.catalogue import Catalogue
from recsys.schema import Item
from recsys.workspace import Workspace, graph_namespace
from ui.cli import app


def run(*args: str):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["kg", "serve", *args])


def films(director: str) -> Catalogue:
    items = [
        Item(id=f"film:{k}", title=f"Picture {k}", kind="film", attributes={"director": (director,)})
        for k in range(3)
    ]
    rows = [
        {"user": f"u{u}", "item": item.id, "value": 1.0, "time": None, "scene": "view"}
        for u in range(3)
        for item in items[: u + 1]
    ]
    interactions = pl.DataFrame(rows, schema_overrides={"time": pl.Int64})
    return Catalogue("Test", "films", "test", items, interactions, simulated=True)


def build(path: Path, director: str) -> Workspace:
    return build_workspace(path, films(director), 7, lambda line: None)


def load(path: Path) -> str:
    done = run("load", "--workspace", str(path))
    assert done.exit_code == 0, done.output
    return done.stdout


def directors(services: Services) -> set[str]:
    return {n.entity.name for n in services.graph.neighbours("film:0", relation="director")}


@pytest.fixture
def settings(neo4j_server) -> Settings:
    return Settings(
        graph=neo4j_server.uri, neo4j_user=neo4j_server.user, neo4j_password=neo4j_server.password
    )


@pytest.fixture
def on_one_server(neo4j_server, tmp_path):
    """Return two built workspaces whose server is the one of the session."""
    made = [build(tmp_path / name, f"Director of {name}") for name in ("one", "two")]
    for workspace in made:
        (workspace.path / "neo4j").symlink_to(neo4j_server.home)
    return made


@pytest.mark.neo4j
def test_two_workspaces_on_one_server_answer_from_their_own_graphs(on_one_server, settings) -> None:
    one, two = on_one_server
    load(one.path)
    with pytest.raises(GraphError, match=f"tastegraph kg serve load --workspace {two.path}"):
        Services.open(two.path, settings)
    load(two.path)
    opened = [Services.open(workspace.path, settings) for workspace in on_one_server]
    try:
        assert [directors(services) for services in opened] == [{"Director of one"}, {"Director of two"}]
    finally:
        for services in opened:
            services.close()


@pytest.mark.neo4j
def test_loading_a_new_build_removes_the_old_one_and_nothing_of_others(
    on_one_server, settings, neo4j_server
) -> None:
    one, two = on_one_server
    load(one.path)
    load(two.path)
    new = build(one.path, "Somebody new")
    with pytest.raises(GraphError, match="does not hold the graph of this build"):
        Services.open(one.path, settings)
    said = load(one.path)
    assert "Neo4j holds 4 entities" in said
    counts = []
    for workspace in (one, new, two):
        graph = Neo4jGraph(
            neo4j_server.uri,
            neo4j_server.user,
            neo4j_server.password,
            namespace=graph_namespace(workspace),
        )
        counts.append(graph.stats().total_entities)
        graph.close()
    assert counts == [0, 4, 4]
    services = Services.open(one.path, settings)
    try:
        assert directors(services) == {"Somebody new"}
    finally:
        services.close()


def test_a_server_that_is_away_does_not_keep_a_workspace_from_opening(tmp_path) -> None:
    from kg.server.ports import free_port

    build(tmp_path / "ws", "Anybody")
    services = Services.open(tmp_path / "ws", Settings(graph=f"bolt://127.0.0.1:{free_port()}"))
    services.close()


@pytest.mark.neo4j
def test_one_command_starts_loads_and_prints_the_settings(on_one_server, neo4j_server) -> None:
    one, _ = on_one_server
    first = run("--workspace", str(one.path))
    assert first.exit_code == 0, first.output
    assert "Neo4j holds 4 entities and 3 triples." in first.stdout
    for line in (
        f"export TASTEGRAPH_GRAPH={neo4j_server.uri}",
        "export TASTEGRAPH_NEO4J_USER=neo4j",
        f'export TASTEGRAPH_NEO4J_PASSWORD="$(cat {neo4j_server.home / "password"})"',
    ):
        assert line in first.stdout
    assert neo4j_server.password not in first.stdout
    again = run("--workspace", str(one.path))
    assert "already" in again.stdout
    assert "Stored" not in again.stdout
    assert "Neo4j holds 4 entities" in run("--load", "-w", str(one.path)).stdout
    status = run("status", "-w", str(one.path))
    assert status.exit_code == 0
    for words in ("Community", "no roles", "refuses writes", "4 entities and 3 triples of this build"):
        assert words in status.stdout


@pytest.mark.neo4j
def test_not_loading_says_what_is_missing(on_one_server) -> None:
    _, two = on_one_server
    assert run("--no-load", "-w", str(two.path)).exit_code == 0
    assert "does not hold the graph of this build" in run("status", "-w", str(two.path)).stdout


@pytest.mark.neo4j
def test_a_reader_is_not_made_where_there_are_no_roles(on_one_server, neo4j_server, monkeypatch) -> None:
    monkeypatch.setenv("TASTEGRAPH_GRAPH", neo4j_server.uri)
    monkeypatch.setenv("TASTEGRAPH_NEO4J_PASSWORD", neo4j_server.password)
    done = run("reader", "-w", str(on_one_server[0].path))
    assert done.exit_code == 1
    assert "has no roles" in done.stderr
    assert not (neo4j_server.home / "reader-password").exists()


def test_a_server_that_does_not_run(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("TASTEGRAPH_GRAPH", raising=False)
    path = str(build(tmp_path / "ws", "Anybody").path)
    status = run("status", "-w", path)
    assert status.exit_code == 1
    assert "tastegraph kg serve" in status.stdout
    load = run("load", "-w", path)
    assert load.exit_code == 1
    assert "does not run" in load.stderr
    assert run("stop", "-w", path).exit_code == 0
    assert "Set TASTEGRAPH_GRAPH" in run("reader", "-w", path).stderr
    assert "not an amount of memory" in run("--heap", "much", "-w", path).stderr
