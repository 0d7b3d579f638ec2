"""A chat over a real Neo4j server that is killed, frozen, away from the start, or that refuses us."""

import os
import signal

import polars as pl
import pytest
from neo4j import GraphDatabase

from agent import patient_graph
from agent.events import Notice, TurnEnded
from agent.patient_graph import PatientGraph
from agent.session import Agent
from agent.settings import Settings
from agent.tools.wishes import GRAPH_AWAY
from kg.graph import GraphError
from kg.schema import Entity, Triple
from kg.server import free_port
from kg.stores.neo4j import Neo4jGraph
from recsys.workspace import Workspace, graph_namespace
from tests.agent.conftest import talk

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]


@pytest.fixture
def settings(neo4j_server):
    return Settings(
        graph=neo4j_server.uri,
        neo4j_user=neo4j_server.user,
        neo4j_password=neo4j_server.password,
        # A server that has just started answers its first questions slowly.
        graph_seconds=30,
    )


@pytest.fixture
def loaded(neo4j_server, workspace_path):
    """Return the workspace whose graph the server holds."""
    workspace = Workspace.open(workspace_path)
    tables = [
        pl.read_parquet(workspace.build_dir / f"{name}.parquet").iter_rows(named=True)
        for name in ("entities", "triples")
    ]
    store = Neo4jGraph(
        neo4j_server.uri, neo4j_server.user, neo4j_server.password, namespace=graph_namespace(workspace)
    )
    store.upsert(map(Entity.model_validate, tables[0]), map(Triple.model_validate, tables[1]))
    yield workspace_path
    store.drop()
    store.close()


@pytest.fixture
def impatient(monkeypatch):
    """Ask again at once, where a chat would leave the server alone for a while."""
    monkeypatch.setattr(patient_graph, "_AFTER_AWAY", 0.0)
    monkeypatch.setattr(patient_graph, "_AFTER_SILENCE", 0.0)


def paths_of(ended: TurnEnded) -> list[str]:
    return [reason.text for card in ended.items for reason in card.reasons if reason.kind == "path"]


def ask_with_graph(agent: Agent, text: str = "something like Heat") -> TurnEnded:
    ended = talk(agent, text)[-1]
    assert isinstance(ended, TurnEnded)
    assert paths_of(ended)
    assert GRAPH_AWAY not in ended.text
    return ended


def ask_without_graph(agent: Agent, text: str = "something like Heat") -> TurnEnded:
    """Return the end of a turn that says the graph is away, recommends all the same and makes nothing up."""
    events = talk(agent, text)
    ended = events[-1]
    assert isinstance(ended, TurnEnded)
    assert GRAPH_AWAY in ended.text
    assert ended.items
    assert paths_of(ended) == []
    assert all("graph" not in card.shares for card in ended.items)
    assert ended.cut == []
    assert ended.seconds < agent.settings.turn_seconds
    assert [event for event in events if isinstance(event, Notice)] == []
    for inner in ("bolt://", "Traceback", "Neo4j", "password"):
        assert inner not in ended.text
    return ended


def test_a_chat_goes_on_while_its_server_is_killed_and_uses_it_again_when_it_returns(
    neo4j_server, loaded, settings
) -> None:
    with Agent.open(loaded, settings) as agent:
        with_graph = ask_with_graph(agent)
        pid = neo4j_server.pid
        os.kill(pid, signal.SIGKILL)
        without = ask_without_graph(agent, "something like Alien")
        assert "Blade Runner" in without.text
        why = talk(agent, "why the first one?")[-1]
        assert GRAPH_AWAY in why.text
        again = ask_without_graph(agent)
        assert {card.id for card in again.items} & {card.id for card in with_graph.items}
        neo4j_server.start()
        assert neo4j_server.pid != pid
        # The same words in a new dialogue: the same answer as before the crash.
        after = talk(agent, "something like Heat", thread="new")[-1]
        assert paths_of(after) == paths_of(with_graph)
        assert GRAPH_AWAY not in after.text


def test_a_frozen_server_keeps_nobody_waiting(neo4j_server, loaded, settings, impatient) -> None:
    with Agent.open(loaded, settings) as agent:
        ask_with_graph(agent)
        graph = agent.services.graph
        assert isinstance(graph, PatientGraph)
        os.kill(neo4j_server.pid, signal.SIGSTOP)
        try:
            graph.seconds = 1.0
            ask_without_graph(agent)
        finally:
            os.kill(neo4j_server.pid, signal.SIGCONT)
        graph.seconds = settings.graph_seconds
        after = talk(agent, "something like Heat", thread="new")[-1]
        assert paths_of(after)
        assert GRAPH_AWAY not in after.text


def change_password(server, old: str, new: str) -> None:
    """Change the password and let go of the connections that the old one opened."""
    with GraphDatabase.driver(server.uri, auth=(server.user, old)) as driver:
        change = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new"
        driver.execute_query(change, old=old, new=new, database_="system")
        # Those that are open stay so for a while; a server lets them go when it likes.
        driver.execute_query(
            "CALL dbms.listConnections() YIELD connectionId, userAgent "
            "WITH collect(CASE WHEN userAgent = 'tastegraph' THEN connectionId END) AS ids "
            "CALL dbms.killConnections(ids) YIELD message RETURN count(message)"
        )


def test_a_password_that_is_changed_under_a_chat(neo4j_server, loaded, settings, impatient) -> None:
    with Agent.open(loaded, settings) as agent:
        ask_with_graph(agent)
        change_password(neo4j_server, neo4j_server.password, "another password")
        try:
            ask_without_graph(agent, "something like Alien")
            with pytest.raises(GraphError, match="name and password"):
                Agent.open(loaded, settings)
        finally:
            change_password(neo4j_server, "another password", neo4j_server.password)
        ask_with_graph(agent)


def test_a_server_that_is_away_from_the_start(workspace_path) -> None:
    port = free_port()
    away = Settings(graph=f"bolt://127.0.0.1:{port}", graph_seconds=3)
    with Agent.open(workspace_path, away) as agent:
        ask_without_graph(agent)


def test_a_server_that_comes_back_empty_is_not_taken_for_the_graph(
    neo4j_server, workspace_path, impatient, settings
) -> None:
    workspace = Workspace.open(workspace_path)
    with pytest.raises(GraphError, match="tastegraph kg serve load --workspace"):
        Agent.open(workspace_path, settings)
    away = settings.model_copy(update={"graph": f"bolt://127.0.0.1:{free_port()}"})
    with Agent.open(workspace_path, away) as agent:
        # What answers now is another server, which knows nothing of this build.
        agent.services.graph._graph = Neo4jGraph(  # type: ignore[attr-defined]
            settings.graph,
            settings.neo4j_user,
            settings.neo4j_password.get_secret_value(),
            namespace=graph_namespace(workspace),
        )
        ask_without_graph(agent)


def test_the_agent_opens_the_graph_for_reading_only(loaded, settings) -> None:
    with Agent.open(loaded, settings) as agent:
        heat = Entity(id="film:forged", kind="film", name="Forged")
        with pytest.raises(GraphError):
            agent.services.graph.upsert([heat], [])
        assert agent.services.graph.get(["film:forged"]) == []
