"""Opening a graph by where it is."""

from pathlib import Path

import pytest

from kg.graph import GraphError
from kg.stores.ladybug import LadybugGraph
from kg.stores.neo4j import Neo4jGraph
from kg.stores.opening import is_server, open_graph


def test_a_file_is_the_embedded_store(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="no graph"):
        open_graph(str(tmp_path / "none.lbug"), read_only=True)
    graph = open_graph(str(tmp_path / "new.lbug"))
    assert isinstance(graph, LadybugGraph)
    graph.close()


@pytest.mark.parametrize("where", ["bolt://127.0.0.1:7687", "neo4j://somewhere", "NEO4J+s://somewhere:1"])
def test_an_address_is_a_server_that_is_not_connected_to(where: str) -> None:
    graph = open_graph(where, password="secret", namespace="films", read_only=True)
    assert isinstance(graph, Neo4jGraph)
    assert (graph.namespace, graph.read_only, is_server(where)) == ("films", True, True)
    with pytest.raises(GraphError, match="reading only"):
        graph.clear()
    graph.close()


@pytest.mark.parametrize(
    ("where", "said"),
    [("http://somewhere", "bolt://"), ("", "no file"), (".", "no file"), ("bolt://x", "password")],
)
def test_what_is_neither_is_said(where: str, said: str) -> None:
    with pytest.raises(GraphError, match=said):
        open_graph(where)
