"""The server store against a real Neo4j: the contract, namespaces, and a server that goes and comes back."""

import os
import signal
import uuid

import pytest

from kg.graph import GraphError, GraphUnavailable
from kg.server import Neo4jServer, free_port
from kg.stores.neo4j import Neo4jGraph
from tests.kg.stores.contract import ENTITIES, HEAT, TRIPLES, GraphContract, entity

pytestmark = pytest.mark.neo4j


def _open(server: Neo4jServer, namespace: str) -> Neo4jGraph:
    return Neo4jGraph(server.uri, server.user, server.password, namespace=namespace)


@pytest.fixture
def make_graph(neo4j_server):
    opened = []

    def make(namespace: str) -> Neo4jGraph:
        graph = _open(neo4j_server, namespace)
        opened.append((graph, namespace))
        return graph

    yield make
    for graph, namespace in opened:
        graph.close()
        again = _open(neo4j_server, namespace)
        again.clear()
        again.close()


class TestNeo4j(GraphContract):
    @pytest.fixture
    def graph(self, make_graph):
        return make_graph("contract")


def test_namespaces_see_nothing_of_each_other(make_graph) -> None:
    one, two = make_graph("one"), make_graph("two`}) DETACH DELETE n //")
    one.upsert(ENTITIES, TRIPLES)
    two.upsert([entity("film:heat", name="Another Heat")], [])
    assert one.get(["film:heat"]) == [HEAT]
    assert [e.name for e in two.search("heat")] == ["Another Heat"]
    assert two.neighbours("film:heat") == []
    two.clear()
    assert one.stats().total_triples == len(TRIPLES)
    assert two.stats().total_entities == 0


def test_a_dropped_namespace_leaves_no_index_and_can_be_used_again(make_graph, neo4j_server) -> None:
    from neo4j import GraphDatabase

    kept, dropped = make_graph("kept"), make_graph("dropped")
    kept.upsert(ENTITIES, TRIPLES)
    dropped.upsert(ENTITIES, TRIPLES)
    with GraphDatabase.driver(neo4j_server.uri, auth=(neo4j_server.user, neo4j_server.password)) as driver:
        find = "SHOW INDEXES YIELD name, labelsOrTypes WHERE any(l IN labelsOrTypes WHERE l STARTS WITH 'Entity_')"
        before = len(driver.execute_query(f"{find} RETURN name").records)
        dropped.drop()
        assert len(driver.execute_query(f"{find} RETURN name").records) == before - 2
    assert dropped.stats().total_entities == 0
    assert kept.stats().total_triples == len(TRIPLES)
    dropped.upsert(ENTITIES, TRIPLES)
    assert dropped.get(["film:heat"]) == [HEAT]


def test_look_ups_use_the_indexes(make_graph, neo4j_server) -> None:
    from neo4j import GraphDatabase

    make_graph("indexed").upsert(ENTITIES, TRIPLES)
    with GraphDatabase.driver(neo4j_server.uri, auth=(neo4j_server.user, neo4j_server.password)) as driver:
        rows = driver.execute_query("SHOW INDEXES YIELD type, labelsOrTypes, properties, state").records
        labels = driver.execute_query(
            "MATCH (e:Entity {namespace: 'indexed'}) RETURN DISTINCT labels(e) AS l"
        ).records
    [own] = [label for label in labels[0]["l"] if label != "Entity"]
    mine = {(r["type"], *r["properties"], r["state"]) for r in rows if r["labelsOrTypes"] == [own]}
    assert mine == {("RANGE", "id", "ONLINE"), ("TEXT", "search_key", "ONLINE")}


def test_a_wrong_password_is_said(neo4j_server) -> None:
    graph = Neo4jGraph(neo4j_server.uri, "neo4j", "not the password")
    with pytest.raises(GraphError, match="name and password") as caught:
        graph.stats()
    assert not isinstance(caught.value, GraphUnavailable)
    graph.close()


def test_a_wrong_address_is_said() -> None:
    with pytest.raises(GraphError, match="not an address"):
        Neo4jGraph("htp:/nowhere", "neo4j", "x")


def test_nobody_there_is_unavailable() -> None:
    graph = Neo4jGraph(f"bolt://127.0.0.1:{free_port()}", "neo4j", "x")
    for call in (graph.stats, lambda: graph.upsert([HEAT], []), lambda: graph.search("heat"), graph.clear):
        with pytest.raises(GraphUnavailable, match="make neo4j"):
            call()
    graph.close()


def test_a_killed_server_is_unavailable_and_works_again_after_its_restart(neo4j_server) -> None:
    graph = _open(neo4j_server, f"killed-{uuid.uuid4().hex[:6]}")
    graph.upsert(ENTITIES, TRIPLES)
    before = graph.stats()
    pid = neo4j_server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(GraphUnavailable):
        graph.stats()
    with pytest.raises(GraphUnavailable):
        graph.upsert([entity("film:lost")], [])
    assert not neo4j_server.running()
    neo4j_server.start()
    assert neo4j_server.pid != pid
    assert graph.stats() == before
    graph.upsert([entity("film:new")], [])
    assert graph.search("film new")[0].id == "film:new"
    graph.clear()
    graph.close()
