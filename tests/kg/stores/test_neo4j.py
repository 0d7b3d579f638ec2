"""The server store against a real Neo4j: the contract, namespaces, and a server that goes and comes back."""

import os
import signal
import uuid

import pytest

from kg.graph import GraphError, GraphUnavailable
from kg.schema import Change
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
        assert len(driver.execute_query(f"{find} RETURN name").records) == before - 4
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


def _count(server: Neo4jServer, query: str) -> int:
    from neo4j import GraphDatabase

    with GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
        return driver.execute_query(query).records[0][0]


def test_what_a_cut_off_load_left_is_swept_by_the_next(make_graph, neo4j_server) -> None:
    graph = make_graph("cut off")
    graph.upsert(ENTITIES, TRIPLES)
    before = list(graph.triples())
    everything = "MATCH (e:Entity {namespace: 'cut off'}) RETURN count(e)"

    class Cut(BaseException):
        pass

    def cut(line: str) -> None:
        if line.startswith("Stored 20,000 of 25,000"):
            raise Cut

    many = [entity(f"e:{k}") for k in range(25_000)]
    with pytest.raises(Cut):
        graph.replace(many, [], cut)
    assert _count(neo4j_server, everything) == len(ENTITIES) + 20_000
    assert list(graph.triples()) == before
    assert graph.search("e 1") == []
    graph.replace(many[:10], [])
    assert _count(neo4j_server, everything) == 10
    assert graph.stats().total_entities == 10


def test_of_two_loads_at_once_the_later_one_counts(make_graph) -> None:
    one, two = make_graph("twice"), make_graph("twice")
    one.upsert(ENTITIES, [])

    def meanwhile(line: str) -> None:
        if line.startswith("Stored"):
            two.replace([entity("two")], [])

    with pytest.raises(GraphError, match="Another load"):
        one.replace([entity(f"e:{k}") for k in range(10_001)], [], meanwhile)
    assert [e.id for e in one.entities()] == ["two"]


def test_a_batch_that_was_stored_is_not_stored_again(make_graph, monkeypatch) -> None:
    from neo4j.exceptions import ServiceUnavailable

    from kg.stores import neo4j_link

    graph = make_graph("unanswered")
    graph.upsert([], [])
    session = graph._link._driver.session
    lost = []

    def losing_answers(**settings):
        opened = session(**settings)
        write = opened.execute_write

        def twice(work):
            done = write(work)
            if len(lost) < 40:
                lost.append(work)
                return write(work)
            return done

        opened.execute_write = twice
        return opened

    assert issubclass(ServiceUnavailable, neo4j_link.DriverError)
    monkeypatch.setattr(graph._link._driver, "session", losing_answers)
    graph.replace(ENTITIES, TRIPLES)
    assert lost
    assert list(graph.triples()) == sorted(TRIPLES, key=lambda t: t.key)
    assert graph.stats().total_entities == len(ENTITIES)


def test_a_graph_that_changes_while_it_is_listed_is_said(make_graph) -> None:
    graph, other = make_graph("listed"), make_graph("listed")
    graph.replace([entity(f"e:{k:05}") for k in range(6_000)], [])
    listing = graph.entities()
    next(listing)
    other.upsert([entity("f")], [])
    with pytest.raises(GraphError, match="changed while"):
        list(listing)


def test_reading_only_is_refused_by_us_and_by_the_server(make_graph, neo4j_server) -> None:
    from neo4j.exceptions import ClientError

    make_graph("looked at").upsert(ENTITIES, TRIPLES)
    graph = Neo4jGraph(
        neo4j_server.uri, neo4j_server.user, neo4j_server.password, namespace="looked at", read_only=True
    )
    assert graph.search("heat") == [HEAT]
    for call in (
        lambda: graph.upsert([HEAT], []),
        lambda: graph.apply(Change()),
        lambda: graph.replace([], []),
        graph.clear,
        graph.drop,
    ):
        with pytest.raises(GraphError, match="reading only"):
            call()
    driver = graph._link._driver
    with driver.session() as session, pytest.raises(ClientError, match="read access mode"):
        session.execute_read(lambda transaction: transaction.run("CREATE (:Entity {id: 'x'})").consume())
    with pytest.raises(GraphError, match="read access mode"):
        graph._read(lambda reader: reader.rows("MATCH (e:Entity) DETACH DELETE e"))
    assert graph.stats().total_triples == len(TRIPLES)
    graph.close()


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
        with pytest.raises(GraphUnavailable, match="kg serve"):
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
