"""A server that is killed in the middle of a load, and writers that stand in each other's way."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import TransientError

from kg.graph import GraphError, GraphUnavailable
from kg.schema import Entity, Triple
from kg.server import Neo4jServer
from kg.stores.neo4j import Neo4jGraph
from kg.stores.neo4j_generations import POINTER
from kg.stores.neo4j_link import Neo4jLink
from tests.kg.stores.contract import ENTITIES, TRIPLES

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]

PEOPLE, FILMS = 200, 5_000


def opened(server: Neo4jServer, name: str) -> Neo4jGraph:
    return Neo4jGraph(server.uri, server.user, server.password, namespace=f"{name}-{uuid.uuid4().hex[:6]}")


def entities() -> Iterator[Entity]:
    for k in range(PEOPLE):
        yield Entity(id=f"person:{k}", kind="person", name=f"Person {k}")
    for k in range(FILMS):
        yield Entity(id=f"film:{k}", kind="film", name=f"Film {k}")


def triples(films: int = FILMS) -> Iterator[Triple]:
    """Yield ten triples a film, 50,000 for all."""
    for k in range(films):
        for j in range(10):
            yield Triple(
                subject=f"film:{k}", relation="cast", object=f"person:{(7 * k + j) % PEOPLE}", source="made"
            )


def stored_entities(server: Neo4jServer) -> int:
    """Count what is stored for all namespaces, in use or not."""
    with GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
        return int(driver.execute_query("MATCH (n:Entity) RETURN count(n)").records[0][0])


def test_a_server_killed_in_the_middle_of_a_load_keeps_the_old_graph(neo4j_server) -> None:
    others = stored_entities(neo4j_server)
    had, had_none = opened(neo4j_server, "had"), opened(neo4j_server, "none")
    had.replace(ENTITIES, TRIPLES)
    before = list(had.entities()), list(had.triples())
    assert len(before[1]) == len(TRIPLES)
    pid = neo4j_server.pid
    # Both are in the middle of theirs then, with triples stored and triples to come.
    both_there = threading.Barrier(2, action=lambda: os.kill(pid, signal.SIGKILL))
    failed: list[BaseException] = []

    def load(graph: Neo4jGraph) -> None:
        stored: list[str] = []

        def progress(line: str) -> None:
            if line.startswith("Stored") and line.endswith("triples"):
                stored.append(line)
                if len(stored) == 2:
                    both_there.wait(timeout=300)

        try:
            graph.replace(entities(), triples(), progress)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=load, args=(graph,)) for graph in (had, had_none)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in failed] == [GraphUnavailable] * 2
    with pytest.raises(GraphUnavailable):
        had.stats()
    neo4j_server.start()
    assert neo4j_server.pid != pid
    assert stored_entities(neo4j_server) - others == len(ENTITIES) + 2 * (PEOPLE + FILMS)
    assert (list(had.entities()), list(had.triples())) == before
    assert had_none.stats().total_entities == 0
    assert had_none.search("film") == []

    had.replace(entities(), triples())
    stats = had.stats()
    assert (stats.total_entities, stats.triples) == (PEOPLE + FILMS, {"cast": 10 * FILMS})
    had_none.replace(ENTITIES, TRIPLES)
    assert list(had_none.triples()) == before[1]
    # What the broken loads had stored is gone.
    assert stored_entities(neo4j_server) - others == PEOPLE + FILMS + len(ENTITIES)
    for graph in (had, had_none):
        graph.drop()
        graph.close()
    assert stored_entities(neo4j_server) == others


def test_a_writer_gets_through_a_deadlock_with_another_program(neo4j_server, caplog) -> None:
    graph = opened(neo4j_server, "deadlock")
    films = [Entity(id=f"film:{k}", kind="film", name=f"Film {k}") for k in range(10_000)]
    graph.upsert(films, [])
    lock_last = "MATCH (e:Entity {namespace: $namespace, id: $id}) SET e.touched = 1 RETURN count(e)"
    lock_graph = f"MATCH (g:{POINTER} {{namespace: $namespace}}) SET g.touched = 1 RETURN count(g)"
    values = {"namespace": graph.namespace, "id": films[-1].id}
    deadlocks = 0
    with GraphDatabase.driver(neo4j_server.uri, auth=(neo4j_server.user, neo4j_server.password)) as driver:
        for attempt in range(1, 11):
            changed = [film.model_copy(update={"popularity": float(attempt)}) for film in films]
            with driver.session() as session, session.begin_transaction() as other:
                assert other.run(lock_last, values).single(strict=True)[0] == 1
                # It takes its graph at once and comes to its last film late, where it meets us.
                writer = threading.Thread(target=graph.upsert, args=(changed, []))
                writer.start()
                while writer.is_alive() and not storing_films(driver):
                    time.sleep(0.02)
                try:
                    other.run(lock_graph, values).consume()
                    other.commit()
                except TransientError as error:
                    deadlocks += "Deadlock" in (error.code or "")
                other.close()
            writer.join()
            assert graph.get([films[0].id, films[-1].id]) == [changed[0], changed[-1]]
            # Where the server broke off ours and not the other one, the driver tried it again.
            deadlocks += "DeadlockDetected" in caplog.text
            if deadlocks:
                break
    assert deadlocks
    graph.drop()
    graph.close()


def storing_films(driver: Driver) -> bool:
    """Say whether a transaction stores entities now, so that it has locked the graph before."""
    find = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS $part RETURN currentQuery"
    return bool(driver.execute_query(find, part="MERGE (e:").records)


def test_a_query_that_takes_too_long_is_broken_off_by_the_server(neo4j_server) -> None:
    link = Neo4jLink(neo4j_server.uri, neo4j_server.user, neo4j_server.password, "neo4j", read_only=True)
    long = "UNWIND range(1, 100000000000) AS x WITH x WHERE x % 2 = 3 RETURN count(x)"
    with pytest.raises(GraphError, match="could not answer") as caught:
        link.read(lambda transaction: transaction.run(long).single(), seconds=1.0)
    assert "Traceback" not in str(caught.value)
    assert link.read(lambda transaction: transaction.run("RETURN 1").single(strict=True)[0]) == 1
    link.close()
