"""Paths of both stores, against trying everything; and what the adjacency file must be."""

from pathlib import Path

import pytest

from kg.graph import GraphError
from kg.stores.ladybug import LadybugGraph
from tests.kg.paths.agreement import PathAgreement, entity, shown, triple


class TestLadybugPaths(PathAgreement):
    @pytest.fixture
    def graph(self, tmp_path):
        graph = LadybugGraph(tmp_path / "g.lbug")
        yield graph
        graph.close()


@pytest.mark.neo4j
class TestNeo4jPaths(PathAgreement):
    @pytest.fixture
    def graph(self, neo4j_server):
        from kg.stores.neo4j import Neo4jGraph

        graph = Neo4jGraph(neo4j_server.uri, neo4j_server.user, neo4j_server.password, namespace="paths")
        graph.clear()
        yield graph
        graph.drop()
        graph.close()


@pytest.mark.neo4j
def test_a_whole_load_tells_readers_what_they_would_count(neo4j_server) -> None:
    from kg.stores.neo4j import Neo4jGraph
    from kg.stores.neo4j_paths import count_relations, from_note
    from kg.stores.neo4j_session import Neo4jSession

    def both(session: Neo4jSession):
        return from_note(graph._generations.note(session), 5), count_relations(session)

    graph = Neo4jGraph(neo4j_server.uri, neo4j_server.user, neo4j_server.password, namespace="path-notes")
    films = ("film:a", "film:b", "film:c")
    links = [triple(film, "cast", "person:1") for film in films]
    links += [triple("film:a", "cast", "person:2"), triple("film:a", "country", "country:x")]
    try:
        graph.replace([entity(e) for e in (*films, "person:1", "person:2", "country:x")], links)
        noted, counted = graph._read(both)
        assert noted == counted != {}
        assert shown(graph.paths("film:a", "film:b"))
        graph.upsert([], [triple("film:b", "country", "country:x")])
        assert graph._read(both)[1]["country"].triples == 2
        assert from_note(graph._read(graph._generations.note), 6) is None, "the note is of another size"
        graph.clear()
        assert graph._read(graph._generations.note) == ""
    finally:
        graph.drop()
        graph.close()


def _store(file: Path, person: str) -> None:
    graph = LadybugGraph(file)
    films = ("film:a", "film:b")
    graph.upsert([entity(e) for e in (*films, person)], [triple(f, "cast", person) for f in films])
    graph.close()


def _inner(file: Path) -> list[str]:
    graph = LadybugGraph(file, read_only=True)
    try:
        return sorted(p.entities[1].id for p in graph.paths("film:a", "film:b"))
    finally:
        graph.close()


def test_the_file_beside_the_graph_is_made_once_and_anew_after_a_change(tmp_path) -> None:
    file, beside = tmp_path / "g.lbug", tmp_path / "g.lbug.paths"
    _store(file, "person:1")
    assert not beside.exists()
    assert _inner(file) == ["person:1"]
    made = beside.stat()
    assert _inner(file) == ["person:1"]
    assert (beside.stat().st_ino, beside.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
    _store(file, "person:2")
    assert _inner(file) == ["person:1", "person:2"]
    assert [one.name for one in tmp_path.iterdir() if "paths" in one.name] == ["g.lbug.paths"]


@pytest.mark.parametrize("damage", [b"", b"not a file of edges", None])
def test_a_damaged_file_is_made_anew(tmp_path, damage) -> None:
    file, beside = tmp_path / "g.lbug", tmp_path / "g.lbug.paths"
    _store(file, "person:1")
    assert _inner(file) == ["person:1"]
    beside.write_bytes(beside.read_bytes()[:-200] if damage is None else damage)
    assert _inner(file) == ["person:1"]
    assert beside.stat().st_size > 1_000


def test_a_folder_that_cannot_be_written_to_costs_nothing_but_time(tmp_path) -> None:
    file = tmp_path / "g.lbug"
    _store(file, "person:1")
    (tmp_path / "g.lbug.paths").mkdir()
    assert _inner(file) == ["person:1"]


def test_unicode_ids_come_back(tmp_path) -> None:
    file = tmp_path / "g.lbug"
    graph = LadybugGraph(file)
    ids = ["film:éa", "film:卧虎", "person:🎬"]
    graph.upsert([entity(e) for e in ids], [triple(f, "出演", ids[2]) for f in ids[:2]])
    before = shown(graph.paths(ids[0], ids[1]))
    graph.close()
    for _ in range(2):
        again = LadybugGraph(file, read_only=True)
        assert shown(again.paths(ids[0], ids[1])) == before
        again.close()
    assert before[0][1] == (ids[0], ids[2], ids[1])


def test_progress_says_what_takes_time_once(tmp_path) -> None:
    file = tmp_path / "g.lbug"
    _store(file, "person:1")
    lines: list[str] = []
    for _ in range(2):
        graph = LadybugGraph(file, read_only=True)
        graph.prepare_paths(lines.append)
        graph.close()
    assert len(lines) == 1
    with pytest.raises(GraphError, match="closed"):
        graph.paths("film:a", "film:b")
