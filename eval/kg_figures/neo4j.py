"""How fast does a graph go into a Neo4j server, beside what the driver does with a query that stores nothing?"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
from neo4j import ManagedTransaction

from eval.figures import Figure, MeasureOptions, Section
from kg.schema import Entity, Triple
from kg.server import Neo4jServer
from kg.server.jars import NEO4J_VERSION
from kg.stores.ladybug import LadybugGraph
from kg.stores.neo4j import Neo4jGraph
from kg.stores.neo4j_session import ROWS_A_QUERY
from kg.stores.rows import chunks, triple_row

_TRIPLES, _QUICK_TRIPLES = 150_000, 10_000
_HEAP = "2g"
_READS = 300
_Timed = Callable[[], object]


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Load a made-up graph of films and people into both stores, once anew and once again over itself."""
    entities, triples = _made_up(_QUICK_TRIPLES if options.quick else _TRIPLES, options.seed)
    n = len(triples)
    on_what = f"{n:,} triples, {len(entities):,} entities"
    figures: list[Figure] = []

    def rate(name: str, work: _Timed, note: str = on_what) -> None:
        progress(name)
        figures.append(Figure(name=name, value=n / _seconds(work), unit="triples/s", note=note))

    with Neo4jServer(options.out / "neo4j-figures", heap=_HEAP, progress=progress) as server:
        login = (server.uri, server.user, server.password)
        rate(
            "driver alone, empty query",
            lambda: _driver_alone(*login, triples),
            "the same rows and batches, nothing stored",
        )
        graph = Neo4jGraph(*login, namespace="figures")
        graph.drop()
        rate("Neo4j replace, empty namespace", lambda: graph.replace(entities, triples))
        rate(
            "Neo4j replace, of the same size",
            lambda: graph.replace(entities, triples),
            f"{on_what}; the old ones removed",
        )
        rate("Neo4j upsert, all stored already", lambda: graph.upsert(entities, triples))
        figures += _pointer_cost(graph, [entity.id for entity in entities])
        if graph.stats().total_triples != n:
            raise AssertionError("The server does not hold what was loaded.")
        graph.drop()
        graph.close()
    file = options.out / "neo4j-figures.lbug"
    file.unlink(missing_ok=True)
    embedded = LadybugGraph(file)
    rate("Ladybug replace", lambda: embedded.replace(entities, triples))
    rate("Ladybug upsert, all stored already", lambda: embedded.upsert(entities, triples))
    embedded.close()
    return Section(
        title="Loading",
        question="How many triples a second does each store take?",
        figures=tuple(figures),
        config={
            "seed": options.seed,
            "triples": n,
            "entities": len(entities),
            "rows a query": ROWS_A_QUERY,
            "Neo4j": NEO4J_VERSION,
            "driver": version("neo4j"),
            "Ladybug": version("ladybug"),
            "heap": _HEAP,
        },
    )


def _made_up(number: int, seed: int) -> tuple[list[Entity], list[Triple]]:
    """Make films with people, few of whom are in very many; every triple is another one."""
    random = np.random.default_rng(seed)
    films, people = number // 10, number // 8
    entities = [Entity(id=f"film:{k}", kind="film", name=f"Film {k}") for k in range(films)]
    entities += [Entity(id=f"person:{k}", kind="person", name=f"Person {k}") for k in range(people)]
    chosen = (people * random.random(2 * number) ** 2).astype(int)
    pairs = dict.fromkeys((k % films, int(person)) for k, person in enumerate(chosen))
    return entities, [
        Triple(subject=f"film:{film}", relation="cast", object=f"person:{person}", source="made up")
        for film, person in list(pairs)[:number]
    ]


def _driver_alone(uri: str, user: str, password: str, triples: list[Triple]) -> None:
    from neo4j import GraphDatabase

    with (
        GraphDatabase.driver(uri, auth=(user, password), telemetry_disabled=True) as driver,
        driver.session() as session,
    ):
        for part in chunks(triples, ROWS_A_QUERY):
            rows = [triple_row(triple) for triple in part]
            session.execute_write(_only_count, rows)


def _only_count(transaction: ManagedTransaction, rows: list[dict[str, object]]) -> None:
    transaction.run("UNWIND $rows AS row RETURN count(*)", rows=rows).consume()


def _pointer_cost(graph: Neo4jGraph, ids: list[str]) -> list[Figure]:
    """Time reads as they are, and the one query of them that asks which generation is in use."""

    def reads() -> None:
        for k in range(_READS):
            graph.neighbours(ids[k * 7 % len(ids)])

    def looks() -> None:
        for _ in range(_READS):
            graph.get([])

    reads()
    whole = 1_000 * _seconds(reads) / _READS
    alone = 1_000 * _seconds(looks) / _READS
    note = f"mean of {_READS}, warm, one at a time"
    return [
        Figure(name="neighbours of an entity", value=whole, unit="ms", note=note),
        Figure(name="a read transaction with the pointer alone", value=alone, unit="ms", note=note),
    ]


def _seconds(work: _Timed) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
