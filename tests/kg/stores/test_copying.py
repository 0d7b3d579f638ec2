"""Copies between the two stores, which lose nothing."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest

from kg.graph import GraphError
from kg.schema import Entity, Triple
from kg.server import Neo4jServer
from kg.stores.copying import copy_graph
from kg.stores.ladybug import LadybugGraph
from kg.stores.neo4j import Neo4jGraph
from tests.kg.stores.contract import ENTITIES, NASTY, TRIPLES, entity, triple


def _everything() -> tuple[list[Entity], list[Triple]]:
    odd = [
        entity(f"odd {k} {text[:200]}", kind=text[:300], name=text, aliases=(text, "", "é"), popularity=k / 3)
        for k, text in enumerate(NASTY)
    ]
    links = [
        triple(
            e.id, text[:300], odd[0].id, text, confidence=k / 17, sentence=text, first_seen=date(1, 1, 1 + k)
        )
        for k, (text, e) in enumerate(zip(NASTY, odd, strict=True))
    ]
    empty = entity("nameless", name="", aliases=())
    loops = [triple("nameless", "same", "nameless", s, last_seen=date(9999, 12, 31)) for s in ("a", "b")]
    return [*ENTITIES, *odd, empty], [*TRIPLES, *links, *loops]


@pytest.mark.neo4j
def test_there_and_back_again(tmp_path: Path, neo4j_server: Neo4jServer) -> None:
    first, last = LadybugGraph(tmp_path / "first.lbug"), LadybugGraph(tmp_path / "last.lbug")
    server = Neo4jGraph(neo4j_server.uri, neo4j_server.user, neo4j_server.password, namespace="copy")
    first.upsert(*_everything())
    last.upsert([entity("to:go")], [])
    lines: list[str] = []
    stats = copy_graph(first, server, lines.append)
    assert stats == first.stats()
    assert "The same 22 entities and 24 triples are in both" in lines
    assert copy_graph(server, last) == stats
    assert list(last.entities()) == list(first.entities())
    assert list(last.triples()) == list(first.triples())
    assert {t.key: t for t in last.triples()} == {t.key: t for t in _everything()[1]}
    server.drop()
    for graph in (first, server, last):
        graph.close()


class _Losing(LadybugGraph):
    def replace(
        self,
        entities: Iterable[Entity],
        triples: Iterable[Triple],
        progress: Callable[[str], None] | None = None,
    ) -> None:
        super().replace(entities, (t.model_copy(update={"sentence": ""}) for t in triples), progress)


def test_a_copy_that_lost_a_field_is_said(tmp_path: Path) -> None:
    first, losing = LadybugGraph(tmp_path / "first.lbug"), _Losing(tmp_path / "losing.lbug")
    first.upsert(ENTITIES, [triple("film:heat", "genre", "genre:crime", sentence="It is crime.")])
    with pytest.raises(GraphError, match="1 triples that are not the 1"):
        copy_graph(first, losing)
    first.close()
    losing.close()


def test_a_source_that_fails_leaves_the_target(tmp_path: Path) -> None:
    class Failing(LadybugGraph):
        def triples(self, source: str | None = None) -> Iterator[Triple]:
            yield TRIPLES[0]
            raise GraphError("The graph was changed while it was read. Read it again.")

    first, target = Failing(tmp_path / "first.lbug"), LadybugGraph(tmp_path / "target.lbug")
    first.upsert(ENTITIES, TRIPLES)
    target.upsert(ENTITIES, [])
    with pytest.raises(GraphError, match="changed while"):
        copy_graph(first, target)
    assert target.stats().total_entities == len(ENTITIES)
    assert list(target.triples()) == []
    first.close()
    target.close()
